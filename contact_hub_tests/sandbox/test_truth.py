"""Who is active, by the truth: against what the API serves, at the windows' edges, and after every kind of change."""

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from contact_hub.sandbox import Clinic, generate_clinic

from .conftest import TODAY, Api

ZONES = {"Sydney": ZoneInfo("Australia/Sydney"), "Brisbane": ZoneInfo("Australia/Brisbane")}


def linked(record: dict[str, Any], name: str) -> str:
    return record[name]["links"]["self"].rsplit("/", 1)[1]


def counted_from_the_api(api: Api, day: date) -> Counter[str]:
    """Visits and bookings in the window by live patient, read from what the API shows by default and merges alone."""
    zones = {row["id"]: ZONES[row["time_zone"]] for row in api.all("businesses")}
    merged = {row["id"]: row for row in api.all("patients", "archived_at:*") if row["merged_at"]}
    live, found = set(api.ids("patients")), Counter[str]()
    sessions = {row["id"]: row for row in api.all("group_appointments")}
    visits = [(row, linked(row, "patient"), row["did_not_arrive"]) for row in api.all("individual_appointments")] + [
        (sessions[linked(row, "booking")], linked(row, "patient"), row["arrived"] is False)
        for row in api.all("attendees")
        if linked(row, "booking") in sessions
    ]
    for booking, patient_id, absent in visits:
        local = datetime.fromisoformat(booking["starts_at"]).astimezone(zones[linked(booking, "business")]).date()
        while patient_id in merged and "merged_with_patient" in merged[patient_id]:
            patient_id = linked(merged[patient_id], "merged_with_patient")
        in_window = day - timedelta(45) <= local < day + timedelta(45)
        if patient_id in live and in_window and not (absent and local < day):
            found[patient_id] += 1
    return found


@pytest.mark.parametrize("days", [0, -1, 45, -45])
def test_truth_is_what_the_api_shows(clinic: Clinic, api: Api, days: int) -> None:
    day = TODAY + timedelta(days=days)
    truth = clinic.truth.active_patients(day)
    assert truth
    assert counted_from_the_api(api, day) == {
        patient_id: one.recent_count + one.upcoming_count for patient_id, one in truth.items()
    }


def test_every_reason_not_to_count_is_in_the_window(clinic: Clinic) -> None:
    tables = clinic.tables
    window = [
        row
        for row in tables.individual_appointments
        if abs((row.starts_at - datetime.combine(TODAY, time(), tzinfo=UTC)).days) < 44
    ]
    assert any(row.cancelled_at for row in window)
    assert any(row.deleted_at for row in window)
    assert any(row.archived_at for row in window)
    assert any(row.did_not_arrive for row in window)
    assert any(tables.patients[row.patient_id].merged_at for row in window)
    assert any(tables.patients[row.patient_id].archived_at for row in window)
    assert any(row.deleted_at for row in tables.group_appointments)
    bookings = set(tables.group_appointments.rows)
    attendances = [row for row in tables.attendees if row.booking_id in bookings]
    assert any(row.cancelled_at for row in attendances)
    assert any(row.arrived is False for row in attendances)
    assert any(one.no_show_count for one in clinic.truth.active_patients(TODAY).values())


def test_every_individual_appointment_has_one_attendee(clinic: Clinic) -> None:
    attendances = Counter(row.booking_id for row in clinic.tables.attendees)
    for row in clinic.tables.individual_appointments:
        assert attendances[row.id] == 1


def test_some_days_differ_between_the_two_zones(clinic: Clinic) -> None:
    """The seed plants visits whose date in Brisbane is not their date in Sydney, on the window's very edges."""
    zones = list(ZONES.values())
    first = TODAY - timedelta(days=45)
    edge_days = {first - timedelta(days=1), first, TODAY - timedelta(days=1), TODAY, TODAY + timedelta(days=44)}
    differing = [
        row
        for row in clinic.tables.individual_appointments
        if len(days := {row.starts_at.astimezone(zone).date() for zone in zones}) > 1 and days & edge_days
    ]
    assert len(differing) >= 4


@pytest.fixture
def empty() -> Clinic:
    """A clinic with patients and an empty calendar."""
    clinic = generate_clinic(patients=4, today=TODAY, clock=lambda: datetime(2026, 11, 23, tzinfo=UTC))
    for table in (clinic.tables.individual_appointments, clinic.tables.group_appointments, clinic.tables.attendees):
        table.rows.clear()
    return clinic


def local(zone: str, day: int, at: time) -> datetime:
    return datetime.combine(TODAY + timedelta(days=day), at, tzinfo=ZONES[zone])


