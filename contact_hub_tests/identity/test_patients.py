"""Cliniko patients to normalized contacts: real payload shapes, and any JSON at all."""

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contact_hub.errors import ContactHubError
from contact_hub.identity.patients import NormalizedContact, UnusablePatientError, cliniko_patient_to_contact
from contact_hub.identity.phones import normalize_phone

TODAY = date(2026, 3, 1)
ISSUES = {
    "name_missing", "name_placeholder", "two_people_in_name", "date_of_birth_invalid", "phone_invalid", "phone_placeholder",
    "email_invalid", "email_placeholder", "merged_without_survivor",
}  # fmt: skip

PATIENT: dict[str, Any] = {
    "id": "1390726237298631770",
    "title": "Ms",
    "first_name": "Jane (Janey)",
    "last_name": "O'BRIEN",
    "preferred_first_name": None,
    "label": "Jane O'Brien",
    "date_of_birth": "1980-12-03",
    "email": "Jane.OBrien@Example.com",
    "invoice_email": "payer@example.com",
    "patient_phone_numbers": [
        {"number": "02 9123 4567", "normalized_number": "61291234567", "phone_type": "Home"},
        {"number": "02 9123 4568", "normalized_number": "61291234568", "phone_type": "Fax"},
        {"number": "0412 345 678", "normalized_number": "61412345678", "phone_type": "Mobile"},
        {"number": "+61 412 345 678", "normalized_number": "61412345678", "phone_type": "Work"},
    ],
    "emergency_contact": "Mum 0413 999 888",
    "notes": "call 0413 777 666",
    "address_1": "Unit 3",
    "address_2": "12 Smith St",
    "address_3": "",
    "city": "BONDI",
    "state": "New South Wales",
    "post_code": "2026",
    "country": "Australia",
    "country_code": "AU",
    "time_zone": "Australia/Sydney",
    "reminder_type": "SMS & Email",
    "accepted_privacy_policy": None,
    "accepted_email_marketing": False,
    "accepted_sms_marketing": True,
    "archived_at": None,
    "deleted_at": "",
    "merged_at": None,
    "created_at": "2024-01-02T03:04:05Z",
    "updated_at": "2024-01-03T13:04:05+10:00",
    "links": {"self": "https://api.au1.cliniko.com/v1/patients/1390726237298631770"},
}


def _contact(**changes: Any) -> NormalizedContact:
    return cliniko_patient_to_contact({**PATIENT, **changes}, today=TODAY)


def _link(url: object) -> dict[str, Any]:
    return {"links": {"self": url}}


def test_a_full_patient() -> None:
    assert _contact() == {
        "source": "cliniko",
        "source_id": "1390726237298631770",
        "contact_type": "cliniko_patient",
        "cliniko_patient_id": "1390726237298631770",
        "name": "Jane O'Brien",
        "title": "Ms",
        "given_name": "Jane",
        "family_name": "O'Brien",
        "preferred_name": "Janey",
        "date_of_birth": date(1980, 12, 3),
        "phone": "+61412345678",
        "email": "jane.obrien@example.com",
        "phones": [
            {"number": "+61291234567", "type": "home", "mobile": False, "placeholder": False},
            {"number": "+61412345678", "type": "mobile", "mobile": True, "placeholder": False},
        ],
        "emails": [{"address": "jane.obrien@example.com", "placeholder": False}],
        "address_street": "3/12 Smith Street",
        "address_suburb": "Bondi",
        "address_state": "NSW",
        "address_postcode": "2026",
        "address_country": "AU",
        "reminder_preference": "sms_and_email",
        "accepted_privacy_policy": None,
        "accepted_email_marketing": False,
        "accepted_sms_marketing": True,
        "time_zone": "Australia/Sydney",
        "status": "active",
        "merged_into_source_id": None,
        "created_at": datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC),
        "updated_at": datetime(2024, 1, 3, 3, 4, 5, tzinfo=UTC),
        "issues": [],
    }


def test_the_keys_are_those_of_the_table_in_its_order() -> None:
    assert list(_contact()) == list(NormalizedContact.__annotations__)


def test_an_almost_empty_patient() -> None:
    contact = cliniko_patient_to_contact({"id": 75335355}, today=TODAY)
    assert contact["source_id"] == "75335355"
    assert contact["issues"] == ["name_missing"]
    assert [key for key, value in contact.items() if value not in (None, [])] == [
        "source", "source_id", "contact_type", "cliniko_patient_id", "status", "issues",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "patient", [{}, {"id": None}, {"id": ""}, {"id": " "}, {"id": 1.5}, {"id": True}, {"id": -1}, {"id": "a b"},
    {"id": "\x00"},
                {"id": [1]}, {"id": "1" * 65}, {"id": 2**64}, {"id": "٣"}]
)  # fmt: skip
def test_without_a_usable_id(patient: dict[str, Any]) -> None:
    with pytest.raises(UnusablePatientError) as caught:
        cliniko_patient_to_contact({**patient, "first_name": "Canary", "email": "canary@example.com"}, today=TODAY)
    assert isinstance(caught.value, ContactHubError)
    assert isinstance(caught.value, ValueError)
    assert "canary" not in str(caught.value).lower()


