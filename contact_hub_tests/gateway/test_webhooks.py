"""Every provider's forms, over HTTP: accepted once, durable with the answer, kept aside where they cannot be read."""

import gzip
import json
from typing import Any
from urllib.parse import urlencode

import pytest

from contact_hub.channels import PARSERS
from contact_hub.channels.event import Provider
from contact_hub.store.database import Database
from contact_hub_tests.channels import test_chatwoot, test_generic, test_meta, test_twilio, test_web_form, test_whatsapp
from contact_hub_tests.channels.support import RECEIVED_AT
from contact_hub_tests.channels.test_properties import SEEDS
from contact_hub_tests.gateway.server import GatewayServer
from contact_hub_tests.gateway.support import Clinic, assert_accepted, assert_problem, open_clinic

ROUTES: dict[str, str] = {
    "chatwoot": "/webhooks/chatwoot",
    "whatsapp": "/webhooks/whatsapp",
    "instagram": "/webhooks/instagram",
    "messenger": "/webhooks/messenger",
    "twilio": "/webhooks/twilio",
    "email": "/webhooks/email",
    "web_form": "/webhooks/web-form",
    "generic": "/events",
}
FORM = {"Content-Type": "application/x-www-form-urlencoded; charset=UTF-8"}


def event_ids(clinic: Clinic) -> set[str]:
    rows = clinic.query("SELECT event_id FROM channel_events WHERE organization_id = :organization_id")
    return {str(row.event_id) for row in rows}


@pytest.mark.parametrize(("provider", "payload"), SEEDS, ids=[f"{provider}{at}" for at, (provider, _) in enumerate(SEEDS)])
def test_each_form_lands_what_its_parser_reads_and_once(clinic: Clinic, provider: Provider, payload: Any) -> None:
    parsed = PARSERS[provider](payload, received_at=RECEIVED_AT)
    assert parsed.events
    ids = assert_accepted(clinic.post(ROUTES[provider], payload), len(parsed.events), ignored=parsed.ignored)
    assert event_ids(clinic) == set(ids)
    assert len(set(ids)) == len(parsed.events)
    again = assert_accepted(clinic.post(ROUTES[provider], payload), 0, ignored=parsed.ignored)
    assert again == ids
    assert clinic.count("channel_events") == len(ids)
    assert clinic.count("quarantined_deliveries") == 0


@pytest.mark.parametrize(
    ("provider", "payload"), SEEDS[:12], ids=[f"{provider}{at}" for at, (provider, _) in enumerate(SEEDS[:12])]
)
def test_what_n8n_forwards_is_the_same_event(clinic: Clinic, provider: Provider, payload: Any) -> None:
    ids = clinic.post(ROUTES[provider], payload).json()["event_ids"]
    forwarded = [{"json": {"headers": {}, "params": {}, "query": {}, "body": payload, "executionMode": "production"}}]
    answer = clinic.post(ROUTES[provider], forwarded).json()
    assert (answer["accepted"], answer["event_ids"]) == (0, ids)


def test_an_event_is_kept_as_it_was_said(clinic: Clinic) -> None:
    assert_accepted(clinic.post("/events", test_generic.EVENT), 1)
    (event,) = clinic.query("SELECT * FROM channel_events WHERE organization_id = :organization_id")
    assert (event.provider, event.channel, event.kind, event.direction) == ("generic", "whatsapp", "message", "in")
    assert (event.external_id, event.text, event.name, event.email) == ("e-1", "Hello", "Jo Marsh", "jo@example.com")
    assert event.from_customer


def test_twilio_sends_forms(clinic: Clinic) -> None:
    fields = {**test_twilio.SMS, "Body": "Grüße & mehr = 100 %"}
    assert_accepted(clinic.send("/webhooks/twilio", urlencode(fields).encode(), FORM), 1)
    assert_accepted(clinic.send("/webhooks/twilio", urlencode(test_twilio.CALL).encode()), 1)
    texts = clinic.query("SELECT text FROM channel_events WHERE organization_id = :organization_id AND channel = 'sms'")
    assert texts == [("Grüße & mehr = 100 %",)]


def test_a_web_form_may_be_posted_as_a_form(clinic: Clinic) -> None:
    body = urlencode([("Name", "Jo"), ("Email", "jo@example.com"), ("Interests", "a"), ("Interests", "b")]).encode()
    assert_accepted(clinic.send("/webhooks/web-form", body, FORM), 1)


