"""Landing events: durable, each once, in one order that readers can rely on, and with summaries that no order changes."""

import dataclasses
import itertools
import random
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from contact_hub.channels.event import ChannelEvent
from contact_hub.directory import ContactDirectory
from contact_hub.errors import ConfigurationError
from contact_hub.store.changes import last_number, move_watermark, take_numbers, taken_in
from contact_hub.store.database import Database
from contact_hub.store.events import event_id, land_events
from contact_hub_tests.directory.support import (
    LANDED,
    ClinicOfTests,
    at,
    form,
    introduction,
    mail,
    moved,
    sms,
    status,
    whatsapp,
)

OLD, NEW = "+61412345671", "+61412345672"


@pytest.fixture
def clinic(database: Database, organization_id: str) -> Iterator[ClinicOfTests]:
    directory = ContactDirectory(database)
    yield ClinicOfTests(database, directory, organization_id)
    directory.close()


def contents(clinic: ClinicOfTests) -> dict[str, dict[str, Any]]:
    """What the events say, by external id; whose record they are of may change."""
    rows = clinic.query("SELECT to_jsonb(t) AS row FROM channel_events AS t WHERE organization_id = :organization_id")
    return {row[0]["external_id"]: {key: value for key, value in row[0].items() if key != "source_id"} for row in rows}


class TestOnce:
    def test_an_event_lands_with_everything_that_it_says(self, clinic: ClinicOfTests) -> None:
        event = dataclasses.replace(
            whatsapp("m1", OLD, 5, "Jo", user_id="AU.1", stated=[("email", "jo@example.com")]),
            account="1234",
            attachments=("image", "file"),
            conversation_id="c",
            in_reply_to="m0",
            about="m0",
            human_assigned=True,
            content_type="text",
            hints=(("category", "utility"), ("seconds", 3)),
        )
        landed = clinic.land(event)
        assert (landed.accepted, landed.event_ids) == (1, (event_id(clinic.organization_id, "whatsapp", "m1"),))
        (row,) = contents(clinic).values()
        derived = {"event_id", "number", "landed_at", "from_customer", "source", "organization_id", "occurred_at"}
        stated = {key: value for key, value in event.as_row().items() if key != "occurred_at"}
        assert {key: value for key, value in row.items() if key not in derived} == stated
        assert (row["from_customer"], row["source"], row["number"]) == (True, "whatsapp", 1)
        assert row["occurred_at"].startswith("2026-03-01T00:05:00")

    def test_what_has_no_time_happened_when_it_landed(self, clinic: ClinicOfTests) -> None:
        clinic.land(dataclasses.replace(sms("m1", OLD, 0), occurred_at=None), received=7)
        clinic.land(dataclasses.replace(sms("m1", OLD, 0), occurred_at=None), received=9)
        (record,) = clinic.rows("channel_records")["channel_records"]
        assert record["first_at"] == record["last_at"]
        assert contents(clinic)["m1"]["occurred_at"] == contents(clinic)["m1"]["landed_at"]
        assert record["first_at"].startswith("2026-03-01T00:07:00")

    def test_delivered_again_it_changes_nothing(self, clinic: ClinicOfTests) -> None:
        events = [whatsapp("m1", OLD, 1, "Jo"), form("f1", 2, "Jo", OLD), status("s1", OLD, 3)]
        first = clinic.land(*events)
        clinic.settle()
        before = clinic.rows(*LANDED)
        again = clinic.land(*events, received=200_000)
        assert (first.accepted, again.accepted) == (3, 0)
        assert again.event_ids == first.event_ids
        assert clinic.rows(*LANDED) == before
        assert clinic.settle() == 0, "there is no news"

    def test_another_content_under_a_known_id_is_the_same_event(self, clinic: ClinicOfTests) -> None:
        clinic.land(whatsapp("m1", OLD, 1, "Jo"))
        before = clinic.rows(*LANDED)
        assert clinic.land(whatsapp("m1", NEW, 9, "Somebody")).accepted == 0
        assert clinic.rows(*LANDED) == before

    def test_twice_in_one_delivery_the_first_counts(self, clinic: ClinicOfTests) -> None:
        landed = clinic.land(whatsapp("m1", OLD, 1, "Jo"), whatsapp("m1", NEW, 9, "Somebody"))
        assert landed.accepted == 1
        assert len(set(landed.event_ids)) == 1
        (record,) = clinic.rows("channel_records")["channel_records"]
        assert (record["source_id"], record["name"]) == (OLD, "Jo")

    def test_ids_are_unique_by_provider_and_organization(self, clinic: ClinicOfTests) -> None:
        assert clinic.land(sms("m1", OLD, 1), whatsapp("m1", OLD, 1)).accepted == 2
        ids = {event_id(organization, provider, one) for organization in "ab" for provider in ("sms", "x") for one in "12"}
        assert len(ids) == 8

    def test_nothing_is_nothing(self, clinic: ClinicOfTests) -> None:
        assert clinic.land() == clinic.land()
        assert clinic.land().accepted == 0
        assert land_events(clinic.database, "org_nobody", [], received_at=at(0)).accepted == 0

    def test_an_organization_that_is_not_registered_is_named(self, clinic: ClinicOfTests) -> None:
        with pytest.raises(ConfigurationError, match="'org_nobody' is not registered"):
            land_events(clinic.database, "org_nobody", [sms("m1", OLD, 1)], received_at=at(0))
        with clinic.database.reading() as connection:
            left = connection.execute(text("SELECT count(*) FROM channel_events WHERE organization_id = 'org_nobody'"))
            assert left.scalar_one() == 0

    @pytest.mark.parametrize(
        "odd",
        [
            "\x00",
            "a\x00b",
            "\ud800",
            "\udfff\ud800",
            "𝒥ø 🏄\u200d♀️",
            "%s {0} :x '; --",
            "\\u0000",
            "x" * 2_000_000,
            "\r\n\t\x7f",
        ],
        ids=["nul", "nul inside", "surrogate", "surrogates", "astral", "placeholders", "escaped", "huge", "control"],
    )
    def test_texts_that_no_database_likes_land(self, clinic: ClinicOfTests, odd: str) -> None:
        event = whatsapp("m" + odd[:100], OLD, 1, odd[:200], text=odd, username=odd[:100], hints=(("odd", odd),))
        event = dataclasses.replace(event, account=odd[:100], conversation_id=odd[:100], name=odd[:200])
        assert clinic.land(event).accepted == 1
        assert clinic.land(event).accepted == 0
        (row,) = contents(clinic).values()
        assert row["text"] == odd.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\x00", "\ufffd")
        assert clinic.settle() == 1
        clinic.derive()
        assert clinic.contact_of(row["external_id"]) is not None


