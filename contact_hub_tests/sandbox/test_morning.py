"""The sandbox's morning: the same for the same clinic and day, in the providers' own shapes, signed as they sign."""

import json
from datetime import UTC, date, datetime

import pytest

from contact_hub.channels import PARSERS
from contact_hub.channels.signatures import verify_chatwoot, verify_meta, verify_twilio
from contact_hub.errors import ContactHubError
from contact_hub.gateway.payloads import payload_of
from contact_hub.sandbox import generate_clinic
from contact_hub.sandbox.morning import PUBLIC_URL, Delivery, Morning, book, cast_of, morning_of

DAY = date(2025, 6, 2)
NOW = datetime(2025, 6, 3, tzinfo=UTC)
TARGET = "/v1/org"


@pytest.fixture(scope="module")
def morning() -> Morning:
    return morning_of(generate_clinic(patients=200, today=DAY), DAY)


def headers(delivery: Delivery) -> dict[str, str]:
    sent = delivery.headers(TARGET + delivery.path, token="t", secret="s", at=NOW.timestamp())
    return {name.lower(): value for name, value in sent.items()}


def is_signed(delivery: Delivery) -> bool:
    sent = headers(delivery)
    match delivery.signature:
        case "chatwoot":
            stamp, signature = sent["x-chatwoot-timestamp"], sent["x-chatwoot-signature"]
            return verify_chatwoot("s", stamp, delivery.body, signature, NOW)
        case "meta":
            return verify_meta("s", delivery.body, sent["x-hub-signature-256"])
        case "twilio":
            return verify_twilio("s", PUBLIC_URL + TARGET + delivery.path, delivery.body, sent["x-twilio-signature"])
        case "token":
            return sent["authorization"] == "Bearer t"


def test_it_is_the_same_again_on_any_later_day_and_after_the_booking(morning: Morning) -> None:
    later = generate_clinic(patients=200, today=date(2025, 7, 1))
    assert morning_of(later, DAY) == morning
    book(later, morning.cast.stranger)
    assert morning_of(later, DAY) == morning
    assert cast_of(generate_clinic(patients=200, seed=2)) != morning.cast


def test_every_delivery_is_its_providers_and_one_is_forged(morning: Morning) -> None:
    assert {one.provider for one in morning.deliveries} == {
        "chatwoot", "whatsapp", "instagram", "messenger", "twilio", "email", "web_form", "generic"
    }  # fmt: skip
    assert [one for one in morning.deliveries if not is_signed(one)] == [one for one in morning.deliveries if one.is_forged]
    assert sum(one.is_forged for one in morning.deliveries) == 1


def test_every_delivery_can_be_read_but_one(morning: Morning) -> None:
    unread = []
    for delivery in morning.deliveries:
        payload = payload_of(delivery.body, delivery.content_type, takes_form=delivery.provider == "twilio")
        parsed = PARSERS[delivery.provider](payload, region="AU", received_at=NOW)
        assert parsed.events or parsed.ignored or parsed.problems
        assert all(event.occurred_at is None or event.occurred_at < NOW for event in parsed.events)
        if parsed.problems:
            unread.append((delivery.provider, {problem.code for problem in parsed.problems}))
    assert unread == [("generic", {"broken_expression"})]


def test_nobody_elses_number_is_used(morning: Morning) -> None:
    clinic = generate_clinic(patients=200, today=DAY)
    phones = [json.dumps(patient.fields.get("patient_phone_numbers")) for patient in clinic.tables.patients]

    def holders(number: str) -> int:
        return sum(number in held for held in phones)

    cast = morning.cast
    assert holders(cast.stranger.mobile) == 0
    assert [holders(alone.mobile) for alone in (cast.by_whatsapp, cast.by_sms, cast.by_chatwoot)] == [1, 1, 1]
    for family in (cast.named_family, cast.unnamed_family):
        assert holders(family[0].mobile) == len(family) > 1


def test_the_booking_is_of_its_moment() -> None:
    clinic = generate_clinic(patients=200, today=DAY)
    stranger = cast_of(clinic).stranger
    at = datetime(2025, 6, 2, 3, tzinfo=UTC)
    booking = book(clinic, stranger, at)
    patient = clinic.tables.patients[int(booking.patient_id)]
    appointment = clinic.tables.individual_appointments[int(booking.appointment_id)]
    assert (patient.created_at, patient.updated_at, appointment.created_at) == (at, at, at)
    assert appointment.starts_at == datetime(2025, 6, 3, 4, tzinfo=UTC)  # 14:00 in Sydney
    assert clinic.clock() > at


def test_a_small_clinic_has_too_few_people() -> None:
    with pytest.raises(ContactHubError, match="150 patients"):
        morning_of(generate_clinic(patients=20, today=DAY), DAY)
