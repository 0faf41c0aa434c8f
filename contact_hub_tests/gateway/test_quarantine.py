"""What could not be read is kept as it came, shown without what it holds, and read again by a replay."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DataError

from contact_hub.channels import PARSERS, ChannelEvent, Parsed, Problem
from contact_hub.errors import ConfigurationError
from contact_hub.gateway import deliveries
from contact_hub.gateway.deliveries import replay
from contact_hub.store.organizations import organization
from contact_hub.store.quarantine import delivery_id_of, quarantined, quarantined_delivery
from contact_hub_tests.channels.test_generic import EVENT
from contact_hub_tests.channels.test_twilio import SMS
from contact_hub_tests.gateway.support import Clinic, assert_accepted

BATCH = [EVENT, {**EVENT, "external_id": "e-2", "channel": "carrier_pigeon"}]


def replay_all(clinic: Clinic) -> list[deliveries.Received]:
    with clinic.database.reading() as connection:
        known = organization(connection, clinic.organization_id)
        waiting = quarantined(connection, clinic.organization_id)
    return [replay(clinic.database, known, one.delivery_id) for one in waiting]


def rows(clinic: Clinic) -> list[Any]:
    return clinic.query("SELECT * FROM quarantined_deliveries WHERE organization_id = :organization_id ORDER BY received_at")


def test_a_replay_by_a_better_parser_reads_the_rest_once(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    (first,) = assert_accepted(clinic.post("/events", BATCH), 1, quarantined=1)
    (received,) = replay_all(clinic)
    assert (received.accepted, received.quarantined) == (0, 1)
    (kept,) = rows(clinic)
    assert (kept.attempts, kept.resolved_at, json.loads(kept.body)) == (1, None, BATCH)

    def better(payload: Any, *, region: str = "AU", received_at: datetime) -> Parsed:
        mended = [{**item, "channel": "whatsapp"} for item in payload]
        return PARSERS["generic"](mended, region=region, received_at=received_at)

    monkeypatch.setattr(deliveries, "PARSERS", {**PARSERS, "generic": better})
    (received,) = replay_all(clinic)
    assert (received.accepted, received.quarantined) == (1, 0)
    assert str(received.event_ids[0]) == first
    assert clinic.count("channel_events") == 2
    (kept,) = rows(clinic)
    assert (kept.attempts, bytes(kept.body)) == (2, b"")
    assert kept.resolved_at is not None
    assert replay_all(clinic) == []


def test_a_form_is_replayed_as_a_form(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    def unable(payload: Any, *, region: str = "AU", received_at: datetime) -> Parsed:
        return Parsed(problems=(Problem("no_sid", "$"),))

    body = b"MessageSid=SM1&From=%2B61412345678&To=%2B61290001111&Body=a%26b"
    with monkeypatch.context() as patched:
        patched.setattr(deliveries, "PARSERS", {**PARSERS, "twilio": unable})
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        assert_accepted(clinic.send("/webhooks/twilio", body, kind), 0, quarantined=1)
    (received,) = replay_all(clinic)
    assert received.accepted == 1
    assert clinic.query("SELECT text FROM channel_events WHERE organization_id = :organization_id") == [("a&b",)]


def test_a_failing_parser_loses_nothing(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def failing(payload: Any, *, region: str = "AU", received_at: datetime) -> Parsed:
        raise KeyError(payload["Body"])

    with monkeypatch.context() as patched:
        patched.setattr(deliveries, "PARSERS", {**PARSERS, "twilio": failing})
        assert_accepted(clinic.post("/webhooks/twilio", SMS), 0, quarantined=1)
    assert "KeyError" in caplog.text
    assert SMS["Body"] not in caplog.text
    (kept,) = rows(clinic)
    assert kept.problems == [{"code": "parser_error", "path": "$"}]
    assert [received.accepted for received in replay_all(clinic)] == [1]


def test_what_cannot_be_landed_is_kept(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def failing(database: Any, organization_id: str, events: Sequence[ChannelEvent], *, received_at: datetime) -> Any:
        raise DataError("INSERT", {"text": events[0].text}, ValueError(f"a row with {events[0].text}"))

    with monkeypatch.context() as patched:
        patched.setattr(deliveries, "land_events", failing)
        assert_accepted(clinic.post("/webhooks/twilio", SMS), 0, quarantined=1)
    assert "DataError" in caplog.text
    assert SMS["Body"] not in caplog.text
    assert [received.accepted for received in replay_all(clinic)] == [1]


def test_events_land_as_of_when_their_delivery_came(clinic: Clinic) -> None:
    clinic.post("/events", BATCH)
    then = datetime(2025, 7, 1, tzinfo=UTC)
    with clinic.database.transaction() as connection:
        statement = "UPDATE quarantined_deliveries SET received_at = :then WHERE organization_id = :organization_id"
        connection.execute(text(statement), {"then": then, "organization_id": clinic.organization_id})
        connection.execute(
            text("DELETE FROM channel_events WHERE organization_id = :organization_id"),
            {"organization_id": clinic.organization_id},
        )
    replay_all(clinic)
    assert clinic.query("SELECT landed_at FROM channel_events WHERE organization_id = :organization_id") == [(then,)]


def test_the_same_delivery_again_after_it_was_resolved_is_kept_anew(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    body = json.dumps(BATCH).encode()
    clinic.send("/events", body)
    with monkeypatch.context() as patched:
        patched.setattr(deliveries, "PARSERS", {**PARSERS, "generic": lambda *_, **__: Parsed(ignored=1)})
        replay_all(clinic)
    assert rows(clinic)[0].resolved_at is not None
    clinic.send("/events", body)
    (kept,) = rows(clinic)
    assert (kept.resolved_at, bytes(kept.body)) == (None, body)


def test_what_is_listed_says_why_and_not_what(clinic: Clinic, other_clinic: Clinic) -> None:
    clinic.post("/events", BATCH)
    clinic.post("/webhooks/chatwoot", {"event": "message_created", "content": "my knee hurts"})
    with clinic.database.reading() as connection:
        waiting = quarantined(connection, clinic.organization_id)
        assert quarantined(connection, other_clinic.organization_id) == []
        kept = quarantined_delivery(connection, clinic.organization_id, waiting[0].delivery_id)
        with pytest.raises(ConfigurationError, match="in quarantine"):
            quarantined_delivery(connection, other_clinic.organization_id, waiting[0].delivery_id)
    assert [one.provider for one in waiting] == ["generic", "chatwoot"]
    assert waiting[0].codes == ("unknown_channel",)
    assert all(one.attempts == 0 and one.codes for one in waiting)
    assert "knee" not in repr(waiting) + repr(kept)


def test_a_delivery_is_known_by_provider_and_body() -> None:
    assert delivery_id_of("email", b"x") == delivery_id_of("email", b"x")
    assert len({delivery_id_of("email", b"x"), delivery_id_of("email", b"y"), delivery_id_of("generic", b"x")}) == 3
