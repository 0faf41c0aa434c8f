"""The demo, twice on one home: the story holds, and the second start finds everything as the first one left it."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import StringIO
from typing import Any

import pytest
import requests
from dagster import AssetKey, DagsterInstance
from rich.console import Console
from sqlalchemy import text

from contact_hub.demo import ORGANIZATION_ID, running_demo
from contact_hub.demo.asking import Answered, answered
from contact_hub.demo.facts import Writer, writers
from contact_hub.demo.results import Played
from contact_hub.processes import free_port
from contact_hub.store.database import Database
from contact_hub.sync import PageReceived

pytestmark = pytest.mark.long
PATIENTS = 200
FEW = {"merges_have_survivors"}
"""Checks that one record fails in so small a clinic: the merged patient without a survivor, the sender without a name."""
KEPT = ("channel_events", "channel_records", "identifier_statements", "quarantined_deliveries", "normalized_contacts",
        "source_record_links", "channel_identity_links", "contacts", "conversations", "active_patient_days", "number_changes",
        "channel_connections", "replies", "raw.cliniko_patients", "raw.cliniko_individual_appointments")  # fmt: skip


@contextmanager
def no_progress() -> Iterator[PageReceived]:
    yield lambda resource, received, expected: None


@dataclass(frozen=True)
class Start:
    """One start of the demo, and what there was after it."""

    played: Played
    report: str
    writers: list[Writer]
    answers: dict[str, Any]
    rows: dict[str, list[str]]
    answered: list[Answered]

    @property
    def refused(self) -> list[str]:
        return [one.delivery.provider for one in self.played.outcomes if one.is_refused]

    def total(self, count: str) -> int:
        return sum(getattr(one, count) for one in self.played.outcomes)

    def rows_written(self, job: str) -> int:
        (run,) = (run for run in self.played.runs if run.job == job)
        counts = ("rows_inserted", "rows_updated", "rows_deleted")
        return sum(int(metadata.get(name, 0)) for metadata in run.report.metadata.values() for name in counts)

    def writer(self, called: str) -> Writer:
        (found,) = (one for one in self.writers if one.called == called)
        return found


def start(database: Database) -> Start:
    out = StringIO()
    with running_demo(Console(file=out), no_progress, free_port(), patients=PATIENTS) as demo:
        stranger = demo.played.morning.cast.stranger

        def get(path: str, **query: str) -> Any:
            bearer = {"Authorization": f"Bearer {demo.token}"}
            answer = requests.get(demo.url + path, params=query, headers=bearer, timeout=20)
            assert answer.ok, answer.text
            return answer.json()

        by_channel = {"instagram": stranger.instagram, "whatsapp": f"+{stranger.mobile}", "phone": stranger.typed_number}
        answers = {channel: get("/contacts/lookup", channel=channel, identifier=one) for channel, one in by_channel.items()}
        answers["timeline"] = get(f"/contacts/{answers['instagram']['contact']['id']}/timeline")
        wrote = writers(database, [event_id for one in demo.played.outcomes for event_id in one.event_ids])
        return Start(demo.played, out.getvalue(), wrote, answers, rows(database), list(answered(database)))


def rows(database: Database) -> dict[str, list[str]]:
    """All rows of the organization, but for the moments at which they were written here."""
    statement = """
        SELECT (to_jsonb(t) - 'landed_at' - CASE WHEN '{table}' = 'channel_connections' THEN 'updated_at' ELSE '' END)::text
        FROM {table} AS t WHERE organization_id = :organization_id ORDER BY 1
    """
    with database.reading() as connection:
        return {
            table: list(connection.execute(text(statement.format(table=table)), {"organization_id": ORGANIZATION_ID}).scalars())
            for table in KEPT
        }


@pytest.fixture(scope="module")
def starts(database: Database) -> Iterator[tuple[Start, Start]]:
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield start(database), start(database)
    for number, handler in handlers.items():
        signal.signal(number, handler)


@pytest.fixture(scope="module")
def first(starts: tuple[Start, Start]) -> Start:
    return starts[0]


@pytest.fixture(scope="module")
def second(starts: tuple[Start, Start]) -> Start:
    return starts[1]


def test_one_person_on_three_channels_is_one_contact(first: Start, database: Database) -> None:
    contacts = [first.answers[channel]["contact"] for channel in ("instagram", "whatsapp", "phone")]
    assert len({contact["id"] for contact in contacts}) == 1
    stranger = first.played.morning.cast.stranger
    statement = text("SELECT cliniko_id FROM raw.cliniko_patients WHERE payload ->> 'email' = :email")
    with database.reading() as connection:
        (patient_id,) = connection.execute(statement, {"email": stranger.email}).scalars()
    assert contacts[0]["cliniko_patient_id"] == patient_id
    assert (contacts[0]["name"], contacts[0]["contact_type"]) == (stranger.name, "cliniko_patient")
    assert set(contacts[0]["source_systems"]) == {"instagram", "whatsapp", "cliniko"}
    assert contacts[0]["first_contact_source"] == "instagram"
    spoken = [(event["channel"], event["direction"]) for event in reversed(first.answers["timeline"]["events"])]
    assert spoken == [("instagram", "in"), ("instagram", "out"), ("instagram", "in"), ("whatsapp", "in"), ("whatsapp", "out")]
    assert len(first.answers["timeline"]["appointments"]) == 1


def test_patients_are_recognised(first: Start, database: Database) -> None:
    cast = first.played.morning.cast
    expected = {
        f"+{cast.by_sms.mobile}": cast.by_sms,
        f"+{cast.by_phone.landline}": cast.by_phone,
        f"+{cast.by_whatsapp.mobile}": cast.by_whatsapp,
        f"+{cast.by_chatwoot.mobile}": cast.by_chatwoot,
        cast.by_email.email: cast.by_email,
    }
    by_source = {one.source_id: one for one in first.writers}
    for source_id, patient in expected.items():
        assert patient_of(database, by_source[source_id]) == patient.patient_id
    assert patient_of(database, first.writer(cast.by_form.name)) == cast.by_form.patient_id
    assert first.writer(cast.by_form.name).method == "email_stated"


def test_a_name_chooses_within_a_family_and_mum_is_a_household(first: Start, database: Database) -> None:
    cast = first.played.morning.cast
    named = first.writer(cast.named_family[0].given_name)
    assert (patient_of(database, named), named.method) == (cast.named_family[0].patient_id, "name")
    mum = first.writer("Mum 💛")
    assert mum.became == "household"
    assert mum.candidates == tuple(sorted(one.name for one in cast.unnamed_family))


def test_machines_and_withheld_callers_make_no_contact(first: Start) -> None:
    nobody = [one for one in first.writers if one.became == "nobody"]
    assert {one.kind for one in nobody} == {"call", "auto_reply", "bounce"}
    assert all(one.contact_id is None for one in nobody)
    assert sum(one.became == "contact" for one in first.writers) == 2  # Messenger, and the website's chat


def test_only_the_forged_delivery_is_refused_and_only_the_broken_one_is_kept_aside(first: Start) -> None:
    assert [one.status for one in first.played.outcomes if one.is_refused] == [401]
    assert [one for one in first.played.outcomes if one.is_refused] == [
        one for one in first.played.outcomes if one.delivery.is_forged
    ]
    assert (first.total("quarantined"), first.total("known")) == (1, 2)  # known: Meta's and Chatwoot's doubled deliveries
    assert len(first.rows["quarantined_deliveries"]) == 1
    landed = {event_id for one in first.played.outcomes for event_id in one.event_ids}
    assert first.total("accepted") == len(landed)


def test_the_jobs_take_in_what_has_landed_and_every_check_passes(first: Start, instance: DagsterInstance) -> None:
    assert first.rows_written("channels") > 0
    # Those of the morning, and who asked through Chatwoot: three patients and a passer-by; the family has written before.
    assert len(first.rows["conversations"]) == len({one.contact_id for one in first.writers if one.contact_id}) + 4
    for run in first.played.runs:
        assert run.report.checks
        assert {check.name for check in run.report.checks if not check.passed} <= FEW
    runs = [run.job_name for run in instance.get_runs() if run.tags.get("dagster/partition/organization") == ORGANIZATION_ID]
    assert runs[:4] == ["merges", "daily", "channels", "full_import"]


def test_who_asks_is_told_what_they_may_be_told_as_it_is_now(first: Start, second: Start) -> None:
    assert [(one.mode, one.template, one.state) for one in first.answered] == [
        ("private_note", "appointment", "sent"),
        ("reply", "appointment", "sent"),
        ("reply", "appointment", "sent"),
        ("reply", "neutral", "sent"),
        ("reply", "stranger", "sent"),
        ("reply", "moved", "sent"),
        ("reply", "cancelled", "sent"),
    ]
    assert "2 pm" in (first.answered[0].said or "")
    assert "9 am" in (first.answered[5].said or "")
    assert not any(char.isdigit() for one in first.answered[3:5] for char in one.said or "")
    assert second.answered == first.answered


def test_what_has_landed_is_seen_in_the_graph(first: Start, second: Start, instance: DagsterInstance) -> None:
    records = instance.fetch_observations(AssetKey("channel_events"), limit=20).records
    observed = [record.asset_observation for record in records]
    own = [one for one in observed if one is not None and (one.partition or "").endswith(ORGANIZATION_ID)]
    assert [one.metadata["landed"].value for one in own] == [first.total("accepted")]


def test_the_second_start_changes_nothing_but_the_token(first: Start, second: Start, database: Database) -> None:
    assert second.played.was_played
    assert not first.played.was_played
    assert (second.total("accepted"), second.refused) == (0, first.refused)
    assert second.total("known") == first.total("accepted") + first.total("known")
    assert second.rows_written("channels") == second.rows_written("daily") == 0
    for table in KEPT:
        assert second.rows[table] == first.rows[table], table
    assert second.answers == first.answers
    statement = text("SELECT count(*) FROM gateway_tokens WHERE organization_id = :organization_id AND revoked_at IS NULL")
    with database.reading() as connection:
        assert connection.execute(statement, {"organization_id": ORGANIZATION_ID}).scalar_one() == 1


def test_the_report_says_it_at_a_glance(first: Start, second: Start) -> None:
    stranger = first.played.morning.cast.stranger
    contact = first.answers["instagram"]["contact"]
    for said in ("Surf Rehab", "quaran-", "“Mum 💛”", stranger.name, contact["id"], "becomes a patient", "full_import"):
        assert said in first.report
    assert "NOT ONE CONTACT" not in first.report
    assert "nothing is doubled" not in first.report
    assert "nothing is doubled" in second.report
    assert max(map(len, first.report.splitlines())) <= 100


def patient_of(database: Database, writer: Writer) -> str | None:
    statement = text("SELECT cliniko_patient_id FROM contacts WHERE organization_id = :organization_id AND id = :contact_id")
    parameters = {"organization_id": ORGANIZATION_ID, "contact_id": writer.contact_id}
    with database.reading() as connection:
        found: str | None = connection.execute(statement, parameters).scalar()
    return found
