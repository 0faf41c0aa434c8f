"""From what landed to what is derived: the sensor asks, the run takes in, and nothing is lost by either."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import dagster as dg
import pytest
from dagster import DagsterInstance
from sqlalchemy import text

from contact_hub.assets.activity import conversations
from contact_hub.automation import sensors
from contact_hub.automation.partitions import partition_key, partition_tags, today
from contact_hub.automation.sensors import RETRY_SECONDS, channel_runs
from contact_hub.definitions import build_definitions
from contact_hub.directory import ContactDirectory
from contact_hub.resources.run_tags import DAY_TAG, ORGANIZATION, ORGANIZATION_TAG, TRIGGER_TAG
from contact_hub.resources.store import StoreResource
from contact_hub.store.changes import PATIENCE, Pending, pending_changes
from contact_hub.store.database import Database
from contact_hub.store.events import land_events
from contact_hub.store.organizations import disable
from contact_hub.sync import QUIET
from contact_hub_tests.directory.support import (
    IDENTITY,
    ClinicOfTests,
    at,
    form,
    instagram,
    mail,
    moved,
    patient,
    sms,
    status,
    whatsapp,
)

pytestmark = pytest.mark.long

DEFINITIONS = build_definitions()
DAY = date(2026, 11, 23)
ANNA, BEN = "+61412345671", "+61412345672"
WATERMARKS = {"normalized_contacts", "channel_identity_links", "contacts", "conversations"}


@pytest.fixture
def clinic(database: Database, organization_id: str) -> Iterator[ClinicOfTests]:
    directory = ContactDirectory(database)
    yield ClinicOfTests(database, directory, organization_id)
    directory.close()


def pending(clinic: ClinicOfTests, quiet_seconds: float = 1.0) -> Pending | None:
    """What there is to take in for this organization."""
    with clinic.database.reading() as connection:
        found = pending_changes(connection, quiet_seconds=quiet_seconds)
    return next((one for one in found if one.organization_id == clinic.organization_id), None)


def watermarks(clinic: ClinicOfTests) -> dict[str, int]:
    rows = clinic.query("SELECT asset, through_number FROM derivations WHERE organization_id = :organization_id")
    return {row.asset: row.through_number for row in rows}


def run_channels(clinic: ClinicOfTests, instance: DagsterInstance) -> dg.ExecuteInProcessResult:
    """The job as the sensor asks for it, in this process."""
    instance.add_dynamic_partitions(ORGANIZATION, [clinic.organization_id])
    return DEFINITIONS.resolve_job_def("channels").execute_in_process(
        partition_key=partition_key(clinic.organization_id, today()), instance=instance, run_config=QUIET, raise_on_error=False
    )


class TestAsking:
    NEWS = (Pending("a", 3, 0, 7), Pending("b", 0, 1, 9), Pending("c", 2, 2, 5))

    def test_one_run_an_organization_with_news_however_many_events(self) -> None:
        requests, observations = channel_runs(self.NEWS, busy=(), day=DAY, now=1000.0)
        assert [request.tags[ORGANIZATION_TAG] for request in requests] == ["a", "b", "c"]
        assert {(request.tags[DAY_TAG], request.tags[TRIGGER_TAG]) for request in requests} == {
            ("2026-11-23", "channel_events")
        }
        assert len({request.run_key for request in requests}) == 3
        told = [
            (one.asset_key.to_user_string(), one.partition, one.metadata["landed"].value, one.metadata["through"].value)
            for one in observations
        ]
        assert told == [
            ("channel_events", "2026-11-23|a", 3, 7),
            ("identity_decisions", "2026-11-23|b", 1, 9),
            ("channel_events", "2026-11-23|c", 2, 5),
            ("identity_decisions", "2026-11-23|c", 2, 5),
        ]

    def test_none_while_one_is_in_flight(self) -> None:
        requests, observations = channel_runs(self.NEWS, busy={"a", "c", "other"}, day=DAY, now=1000.0)
        assert [request.tags[ORGANIZATION_TAG] for request in requests] == ["b"]
        assert {one.partition for one in observations} == {"2026-11-23|b"}

    def test_nothing_pending_asks_for_nothing(self) -> None:
        assert channel_runs([], busy=(), day=DAY, now=1000.0) == ([], [])

    def test_a_run_key_changes_with_the_news_and_with_time_so_none_is_burnt_for_ever(self) -> None:
        def key(number: int, now: float) -> str | None:
            (request,), _ = channel_runs([Pending("a", 1, 0, number)], busy=(), day=DAY, now=now)
            return request.run_key

        assert key(7, 900.0) == key(7, 900.0 + RETRY_SECONDS - 1), "a tick evaluated twice asks once"
        assert len({key(7, 900.0), key(7, 900.0 + RETRY_SECONDS), key(8, 900.0)}) == 3


class TestPending:
    def test_an_organization_without_news_is_not_pending(self, clinic: ClinicOfTests) -> None:
        assert pending(clinic) is None

    def test_events_are_pending_once_they_are_quiet(self, clinic: ClinicOfTests) -> None:
        now = datetime.now(UTC)
        land_events(clinic.database, clinic.organization_id, [sms("1", ANNA, 1)], received_at=now - timedelta(seconds=3))
        assert pending(clinic) == Pending(clinic.organization_id, 1, 0, 1)
        land_events(clinic.database, clinic.organization_id, [sms("2", ANNA, 2)], received_at=now)
        assert pending(clinic, quiet_seconds=60) is None
        assert pending(clinic, quiet_seconds=0) == Pending(clinic.organization_id, 2, 0, 2)

    def test_a_burst_that_does_not_end_waits_some_time_and_no_longer(self, clinic: ClinicOfTests) -> None:
        now = datetime.now(UTC)
        for age in (99, 50, 0):
            at_age = now - timedelta(seconds=age)
            land_events(clinic.database, clinic.organization_id, [sms(str(age), ANNA, 1)], received_at=at_age)
        assert pending(clinic, quiet_seconds=120 / PATIENCE) is None
        found = pending(clinic, quiet_seconds=90 / PATIENCE)
        assert found is not None
        assert found.events == 3

    def test_decisions_do_not_wait(self, clinic: ClinicOfTests) -> None:
        clinic.patients(patient("1", "Anna", "Smith"))
        clinic.derive()
        clinic.land(instagram("dm", "17841400001", 1), received=0)
        clinic.settle()
        stranger = clinic.contact_of("dm")
        assert stranger is not None
        with clinic.database.transaction() as connection:
            statement = text("INSERT INTO derivations VALUES (:organization_id, 'conversations', 1)")
            connection.execute(statement, {"organization_id": clinic.organization_id})
        assert pending(clinic) is None
        clinic.directory.link_to_cliniko_patient(clinic.organization_id, stranger, "1", decided_by="a person")
        assert pending(clinic, quiet_seconds=3600) == Pending(clinic.organization_id, 0, 1, 2)

    def test_a_number_that_was_released_is_news(self, clinic: ClinicOfTests) -> None:
        clinic.directory.release(clinic.organization_id, "phone", ANNA)
        assert pending(clinic, quiet_seconds=3600) == Pending(clinic.organization_id, 0, 0, 1)

    def test_deliveries_of_what_is_known_are_no_news(self, clinic: ClinicOfTests) -> None:
        clinic.land(sms("1", ANNA, 1), received=0)
        clinic.derive()
        with clinic.database.transaction() as connection:
            statement = text("INSERT INTO derivations VALUES (:organization_id, 'conversations', 1)")
            connection.execute(statement, {"organization_id": clinic.organization_id})
        clinic.land(sms("1", ANNA, 1), received=0)
        assert pending(clinic) is None

    def test_a_disabled_organization_is_left_alone(self, clinic: ClinicOfTests) -> None:
        clinic.land(sms("1", ANNA, 1), received=0)
        with clinic.database.transaction() as connection:
            disable(connection, clinic.organization_id)
        assert pending(clinic) is None

    def test_the_longest_waiting_come_first(self, clinic: ClinicOfTests) -> None:
        later = ClinicOfTests(clinic.database, clinic.directory, f"{clinic.organization_id}_later")
        later.land(sms("1", ANNA, 1), received=-10)
        clinic.land(sms("1", ANNA, 1), received=-20)
        with clinic.database.reading() as connection:
            found = [one.organization_id for one in pending_changes(connection, quiet_seconds=1)]
        assert found.index(clinic.organization_id) < found.index(later.organization_id)


class TestSensor:
    @pytest.fixture(autouse=True)
    def of_all_tests_organizations(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Other tests leave news of theirs in the same database."""
        monkeypatch.setattr(sensors, "AT_ONCE", 100_000)
        monkeypatch.setattr(sensors, "WATCH_SECONDS", 0.01)

    def asked(self, clinic: ClinicOfTests, instance: DagsterInstance) -> tuple[list[dg.RunRequest], list[Any], list[str]]:
        """Requests, observations and new partitions of this organization at one tick."""
        with dg.build_sensor_context(
            instance=instance,
            instance_ref=instance.get_ref(),
            definitions=DEFINITIONS,
            resources={"store": StoreResource()},
        ) as context:
            tick = DEFINITIONS.resolve_sensor_def("channel_events").evaluate_tick(context)
        requests = [one for one in tick.run_requests or [] if one.tags[ORGANIZATION_TAG] == clinic.organization_id]
        cell = partition_key(clinic.organization_id, today())
        events = [one for one in tick.asset_events if isinstance(one, dg.AssetObservation) and one.partition == cell]
        partitions = [key for one in tick.dynamic_partitions_requests or [] for key in one.partition_keys]
        return requests, events, [key for key in partitions if key == clinic.organization_id]

    def test_news_make_a_partition_an_observation_and_one_run_that_takes_all_of_it_in(
        self, clinic: ClinicOfTests, instance: DagsterInstance
    ) -> None:
        clinic.land(*(whatsapp(f"m{number}", ANNA, number, "Anna") for number in range(20)), received=0)
        (request,), (observation,), partitions = self.asked(clinic, instance)
        assert partitions == [clinic.organization_id]
        assert request.tags.items() >= partition_tags(clinic.organization_id, today()).items()
        assert observation.metadata["landed"].value == 20
        assert self.asked(clinic, instance)[0][0].run_key == request.run_key
        assert run_channels(clinic, instance).success
        assert watermarks(clinic) == dict.fromkeys(WATERMARKS, 20)
        assert pending(clinic) is None
        assert self.asked(clinic, instance) == ([], [], [])
        clinic.land(sms("more", ANNA, 30), received=0)
        (request_2,), _, partitions = self.asked(clinic, instance)
        assert (partitions, request_2.run_key != request.run_key) == ([], True)

    @pytest.mark.parametrize("state", [dg.DagsterRunStatus.NOT_STARTED, dg.DagsterRunStatus.STARTED])
    def test_no_run_beside_one_in_flight(
        self, clinic: ClinicOfTests, instance: DagsterInstance, state: dg.DagsterRunStatus
    ) -> None:
        clinic.land(sms("1", ANNA, 1), received=0)
        run = dg.DagsterRun(job_name="hourly", status=state, tags=partition_tags(clinic.organization_id, today()))
        instance.add_run(run)
        try:
            assert self.asked(clinic, instance)[0] == []
        finally:
            instance.delete_run(run.run_id)
        assert len(self.asked(clinic, instance)[0]) == 1

    @pytest.mark.parametrize(
        "broken",
        [
            "contact_hub.assets.identity.resolve",
            "contact_hub.assets.activity.CONVERSATIONS",
        ],
    )
    def test_a_run_that_dies_half_way_loses_nothing(
        self, clinic: ClinicOfTests, instance: DagsterInstance, monkeypatch: pytest.MonkeyPatch, broken: str
    ) -> None:
        clinic.patients(patient("1", "Anna", "Smith", ANNA))
        clinic.land(whatsapp("hello", ANNA, 1, "Anna"), form("form", 2, "Ben", BEN), received=0)
        with monkeypatch.context() as patched:
            patched.setattr(broken, None)
            assert not run_channels(clinic, instance).success
        found = pending(clinic)
        assert found is not None
        assert found.events == 2
        assert "conversations" not in watermarks(clinic)
        assert len(self.asked(clinic, instance)[0]) == 1, "it is asked for again"
        clinic.derive(*IDENTITY, conversations)
        assert pending(clinic) is None
        assert clinic.contact_of("hello") == clinic.contact_of_patient("1")
        assert clinic.count("unsettled_records") == 0
        assert clinic.count("conversations") == 2
        derived = clinic.rows()
        clinic.forget_derived()
        clinic.derive()
        assert clinic.rows() == derived

    def test_what_lands_during_a_run_is_asked_for_again(self, clinic: ClinicOfTests) -> None:
        """Not settled, and too late for the first asset of the run: its last asset does not claim to have taken it in."""
        clinic.land(sms("first", ANNA, 1), received=0)
        clinic.derive()
        clinic.land(sms("second", BEN, 2), received=0)
        clinic.derive(conversations)
        assert watermarks(clinic)["conversations"] == 1
        found = pending(clinic)
        assert found is not None
        assert found.events == 1
        clinic.derive(*IDENTITY, conversations)
        assert pending(clinic) is None
        assert clinic.count("conversations") == 2

    def test_every_check_passes(self, clinic: ClinicOfTests, instance: DagsterInstance) -> None:
        clinic.patients(patient("1", "Anna", "Smith", ANNA, email="anna@example.com"))
        clinic.land(
            whatsapp("1", ANNA, 1, "Anna"), mail("2", "jo@example.com", 2), moved("3", ANNA, BEN, 3), status("4", BEN, 4)
        )
        clinic.land(sms("5", "+61412345673", 5, direction="out"), received=0)
        result = run_channels(clinic, instance)
        evaluations = {one.check_name: one for one in result.get_asset_check_evaluations()}
        names = {
            "every_event_counted",
            "of_live_contacts",
            "unified_experience",
            "customers_are_contacts",
            "link_success",
            "settled",
        }
        assert names <= set(evaluations)
        assert [name for name, one in evaluations.items() if not one.passed] == []
        counts = {
            name: (evaluations[name].metadata["numerator"].value, evaluations[name].metadata["denominator"].value)
            for name in names
        }
        assert counts == {
            "every_event_counted": (2, 2),
            "of_live_contacts": (2, 2),
            "unified_experience": (0, 2),
            "customers_are_contacts": (2, 2),
            "link_success": (1, 2),
            "settled": (4, 4),
        }