def test_json_is_read_whatever_it_is_called(clinic: Clinic) -> None:
    body = json.dumps(test_generic.EVENT).encode()
    for kind in ({}, {"Content-Type": "text/plain"}, FORM, {"Content-Type": "application/vnd.x+json; charset=utf-8"}):
        assert clinic.send("/events", body, kind).status_code == 202
    assert clinic.send("/events", b"\xef\xbb\xbf" + body).status_code == 202
    assert clinic.count("channel_events") == 1


def test_numbers_are_read_in_the_clinics_country(database: Database, gateway: GatewayServer, organization_id: str) -> None:
    clinic = open_clinic(database, gateway, organization_id, region="NZ")
    assert_accepted(clinic.post("/events", {**test_generic.EVENT, "identifier": "021 123 4567"}), 1)
    (row,) = clinic.query("SELECT identifiers FROM channel_events WHERE organization_id = :organization_id")
    assert row.identifiers[0]["value"] == "+64211234567"


def test_the_readable_part_is_accepted_and_the_delivery_kept(clinic: Clinic) -> None:
    batch = [test_generic.EVENT, {"channel": "whatsapp"}, 7, {**test_generic.EVENT, "external_id": "e-2"}]
    assert_accepted(clinic.post("/events", batch), 2, quarantined=2)
    assert_accepted(clinic.post("/events", batch), 0, quarantined=2)
    (kept,) = clinic.query("SELECT provider, body, problems, attempts FROM quarantined_deliveries "
                           "WHERE organization_id = :organization_id")  # fmt: skip
    assert (kept.provider, kept.attempts, json.loads(kept.body)) == ("generic", 0, batch)
    assert {(one["code"], one["path"]) for one in kept.problems} >= {("not_an_object", "$[2]")}


@pytest.mark.parametrize("route", ROUTES.values())
@pytest.mark.parametrize("payload", [{}, [], [[]], {"a": 1}, [1, None], {"entry": 1}, {"event": {}}, [{}] * 50], ids=repr)
def test_what_cannot_be_read_is_kept_or_nothing(clinic: Clinic, route: str, payload: Any) -> None:
    receipt = clinic.post(route, payload)
    assert receipt.status_code == 202, receipt.text
    kept = clinic.count("quarantined_deliveries")
    assert kept == (receipt.json()["quarantined"] > 0)
    assert receipt.json()["accepted"] == clinic.count("channel_events")


DEEP = b'{"a":' * 100_000 + b"1" + b"}" * 100_000
HOSTILE = {
    "nothing": b"",
    "spaces": b"  \n",
    "text": b"hello",
    "cut": b'{"event": "mess',
    "scalar": b"1",
    "string": b'"{}"',
    "null": b"null",
    "nan": b'{"a": NaN}',
    "infinity": b"[Infinity]",
    "depth": DEEP,
    "lists": b"[" * 900_000,
    "just too deep": b"[" * 65 + b"]" * 65,
    "a million": b"[" + b"1," * 999_999 + b"1]",
    "not utf-8": b'{"a": "\xff\xfe"}',
    "nul": b'{"a": "\x00"}',
}


@pytest.mark.parametrize("route", ROUTES.values())
@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE)
def test_what_is_no_json_is_refused_and_says_why(clinic: Clinic, route: str, body: bytes) -> None:
    document = assert_problem(clinic.send(route, body, {"Content-Type": "application/json"}), 422)
    assert document["code"] in ("not_json", "not_an_object", "too_deep", "too_many_values")
    assert clinic.left() == {}


ODD = {
    "huge integer": b'{"id": ' + b"9" * 100_000 + b', "event": "message_created"}',
    "huge exponent": b'{"id": 1e999999}',
    "same key twice": b'{"event": "a", "event": "b"}',
    "lone surrogate": b'{"event": "\\ud800", "channel": "\\udfff", "\\ud800": 1}',
    "nul": b'{"event": "\\u0000", "identifier": "\\u0000", "channel": "phone", "external_id": "\\u0000"}',
    "just deep enough": b"[" * 64 + b"]" * 64,
    "utf-16": '{"a": 1}'.encode("utf-16"),
    "long name": b'{"' + b"a" * 1_000_000 + b'": 1}',
}


