"""Appointments as Cliniko sends them."""

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contact_hub.context import Appointment, Practice, appointments_of, next_and_last
from contact_hub.errors import ConfigurationError
from contact_hub_tests.context.support import NOW, appointment, at

BASE = "https://api.au1.cliniko.com/v1"
DOOR = "https://surfrehab.example.com/telehealth/9"


def link(resource: str, record_id: object) -> dict[str, Any]:
    return {"links": {"self": f"{BASE}/{resource}/{record_id}"}}


def booking(resource: str, booking_id: str, **but: Any) -> dict[str, Any]:
    return {
        "id": booking_id,
        "starts_at": "2026-12-02T03:00:00Z",
        "ends_at": "2026-12-02T03:45:00Z",
        "archived_at": None,
        "deleted_at": None,
        "notes": "sensitive",
        "telehealth_url": DOOR,
        "appointment_type": link("appointment_types", 5),
        "business": link("businesses", 3),
        "practitioner": link("practitioners", 9),
        "attendees": link("attendees?q[]=booking_id", booking_id),
        "links": {"self": f"{BASE}/{resource}/{booking_id}"},
        **but,
    }


def individual(booking_id: str = "100", patient: object = 1, **but: Any) -> dict[str, Any]:
    said = {"cancelled_at": None, "did_not_arrive": False, "patient_arrived": False, "patient": link("patients", patient)}
    return booking("individual_appointments", booking_id, patient_name="Anna Smith", **{**said, **but})


def group(booking_id: str = "200", **but: Any) -> dict[str, Any]:
    return booking("group_appointments", booking_id, **{"patient_ids": ["1", "2"], "max_attendees": 8, **but})


def attendee(booking_id: str = "200", patient: object = 1, **but: Any) -> dict[str, Any]:
    return {
        "id": f"7{patient}",
        "arrived": None,
        "booking": link("bookings", booking_id),
        "patient": link("patients", patient),
        **but,
    }


PRACTICE = Practice(
    time_zone="Australia/Brisbane",
    businesses={
        "3": {"id": "3", "business_name": "Surf Rehab Pty Ltd", "display_name": " Bondi ", "time_zone": "Sydney"},
        "4": {"id": "4", "business_name": "Byron", "time_zone_identifier": "Australia/Adelaide"},
    },
    practitioners={"9": {"id": "9", "display_name": "", "label": "Anna\nQuill"}},
    appointment_types={"5": {"id": "5", "name": "Follow-up", "telehealth_enabled": True}},
    time_zones={"3": "Australia/Sydney"},
)
ANNA = frozenset(("1",))


def read(**payloads: list[Any]) -> list[Appointment]:
    return appointments_of(ANNA, PRACTICE, **payloads)


def test_an_individual_appointment() -> None:
    assert read(individual=[individual()]) == [
        Appointment(
            id="100",
            patient_id="1",
            kind="individual",
            starts_at=at("2026-12-02 03:00"),
            ends_at=at("2026-12-02 03:45"),
            time_zone="Australia/Sydney",
            practitioner="Anna Quill",
            type="Follow-up",
            place="Bondi",
            telehealth=True,
        )
    ]


def test_a_class_counts_through_its_attendees() -> None:
    (place,) = read(group=[group()], attendees=[attendee(patient=2), attendee(patient=1)])
    assert (place.id, place.kind, place.patient_id, place.cancelled) == ("200", "group", "1", False)
    assert read(group=[group()]) == []
    assert read(attendees=[attendee()]) == []


def test_who_gave_up_a_place_and_took_another_has_one() -> None:
    gone, back = attendee(cancelled_at="2026-11-01T00:00:00Z"), attendee()
    for order in ([gone, back], [back, gone]):
        (place,) = read(group=[group()], attendees=order)
        assert not place.cancelled
    (place,) = read(group=[group()], attendees=[gone])
    assert place.cancelled


@pytest.mark.parametrize("name", ["cancelled_at", "deleted_at", "archived_at"])
def test_what_is_off_is_cancelled(name: str) -> None:
    gone = "2026-11-01T00:00:00Z"
    assert read(individual=[individual(**{name: gone})])[0].cancelled
    assert read(individual=[individual(**{name: "soon"})])[0].cancelled
    assert not read(individual=[individual(**{name: ""})])[0].cancelled
    assert read(group=[group(**{name: gone})], attendees=[attendee()])[0].cancelled
    assert read(group=[group()], attendees=[attendee(**{name: gone})])[0].cancelled


def test_those_of_others_are_left_out() -> None:
    assert read(individual=[individual(patient=2)], group=[group()], attendees=[attendee(patient=2)]) == []