class TestAtOnce:
    def test_from_eight_threads_each_lands_once(self, clinic: ClinicOfTests) -> None:
        events = [
            whatsapp(f"m{number}", (OLD, NEW)[number % 2], number, ("Jo", "Al", None)[number % 3]) for number in range(40)
        ]
        events += [form(f"f{number}", number, "Jo", OLD) for number in range(8)] + [moved("change", OLD, NEW, 20)]
        shuffled = [random.Random(seed).sample(events, len(events)) for seed in range(8)]

        def deliver(told: list[ChannelEvent]) -> tuple[int, set[UUID]]:
            landed = [clinic.land(*told[place : place + 7]) for place in range(0, len(told), 7)]
            return sum(one.accepted for one in landed), {one for each in landed for one in each.event_ids}

        with ThreadPoolExecutor(8) as pool:
            delivered = list(pool.map(deliver, shuffled))
        assert sum(accepted for accepted, _ in delivered) == len(events)
        assert len(set().union(*(ids for _, ids in delivered))) == len(events) == clinic.count("channel_events")
        together = clinic.rows(*LANDED)
        with clinic.database.transaction() as connection:
            for table in (*LANDED, "unsettled_records"):
                statement = text(f"DELETE FROM {table} WHERE organization_id = :organization_id")
                connection.execute(statement, {"organization_id": clinic.organization_id})
        clinic.land(*events)
        assert clinic.rows(*LANDED) == together, "as if they had come one by one"

    def test_who_sees_a_number_sees_all_before_it(self, clinic: ClinicOfTests) -> None:
        ended = threading.Event()

        def write(writer: int) -> None:
            for number in range(12):
                if number % 4 == 3:
                    phone = f"+6141235{writer}{number:03}"
                    clinic.directory.find_or_create(clinic.organization_id, "phone", phone)
                else:
                    clinic.land(*(sms(f"{writer} {number} {place}", OLD, number) for place in range(1 + number % 3)))

        def read() -> list[tuple[int, set[int]]]:
            seen = []
            while not ended.is_set():
                with clinic.database.reading() as connection:
                    through = last_number(connection, clinic.organization_id)
                    statement = text("SELECT number FROM channel_events WHERE organization_id = :organization_id")
                    rows = connection.execute(statement, {"organization_id": clinic.organization_id})
                    seen.append((through, set(rows.scalars())))
            return seen

        with ThreadPoolExecutor(6) as pool:
            readers = [pool.submit(read) for _ in range(2)]
            try:
                list(pool.map(write, range(4)))
            finally:
                ended.set()
            seen = [one for reader in readers for one in reader.result()]
        written = set(self.numbers(clinic))
        assert len({through for through, _ in seen}) > 5, "the readers saw it grow"
        for through, numbers in seen:
            assert numbers == {number for number in written if number <= through}
        assert written == set(range(1, len(written) + 1)), "nothing failed, so there is no gap"

    def numbers(self, clinic: ClinicOfTests) -> list[int]:
        rows = clinic.query("SELECT number FROM channel_events WHERE organization_id = :organization_id ORDER BY 1")
        return [row[0] for row in rows]

    def test_a_number_is_taken_with_the_rows_or_not_at_all(self, clinic: ClinicOfTests) -> None:
        with pytest.raises(RuntimeError), clinic.database.transaction() as connection:  # noqa: PT012
            assert take_numbers(connection, clinic.organization_id, 5) == 1
            raise RuntimeError
        clinic.land(sms("m1", OLD, 1))
        assert self.numbers(clinic) == [1]

    def test_watermarks_never_move_back(self, clinic: ClinicOfTests) -> None:
        with clinic.database.transaction() as connection:
            assert taken_in(connection, clinic.organization_id) == 0
            for asset, number in [("normalized_contacts", 9), ("channel_identity_links", 7), ("normalized_contacts", 3)]:
                move_watermark(connection, clinic.organization_id, asset, number)
            assert taken_in(connection, clinic.organization_id) == 0, "one of the assets has never run"
            move_watermark(connection, clinic.organization_id, "contacts", 8)
            assert taken_in(connection, clinic.organization_id) == 7


