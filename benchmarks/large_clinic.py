"""A clinic with very many contacts: landed, then derived by the real job. (:mod:`benchmarks.seeding` makes the same quickly.)

Every tenth phone is a family's (2 to 4 patients share it, and it has written on WhatsApp without a name: a household
contact). Of the other phones every twentieth has written on WhatsApp, under its owner's name.
"""

import random
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from itertools import islice
from typing import Any

from benchmarks.workplace import ORGANIZATION_ID, register_clinic, run_job
from contact_hub.channels.event import ChannelEvent, StatedIdentifier
from contact_hub.definitions import build_definitions
from contact_hub.identity.placeholders import is_placeholder_phone
from contact_hub.installation import dagster_instance, prepare
from contact_hub.store.database import Database
from contact_hub.store.events import land_events
from contact_hub.store.landing import land

CONTACTS_A_PHONE = 1.3
"""1.2 patients (a tenth of the phones has 3), and a household contact on every tenth."""
FAMILY_EVERY = 10
NAMED_EVERY = 20
PAGE = 10_000
EVENTS = 2_000

_FIRST_NAMES = (
    "Anna Ben Chloe Daniel Emma Felix Grace Harry Isla Jack Kate Liam Mia Noah Olivia Peter Ruby Sam Tess Will".split()
)
_SYLLABLES = "al ber cor dan el fal gar hol in jen kel lan mar nor os par quin ros sel tan ul var wil yor zan".split()
_STREETS = "Ocean Beach Jacaranda Station Railway High Church Victoria King Queen".split()
NOW = datetime(2025, 11, 1, tzinfo=UTC)


class LargeClinic:
    """Who is in the clinic: everything follows from the number of contacts.

    Attributes:
        phones: how many there are.
    """

    def __init__(self, contacts: int) -> None:
        self.phones = round(contacts / CONTACTS_A_PHONE)

    @cached_property
    def named(self) -> Sequence[int]:
        """The phones that have written under a name."""
        return [phone for phone in range(self.phones) if is_named(phone)]

    def patients(self, phones: range | None = None) -> Iterator[dict[str, Any]]:
        """The payloads, as Cliniko would send them; of some phones."""
        phones = phones or range(self.phones)
        patient_id = 100_000 + sum(map(family_size, range(phones.start)))
        for phone in phones:
            for member in range(family_size(phone)):
                patient_id += 1
                yield patient(patient_id, phone, member)

    def events(self, phones: range | None = None) -> Iterator[ChannelEvent]:
        """What was written on WhatsApp."""
        for phone in phones or range(self.phones):
            if has_written(phone):
                yield ChannelEvent(
                    provider="whatsapp",
                    channel="whatsapp",
                    kind="message",
                    direction="in",
                    external_id=f"wamid.{phone}",
                    occurred_at=NOW + timedelta(seconds=phone),
                    identifiers=(StatedIdentifier("whatsapp", number(phone)),),
                    profile_name=name(phone) if is_named(phone) else None,
                    text="Can I come tomorrow?",
                )


def has_written(phone: int) -> bool:
    return is_family(phone) or is_named(phone)


def is_family(phone: int) -> bool:
    return phone % FAMILY_EVERY == 0


def is_named(phone: int) -> bool:
    return phone % NAMED_EVERY == 1


def family_size(phone: int) -> int:
    return 2 + phone // FAMILY_EVERY % 3 if is_family(phone) else 1


def number(phone: int) -> str:
    """The E.164 of a phone of the clinic, in no order, as in life."""
    return _mobile("+6142", phone)


def strange_number(place: int) -> str:
    """A number of which the clinic has never heard."""
    return _mobile("+6146", place)


def _mobile(prefix: str, place: int) -> str:
    """The factor has no divisor in common with the modulus: no number comes twice."""
    made = f"{prefix}{place * 7_368_787 % 10_000_000:07}"
    return f"+6141{prefix[-1]}{made[6:-1]}9" if is_placeholder_phone(made) else made


def name(phone: int, member: int = 0) -> str:
    """A member of the phone's family, as the practice and WhatsApp write it."""
    source = random.Random(phone)
    family_name = "".join(source.choices(_SYLLABLES, k=3)).title()
    return f"{_FIRST_NAMES[(source.randrange(len(_FIRST_NAMES)) + member) % len(_FIRST_NAMES)]} {family_name}"


def patient(patient_id: int, phone: int, member: int) -> dict[str, Any]:
    first_name, last_name = name(phone, member).split()
    born = date(1940 + phone % 60, 1 + phone % 12, 1 + phone % 28) + timedelta(days=member * 1_000)
    created = NOW - timedelta(days=patient_id % 3_000, seconds=patient_id % 86_400)
    return {
        "id": str(patient_id),
        "title": None,
        "first_name": first_name,
        "last_name": last_name,
        "preferred_first_name": None,
        "date_of_birth": born.isoformat(),
        "email": f"{first_name}.{last_name}{patient_id}@example.com.au" if phone % 5 < 3 else None,
        "patient_phone_numbers": [
            {"number": f"0{number(phone)[3:6]} {number(phone)[6:9]} {number(phone)[9:]}", "phone_type": "Mobile"}
        ],
        "address_1": f"{1 + phone % 200} {_STREETS[phone % len(_STREETS)]} Street",
        "address_2": None,
        "address_3": None,
        "city": "Bondi",
        "state": "NSW",
        "post_code": "2026",
        "country": "Australia",
        "country_code": "AU",
        "reminder_type": "SMS & Email",
        "accepted_privacy_policy": True,
        "accepted_email_marketing": False,
        "accepted_sms_marketing": None,
        "time_zone": None,
        "created_at": created.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "updated_at": created.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "archived_at": None,
        "deleted_at": None,
        "merged_at": None,
    }


def fill(contacts: int) -> int:
    """Put the clinic into the store of this installation; how many contacts that made."""
    clinic = LargeClinic(contacts)
    with closing(prepare()) as database:
        register_clinic(database, "http://127.0.0.1:1")
        land(database, ORGANIZATION_ID, "patients", _batched(clinic.patients(), PAGE), changed_through=NOW, sweep=False)
        for events in _batched(clinic.events(), EVENTS):
            land_events(database, ORGANIZATION_ID, events, received_at=NOW)
        tidy(database)
        derive()
        return tidy(database)


def derive() -> None:
    """Derive identity anew from all that has landed: the job that follows channel events."""
    with dagster_instance() as instance:
        run_job(build_definitions(), instance, "channels")


def tidy(database: Database) -> int:
    """Leave the server nothing to do later, and with statistics; how many contacts there are."""
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("VACUUM (ANALYZE)")
        connection.exec_driver_sql("CHECKPOINT")
        statement = "SELECT count(*) FROM contacts WHERE status = 'active'"
        return int(connection.exec_driver_sql(statement).scalar_one())


def _batched(values: Iterator[Any], size: int) -> Iterator[list[Any]]:
    while batch := list(islice(values, size)):
        yield batch
