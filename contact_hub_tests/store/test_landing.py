"""Landing: all of a pull or nothing of it, a watermark that only rises, and no record that cannot be landed."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from contact_hub.store.changed_rows import Difference
from contact_hub.store.database import Database
from contact_hub.store.landing import Landed, SweepRefused, SyncState, imported_organizations, land, sync_states
from contact_hub.store.organizations import Organization, register
from contact_hub.store.raw_tables import RAW_TABLES

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
Record = dict[str, Any]


class Clinic:
    """One organization's raw tables."""

    def __init__(self, database: Database, organization_id: str) -> None:
        self.database, self.organization_id = database, organization_id
        with database.transaction() as connection:
            register(connection, Organization(organization_id, "A clinic", "Australia/Sydney", "AU", None))

    def land(self, *pages: list[Record], resource: str = "patients", through: datetime = NOON, sweep: bool = False) -> Landed:
        return land(self.database, self.organization_id, resource, pages, changed_through=through, sweep=sweep)

    def rows(self, resource: str = "patients") -> dict[str, Any]:
        statement = f"SELECT * FROM {RAW_TABLES[resource].fullname} WHERE organization_id = :organization_id"
        return {row.cliniko_id: row for row in self._query(statement)}

    def versions(self) -> set[tuple[str, str]]:
        """Changes with every write to any patient's row."""
        rows = self._query("SELECT cliniko_id, xmin::text FROM raw.cliniko_patients WHERE organization_id = :organization_id")
        return {tuple(row) for row in rows}  # type: ignore[misc]

    def vanished(self) -> set[str]:
        return {cliniko_id for cliniko_id, row in self.rows().items() if row.vanished_at is not None}

    @property
    def state(self) -> SyncState | None:
        with self.database.reading() as connection:
            return sync_states(connection, self.organization_id).get("patients")

    def _query(self, statement: str) -> list[Any]:
        with self.database.reading() as connection:
            return list(connection.execute(text(statement), {"organization_id": self.organization_id}))


@pytest.fixture
def clinic(database: Database, organization_id: str) -> Clinic:
    return Clinic(database, organization_id)


def patients(count: int, **fields: Any) -> list[Record]:
    return [{"id": str(number), **fields} for number in range(1, count + 1)]


def test_a_first_import_lands_all_pages_and_says_how_far_it_read(clinic: Clinic) -> None:
    assert clinic.state is None
    landed = clinic.land(patients(3), [{"id": "4", "first_name": "Ada"}])
    assert landed == Landed(received=4, difference=Difference(4, 0, 0, 0), vanished=0)
    assert clinic.rows()["4"].payload == {"id": "4", "first_name": "Ada"}
    state = clinic.state
    assert state is not None
    assert (state.changed_through, state.swept_at) == (NOON, None)
    with clinic.database.reading() as connection:
        assert clinic.organization_id in imported_organizations(connection)


def test_the_same_records_again_write_nothing(clinic: Clinic) -> None:
    clinic.land(patients(5, tags=["a", {"b": None}]))
    before = clinic.versions()
    assert clinic.land(patients(5, tags=["a", {"b": None}]), sweep=True).difference == Difference(0, 0, 0, unchanged=5)
    assert clinic.versions() == before


def test_a_pull_of_changes_leaves_the_others_alone(clinic: Clinic) -> None:
    clinic.land(patients(3, first_name="Old"))
    landed = clinic.land([{"id": "2", "first_name": "New"}], through=NOON + HOUR)
    assert landed.difference == Difference(0, updated=1, deleted=0, unchanged=0)
    assert [clinic.rows()[number].payload["first_name"] for number in "123"] == ["Old", "New", "Old"]


def test_a_changed_payload_says_when_it_was_first_seen_here(clinic: Clinic) -> None:
    clinic.land(patients(2))
    before = {number: row.landed_at for number, row in clinic.rows().items()}
    clinic.land([{"id": "1", "first_name": "New"}, {"id": "2"}])
    after = {number: row.landed_at for number, row in clinic.rows().items()}
    assert after["1"] > before["1"]
    assert after["2"] == before["2"]


def test_the_watermark_never_goes_back(clinic: Clinic) -> None:
    for through, expected in ((NOON, NOON), (NOON + HOUR, NOON + HOUR), (NOON - HOUR, NOON + HOUR), (NOON, NOON + HOUR)):
        clinic.land([], through=through)
        assert clinic.state is not None
        assert clinic.state.changed_through == expected


def test_a_sweep_is_remembered_by_pulls_after_it(clinic: Clinic) -> None:
    clinic.land(patients(1), sweep=True)
    swept = clinic.state
    clinic.land(patients(1), through=NOON + HOUR)
    assert swept is not None
    assert clinic.state is not None
    assert clinic.state.swept_at == swept.swept_at is not None
    assert clinic.state.imported_at == swept.imported_at


