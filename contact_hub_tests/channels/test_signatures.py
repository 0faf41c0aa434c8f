"""Signatures; the expected values were computed with another tool than the code under test (openssl)."""

import hashlib
import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contact_hub.channels.signatures import meta_handshake, verify_chatwoot, verify_meta, verify_twilio

SECRET = "a secret of the tests only"
BODY = b'{"event":"message_created","id":1000,"content":"Gr\\u00fc\xc3\x9fe"}'
STAMP = "1748836800"
NOW = datetime(2025, 6, 2, 4, 0, tzinfo=UTC)
CHATWOOT = "sha256=f0fa0870bfb36ff3c10e75f54bf64450485738ee694fe68d4e42c1604ef6ef0d"
META = "sha256=aff915c76c27bd52b3e2ec5b98d9136d6f2c3bfe55ec48230f64e0e6c28c6c8d"

URL = "https://hub.example.com/v1/org_a/webhooks/twilio?x=1"
PARAMS = {"MessageSid": "SM1", "From": "+61412345678", "To": "+61290001111", "Body": "Grüße & more", "NumMedia": "0"}
TWILIO = "u0ic/nXa2zvqEIRFMmScXia+N6o="
JSON_BODY = b'{"a":1}'
JSON_URL = "https://hub.example.com/t?bodySHA256=015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862"
TWILIO_JSON = "daa3I2SfYa55ef8M2TwYgKGHgqc="


def test_chatwoot() -> None:
    assert verify_chatwoot(SECRET, STAMP, BODY, CHATWOOT, NOW)
    assert verify_chatwoot(SECRET, f" {STAMP} ", BODY, f" {CHATWOOT.upper()} ", NOW)


@pytest.mark.parametrize(
    "changes",
    [
        {"secret": ""}, {"secret": "another"}, {"timestamp": "1748836801"}, {"timestamp": ""}, {"timestamp": None},
        {"timestamp": "-1748836800"}, {"timestamp": "１７４８８３６８００"}, {"timestamp": "9" * 5000}, {"body": BODY + b" "},
        {"body": json.dumps(json.loads(BODY)).encode()}, {"signature": None}, {"signature": ""}, {"signature": "sha256="},
        {"signature": CHATWOOT.removeprefix("sha256=")}, {"signature": "sha1=" + CHATWOOT[7:]}, {"signature": "sha256=ü"},
        {"now": datetime(2025, 6, 2, 4, 5, 1, tzinfo=UTC)}, {"now": datetime(2025, 6, 2, 3, 54, 59, tzinfo=UTC)},
        {"tolerance_s": float("nan")},
    ],
)  # fmt: skip
def test_chatwoot_refuses(changes: dict[str, Any]) -> None:
    given_ = {"secret": SECRET, "timestamp": STAMP, "body": BODY, "signature": CHATWOOT, "now": NOW, **changes}
    assert not verify_chatwoot(**given_)


def test_chatwoot_tolerance_reaches_both_ways() -> None:
    for minute in (3, 4):
        now = datetime(2025, 6, 2, minute, 59 if minute == 3 else 1, tzinfo=UTC)
        assert verify_chatwoot(SECRET, STAMP, BODY, CHATWOOT, now)
        assert not verify_chatwoot(SECRET, STAMP, BODY, CHATWOOT, now, tolerance_s=10)


def test_meta() -> None:
    assert verify_meta(SECRET, BODY, META)
    assert verify_meta(SECRET, BODY, "SHA256=" + META[7:].upper())
    for header in (None, "", "sha256=", META[7:], "sha1=" + META[7:], META + "0", META[:-1] + "g", "\ud800"):
        assert not verify_meta(SECRET, BODY, header)
    assert not verify_meta("", BODY, META)
    assert not verify_meta(SECRET, BODY + b"\n", META)


def test_an_empty_secret_verifies_nothing() -> None:
    import hmac

    forged = hmac.new(b"", BODY, hashlib.sha256).hexdigest()
    assert not verify_meta("", BODY, f"sha256={forged}")


def test_metas_handshake() -> None:
    asked = {"hub.mode": "subscribe", "hub.verify_token": "token", "hub.challenge": "1158201444"}
    assert meta_handshake(asked, "token") == "1158201444"
    for changed in (
        {"hub.mode": "unsubscribe"},
        {"hub.verify_token": "tokem"},
        {"hub.verify_token": ""},
        {"hub.challenge": ""},
    ):
        assert meta_handshake({**asked, **changed}, "token") is None
    assert meta_handshake({**asked, "hub.verify_token": ""}, "") is None
    assert meta_handshake({}, "token") is None


def test_twilio() -> None:
    assert verify_twilio(SECRET, URL, PARAMS, TWILIO)
    assert verify_twilio(SECRET, URL, {name: [value, value] for name, value in reversed(PARAMS.items())}, TWILIO)
    assert verify_twilio(SECRET, URL, urlencode(PARAMS).encode(), TWILIO)
    assert verify_twilio(SECRET, URL.replace("example.com", "example.com:443"), PARAMS, TWILIO)


def test_twilio_json() -> None:
    assert hashlib.sha256(JSON_BODY).hexdigest() in JSON_URL
    assert verify_twilio(SECRET, JSON_URL, JSON_BODY, TWILIO_JSON)
    assert not verify_twilio(SECRET, JSON_URL, b'{"a":2}', TWILIO_JSON)


@pytest.mark.parametrize(
    ("secret", "url", "params", "signature"),
    [
        ("", URL, PARAMS, TWILIO),
        ("another", URL, PARAMS, TWILIO),
        (SECRET, URL + "&y=2", PARAMS, TWILIO),
        (SECRET, "http" + URL[5:], PARAMS, TWILIO),
        (SECRET, URL, {**PARAMS, "Body": "x"}, TWILIO),
        (SECRET, URL, {**PARAMS, "Extra": ""}, TWILIO),
        (SECRET, URL, PARAMS, None),
        (SECRET, URL, PARAMS, ""),
        (SECRET, URL, PARAMS, "ü"),
        (SECRET, URL, PARAMS, TWILIO.lower()),
        (SECRET, "https://[broken", PARAMS, TWILIO),
        (SECRET, "https://x:99999999/", b"\xff=1", TWILIO),
    ],
)
def test_twilio_refuses(secret: str, url: str, params: Any, signature: str | None) -> None:
    assert not verify_twilio(secret, url, params, signature)


TEXT = st.text(max_size=20)


@settings(max_examples=60, deadline=None)
@given(TEXT, TEXT, st.binary(max_size=30), TEXT, st.dictionaries(TEXT, TEXT, max_size=3))
def test_no_junk_raises_or_passes(secret: str, stamp: str, body: bytes, header: str, params: dict[str, str]) -> None:
    assert not verify_chatwoot(secret, stamp, body, header, NOW)
    assert not verify_meta(secret, body, header)
    assert not verify_twilio(secret, stamp, body, header)
    assert not verify_twilio(secret, header, params, stamp)
    assert meta_handshake(params, secret) is None
