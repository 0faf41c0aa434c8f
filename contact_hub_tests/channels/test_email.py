"""Mail by way of n8n: who gets the answer, and what no person wrote."""

import base64
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contact_hub_tests.channels.support import SENT_AT, identifiers, only, parsed

DATE = "Mon, 02 Jun 2025 14:00:00 +1000"
IMAP = {
    "from": "Jo Marsh <Jo@Example.com>",
    "to": "front@clinic.example.com",
    "subject": "My knee",
    "date": DATE,
    "textPlain": "Hello",
    "metadata": {"message-id": "<a1@mx.example.com>"},
    "attributes": {"uid": 7},
}
RESOLVED = {
    "from": {"value": [{"address": "jo@example.com", "name": "Jo Marsh"}], "text": '"Jo Marsh" <jo@example.com>'},
    "to": {"value": [{"address": "front@clinic.example.com", "name": ""}]},
    "subject": "My knee",
    "date": "2025-06-02T04:00:00.000Z",
    "messageId": "<a1@mx.example.com>",
    "text": "Hello",
    "html": "<p>Hello</p>",
    "headers": {"x-mailer": "y"},
    "attachments": [],
}
GMAIL = {
    "id": "g1",
    "threadId": "t1",
    "snippet": "Hello",
    "labels": [{"id": "INBOX"}],
    "internalDate": "1748836800000",
    "From": "Jo Marsh <jo@example.com>",
    "To": "front@clinic.example.com",
    "Subject": "My knee",
}
GMAIL_RESOLVED = {
    **RESOLVED,
    "id": "g1",
    "threadId": "t1",
    "labelIds": ["INBOX"],
    "headers": {"subject": "Subject: My knee", "delivered-to": "Delivered-To: front@clinic.example.com"},
}
RAW_TEXT = (
    f"From: Jo Marsh <jo@example.com>\r\nTo: front@clinic.example.com\r\nSubject: My knee\r\nDate: {DATE}\r\n"
    "Message-ID: <a1@mx.example.com>\r\n\r\nHello\r\n"
)
RAW = {"raw": base64.b64encode(RAW_TEXT.encode()).decode()}


