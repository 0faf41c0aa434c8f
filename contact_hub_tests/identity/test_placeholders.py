"""Values that identify nobody."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contact_hub.identity.emails import normalize_email
from contact_hub.identity.placeholders import (
    is_placeholder_email,
    is_placeholder_name,
    is_placeholder_phone,
    is_withheld_caller,
)


@pytest.mark.parametrize(
    ("e164", "placeholder"),
    [
        ("+61400000000", True), ("+61411111111", True), ("+61200000000", True), ("+61499999999", True), ("+266696687", True),
        ("+61412222222", True), ("+61412345678", False), ("+61400000001", False), ("+61291234567", False),
        ("+61412222223", False),
        ("+61131114", False), ("", False),
    ],
)  # fmt: skip
def test_phones(e164: str, placeholder: bool) -> None:
    assert is_placeholder_phone(e164) is placeholder


@pytest.mark.parametrize(
    "address",
    [
        "noemail@clinic.com.au", "no.email@clinic.com", "no-email@gmail.com", "none@none.com", "none@gmail.com",
        "no@gmail.com", "na@na.com",
        "nil@clinic.com", "unknown@gmail.com", "noreply@clinic.com", "no-reply@clinic.com", "donotreply@x.com",
        "do-not-reply@x.com",
        "missingemail+123@clinic.com", "notprovided@x.com", "noemail2@x.com", "john@noemail.com",
        "mailer-daemon@googlemail.com",
        "bounce+abc123@mail.x.com", "bounces@x.com", "xxx@gmail.com", "n.a@gmail.com", "not_provided@x.com",
        "noemail@example.com",
    ],
)  # fmt: skip
def test_placeholder_emails(address: str) -> None:
    assert normalize_email(address) == address
    assert is_placeholder_email(address)


@pytest.mark.parametrize(
    "address",
    [
        "john@example.com", "jane.citizen@example.org", "test@clinic.com.au", "na88@gmail.com", "noemi@gmail.com",
        "nona@gmail.com",
        "nonna@gmail.com", "noel@none.example.com", "unknownpleasures@gmail.com", "bouncehouse@gmail.com",
        "nilufar@gmail.com",
        "reply@clinic.com", "max@x.com",
    ],
)  # fmt: skip
def test_emails_of_people(address: str) -> None:
    assert not is_placeholder_email(address)


@pytest.mark.parametrize(
    ("raw", "withheld"),
    [
        ("+266696687", True), ("266696687", True), ("anonymous", True), ("Anonymous", True), ("Restricted", True),
        ("PRIVATE", True),
        ("Private Number", True), ("No Caller ID", True), ("unavailable", True), ("Unknown", True), ("+7378742833", True),
        ("sip:anonymous@anonymous.invalid", True), ("+61412345678", False), ("0412 345 678", False), ("7748283", False),
        ("", False),
        (None, False), (266696687, False), ("Private Health Clinic", False),
    ],
)  # fmt: skip
def test_withheld_callers(raw: object, withheld: bool) -> None:
    assert is_withheld_caller(raw) is withheld


@pytest.mark.parametrize(
    ("given", "family", "placeholder"),
    [
        ("Test", "Test", True), ("Test", "Patient", True), ("Dummy", "Patient", True), ("Test", None, True),
        ("TEST", "test", True),
        ("Baby", "Smith", True), ("Baby of Jane", "Smith", True), ("Baby Boy", "Smith", True),
        ("Baby Boy of Jane", "Smith", True),
        ("B/O Jane", "Smith", True), ("Twin 1", "Smith", True), ("Unknown", None, True), ("Unknown", "Smith", True),
        ("No", "Name", True),
        ("Anonymous", "Caller", True), ("New", "Patient", True), ("Jane", "Test", False), ("Jane", "Smith", False),
        ("Babylon", "Smith", False), ("Twinkle", "Khan", False), ("Patience", "Client", False), ("Jane", None, False),
        (None, None, False),
        ("李", "小龙", False), ("Demo", "Papadopoulos", False),
    ],
)  # fmt: skip
def test_names(given: str | None, family: str | None, placeholder: bool) -> None:
    assert is_placeholder_name(given, family) is placeholder


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=30), st.text(max_size=30))
def test_never_raises(one: str, other: str) -> None:
    for answer in (
        is_placeholder_phone(one),
        is_withheld_caller(one),
        is_placeholder_email(one),
        is_placeholder_name(one, other),
    ):
        assert answer in (True, False)