def test_pages_that_break_off_land_nothing_and_the_next_pull_is_whole(clinic: Clinic) -> None:
    clinic.land(patients(2, first_name="Old"))
    before = (clinic.versions(), clinic.state)

    def pages() -> Iterator[list[Record]]:
        yield patients(2, first_name="New")
        yield [{"id": "3"}]
        raise ConnectionError

    with pytest.raises(ConnectionError):
        land(clinic.database, clinic.organization_id, "patients", pages(), changed_through=NOON + HOUR, sweep=True)
    assert (clinic.versions(), clinic.state) == before
    assert clinic.land([{"id": "4"}]).difference == Difference(1, 0, 0, 0)
    assert set(clinic.rows()) == {"1", "2", "4"}


def test_rows_and_watermark_move_together_or_not_at_all(clinic: Clinic) -> None:
    clinic.land(patients(2, first_name="Old"))
    before = (clinic.versions(), clinic.state)
    with pytest.raises(IntegrityError):
        clinic.land(patients(3, first_name="New"), through=None, sweep=True)  # type: ignore[arg-type]
    assert (clinic.versions(), clinic.state) == before


def test_a_pull_of_an_unregistered_organization_lands_nothing(database: Database) -> None:
    with pytest.raises(IntegrityError):
        land(database, "org_nobody", "patients", [patients(1)], changed_through=NOON, sweep=True)


def test_a_record_of_two_lists_is_kept_as_it_came_last(clinic: Clinic) -> None:
    landed = clinic.land(
        [{"id": "7", "active": True}, {"id": "8", "active": True}], [{"id": "7", "active": False}], resource="practitioners"
    )
    assert (landed.received, landed.difference) == (3, Difference(2, 0, 0, 0))
    assert {number: row.active for number, row in clinic.rows("practitioners").items()} == {"7": False, "8": True}


def test_an_empty_clinic_is_imported_and_swept(clinic: Clinic) -> None:
    assert clinic.land([], sweep=True) == Landed(0, Difference(0, 0, 0, 0), 0)
    assert clinic.rows() == {}
    assert clinic.state is not None
    assert clinic.state.swept_at is not None


def test_a_sweep_marks_what_it_lacks_and_a_pull_does_not(clinic: Clinic) -> None:
    clinic.land(patients(4))
    assert clinic.land(patients(2)).vanished == 0
    assert clinic.vanished() == set()
    assert clinic.land(patients(2), sweep=True).vanished == 2
    assert clinic.vanished() == {"3", "4"}
    # A second sweep finds nobody newly gone, and does not move the time at which the others went.
    before = clinic.versions()
    assert clinic.land(patients(2), sweep=True).vanished == 0
    assert clinic.versions() == before


def test_a_record_that_reappears_is_there_again(clinic: Clinic) -> None:
    clinic.land(patients(3))
    clinic.land(patients(1), sweep=True)
    assert clinic.land([{"id": "2"}]).difference == Difference(0, updated=1, deleted=0, unchanged=0)
    assert clinic.vanished() == {"3"}
    clinic.land(patients(3), sweep=True)
    assert clinic.vanished() == set()


@pytest.mark.parametrize(
    ("known", "left", "refused"),
    [(20, 0, False), (21, 0, True), (60, 40, False), (60, 39, True), (200, 160, False), (200, 159, True)],
)
def test_a_sweep_that_lacks_too_many_is_refused_and_changes_nothing(
    clinic: Clinic, known: int, left: int, refused: bool
) -> None:
    """Refused: more than a fifth, and more than twenty."""
    clinic.land(patients(known))
    before = (clinic.versions(), clinic.state)
    if not refused:
        assert clinic.land(patients(left), sweep=True).vanished == known - left
        return
    with pytest.raises(SweepRefused) as raised:
        clinic.land(patients(left, first_name="Canary"), through=NOON + HOUR, sweep=True)
    assert f"a sweep of cliniko_patients lacks {known - left} of {known} known records; nothing was changed" in str(
        raised.value
    )
    assert clinic.organization_id in str(raised.value)
    assert (clinic.versions(), clinic.state) == before


def test_sweeps_do_not_see_other_organizations(clinic: Clinic, database: Database) -> None:
    other = Clinic(database, f"{clinic.organization_id}_other")
    other.land(patients(30))
    clinic.land(patients(3), sweep=True)
    clinic.land(patients(2), sweep=True)
    assert other.vanished() == set()
    assert clinic.vanished() == {"3"}


def link(url: object) -> Record:
    return {"links": {"self": url}}


