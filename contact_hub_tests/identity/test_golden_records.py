"""Golden records: which record wins a field, and what becomes of records that were merged away."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import numpy as np
import pytest

from contact_hub.identity.contact_ids import contact_id_namer
from contact_hub.identity.golden_records import (
    CONTACT_COLUMNS,
    NO_HOUSEHOLDS,
    SURVIVING_FIELDS,
    HeldIdentifiers,
    golden_records,
)
from contact_hub.identity.resolve import founders_of
from contact_hub.identity.source_records import SourceRecords

name_contact = contact_id_namer(b"secret", "org")


def folded(
    rows: Sequence[Mapping[str, Any]],
    contact_of: Sequence[str],
    held: Mapping[UUID, HeldIdentifiers] | None = None,
    households: Mapping[UUID, Sequence[UUID]] = NO_HOUSEHOLDS,
) -> list[dict[str, Any]]:
    """Golden records of ``rows``, Cliniko patients unless they say so; ``contact_of`` names the founder of each by its id."""
    sources = {row["id"]: row.get("source", "cliniko") for row in rows}
    records = SourceRecords(
        source=column(list(sources.values())),
        source_id=column([row["id"] for row in rows]),
        created_at=np.array([row.get("created", "2020-01-01") for row in rows], "datetime64[us]"),
        updated_at=np.array([row.get("updated", "2026-01-01") for row in rows], "datetime64[us]"),
        birth_date=np.array(["NaT"] * len(rows), "datetime64[D]"),
        in_use=np.array([row.get("status", "active") == "active" for row in rows], np.bool_),
    )
    fields = {field: column([row.get(field) for row in rows]) for field in SURVIVING_FIELDS}
    fields["status"] = column([row.get("status", "active") for row in rows])
    fields["original"] = column([{"id": row["id"]} for row in rows])
    contacts = column([name_contact(sources[founder], founder) for founder in contact_of])
    golden = golden_records(records, fields, contacts, founders_of(records, name_contact), held or {}, households)
    return [dict(zip(CONTACT_COLUMNS, row, strict=True)) for row in golden]


def column(values: Sequence[Any]) -> np.ndarray:
    filled = np.empty(len(values), object)
    filled[:] = values
    return filled


def test_one_record_is_its_own_golden_record() -> None:
    (contact,) = folded([{"id": "1", "name": "Jo Smith", "email": "jo@smith.au", "given_name": "Jo"}], ["1"])
    assert contact["id"] == name_contact("cliniko", "1")
    assert (contact["name"], contact["email"], contact["phone"]) == ("Jo Smith", "jo@smith.au", None)
    assert (contact["status"], contact["contact_type"], contact["cliniko_patient_id"]) == ("active", "cliniko_patient", "1")
    assert contact["metadata"]["field_sources"] == {"name": "cliniko:1", "email": "cliniko:1", "given_name": "cliniko:1"}


def test_the_survivor_wins_what_it_has_and_takes_what_it_lacks() -> None:
    rows: list[dict[str, Any]] = [
        {"id": "loser", "name": "J Smith", "email": "jo@smith.au", "status": "merged", "updated": "2026-06-01"},
        {"id": "survivor", "name": "Jo Smith", "updated": "2025-01-01", "created": "2024-01-01"},
    ]
    survivor, merged = folded(rows, ["survivor", "survivor"])
    assert (survivor["name"], survivor["email"]) == ("Jo Smith", "jo@smith.au")
    assert survivor["metadata"]["field_sources"] == {"name": "cliniko:survivor", "email": "cliniko:loser"}
    assert survivor["created_at"].startswith("2020-01-01")
    assert survivor["updated_at"].startswith("2026-06-01")
    assert merged["status"] == "merged"
    assert merged["metadata"] == {"merged_into": str(survivor["id"])}
    assert (merged["phone"], merged["email"], merged["cliniko_patient_id"]) == (None, None, "loser")


def test_of_equals_the_latest_filled_value_wins() -> None:
    rows: list[dict[str, Any]] = [
        {"id": "a", "name": "Old Name", "email": "old@name.au", "updated": "2025-01-01"},
        {"id": "b", "name": "New Name", "email": None, "updated": "2026-01-01", "status": "merged"},
        {"id": "c", "name": None, "email": "c@name.au", "updated": "2026-02-01", "status": "merged"},
    ]
    contact = folded(rows, ["a", "a", "a"])[0]
    assert (contact["name"], contact["email"]) == ("Old Name", "old@name.au")
    rows[0] |= {"name": None, "email": None}
    contact = folded(rows, ["a", "a", "a"])[0]
    assert (contact["name"], contact["email"]) == ("New Name", "c@name.au")


def test_a_phone_is_on_the_contact_that_owns_it_only() -> None:
    contact_id = name_contact("cliniko", "1")
    row = {"id": "1", "phone": "+61412345678"}
    shared = HeldIdentifiers({"phone": ["+61412345678"]}, ())
    owned = HeldIdentifiers({"phone": ["+61293334444", "+61412345678"]}, ("+61293334444", "+61412345678"))
    only_other = HeldIdentifiers({"phone": ["+61293334444", "+61412345678"]}, ("+61293334444",))
    assert folded([row], ["1"], {contact_id: shared})[0]["phone"] is None
    assert folded([row], ["1"], {contact_id: owned})[0]["phone"] == "+61412345678"
    assert folded([row], ["1"], {contact_id: only_other})[0]["phone"] == "+61293334444"
    assert folded([row], ["1"], {contact_id: shared})[0]["external_ids"]["channels"] == {"phone": ["+61412345678"]}


def test_false_is_an_answer_and_none_is_not() -> None:
    rows: list[dict[str, Any]] = [
        {"id": "a", "accepted_privacy_policy": False, "updated": "2025-01-01"},
        {"id": "b", "accepted_privacy_policy": None, "updated": "2026-01-01", "status": "merged"},
    ]
    assert folded(rows, ["a", "a"])[0]["metadata"]["accepted_privacy_policy"] is False


def test_dates_are_told_as_text_in_metadata() -> None:
    (contact,) = folded([{"id": "1", "date_of_birth": date(1980, 2, 29)}], ["1"])
    assert contact["metadata"]["date_of_birth"] == "1980-02-29"


def test_an_archived_or_survivorless_patient_is_an_archived_contact() -> None:
    rows: list[dict[str, Any]] = [{"id": "1", "status": "archived"}, {"id": "2", "status": "merged"}]
    assert [contact["status"] for contact in folded(rows, ["1", "2"])] == ["archived", "archived"]


def test_cliniko_wins_over_direct_channels_and_these_over_social_however_late_they_are() -> None:
    rows: list[dict[str, Any]] = [
        {
            "id": "ig",
            "source": "instagram",
            "name": "surfer_jo",
            "preferred_name": "JoJo",
            "time_zone": "UTC",
            "updated": "2026-09-01",
        },
        {
            "id": "f",
            "source": "web_form",
            "name": "Jo S",
            "preferred_name": "Jo",
            "email": "jo@work.au",
            "updated": "2026-08-01",
        },
        {"id": "1", "name": "Joanna Smith", "email": None, "updated": "2020-01-01"},
    ]
    contact = folded(rows, ["1", "1", "1"])[0]
    assert (contact["name"], contact["email"]) == ("Joanna Smith", "jo@work.au")
    assert (contact["metadata"]["preferred_name"], contact["metadata"]["time_zone"]) == ("Jo", "UTC")
    assert contact["metadata"]["field_sources"] == {
        "name": "cliniko:1",
        "email": "web_form:f",
        "preferred_name": "web_form:f",
        "time_zone": "instagram:ig",
    }


@pytest.mark.parametrize("source", ["phone", "whatsapp", "email", "web_form"])
def test_direct_channels_are_equals_of_each_other(source: str) -> None:
    """The record that founds the contact aside: the value changed last wins, whichever of them it comes from."""
    rows: list[dict[str, Any]] = [
        {"id": "founder", "source": "instagram", "name": "surf", "updated": "2026-12-01"},
        {"id": "a", "source": source, "name": "Later", "updated": "2026-02-01"},
        {"id": "b", "source": "whatsapp", "name": "Earlier", "updated": "2026-01-01"},
    ]
    assert folded(rows, ["founder"] * 3)[0]["name"] == "Later"


@pytest.mark.parametrize("source", ["instagram", "messenger", "facebook", "chatwoot", "something_new"])
def test_all_other_sources_are_social(source: str) -> None:
    rows: list[dict[str, Any]] = [
        {"id": "a", "source": source, "name": "Social", "updated": "2026-02-01"},
        {"id": "b", "source": "whatsapp", "name": "Direct", "updated": "2020-01-01"},
    ]
    assert folded(rows, ["a", "a"])[0]["name"] == "Direct"


def test_an_instagram_first_contact_whose_patient_is_registered_later() -> None:
    rows: list[dict[str, Any]] = [
        {"id": "ig", "source": "instagram", "name": "surf", "created": "2026-01-01", "updated": "2026-01-02"},
        {"id": "wa", "source": "whatsapp", "name": "Jo", "created": "2026-02-01", "updated": "2026-02-02"},
        {"id": "1", "name": "Jo Smith", "created": "2026-03-01", "updated": "2026-03-02"},
    ]
    before = folded(rows[:2], ["ig", "ig"])[0]
    assert before["id"] == name_contact("instagram", "ig")
    assert (before["source"], before["first_contact_source"], before["primary_source"]) == (
        "instagram",
        "instagram",
        "whatsapp",
    )
    assert (before["contact_type"], before["cliniko_patient_id"], before["status"]) == ("contact", None, "active")
    after, *merged = folded(rows, ["1", "1", "1"])
    assert after["id"] == name_contact("cliniko", "1")
    assert (after["source"], after["first_contact_source"], after["primary_source"]) == ("cliniko", "instagram", "cliniko")
    assert (after["contact_type"], after["cliniko_patient_id"]) == ("cliniko_patient", "1")
    assert after["source_systems"] == ["cliniko", "instagram", "whatsapp"]
    assert (after["created_at"][:10], after["updated_at"][:10]) == ("2026-01-01", "2026-03-02")
    assert [row["id"] for row in merged] == [name_contact("instagram", "ig"), name_contact("whatsapp", "wa")]


def test_a_channel_record_that_founds_nothing_says_where_its_contact_went() -> None:
    rows = [{"id": "1", "name": "Jo Smith"}, {"id": "wa", "source": "whatsapp", "name": "Jo", "phone": "+61412345678"}]
    _, merged = folded(rows, ["1", "1"])
    assert merged["id"] == name_contact("whatsapp", "wa")
    assert (merged["status"], merged["contact_type"], merged["cliniko_patient_id"]) == ("merged", "contact", None)
    assert (merged["phone"], merged["email"], merged["source_systems"]) == (None, None, ["whatsapp"])
    assert merged["metadata"] == {"merged_into": str(name_contact("cliniko", "1"))}
    assert merged["external_ids"] == {"channels": {}, "original_cliniko_data": None}


def test_a_household_is_a_contact_that_names_who_it_may_be() -> None:
    contact_id, candidates = name_contact("whatsapp", "wa"), [name_contact("cliniko", one) for one in "12"]
    rows: list[dict[str, Any]] = [
        {"id": "1", "name": "Jo Smith", "phone": "+61412345678"},
        {"id": "wa", "source": "whatsapp", "name": "Mum", "phone": "+61412345678", "reminder_preference": "whatsapp"},
    ]
    shared = {contact_id: HeldIdentifiers({"phone": ["+61412345678"], "whatsapp": ["+61412345678"]}, ())}
    patient, household = folded(rows, ["1", "wa"], shared, {contact_id: candidates})
    assert patient["contact_type"] == "cliniko_patient"
    assert "candidates" not in patient["metadata"]
    assert (household["id"], household["contact_type"], household["status"]) == (contact_id, "household", "active")
    assert (household["name"], household["phone"], household["cliniko_patient_id"]) == ("Mum", None, None)
    assert household["metadata"]["candidates"] == [str(candidate) for candidate in candidates]
    assert household["metadata"]["reminder_preference"] == "whatsapp"


def test_nobody_is_nobody() -> None:
    assert folded([], []) == []
