"""Web forms: labels in any language, and other people's fields."""

from typing import Any

import pytest

from contact_hub.channels.form_labels import field_of
from contact_hub_tests.channels.support import SENT_AT, identifiers, only, parsed

META = {"submittedAt": "2025-06-02T14:00:00.000+10:00", "formMode": "production"}
STATED = [("email", "jo@example.com", "stated"), ("phone", "+61412345678", "stated")]


@pytest.mark.parametrize(
    "fields",
    [
        {
            "Full name": "Jo Marsh",
            "Email address *": "Jo@Example.com",
            "Mobile phone": "0412 345 678",
            "How can we help you?": "Knee",
        },
        {
            "First name": "Jo",
            "Last name": "Marsh",
            "E-mail": "jo@example.com",
            "Phone": "+61 412 345 678",
            "Your message": "Knee",
        },
        {
            "Vorname": "Jo",
            "Name": "Marsh",
            "E-Mail-Adresse": "jo@example.com",
            "Handynummer": "0412345678",
            "Ihre Nachricht": "Knee",
        },
        {"Vor- und Nachname": "Jo Marsh", "E-Mail": "jo@example.com", "Telefonnummer": "0412 345 678", "Anliegen": "Knee"},
        {
            "Prénom": "Jo",
            "Nom de famille": "Marsh",
            "Adresse e-mail": "jo@example.com",
            "Téléphone": "0412 345 678",
            "Votre message": "Knee",
        },
        {"Nom": "Marsh", "Prénom": "Jo", "Courriel": "jo@example.com", "Numéro de téléphone": "0412345678", "Demande": "Knee"},
        {
            "Nombre": "Jo",
            "Apellidos": "Marsh",
            "Correo electrónico": "jo@example.com",
            "Teléfono móvil": "0412345678",
            "Mensaje": "Knee",
        },
        {"Nome": "Jo", "Cognome": "Marsh", "Indirizzo email": "jo@example.com", "Cellulare": "0412345678", "Messaggio": "Knee"},
        {
            "Voornaam": "Jo",
            "Achternaam": "Marsh",
            "E-mailadres": "",
            "email": "jo@example.com",
            "Telefoonnummer": "0412345678",
            "Bericht": "Knee",
        },
        {"your-name": "Jo Marsh", "your-email": "jo@example.com", "your-tel": "0412345678", "your-message": "Knee"},
        {
            "firstName": "Jo",
            "lastName": "Marsh",
            "emailAddress": "jo@example.com",
            "phoneNumber": 412345678,
            "comments": "Knee",
        },
        {"data": {"name": "Jo Marsh", "email": "jo@example.com", "mobile": "0412345678", "enquiry": "Knee"}},
        {
            "fields": [
                {"label": "Name", "value": "Jo Marsh"},
                {"label": "Email", "value": "jo@example.com"},
                {"title": "Phone", "answer": "0412345678"},
                {"label": "Message", "value": "Knee"},
            ]
        },
        {
            "fields": {
                "a": {"id": "name", "title": "Name", "value": "Jo Marsh"},
                "b": {"id": "email", "value": "jo@example.com"},
                "field_x": {"title": "Phone", "value": "0412345678"},
                "message": {"value": "Knee"},
            }
        },
        {"Email": ["jo@example.com"], "Name": "Jo Marsh", "Phone": "0412345678", "Message": "Knee", "Consent": True},
    ],
)
def test_forms(fields: dict[str, Any]) -> None:
    event = only("web_form", {**fields, **META})
    assert (event.channel, event.kind, event.direction, event.occurred_at) == ("web", "form", "in", SENT_AT)
    assert (event.name, event.email, event.phone, event.text) == ("Jo Marsh", "jo@example.com", "+61412345678", "Knee")
    assert identifiers(event) == STATED
    assert event.is_from_customer


@pytest.mark.parametrize(
    "label",
    [
        "Emergency contact phone",
        "Name of your GP",
        "Referrer's email",
        "Company name",
        "Parent's mobile",
        "User name",
        "Notfallkontakt Telefon",
        "How did you hear about us?",
        "Preferred contact method",
        "Partner's name",
        "Date of birth",
        "Address",
        "Medicare number",
        "",
        "?",
        "x" * 500,
    ],
)
def test_labels_of_others_fields(label: str) -> None:
    assert field_of(label) is None


def test_other_peoples_details_are_left_out() -> None:
    fields = {
        "Emergency contact phone": "0498 765 432",
        "GP email": "gp@example.com",
        "Your name": "Jo",
        "Email": "jo@example.com",
    }
    event = only("web_form", fields)
    assert (event.name, identifiers(event), event.phone) == ("Jo", STATED[:1], None)


def test_the_plainest_label_wins() -> None:
    fields = {"Confirm email": "typo@example.com", "Work email": "work@example.com", "Email": "jo@example.com"}
    assert only("web_form", fields).email == "jo@example.com"


@pytest.mark.parametrize(("value", "expected"), [("jo@example.com", STATED[:1]), ("0412 345 678", STATED[1:])])
def test_a_field_for_either(value: str, expected: list[tuple[str, str, str]]) -> None:
    for label in ("Phone or email", "Contact", "Kontakt"):
        assert identifiers(only("web_form", {"Name": "Jo", label: value})) == expected


@pytest.mark.parametrize(
    "junk", ["undefined", "null", "[object Object]", "", "noemail@none.com", "not an address", None, {}, []]
)
def test_junk_is_no_identifier(junk: object) -> None:
    event = only("web_form", {"Name": "Jo", "Email": junk, "Phone": junk, **META})
    assert (event.identifiers, event.email, event.phone, event.is_from_customer) == ((), None, None, False)


def test_a_trial_in_the_editor_makes_no_contact() -> None:
    event = only("web_form", {"Name": "Jo", "Email": "jo@example.com", **META, "formMode": "test"})
    assert (event.kind, event.is_from_customer) == ("system", False)


def test_a_retry_is_the_same_event_and_another_submission_is_not() -> None:
    fields = {"Name": "Jo", "Email": "jo@example.com", **META}
    event = only("web_form", fields)
    again = [dict(reversed(fields.items())), [{"json": fields}], {"body": fields, "headers": {"x-request-id": "2"}}]
    assert {only("web_form", form).external_id for form in again} == {event.external_id}
    assert only("web_form", {**fields, "submittedAt": "2025-06-02T14:00:01.000+10:00"}).external_id != event.external_id
    assert only("web_form", {**fields, "submission_id": "s-1"}).external_id == "s-1"


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        ({}, "no_form_fields"),
        ({"a": 1}, "no_form_fields"),
        (META, "no_form_fields"),
        ("x", "not_an_object"),
        (None, "not_an_object"),
    ],
)
def test_what_is_no_form(payload: object, code: str) -> None:
    found = parsed("web_form", payload)
    assert (found.events, [problem.code for problem in found.problems]) == ((), [code])


def test_a_bad_submission_does_not_take_its_siblings_along() -> None:
    found = parsed("web_form", [{"json": {}}, {"json": {"Name": "Jo", "Email": "jo@example.com"}}, 7])
    assert len(found.events) == 1
    assert [(one.code, one.path) for one in found.problems] == [("no_form_fields", "$[0].json"), ("not_an_object", "$[2]")]
