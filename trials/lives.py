"""What goes on at the clinic between two syncs: at Cliniko's desk, in Chatwoot, on the channels."""

import copy
import random
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from contact_hub.channels.event import ChannelEvent
from contact_hub.sandbox import ChatwootServer, Clinic
from contact_hub_tests.directory.support import form, instagram, mail, moved, sms, whatsapp

SHARED = tuple(f"+6141299{number:04}" for number in range(12))
"""Numbers under which several people write."""


def live(clinic: Clinic, chatwoot: ChatwootServer, chance: random.Random, part: int) -> list[ChannelEvent]:
    """Some hours at the clinic: changes at Cliniko and in Chatwoot happen; the channels' events are given back."""
    _at_cliniko(clinic, chance, part)
    _in_chatwoot(chatwoot, chance, part)
    return list(_on_channels(clinic, chance, part))


def _at_cliniko(clinic: Clinic, chance: random.Random, part: int) -> None:
    alive = [row for row in clinic.tables.patients if row.is_live]
    changed = chance.sample(alive, 6)
    for row in changed[:2]:
        clinic.update_patient(row.id, address_1=f"{chance.randrange(300)} Ocean Parade", email=f"p{row.id}.{part}@example.com")
    clinic.update_patient(changed[2].id, patient_phone_numbers=[_phone(chance.choice(SHARED))])
    clinic.merge_patients(changed[3].id, changed[4].id)
    clinic.archive_patient(changed[5].id)
    clinic.add_patient(
        first_name="New", last_name=f"Comer{chr(97 + part % 26)}", patient_phone_numbers=[_phone(chance.choice(SHARED))]
    )
    for row in chance.sample([row for row in alive if _is_full(row)], 2):  # entered a second time: certain duplicates
        again: dict[str, Any] = copy.deepcopy(row.fields)
        clinic.add_patient(person=row.person, household=row.household, **again)
    now = clinic.clock()
    bookings = [row.id for row in clinic.tables.individual_appointments]
    first, second, third = chance.sample(bookings, 3)
    clinic.add_appointment(changed[0].id, now + timedelta(days=chance.randrange(1, 40)))
    clinic.move_appointment(first, now + timedelta(days=chance.randrange(1, 20)))
    clinic.cancel_appointment(second)
    clinic.delete_appointment(third)
    if part % 5 == 4:
        clinic.vanish_patient(changed[5].id)


def _is_full(row: Any) -> bool:
    wanted = ("first_name", "last_name", "date_of_birth", "email", "patient_phone_numbers")
    return row.is_live and all(row.fields.get(name) for name in wanted)


def _phone(number: str) -> dict[str, str]:
    return {"number": number, "phone_type": "Mobile"}


def _in_chatwoot(chatwoot: ChatwootServer, chance: random.Random, part: int) -> None:
    for place in range(3):
        number = chance.choice(SHARED).removeprefix("+")
        message = chatwoot.receive("whatsapp", number, f"chatwoot {part}.{place}", name=chance.choice(("Anna", "Bo", "Mum")))
        if place == 0:
            chatwoot.agent_reply(message.conversation, f"answer {part}")


def _on_channels(clinic: Clinic, chance: random.Random, part: int) -> Iterator[ChannelEvent]:
    minute = 60 * part
    first, second = chance.sample(SHARED, 2)
    yield whatsapp(f"wa {part}", first, minute, chance.choice(("Anna", "Bo Lee", "Mum")))
    yield whatsapp(f"new {part}", f"+61413{part:06}", minute + 1, "Somebody New")
    yield sms(f"sms {part}", second, minute + 2)
    yield mail(f"mail {part}", f"writer{part % 7}@example.com", minute + 3, "Jo Writer", stated=(("phone", first),))
    yield instagram(f"ig {part}", f"1784{part % 9:06}", minute + 4, "Jo", ("phone", second))
    yield form(f"form {part}", minute + 5, "Jo Form", first, f"form{part % 5}@example.com")
    if part % 3 == 2:
        yield moved(f"moved {part}", f"+61413{part - 1:06}", f"+61414{part:06}", minute + 6)
