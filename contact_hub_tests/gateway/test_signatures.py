"""Whether a webhook is authentic: every provider's signature, several secrets at once, and everything that is not one."""

import json
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest

from contact_hub_tests.channels import test_chatwoot, test_generic, test_meta, test_twilio, test_whatsapp
from contact_hub_tests.gateway.support import (
    Clinic,
    Headers,
    assert_accepted,
    assert_problem,
    chatwoot_headers,
    meta_headers,
    secret,
    twilio_headers,
)

CHATWOOT = json.dumps(test_chatwoot.message()).encode()
WHATSAPP = json.dumps(test_whatsapp.envelope(test_whatsapp.change(messages=[test_whatsapp.message()]))).encode()
INSTAGRAM = json.dumps(test_meta.envelope("instagram", test_meta.item(message={"mid": "m_1", "text": "Hi"}))).encode()
MESSENGER = json.dumps(test_meta.envelope("messenger", test_meta.item(message={"mid": "m_1", "text": "Hi"}))).encode()
SMS = urlencode(test_twilio.SMS).encode()
HANDSHAKE = {"hub.mode": "subscribe", "hub.verify_token": "a verify token", "hub.challenge": "1158201444"}


@pytest.fixture
def signed(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> Clinic:
    """A clinic with a secret of each provider."""
    for provider in ("chatwoot", "whatsapp", "instagram", "messenger", "twilio"):
        variable = f"{provider.upper()}_SECRET_OF_TESTS"
        secret(monkeypatch, variable, f"the secret of {provider}")
        clinic.connect(provider, variable)
    return clinic


def headers_for(provider: str, clinic: Clinic, body: bytes, key: str | None = None) -> Headers:
    key = key if key is not None else f"the secret of {provider}"
    if provider == "chatwoot":
        return chatwoot_headers(key, body)
    if provider == "twilio":
        return twilio_headers(key, clinic.gateway.url + clinic.path("/webhooks/twilio"), test_twilio.SMS)
    return meta_headers(key, body)


BODIES = {"chatwoot": CHATWOOT, "whatsapp": WHATSAPP, "instagram": INSTAGRAM, "messenger": MESSENGER, "twilio": SMS}
EACH = pytest.mark.parametrize(("provider", "body"), BODIES.items(), ids=BODIES)


@EACH
def test_a_providers_signature_is_enough(signed: Clinic, provider: str, body: bytes) -> None:
    answer = signed.send_unauthenticated(f"/webhooks/{provider}", body, headers_for(provider, signed, body))
    ids = assert_accepted(answer, 1)
    again = signed.send_unauthenticated(f"/webhooks/{provider}", body, headers_for(provider, signed, body))
    assert assert_accepted(again, 0) == ids


@EACH
@pytest.mark.parametrize(
    "spoil",
    [
        lambda headers, body: ({}, body),
        lambda headers, body: (headers, body + b" "),
        lambda headers, body: ({name: value[:-4] + "AAA=" for name, value in headers.items()}, body),
        lambda headers, body: ({name: "" if "ignature" in name else value for name, value in headers.items()}, body),
        lambda headers, body: ({name: "sha256=" if "ignature" in name else value for name, value in headers.items()}, body),
        lambda headers, body: ({**headers, "Authorization": "Bearer nonsense"}, body + b" "),
    ],
    ids=["none", "body", "digest", "empty", "prefix", "bad token"],
)
def test_what_is_not_signed_is_refused_and_leaves_nothing(
    signed: Clinic, provider: str, body: bytes, spoil: Callable[[Headers, bytes], tuple[Headers, bytes]]
) -> None:
    headers, sent = spoil(headers_for(provider, signed, body), body)
    assert_problem(signed.send_unauthenticated(f"/webhooks/{provider}", sent, headers), 401, "unauthenticated")
    assert signed.left() == {}


@EACH
def test_another_secret_is_refused(signed: Clinic, provider: str, body: bytes) -> None:
    for key in ("another secret", "", "the secret of tests"):
        headers = headers_for(provider, signed, body, key)
        assert_problem(signed.send_unauthenticated(f"/webhooks/{provider}", body, headers), 401)
    assert signed.left() == {}


@EACH
def test_a_wrong_signature_with_a_valid_token_is_let_in(signed: Clinic, provider: str, body: bytes) -> None:
    """n8n forwards the headers of what it has verified, and the JSON as it writes it."""
    headers = headers_for(provider, signed, body, "another secret")
    assert_accepted(signed.send(f"/webhooks/{provider}", body, headers), 1)


def test_each_of_several_secrets_is_valid(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    """Chatwoot's account webhook, API channel and agent bot have a secret each."""
    for name in ("account", "api_channel", "bot"):
        secret(monkeypatch, f"CHATWOOT_{name.upper()}", f"secret of the {name}")
        clinic.connect("chatwoot", f"CHATWOOT_{name.upper()}", name)
    for number, name in enumerate(("bot", "account", "api_channel")):
        body = json.dumps(test_chatwoot.message(id=number, source_id=f"wamid.{number}")).encode()
        headers = chatwoot_headers(f"secret of the {name}", body)
        assert_accepted(clinic.send_unauthenticated("/webhooks/chatwoot", body, headers), 1)
    monkeypatch.delenv("CHATWOOT_BOT")
    body = json.dumps(test_chatwoot.message(id=9, source_id="wamid.9")).encode()
    refused = clinic.send_unauthenticated("/webhooks/chatwoot", body, chatwoot_headers("secret of the bot", body))
    assert_problem(refused, 401)
    accepted = clinic.send_unauthenticated("/webhooks/chatwoot", body, chatwoot_headers("secret of the account", body))
    assert_accepted(accepted, 1)


@pytest.mark.parametrize("age_s", [-3600, -310, 310, 10**9])
def test_an_old_or_future_chatwoot_signature_is_refused(signed: Clinic, age_s: float) -> None:
    headers = chatwoot_headers("the secret of chatwoot", CHATWOOT, at=time.time() - age_s)
    assert_problem(signed.send_unauthenticated("/webhooks/chatwoot", CHATWOOT, headers), 401)


def test_a_replay_within_the_tolerance_changes_nothing(signed: Clinic) -> None:
    headers = chatwoot_headers("the secret of chatwoot", CHATWOOT, at=time.time() - 240)
    assert_accepted(signed.send_unauthenticated("/webhooks/chatwoot", CHATWOOT, headers), 1)
    assert_accepted(signed.send_unauthenticated("/webhooks/chatwoot", CHATWOOT, headers), 0)
    assert signed.count("channel_events") == 1


def test_a_providers_secret_opens_no_other_route(signed: Clinic) -> None:
    for route in ("instagram", "messenger", "chatwoot", "twilio", "email", "web-form"):
        headers = meta_headers("the secret of whatsapp", WHATSAPP)
        assert_problem(signed.send_unauthenticated(f"/webhooks/{route}", WHATSAPP, headers), 401)
    event = json.dumps(test_generic.EVENT).encode()
    for route in ("/events", "/contacts/find-or-create"):
        assert_problem(signed.send_unauthenticated(route, event, meta_headers("the secret of whatsapp", event)), 401)


def test_a_secret_opens_no_other_clinic(signed: Clinic, other_clinic: Clinic) -> None:
    for provider, body in BODIES.items():
        headers = headers_for(provider, other_clinic, body)
        assert_problem(other_clinic.send_unauthenticated(f"/webhooks/{provider}", body, headers), 401)
    assert other_clinic.left() == {}


@pytest.mark.parametrize(
    ("settings", "headers", "called"),
    [
        ({"public_url": "https://hub.example.com"}, {}, "https://hub.example.com{path}"),
        ({"public_url": "https://hub.example.com/sub/"}, {"X-Forwarded-Host": "x"}, "https://hub.example.com/sub{path}"),
        (
            {"trust_forwarded": "true"},
            {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "hub.example.com"},
            "https://hub.example.com{path}",
        ),
        (
            {"trust_forwarded": "yes"},
            {"X-Forwarded-Proto": "https, http", "X-Forwarded-Host": "hub.example.com, inner"},
            "https://hub.example.com:443{path}",
        ),
    ],
)
def test_twilio_signs_the_url_that_it_called(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch, settings: dict[str, str], headers: Headers, called: str
) -> None:
    secret(monkeypatch, "TWILIO_OF_TESTS", "an auth token")
    clinic.connect("twilio", "TWILIO_OF_TESTS", **settings)
    target = "/webhooks/twilio?line=1&x=%20y"
    url = called.format(path=clinic.path(target))
    signed = {**twilio_headers("an auth token", url, test_twilio.SMS), **headers}
    assert_accepted(clinic.send_unauthenticated(target, SMS, signed), 1)
    other = {**twilio_headers("an auth token", url + "2", test_twilio.SMS), **headers}
    assert_problem(clinic.send_unauthenticated(target, SMS, other), 401)


def test_forwarded_headers_count_only_where_a_proxy_is_said_to_set_them(signed: Clinic) -> None:
    url = "https://hub.example.com" + signed.path("/webhooks/twilio")
    headers = twilio_headers("the secret of twilio", url, test_twilio.SMS)
    forwarded = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "hub.example.com"}
    assert_problem(signed.send_unauthenticated("/webhooks/twilio", SMS, {**headers, **forwarded}), 401)


@pytest.fixture
def subscribed(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> Clinic:
    secret(monkeypatch, "META_VERIFY_OF_TESTS", HANDSHAKE["hub.verify_token"])
    for provider in ("whatsapp", "instagram", "messenger"):
        clinic.connect(provider, "META_SECRET_OF_TESTS", verify_token_env="META_VERIFY_OF_TESTS")
    return clinic


@pytest.mark.parametrize("provider", ["whatsapp", "instagram", "messenger"])
def test_metas_handshake(subscribed: Clinic, provider: str) -> None:
    def shake(parameters: dict[str, str]) -> Any:
        return subscribed.gateway.get(subscribed.path(f"/webhooks/{provider}"), params=parameters)

    answer = shake(HANDSHAKE)
    assert (answer.status_code, answer.text) == (200, HANDSHAKE["hub.challenge"])
    assert answer.headers["Content-Type"].startswith("text/plain")
    for wrong in (
        {**HANDSHAKE, "hub.verify_token": "another"},
        {**HANDSHAKE, "hub.verify_token": ""},
        {**HANDSHAKE, "hub.mode": "unsubscribe"},
        {**HANDSHAKE, "hub.challenge": ""},
        {},
    ):
        assert_problem(shake(wrong), 401)


def test_a_handshake_without_a_verify_token_or_clinic_is_refused(signed: Clinic, other_clinic: Clinic) -> None:
    for path in (signed.path("/webhooks/whatsapp"), other_clinic.path("/webhooks/whatsapp"), "/v1/nobody/webhooks/whatsapp"):
        assert_problem(signed.gateway.get(path, params=HANDSHAKE), 401)
    for path in ("/webhooks/chatwoot", "/webhooks/twilio", "/events"):
        assert_problem(signed.gateway.get(signed.path(path), params=HANDSHAKE), 405)