@pytest.mark.parametrize("patient", [None, [], "x", 5])
def test_no_object_at_all(patient: Any) -> None:
    with pytest.raises(UnusablePatientError):
        cliniko_patient_to_contact(patient)


@pytest.mark.parametrize(
    ("numbers", "phone", "found", "issues"),
    [
        (None, None, [], []),
        ("0412 345 678", None, [], []),
        ([None, 5, {}, {"number": None}, {"number": ""}], None, [], []),
        ([{"number": "0412 345 678"}], "+61412345678", [("+61412345678", "other")], []),
        ([{"number": "0412 345 678", "phone_type": "mobile "}], "+61412345678", [("+61412345678", "mobile")], []),
        ([{"number": "0412 345 678", "phone_type": "Fax"}], None, [], []),
        ([{"number": "junk", "phone_type": "Home"}], None, [], ["phone_invalid"]),
        ([{"number": "9123 4567", "normalized_number": "61291234567"}], "+61291234567", [("+61291234567", "other")], []),
        ([{"number": None, "normalized_number": 61291234567}], "+61291234567", [("+61291234567", "other")], []),
        ([{"number": "0400 000 000", "phone_type": "Mobile"}], None, [("+61400000000", "mobile")], ["phone_placeholder"]),
        (
            [{"number": "0400 000 000", "phone_type": "Mobile"}, {"number": "02 9123 4567", "phone_type": "Work"}],
            "+61291234567",
            [("+61400000000", "mobile"), ("+61291234567", "work")],
            ["phone_placeholder"],
        ),
        (
            [{"number": "0412 345 678 / 02 9123 4567", "phone_type": "Home"}],
            "+61412345678",
            [("+61412345678", "home"), ("+61291234567", "home")],
            [],
        ),
        ([{"number": 412345678, "phone_type": "Mobile"}], "+61412345678", [("+61412345678", "mobile")], []),
        ([{"number": ["0412345678"], "phone_type": 3}], None, [], ["phone_invalid"]),
    ],
)
def test_phones(numbers: object, phone: str | None, found: list[tuple[str, str]], issues: list[str]) -> None:
    contact = _contact(patient_phone_numbers=numbers)
    assert contact["phone"] == phone
    assert [(entry["number"], entry["type"]) for entry in contact["phones"]] == found
    assert contact["issues"] == issues


def test_a_number_is_read_in_the_patients_country_first_and_then_in_the_clinics() -> None:
    numbers = [{"number": "021 123 4567", "phone_type": "Mobile"}, {"number": "0412 345 678", "phone_type": "Mobile"}]
    contact = _contact(patient_phone_numbers=numbers, country_code="NZ")
    assert [entry["number"] for entry in contact["phones"]] == ["+64211234567", "+61412345678"]
    assert contact["address_country"] == "NZ"
    abroad = cliniko_patient_to_contact({"id": 1, "patient_phone_numbers": numbers[:1]}, region="NZ", today=TODAY)
    assert abroad["phone"] == "+64211234567"
    assert abroad["address_country"] is None


@pytest.mark.parametrize(
    ("email", "first", "found", "issues"),
    [
        ("", None, [], []),
        (None, None, [], []),
        ("jane@", None, [], ["email_invalid"]),
        (7, None, [], ["email_invalid"]),
        ("*jane@example.com", "jane@example.com", ["jane@example.com"], []),
        ("noemail@example.com", None, ["noemail@example.com"], ["email_placeholder"]),
        ("noemail@x.com; jane@example.com", "jane@example.com", ["noemail@x.com", "jane@example.com"], ["email_placeholder"]),
    ],
)
def test_emails(email: object, first: str | None, found: list[str], issues: list[str]) -> None:
    contact = _contact(email=email)
    assert contact["email"] == first
    assert [entry["address"] for entry in contact["emails"]] == found
    assert contact["issues"] == issues


SURVIVOR = "https://api.au1.cliniko.com/v1/patients/99"


@pytest.mark.parametrize(
    ("changes", "status", "survivor", "issues"),
    [
        ({}, "active", None, []),
        ({"archived_at": "", "deleted_at": "", "merged_at": "", "merged_with_patient": None}, "active", None, []),
        ({"archived_at": "2024-01-01T00:00:00Z"}, "archived", None, []),
        ({"deleted_at": "2024-01-01T00:00:00Z"}, "archived", None, []),
        ({"archived_at": "x", "merged_at": "y", "merged_with_patient": _link(SURVIVOR)}, "merged", "99", []),
        ({"merged_with_patient": _link(SURVIVOR + "/")}, "merged", "99", []),
        ({"merged_at": "2024-01-01T00:00:00Z"}, "merged", None, ["merged_without_survivor"]),
        ({"merged_at": "y", "merged_with_patient": {}}, "merged", None, ["merged_without_survivor"]),
        ({"merged_at": "y", "merged_with_patient": {"links": []}}, "merged", None, ["merged_without_survivor"]),
        ({"merged_with_patient": _link(5)}, "merged", None, ["merged_without_survivor"]),
        ({"merged_with_patient": _link("https://x/v1/patients?q[]=id:=9")}, "merged", None, ["merged_without_survivor"]),
        ({"merged_with_patient": _link(PATIENT["links"]["self"])}, "merged", None, ["merged_without_survivor"]),
    ],
)
def test_life_cycle(changes: dict[str, Any], status: str, survivor: str | None, issues: list[str]) -> None:
    contact = _contact(**changes)
    assert (contact["status"], contact["merged_into_source_id"], contact["issues"]) == (status, survivor, issues)


