"""What a profile's name says about Anna-Marie (Annie) O'Brien Smith, and what form an identifier has."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contact_hub.context.identifier_forms import FORMS, identifier_form
from contact_hub.context.profile_names import name_says

ANNIE = ("Anna-Marie", "O'Brien Smith", "Annie")


@pytest.mark.parametrize(
    ("says", "names"),
    {
        "agrees": [
            "Anna",
            "ANNIE",
            "anna marie",
            "Smith, Anna",
            "Annie 🏄",
            "Dr Anna Smith",
            "Anna S.",
            "Ännie OBrien",
            "Mrs. Annie",
        ],
        "silent": [None, "", "🏄", "Smith", "A. Smith", "A.", "+61 412 345 678", "Mrs Smith", "..."],
        "disagrees": [
            "Ben",
            "Mum",
            "The Smiths",
            "Anna Jones",
            "Anna & Ben",
            "Smith Plumbing",
            "安娜",
            "Unknown (IG: 7)",
            "B. Smith",
        ],
    }.items(),
)
def test_profile_names(says: str, names: list[str | None]) -> None:
    assert {name: name_says(name, ANNIE) for name in names} == dict.fromkeys(names, says)


def test_a_patient_without_a_name_is_nobody_s_namesake() -> None:
    assert name_says("Anna", (None, None, None)) == "disagrees"
    assert name_says(None, (None, None, None)) == "silent"


@pytest.mark.parametrize(
    ("channel", "identifier", "form"),
    [
        ("whatsapp", "+61412345678", "mobile"),
        ("sms", "+61412345678", "mobile"),
        ("phone", "+61293334444", "landline"),
        ("phone", None, "withheld"),
        ("phone", "+266696687", "withheld"),
        ("phone", "anonymous", "withheld"),
        ("phone", "+61400000000", "withheld"),
        ("whatsapp", "AU.12345abc", "user_id"),
        ("whatsapp", "AU.ENT.12345abc", "user_id"),
        ("whatsapp", "123456789@lid", "user_id"),
        ("phone", "AU.12345abc", "other"),
        ("whatsapp", "0412345678", "other"),
        ("email", "anna@mail.au", "address"),
        ("email", "noreply@mail.au", "withheld"),
        ("email", "anna", "other"),
        ("instagram", "17841400000000000", "account"),
        ("instagram", "", "other"),
        ("web", "0f8fad5b-d9cb-469f-a165-70867728950e", "session"),
        ("web", "anna@mail.au", "session"),
        ("chatwoot", "7", "other"),
        ("pigeon", "7", "other"),
    ],
)
def test_identifier_forms(channel: str, identifier: str | None, form: str) -> None:
    assert identifier_form(channel, identifier) == form


@given(st.sampled_from(["whatsapp", "phone", "email", "web", "line", "chatwoot"]), st.text(max_size=30))
def test_any_text_has_a_form(channel: str, identifier: str) -> None:
    assert identifier_form(channel, identifier) in FORMS
    assert name_says(identifier, ANNIE) in ("agrees", "silent", "disagrees")