@pytest.mark.parametrize("route", ROUTES.values())
@pytest.mark.parametrize("body", ODD.values(), ids=ODD)
def test_odd_json_is_kept(clinic: Clinic, route: str, body: bytes) -> None:
    answer = clinic.send(route, body, {"Content-Type": "application/json"})
    assert answer.status_code == 202, answer.text
    assert answer.elapsed.total_seconds() < 5


@pytest.mark.parametrize("route", ["/events", "/webhooks/email"])
@pytest.mark.parametrize("body", [b"[" + b"{}," * 60_000 + b"{}]", b"[" + b"1," * 150_000 + b"1]"], ids=["objects", "numbers"])
def test_a_hundred_thousand_unreadable_items_are_kept_in_time(clinic: Clinic, route: str, body: bytes) -> None:
    answer = clinic.send(route, body)
    assert answer.status_code == 202, answer.text
    assert answer.json()["quarantined"] > 60_000
    assert answer.elapsed.total_seconds() < 15  # the least that a provider waits, and ten times what it takes
    (kept,) = clinic.query("SELECT problems FROM quarantined_deliveries WHERE organization_id = :organization_id")
    assert len(kept.problems) == 100


@pytest.mark.parametrize(
    ("route", "payload"),
    [
        ("/webhooks/chatwoot", test_chatwoot.message(content="a\x00b\ud800", sender={"name": "\x00", "id": 10**40})),
        ("/webhooks/whatsapp", test_whatsapp.envelope(test_whatsapp.change(messages=[test_whatsapp.message(id="\x00\ud800")]))),
        ("/webhooks/instagram", test_meta.envelope("instagram", test_meta.item(message={"mid": "\x00", "text": "\ud800"}))),
        ("/webhooks/twilio", {**test_twilio.SMS, "Body": "\x00", "ProfileName": "\ud800"}),
        ("/webhooks/web-form", {"Name": "Jo\x00", "Email": "jo@example.com", "\x00": "\x00", **test_web_form.META}),
        (
            "/events",
            {**test_generic.EVENT, "text": "\x00\ud800", "metadata": {"\x00": "\x00", "\ud800": "\ud800", "k" * 900: 1}},
        ),
        ("/events", {**test_generic.EVENT, "external_id": "e" * 5000, "conversation_id": "c" * 5000, "account": "a" * 5000}),
    ],
)
def test_what_postgresql_cannot_store_does_not_keep_an_event_from_landing(clinic: Clinic, route: str, payload: Any) -> None:
    receipt = clinic.post(route, payload)
    assert receipt.status_code == 202, receipt.text
    assert receipt.json()["accepted"] == clinic.count("channel_events") > 0


@pytest.mark.parametrize(
    ("route", "kind", "body"),
    [
        ("/events", "text/xml", b"<a/>"),
        ("/webhooks/chatwoot", "application/xml", b"<a/>"),
        ("/webhooks/web-form", "multipart/form-data; boundary=x", b"--x\r\n"),
        ("/webhooks/email", "image/png", b"\x89PNG"),
        ("/contacts/find-or-create", "text/xml", b"<a/>"),
    ],
)
def test_another_kind_of_content_is_refused(clinic: Clinic, route: str, kind: str, body: bytes) -> None:
    assert_problem(clinic.send(route, body, {"Content-Type": kind}), 415, "unsupported_media_type")


def test_a_compressed_body_is_refused_and_says_so(clinic: Clinic) -> None:
    body = gzip.compress(json.dumps(test_generic.EVENT).encode())
    for route in ("/events", "/contacts/find-or-create"):
        assert_problem(clinic.send(route, body, {"Content-Encoding": "gzip"}), 415, "compressed_body")
    assert clinic.left() == {}


@pytest.mark.parametrize("body", [b"", b"&&", b"a=" + b"&a=" * 2000, b"a=\xff"])
def test_a_broken_form_is_refused(clinic: Clinic, body: bytes) -> None:
    assert_problem(clinic.send("/webhooks/twilio", body, FORM), 422)


def test_a_burst_of_events_in_one_body(clinic: Clinic) -> None:
    batch = [{**test_generic.EVENT, "external_id": f"e-{number}"} for number in range(2000)]
    answer = clinic.post("/events", batch)
    ids = assert_accepted(answer, 2000)
    assert answer.elapsed.total_seconds() < 5
    assert event_ids(clinic) == set(ids)