@pytest.mark.parametrize(
    "junk", [None, "", " ", "soon", "2026-02-30T10:00:00Z", "0000-01-01T00:00:00Z", 20260301, 1.5, True, [], {}]
)
def test_times_that_cannot_be_read_land_as_none_beside_the_payload(clinic: Clinic, junk: object) -> None:
    record = {
        "id": "1",
        "starts_at": junk,
        "ends_at": "2026-03-01T10:00:00Z",
        "cancelled_at": junk,
        "patient": link("x/patients/5"),
    }
    clinic.land([record], resource="individual_appointments")
    row = clinic.rows("individual_appointments")["1"]
    assert (row.starts_at, row.cancelled_at) == (None, None)
    assert (row.ends_at, row.patient_id) == (datetime(2026, 3, 1, 10, tzinfo=UTC), "5")
    assert row.payload == record


@pytest.mark.parametrize(
    "moment", ["0001-01-01T00:00:00+14:00", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59-14:00"]
)
def test_the_ends_of_the_calendar_can_be_landed(clinic: Clinic, moment: str) -> None:
    clinic.land([{"id": "1", "starts_at": moment}], resource="individual_appointments")
    statement = "SELECT payload ->> 'starts_at' FROM raw.cliniko_individual_appointments WHERE organization_id = :tenant"
    with clinic.database.reading() as connection:
        assert connection.execute(text(statement), {"tenant": clinic.organization_id}).scalars().all() == [moment]


@pytest.mark.parametrize(
    "junk",
    [None, "", 7, True, [], {}, "https://x/v1/patients/5", {"links": None}, {"links": []}, link(None), link(5), link("https://x/v1/patients"),
     link("https://x/v1/patients?q%5B%5D=id%3A%3D5"), link("https://x/v1/patients/5/appointments"), link("https://[x/v1/patients/5")],
)  # fmt: skip
def test_links_that_name_no_record_land_as_none_beside_the_payload(clinic: Clinic, junk: object) -> None:
    record = {"id": "1", "patient": junk, "booking": link("https://x/v1/bookings/9"), "arrived": "yes"}
    clinic.land([record, {"id": "2"}], resource="attendees")
    rows = clinic.rows("attendees")
    assert (rows["1"].patient_id, rows["1"].booking_id, rows["1"].arrived) == (None, "9", None)
    assert rows["1"].payload == record
    assert (rows["2"].patient_id, rows["2"].booking_id) == (None, None)


def test_unknown_fields_and_odd_values_are_kept_as_sent(clinic: Clinic) -> None:
    record = {
        "id": "1390726237298631770",
        "a new field": {"deep": [1, 2.5, None, {"x": "O’Brien 👋"}]},
        "large": 2**63,
        "first_name": 5,
        "notes": "x" * 50_000,
        "": "",
        "organization_id": "another",
    }
    clinic.land([record, {"id": "9007199254740993"}, {"id": "9007199254740992"}])
    assert set(clinic.rows()) == {"1390726237298631770", "9007199254740993", "9007199254740992"}
    assert clinic.rows()["1390726237298631770"].payload == record


def test_what_postgresql_cannot_hold_is_replaced_and_nothing_else_is_lost(clinic: Clinic) -> None:
    hostile = {"id": "1", "notes": "a\x00b\ud83dc", "list": ["\x00"], "number": float("inf"), "first_name": "Zoë"}
    clinic.land([hostile, {"id": "2", "first_name": "Ann"}])
    stored = {"id": "1", "notes": "a\ufffdb\ufffdc", "list": ["\ufffd"], "number": "inf", "first_name": "Zoë"}
    assert clinic.rows()["1"].payload == stored
    assert clinic.rows()["2"].payload == {"id": "2", "first_name": "Ann"}


_JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(st.characters()) | st.datetimes().map(str),
    lambda inner: (
        st.lists(inner, max_size=3) | st.fixed_dictionaries({"links": st.fixed_dictionaries({"self": inner}) | inner})
    ),
    max_leaves=4,
)
_FIELDS = [
    "starts_at",
    "ends_at",
    "cancelled_at",
    "archived_at",
    "deleted_at",
    "merged_at",
    "did_not_arrive",
    "arrived",
    "active",
]
_RELATIONS = ["patient", "booking", "business", "practitioner", "appointment_type", "time_zone", "time_zone_identifier"]


@settings(deadline=None, max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    resource=st.sampled_from(sorted(RAW_TABLES)),
    fields=st.dictionaries(st.sampled_from(_FIELDS + _RELATIONS), _JUNK, max_size=8),
)
def test_any_object_with_an_id_can_be_landed(clinic: Clinic, resource: str, fields: Record) -> None:
    clinic.land([{"id": "1", **fields}, {"id": "2"}], resource=resource)
    assert {"1", "2"} <= set(clinic.rows(resource))