class TestOrder:
    """The order of arrival never matters."""

    STORY = (
        whatsapp("before", OLD, 1, "Jo", user_id="AU.1", stated=[("email", "jo@example.com")]),
        moved("change", OLD, NEW, 10),
        sms("after", OLD, 20, name="Zoe"),
        whatsapp("new", NEW, 21, "Jo"),
    )

    def test_a_change_of_number_before_between_and_after_its_messages(self, clinic: ClinicOfTests) -> None:
        tables = []
        for order in itertools.permutations(self.STORY):
            with clinic.database.transaction() as connection:
                for table in (*LANDED, "unsettled_records"):
                    statement = text(f"DELETE FROM {table} WHERE organization_id = :organization_id")
                    connection.execute(statement, {"organization_id": clinic.organization_id})
            for event in order:
                clinic.land(event)
            tables.append(clinic.rows(*LANDED))
        assert all(one == tables[0] for one in tables)
        keys = {record["source_id"] for record in tables[0]["channel_records"]}
        assert keys == {OLD, f"{OLD}~2026-03-01T00:10:00+00:00", NEW}
        (change,) = tables[0]["number_changes"]
        assert (change["reason"], change["former_source_id"]) == ("moved", NEW)

    def test_all_in_one_delivery(self, clinic: ClinicOfTests) -> None:
        clinic.land(*self.STORY)
        together = clinic.rows(*LANDED)
        other = ClinicOfTests(clinic.database, clinic.directory, f"{clinic.organization_id}_other")
        for event in reversed(self.STORY):
            other.land(event)
        apart = other.rows(*LANDED)
        for rows in (*together["channel_events"], *apart["channel_events"]):
            del rows["event_id"]  # of another organization
        assert {table: sorted(rows, key=str) for table, rows in apart.items()} == {
            table: sorted(rows, key=str) for table, rows in together.items()
        }

    def test_what_an_event_says_never_changes(self, clinic: ClinicOfTests) -> None:
        clinic.land(self.STORY[0], self.STORY[2], mail("mail", "jo@example.com", 3, "Jo"))
        before = contents(clinic)
        clinic.land(self.STORY[1], self.STORY[3], introduction("hi", "phone", OLD, 30, "Max"))
        clinic.settle()
        clinic.directory.release(clinic.organization_id, "phone", NEW, since=at(15))
        clinic.directory.release(clinic.organization_id, "email", "jo@example.com")
        clinic.derive()
        after = contents(clinic)
        assert {one: after[one] for one in before} == before