def conversations_of(clinic: ClinicOfTests) -> dict[str, dict[str, Any]]:
    rows = clinic.rows("conversations")["conversations"]
    return {row.pop("contact_id"): row for row in rows}


def test_conversations_are_what_one_counts_by_hand(clinic: ClinicOfTests) -> None:
    clinic.patients(patient("1", "Anna", "Smith", ANNA, email="anna@example.com"))
    clinic.land(
        whatsapp("a1", ANNA, 1, "Anna"),
        whatsapp("a2", ANNA, 2, direction="out", kind="echo"),
        mail("a3", "anna@example.com", 3, "Anna"),
        sms("a4", ANNA, 4, kind="call"),
        form("a5", 5, "Anna", None, "anna@example.com"),
        status("a6", ANNA, 6),
        whatsapp("a7", ANNA, 7, kind="private_note", direction="out"),
        whatsapp("a8", ANNA, 8, kind="typing"),
        sms("b1", BEN, 1),
        sms("b2", BEN, 9, direction="out", kind="auto_reply"),
        sms("nobody", "+61412345673", 1, direction="out", kind="echo"),
    )
    clinic.derive()
    clinic.derive(conversations)
    anna, ben = str(clinic.contact_of_patient("1")), str(clinic.contact_of("b1"))

    def moment(minute: int) -> str:
        return at(minute).isoformat()

    assert conversations_of(clinic) == {
        anna: {
            "channels": ["email", "sms", "web", "whatsapp"],
            "events_in": 4,
            "events_out": 1,
            "by_channel": {
                "email": {"in": 1, "out": 0},
                "sms": {"in": 1, "out": 0},
                "web": {"in": 1, "out": 0},
                "whatsapp": {"in": 1, "out": 1},
            },
            "started_at": moment(1),
            "last_in_at": moment(5),
            "last_out_at": moment(2),
            "last_channel": "web",
            "waiting_since": moment(3),
        },
        ben: {
            "channels": ["sms"],
            "events_in": 1,
            "events_out": 1,
            "by_channel": {"sms": {"in": 1, "out": 1}},
            "started_at": moment(1),
            "last_in_at": moment(1),
            "last_out_at": moment(9),
            "last_channel": "sms",
            "waiting_since": None,
        },
    }
    clinic.land(sms("hello", "+61412345673", 2))
    clinic.patients(patient("2", "Ben", "Jones", BEN))
    clinic.derive()
    clinic.derive(conversations)
    found = conversations_of(clinic)
    assert set(found) == {anna, str(clinic.contact_of_patient("2")), str(clinic.contact_of("hello"))}
    assert found[str(clinic.contact_of("hello"))]["events_out"] == 1, "what was sent before they wrote"
    assert clinic.derive(conversations) == {"conversations": (0, 0, 0)}