@pytest.mark.parametrize(
    ("changes", "issues"),
    [
        ({"first_name": "", "last_name": "."}, ["name_missing"]),
        ({"first_name": "Test 1", "last_name": "Test 1"}, ["name_placeholder"]),
        ({"first_name": "Baby of Jane", "last_name": "Smith"}, ["name_placeholder"]),
        ({"first_name": "John & Jane", "last_name": "Smith"}, ["two_people_in_name"]),
        ({"date_of_birth": "2030-01-01"}, ["date_of_birth_invalid"]),
        ({"date_of_birth": "1900-01-01"}, ["date_of_birth_invalid"]),
        ({"date_of_birth": 5}, ["date_of_birth_invalid"]),
        ({"date_of_birth": ""}, []),
    ],
)
def test_issues(changes: dict[str, Any], issues: list[str]) -> None:
    assert _contact(**changes)["issues"] == issues


@pytest.mark.parametrize(
    ("reminder", "preference"),
    [
        ("None", "none"),
        ("SMS", "sms"),
        ("Email", "email"),
        ("SMS & Email", "sms_and_email"),
        (None, None),
        ("", None),
        (1, None),
    ],
)
def test_reminders(reminder: object, preference: str | None) -> None:
    assert _contact(reminder_type=reminder)["reminder_preference"] == preference


@pytest.mark.parametrize("zone", ["", "Sydney/Nowhere", "../../etc/passwd", "/etc/passwd", 5, "Australia", "a" * 300, "\x00"])
def test_time_zones_that_are_none(zone: object) -> None:
    assert _contact(time_zone=zone)["time_zone"] is None


def test_unread_fields_stay_unread() -> None:
    text = json.dumps(_contact(medicare="2428 77813 2"), default=str)
    for secret in ("0413", "999 888", "777 666", "payer", "2428"):
        assert secret not in text


VALUES = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=12),
        st.sampled_from(["0412 345 678", "a@b.com", "2024-01-01T00:00:00Z", "1980-01-01", "Fax", "Mobile", SURVIVOR, "AU",
        "Mr", "\ud800"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(["number", "normalized_number", "phone_type", "links", "self"]), inner, max_size=3),
    ),
    max_leaves=8,
)  # fmt: skip
ANY_PATIENT = st.fixed_dictionaries(
    {"id": st.integers(1, 2**63).map(str)}, optional={key: VALUES for key in PATIENT if key != "id"}
)


@settings(max_examples=500, deadline=None)
@given(ANY_PATIENT, st.sampled_from(["AU", "NZ", "ZZ"]))
def test_any_json_object_with_an_id_gives_a_row(patient: dict[str, Any], region: str) -> None:
    contact = cliniko_patient_to_contact(patient, region=region, today=TODAY)
    assert list(contact) == list(NormalizedContact.__annotations__)
    assert contact["source_id"] == patient["id"]
    assert set(contact["issues"]) <= ISSUES
    assert contact["status"] in {"active", "archived", "merged"}
    json.dumps(contact, default=str, ensure_ascii=False).encode("utf-8")  # nothing that a database could not store
    assert "\x00" not in str(contact)
    for entry in contact["phones"]:
        assert normalize_phone(entry["number"]) == entry["number"]
        assert entry["type"] in {"mobile", "home", "work", "other"}
    assert contact["phone"] is None or contact["phone"] in [entry["number"] for entry in contact["phones"]]
    assert cliniko_patient_to_contact(patient, region=region, today=TODAY) == contact


@pytest.mark.parametrize(
    ("typed", "others"),
    [
        ("0412 345 678", False),
        ("mob: 0412 345 678 (after hours, SMS only)", False),
        ("0412 345 678 Jo", False),
        ("0412 345 678 M", False),
        ("0412 345 678 (mum)", True),
        ("Bob 0412 345 678", True),
        ("0412 345 678 - old number", True),
        ("0412 345 678 / 0413 345 678 husband", True),
        (412345678, False),
    ],
)
def test_words_beside_a_number_may_say_whose_it_is(typed: object, others: bool) -> None:
    patient = {"id": "1", "first_name": "Jo", "last_name": "Marsh", "patient_phone_numbers": [{"number": typed}]}
    phones = cliniko_patient_to_contact(patient)["phones"]
    assert phones
    assert {phone.get("others", False) for phone in phones} == {others}
