"""The morning, line by line."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time

from contact_hub.sandbox.clinic import Clinic
from contact_hub.sandbox.morning import chatwoot, meta, n8n, twilio
from contact_hub.sandbox.morning.cast import Cast, cast_of
from contact_hub.sandbox.morning.deliveries import Delivery
from contact_hub.sandbox.practice import SYDNEY

FIRST_MESSAGE = "wamid.morning-1"
"""The external id of the first message, by which a morning is known to have been played."""
OVER_AT = time(11)

_At = Callable[[str], datetime]


@dataclass(frozen=True)
class Morning:
    """Everything that arrives, in order, and who sends it."""

    day: date
    cast: Cast
    deliveries: tuple[Delivery, ...]


def morning_of(clinic: Clinic, day: date) -> Morning:
    """The morning of a day: the same for the same clinic and day, byte for byte.

    Raises:
        ContactHubError: the clinic is too small.
    """
    cast = cast_of(clinic)
    return Morning(day, cast, tuple(_deliveries(cast, day)))


def _deliveries(cast: Cast, day: date) -> Iterator[Delivery]:
    def at(clock: str) -> datetime:
        return datetime.combine(day, time.fromisoformat(clock), SYDNEY)

    yield from _patients(cast, at)
    yield from _stranger(cast, at)
    yield from _mail_and_forms(cast, at)
    yield from chatwoot.conversations(cast.by_chatwoot, at("09:40"))
    yield from _trouble(cast, at)


def _patients(cast: Cast, at: _At) -> Iterator[Delivery]:
    one, named, unnamed = cast.by_whatsapp, cast.named_family[0], cast.unnamed_family[0]
    first = meta.whatsapp_message(one.mobile, one.name, "Good morning, am I booked in this week?", at("07:48"), FIRST_MESSAGE)
    yield first
    yield meta.whatsapp_message(named.mobile, named.given_name, "Running ten minutes late", at("07:55"), "wamid.morning-2")
    yield meta.whatsapp_message(unnamed.mobile, "Mum 💛", "Is it today or tomorrow?", at("08:02"), "wamid.morning-3")
    yield twilio.sms(cast.by_sms.mobile, "Please call me back about my referral", "SM00000000000000000000000000000001")
    yield first  # Meta delivers at least once
    yield twilio.ended_call(cast.by_phone.landline, 94, at("08:17"), "CA00000000000000000000000000000001")
    yield twilio.ended_call(twilio.WITHHELD, 12, at("08:20"), "CA00000000000000000000000000000002")


def _stranger(cast: Cast, at: _At) -> Iterator[Delivery]:
    """She asks on Instagram, is asked for a number, gives it, and writes from it on WhatsApp."""
    mia = cast.stranger
    yield meta.direct_message("instagram", mia.instagram, "Hi! Do you treat surfer's shoulder?", at("08:31"), "mid.morning-1")
    answer = "We do! On which number can we reach you?"
    yield meta.direct_message("instagram", mia.instagram, answer, at("08:33"), "mid.morning-2", is_echo=True)
    yield n8n.event(
        channel="instagram",
        identifier=mia.instagram,
        external_id="bot-morning-1",
        occurred_at=at("08:40"),
        direction="in",
        name=mia.name,
        phone=mia.typed_number,
        text=f"{mia.typed_number}, I'm {mia.given_name}",
        metadata={"workflow": "instagram-bot"},
    )
    text = f"Hi, {mia.given_name} from Instagram here. Can I come in this week?"
    yield meta.whatsapp_message(mia.mobile, f"{mia.given_name} 🌊", text, at("08:52"), "wamid.morning-4")
    answer = "Of course. Book online, or tell me a time that suits."
    yield meta.whatsapp_from_the_phone(mia.mobile, answer, at("08:58"), "wamid.morning-5")
    yield meta.whatsapp_status(mia.mobile, "read", at("08:59"), "wamid.morning-5")


def _mail_and_forms(cast: Cast, at: _At) -> Iterator[Delivery]:
    one, other = cast.by_email, cast.by_form
    said = "Could you send me the invoice again?"
    yield n8n.mail(one.email, one.name, "Invoice", said, at("09:05"), "morning-1@mail.example.com")
    away = {"auto_submitted": "auto-replied"}
    said = "I am away until Monday."
    yield n8n.mail("k.larsen@plans.example.org", "K Larsen", "Automatic reply: Your plan", said, at("09:06"),
                   "morning-2@plans.example.org", **away)  # fmt: skip
    said = "Your message could not be delivered."
    yield n8n.mail("MAILER-DAEMON@mx.example.net", "Mail Delivery System", "Undelivered Mail Returned to Sender", said,
                   at("09:07"), "morning-3@mx.example.net", x_failed_recipients="old.address@example.net")  # fmt: skip
    yield n8n.form(other.name, other.email, "My knee is sore again. When can I come?", at("09:20"))
    said = "Do you take NDIS?"
    yield meta.direct_message("messenger", "6120045512345678", said, at("09:31"), "m_morning-1")


def _trouble(cast: Cast, at: _At) -> Iterator[Delivery]:
    """A workflow whose expressions came out empty, and somebody who does not know the secret."""
    yield n8n.event(
        channel="whatsapp",
        identifier="undefined",
        external_id="bot-morning-2",
        occurred_at=at("10:30"),
        direction="in",
        text="[object Object]",
    )
    forged = meta.direct_message("instagram", cast.stranger.instagram, "Cancel everything", at("10:31"), "mid.morning-9")
    yield Delivery(forged.provider, forged.path, forged.body, forged.signature, is_forged=True)