@pytest.mark.parametrize(("place", "zone"), [(0, "Sydney"), (1, "Brisbane")])
@pytest.mark.parametrize(
    ("day", "at", "recent", "upcoming"),
    [
        (-46, time(23, 59, 59), 0, 0),
        (-45, time(0), 1, 0),
        (-1, time(23, 59, 59), 1, 0),
        (0, time(0), 0, 1),
        (44, time(23, 59, 59), 0, 1),
        (45, time(0), 0, 0),
    ],
)
def test_windows_begin_and_end_at_the_business_midnights(
    empty: Clinic, place: int, zone: str, day: int, at: time, recent: int, upcoming: int
) -> None:
    patient = sorted(empty.truth.live_patients())[0]
    business = list(empty.tables.businesses.rows)[place]
    empty.add_appointment(patient, local(zone, day, at), business_id=business)
    active = empty.truth.active_patients(TODAY).get(patient)
    assert (active.recent_count, active.upcoming_count) == (recent, upcoming) if active else (recent, upcoming) == (0, 0)


def test_last_and_next_are_the_closest(empty: Clinic) -> None:
    patient = sorted(empty.truth.live_patients())[0]
    for day in (-30, -3, -20, 9, 2, 30):
        empty.add_appointment(patient, local("Sydney", day, time(9)))
    no_show = empty.add_appointment(patient, local("Sydney", -1, time(9)))
    empty.mark_no_show(no_show)
    one = empty.truth.active_patients(TODAY)[patient]
    assert (one.recent_count, one.upcoming_count, one.no_show_count) == (3, 3, 1)
    assert one.last_appointment_date == TODAY - timedelta(days=3)
    assert one.next_appointment_date == TODAY + timedelta(days=2)
    assert one.last_appointment_at == local("Sydney", -3, time(9))


def test_only_a_no_show_is_not_active(empty: Clinic) -> None:
    patient = sorted(empty.truth.live_patients())[0]
    empty.mark_no_show(empty.add_appointment(patient, local("Sydney", -3, time(9))))
    assert empty.truth.active_patients(TODAY) == {}


@pytest.mark.parametrize("change", ["cancel", "delete", "archive", "vanish"])
def test_called_off_appointments_do_not_count(empty: Clinic, change: str) -> None:
    patient = sorted(empty.truth.live_patients())[0]
    appointment = empty.add_appointment(patient, local("Sydney", 3, time(9)))
    assert set(empty.truth.active_patients(TODAY)) == {patient}
    getattr(empty, f"{change}_appointment")(appointment)
    assert empty.truth.active_patients(TODAY) == {}


def test_classes_count_through_their_attendees(empty: Clinic) -> None:
    came, stayed_away, cancelled, unmarked = sorted(empty.truth.live_patients())
    session = empty.add_class(local("Sydney", -3, time(9)), [came, stayed_away, cancelled, unmarked])
    first, second, third, _ = empty.attendee_ids_of(session)
    empty.mark_attendee(first, arrived=True)
    empty.mark_attendee(second, arrived=False)
    empty.cancel_attendee(third)
    assert set(empty.truth.active_patients(TODAY)) == {came, unmarked}
    empty.delete_appointment(session)
    assert empty.truth.active_patients(TODAY) == {}


def test_a_merge_moves_activity_to_the_survivor(empty: Clinic) -> None:
    first, second, third, _ = sorted(empty.truth.live_patients())
    empty.add_appointment(first, local("Sydney", -3, time(9)))
    empty.merge_patients(first, second, move_appointments=False)
    empty.merge_patients(second, third, move_appointments=True)
    assert empty.truth.survivor_of(first) == third
    assert set(empty.truth.active_patients(TODAY)) == {third}
    empty.archive_patient(third)
    assert empty.truth.active_patients(TODAY) == {}
    empty.unarchive_patient(third)
    assert set(empty.truth.active_patients(TODAY)) == {third}
    empty.vanish_patient(third)
    assert empty.truth.active_patients(TODAY) == {}
    assert empty.truth.vanished_patients() == {third}
    assert empty.truth.survivor_of(first) is None


def test_moving_an_appointment_moves_its_window(empty: Clinic) -> None:
    patient = sorted(empty.truth.live_patients())[0]
    appointment = empty.add_appointment(patient, local("Sydney", 3, time(9)), minutes=30)
    empty.move_appointment(appointment, local("Sydney", 80, time(10)))
    assert empty.truth.active_patients(TODAY) == {}
    row = empty.tables.individual_appointments[int(appointment)]
    assert row.ends_at - row.starts_at == timedelta(minutes=30)