@pytest.mark.parametrize(
    ("business", "zone", "place"),
    [("3", "Australia/Sydney", "Bondi"), ("4", "Australia/Adelaide", "Byron"), ("8", "Australia/Brisbane", None)],
)
def test_the_zone_is_the_business_s(business: str, zone: str, place: str | None) -> None:
    (one,) = read(individual=[individual(business=link("businesses", business))])
    assert (one.time_zone, one.place) == (zone, place)


def test_what_has_no_id_time_or_patient_is_left_out() -> None:
    odd = [
        individual(starts_at=None), individual(starts_at="soon"), individual(starts_at="9999-12-31T23:00:00Z"),
        individual(id=None), individual(id=True), individual(patient=""), {},
        {**individual(), "patient": {"links": {"self": f"{BASE}/patients?q[]=id:/patients/1"}}},
    ]  # fmt: skip
    assert read(individual=odd) == []


def test_ids_may_be_integers_and_times_have_offsets() -> None:
    (one,) = read(individual=[individual(id=100, starts_at="2026-12-02T14:00:00.000+1100")])
    assert (one.id, one.starts_at) == ("100", at("2026-12-02 03:00"))


def test_neither_doors_nor_notes_nor_names_stay() -> None:
    (one,) = read(individual=[individual()])
    kept = str({name: getattr(one, name) for name in Appointment.__slots__})
    assert all(text not in kept for text in (DOOR, "sensitive", "Anna Smith"))
    assert all(text not in repr(one) for text in ("Quill", "Bondi", "Follow-up", "2026"))


def test_a_practice_needs_a_zone() -> None:
    with pytest.raises(ConfigurationError, match="IANA"):
        Practice(time_zone="Sydney")


def test_a_moment_needs_its_zone() -> None:
    with pytest.raises(ValueError, match="zone"):
        appointment(starts_at=NOW.replace(tzinfo=None))


# Columns: when it is, and what is known of it; now it is 12:00. What is next, what was last.
ORDER = {
    "nothing is booked": ([], None, None),
    "the first one ahead, the last one behind": (["13:00", "14:00", "09:00-10:00", "10:00-11:00"], "13:00", "10:00-11:00"),
    "a cancelled one is neither": (
        ["13:00 cancelled", "14:00", "10:00-11:00 cancelled", "09:00-10:00"],
        "14:00",
        "09:00-10:00",
    ),
    "one under way is next: she may be late": (["11:55-12:40", "14:00"], "11:55-12:40", None),
    "until she has come": (["11:55-12:40 arrived", "14:00"], "14:00", "11:55-12:40 arrived"),
    "or is noted as missing": (["11:55-12:40 missing", "14:00"], "14:00", None),
    "one that begins now": (["12:00-12:30"], "12:00-12:30", None),
    "one that ends now": (["11:00-12:00"], None, "11:00-12:00"),
    "of unknown length": (["12:00"], None, "12:00"),
    "a missed one was not attended": (["09:00-10:00", "10:00-11:00 missing"], None, "09:00-10:00"),
    "of a class under way nobody is missing": (["11:55-12:40 missing class"], "11:55-12:40 missing class", None),
}


@pytest.mark.parametrize(("booked", "ahead", "behind"), ORDER.values(), ids=ORDER)
def test_next_and_last(booked: list[str], ahead: str | None, behind: str | None) -> None:
    def made(text: str) -> Appointment:
        time, *words = text.split()
        starts, _, ends = time.partition("-")
        return appointment(
            f"2026-12-01 {starts}",
            f"2026-12-01 {ends}" if ends else None,
            id=text,
            cancelled="cancelled" in words,
            arrived="arrived" in words,
            did_not_arrive="missing" in words,
            kind="group" if "class" in words else "individual",
        )

    for order in (booked, booked[::-1]):
        found = next_and_last(map(made, order), at("2026-12-01 12:00"))
        assert tuple(one and one.id for one in found) == (ahead, behind)


JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.text(max_size=5),
    st.just({"links": None}),
    st.just([]),
    st.just({}),
    st.floats(),
)


@given(st.data())
def test_reading_never_fails(data: st.DataObject) -> None:
    payloads = [individual(), group(), attendee()]
    for payload in payloads:
        for name in data.draw(st.sets(st.sampled_from(sorted(payload)), max_size=4)):
            payload[name] = data.draw(JUNK)
    before = copy.deepcopy(payloads)
    found = read(individual=payloads[:1], group=payloads[1:2], attendees=payloads[2:])
    assert json.dumps(payloads) == json.dumps(before)
    assert all(one.patient_id == "1" for one in found)