def mail(metadata: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    return {**IMAP, **more, "metadata": {**IMAP["metadata"], **(metadata or {})}}  # type: ignore[dict-item]


@pytest.mark.parametrize(
    "item",
    [IMAP, RESOLVED, GMAIL, GMAIL_RESOLVED, RAW, {"raw": RAW_TEXT}, {"json": IMAP}],
    ids=["imap", "resolved", "gmail", "gmail-resolved", "raw", "raw-text", "n8n"],
)
def test_every_form(item: dict[str, Any]) -> None:
    event = only("email", item)
    assert (event.channel, event.kind, event.direction, event.occurred_at) == ("email", "message", "in", SENT_AT)
    assert (event.text, event.profile_name, event.account) == ("Hello", "Jo Marsh", "front@clinic.example.com")
    assert identifiers(event) == [("email", "jo@example.com", "sender")]
    assert event.external_id == ("g1" if item is GMAIL else "a1@mx.example.com")
    assert dict(event.hints) == {"subject": "My knee"}
    assert event.is_from_customer


@pytest.mark.parametrize(
    ("header", "name", "address"),
    [
        ('"Smith, Jo" <jo@example.com>', "Smith, Jo", "jo@example.com"),
        ("Smith, Jo <jo@example.com>", "Smith, Jo", "jo@example.com"),
        ("=?utf-8?q?J=C3=B6rg?= <j@example.com>", "Jörg", "j@example.com"),
        ("=?no-such-charset?q?J=C3=B6rg?= <j@example.com>", "=?no-such-charset?q?J=C3=B6rg?=", "j@example.com"),
        ("jo+physio@EXAMPLE.com", None, "jo+physio@example.com"),
        ("first@example.com, Second <second@example.com>", None, "first@example.com"),
        ('"victim@example.org" <jo@example.com>', "victim@example.org", "jo@example.com"),
        ("=?utf-8?q?victim=40example=2Eorg=3E?= <jo@example.com>", "victim@example.org>", "jo@example.com"),
        ("'Jo' <jo@example.com>", "Jo", "jo@example.com"),
    ],
)
def test_how_people_are_written(header: str, name: str | None, address: str) -> None:
    event = only("email", mail(**{"from": header}))
    assert (event.profile_name, [one.value for one in event.identifiers]) == (name, [address])


@pytest.mark.parametrize(
    ("metadata", "more", "expected", "kind"),
    [
        ({"reply-to": "home@example.com"}, {}, ("email", "home@example.com", "sender"), "message"),
        (
            {"reply-to": "Jo <jo@example.com>"},
            {"from": "noreply@forms.example.net"},
            ("email", "jo@example.com", "stated"),
            "form",
        ),
        ({"reply-to": "jo@example.com"}, {"from": "front@clinic.example.com"}, ("email", "jo@example.com", "stated"), "form"),
        (
            {"reply-to": "jo@example.com", "auto-submitted": "auto-generated"},
            {"from": "wordpress <noreply@clinic.example.com>"},
            ("email", "jo@example.com", "stated"),
            "form",
        ),
        (
            {
                "x-original-sender": "jo@example.com",
                "reply-to": "front@clinic.example.com",
                "precedence": "list",
                "list-unsubscribe": "<x>",
            },
            {"from": "'Jo' via Front <front@clinic.example.com>"},
            ("email", "jo@example.com", "sender"),
            "message",
        ),
        ({"reply-to": "noreply@example.com"}, {}, ("email", "jo@example.com", "sender"), "message"),
        ({"reply-to": "undefined"}, {}, ("email", "jo@example.com", "sender"), "message"),
        (
            {"delivered-to": "front@clinic.example.com"},
            {"to": "jo@example.com"},
            ("email", "jo@example.com", "sender"),
            "message",
        ),
    ],
)
def test_who_gets_the_answer(metadata: dict[str, str], more: dict[str, str], expected: tuple[str, ...], kind: str) -> None:
    event = only("email", mail(metadata, **more))
    assert (identifiers(event), event.kind, event.is_from_customer) == ([expected], kind, True)


@pytest.mark.parametrize(
    ("metadata", "more", "kind"),
    [
        ({}, {"from": "Mail Delivery Subsystem <mailer-daemon@mx.example.com>"}, "bounce"),
        ({}, {"from": "postmaster@clinic.example.com"}, "bounce"),
        ({"x-failed-recipients": "gone@example.com"}, {}, "bounce"),
        ({"content-type": 'multipart/report; report-type="delivery-status"'}, {}, "bounce"),
        ({"auto-submitted": "auto-replied (vacation)"}, {}, "auto_reply"),
        ({"auto-submitted": "auto-generated"}, {}, "auto_reply"),
        ({"x-auto-response-suppress": "DR, OOF, AutoReply"}, {}, "auto_reply"),
        ({"x-autoreply": "yes"}, {}, "auto_reply"),
        ({"precedence": "bulk"}, {}, "auto_reply"),
        ({"precedence": "list"}, {}, "system"),
        ({"list-unsubscribe": "<mailto:x@example.com>"}, {}, "system"),
        ({}, {"from": "noreply@shop.example.com"}, "system"),
        ({}, {"from": "front@clinic.example.com"}, "system"),
        ({}, {"from": "undefined"}, "system"),
        ({}, {"labelIds": ["SPAM"]}, "system"),
    ],
)
def test_what_no_person_wrote(metadata: dict[str, str], more: dict[str, Any], kind: str) -> None:
    event = only("email", mail(metadata, **more))
    assert (event.kind, event.is_from_customer) == (kind, False)


def test_a_bounce_tells_who_could_not_be_reached() -> None:
    event = only("email", mail({"x-failed-recipients": "gone@example.com"}))
    assert (event.identifiers, dict(event.hints)["failed_recipient"]) == ((), "gone@example.com")


def test_auto_submitted_no_is_a_persons() -> None:
    assert only("email", mail({"auto-submitted": "no"})).is_from_customer


def test_sent_mail_and_drafts() -> None:
    item = {**GMAIL, "From": "front@clinic.example.com", "To": '"Marsh, Jo" <jo@example.com>', "labelIds": ["SENT"]}
    event = only("email", item)
    assert (event.direction, identifiers(event), event.account) == (
        "out",
        [("email", "jo@example.com", "sender")],
        "front@clinic.example.com",
    )
    assert not event.is_from_customer
    assert parsed("email", {**item, "labelIds": ["DRAFT"]}).ignored == 1


def test_threads() -> None:
    event = only("email", mail({"references": "<root@x.example.com> <b@x.example.com>", "in-reply-to": "<b@x.example.com>"}))
    assert (event.conversation_id, event.in_reply_to) == ("root@x.example.com", "b@x.example.com")
    assert only("email", IMAP).conversation_id == "a1@mx.example.com"
    assert only("email", GMAIL).conversation_id == "t1"


def test_html_alone_is_read_as_text() -> None:
    html = "<html><head><style>p {}</style></head><body><p>Hello &amp; <b>goodbye</b></p><div>Jo</div></body></html>"
    item = {name: value for name, value in IMAP.items() if name != "textPlain"}
    assert only("email", {**item, "textHtml": html}).text == "Hello & goodbye\nJo"


def test_raw_mail_with_parts() -> None:
    raw = (
        "From: =?utf-8?b?SsO2cmc=?= <j@example.com>\nTo: front@clinic.example.com\nMIME-Version: 1.0\n"
        'Content-Type: multipart/mixed; boundary="b"\n\n--b\nContent-Type: text/html; charset=utf-8\n\n<p>Hi</p>\n'
        "--b\nContent-Type: image/png\nContent-Disposition: attachment; filename=x.png\n\nxx\n--b--\n"
    )
    event = only("email", {"raw": base64.urlsafe_b64encode(raw.encode()).decode()})
    assert (event.profile_name, event.text, event.attachments) == ("Jörg", "Hi", ("image",))


@pytest.mark.parametrize("payload", [{}, {"subject": "x"}, {"raw": "!!!"}, {"raw": ""}, "x", None, {"from": [], "to": 7}])
def test_what_is_no_mail(payload: object) -> None:
    found = parsed("email", payload)
    assert (found.events, len(found.problems)) == ((), 1)


def test_a_mail_without_an_id_gets_the_same_one_every_time() -> None:
    item = {name: value for name, value in IMAP.items() if name != "metadata"}
    assert only("email", item).external_id == only("email", dict(reversed(item.items()))).external_id


PIECES = st.sampled_from(
    """
    From: To: Reply-To: Content-Type: multipart/mixed boundary= " = ; , < > @ ( ) \\ : =?utf-8?q? ?= =?x?b? =?utf-8?b?4=?=
    --b jo@example.com a@b Content-Transfer-Encoding: base64 text/html charset=nope charset="utf-8 message/rfc822
    text/plain Content-Disposition: attachment; filename*=utf-8''%e4 <p> <!-- &#x110000; <![CDATA[ undefined:;
    group:a@example.com;
    """.split()
) | st.sampled_from(["\r\n", "\n", "\n\n", " ", "\t", "\udcff", "\x00", "é"])
SCRAPS = st.lists(PIECES, max_size=25).map("".join)


@settings(max_examples=120, deadline=None)
@given(SCRAPS, SCRAPS, SCRAPS)
def test_malformed_mail_raises_nothing(header: str, other: str, body: str) -> None:
    raw = f"From: Jo <jo@example.com>\nTo: {other}\nContent-Type: {header}\n\n{body}"
    items = [
        {"raw": raw},
        {"raw": base64.b64encode(raw.encode("utf-8", "surrogatepass")).decode()},
        {"from": header, "to": other, "textHtml": body, "metadata": {"reply-to": body, "references": other}},
        {
            "from": {"value": [{"address": header, "name": other}, {"address": body}]},
            "headers": {"from": other, "subject": header},
        },
    ]
    for item in items:
        found = parsed("email", item)
        assert [one.code for one in found.problems] in ([], ["no_mail"])
        assert len(found.events) + len(found.problems) == 1


@pytest.mark.parametrize(
    "written",
    [
        {"address": "jo@example.com", "name": "Jo Marsh"},
        [{"address": "jo@example.com", "name": "Jo Marsh"}],
        {"emailAddress": {"address": "jo@example.com", "name": "Jo Marsh"}},
    ],
)
def test_an_address_may_be_an_object(written: object) -> None:
    event = only("email", mail(**{"from": written}))
    assert (identifiers(event), event.profile_name) == ([("email", "jo@example.com", "sender")], "Jo Marsh")
