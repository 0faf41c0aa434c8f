"""Twilio: SMS, MMS, WhatsApp, calls, callbacks, withheld callers."""

from typing import Any

import pytest

from contact_hub_tests.channels.support import identifiers, only, parsed

SMS = {
    "MessageSid": "SM1",
    "SmsSid": "SM1",
    "AccountSid": "AC1",
    "From": "+61412345678",
    "To": "+61290001111",
    "Body": "Running late",
    "NumMedia": "0",
    "SmsStatus": "received",
    "FromCountry": "AU",
}
CALL = {
    "CallSid": "CA1",
    "AccountSid": "AC1",
    "From": "+61412345678",
    "To": "+61290001111",
    "CallStatus": "ringing",
    "Direction": "inbound",
    "CallerName": "J MARSH",
}


def without(fields: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if name not in names}


def test_an_sms() -> None:
    event = only("twilio", SMS)
    assert (event.channel, event.kind, event.direction, event.external_id) == ("sms", "message", "in", "SM1")
    assert (event.text, event.account, event.attachments) == ("Running late", "+61290001111", ())
    assert identifiers(event) == [("phone", "+61412345678", "sender")]
    assert event.is_from_customer


@pytest.mark.parametrize("form", [lambda f: {k: [v] for k, v in f.items()}, lambda f: {"body": f}, lambda f: [{"json": f}]])
def test_every_form_gives_the_same_event(form: Any) -> None:
    assert only("twilio", form(SMS)) == only("twilio", SMS)


def test_an_mms() -> None:
    event = only("twilio", {**SMS, "Body": "", "NumMedia": "2", "MediaUrl0": "u", "MediaContentType0": "image/png"})
    assert (event.text, event.attachments) == (None, ("image", "file"))


@pytest.mark.parametrize("count", ["-1", "x", "99999999", "", None, "²"])
def test_a_strange_count_of_media(count: object) -> None:
    assert only("twilio", {**SMS, "NumMedia": count}).attachments == ()


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"From": "whatsapp:+61412345678", "WaId": "61412345678"}, ["+61412345678"]),
        (
            {"From": "whatsapp:+61412345678", "ExternalUserId": "AU.12", "ParentExternalUserId": "AU.ENT.3"},
            ["+61412345678", "AU.12", "AU.ENT.3"],
        ),
        ({"From": "whatsapp:AU.12", "WaId": ""}, ["AU.12"]),
        ({"From": "whatsapp:AU.12", "WaId": "61412345678"}, ["+61412345678", "AU.12"]),
        ({"From": "whatsapp:+551187654321"}, ["+5511987654321", "+551187654321"]),
        ({"From": "whatsapp:"}, []),
    ],
)
def test_whatsapp_through_twilio(fields: dict[str, str], expected: list[str]) -> None:
    event = only("twilio", {**SMS, "To": "whatsapp:+61290001111", "ProfileName": "Jo", **fields})
    assert (event.channel, event.account, event.profile_name) == ("whatsapp", "+61290001111", "Jo")
    assert [one.value for one in event.identifiers] == expected
    assert event.is_from_customer == bool(expected)


@pytest.mark.parametrize("status", ["queued", "sent", "delivered", "undelivered", "failed", "read"])
def test_a_message_status_is_about_the_clinics_message(status: str) -> None:
    fields = {"MessageSid": "SM9", "MessageStatus": status, "From": "+61290001111", "To": "+61412345678"}
    event = only("twilio", fields)
    assert (event.kind, event.direction, event.external_id, event.about) == ("status", "out", f"SM9:{status}", "SM9")
    assert (identifiers(event), event.account) == ([("phone", "+61412345678", "sender")], "+61290001111")
    assert not event.is_from_customer


def test_a_call() -> None:
    event = only("twilio", CALL)
    assert (event.channel, event.kind, event.external_id, event.profile_name) == ("phone", "call", "CA1", "J MARSH")
    assert (identifiers(event), event.is_from_customer) == ([("phone", "+61412345678", "sender")], True)


def test_a_calls_end_shows_the_call_too() -> None:
    fields = {**CALL, "CallStatus": "completed", "CallDuration": "42", "Timestamp": "Mon, 02 Jun 2025 04:00:00 +0000"}
    found = parsed("twilio", fields)
    assert [(event.kind, event.external_id) for event in found.events] == [("call", "CA1"), ("status", "CA1:completed")]
    assert found.events[0] == only("twilio", CALL)
    assert ("duration", "42") in found.events[1].hints


def test_a_recording_does_not_take_the_calls_place() -> None:
    recording = {"CallSid": "CA1", "RecordingSid": "RE1", "RecordingStatus": "completed", "RecordingDuration": "9"}
    event = only("twilio", recording)
    assert (event.kind, event.about, event.identifiers) == ("status", "CA1", ())
    assert event.external_id not in {one.external_id for one in parsed("twilio", {**CALL, "CallStatus": "completed"}).events}


@pytest.mark.parametrize("sender", ["whatsapp:+61412345678", "whatsapp: 61412345678", "whatsapp:61412345678"])
def test_a_plus_that_a_form_lost(sender: str) -> None:
    assert identifiers(only("twilio", {**SMS, "From": sender})) == [("whatsapp", "+61412345678", "sender")]


def test_an_outgoing_call_is_the_clinics() -> None:
    event = only("twilio", {**CALL, "Direction": "outbound-api", "From": "+61290001111", "To": "+61412345678"})
    assert (event.direction, identifiers(event), event.is_from_customer) == (
        "out",
        [("phone", "+61412345678", "sender")],
        False,
    )


@pytest.mark.parametrize(
    "caller",
    [
        "+266696687",
        "anonymous",
        "Restricted",
        "+7378742833",
        "Unknown",
        "",
        None,
        "undefined",
        "MyBank2000",
        "sip:anonymous@x.invalid",
        "client:front_desk",
        "+61400000000",
        [],
        7,
    ],
)
def test_a_withheld_caller_is_nobody(caller: object) -> None:
    for fields in (CALL, SMS):
        event = only("twilio", {**fields, "From": caller})
        assert (event.identifiers, event.is_from_customer) == ((), False)


def test_what_is_neither_message_nor_call_is_a_problem() -> None:
    assert [one.code for one in parsed("twilio", without(SMS, "MessageSid", "SmsSid")).problems] == ["no_sid"]
    assert [one.code for one in parsed("twilio", "From=1").problems] == ["not_an_object"]
