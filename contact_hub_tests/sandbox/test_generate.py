"""The generated clinic: how many of what, the same every time, and as untidy as promised."""

from collections import Counter, defaultdict
from datetime import date
from typing import Any

import phonenumbers
import pytest

from contact_hub.errors import ContactHubError
from contact_hub.sandbox import Clinic, generate_clinic
from contact_hub.sandbox.numbers import PLACEHOLDER_NUMBERS, NumberPool
from contact_hub.sandbox.payloads import patient_payload
from contact_hub.sandbox.registration import PLACEHOLDER_EMAILS
from contact_hub.sandbox.resources import RESOURCES

from .conftest import TODAY

BASE = "http://sandbox/v1"


def everything_served(clinic: Clinic) -> dict[str, list[dict[str, Any]]]:
    return {name: [resource.render(row, BASE) for row in resource.table(clinic.tables)] for name, resource in RESOURCES.items()}


@pytest.fixture(scope="module")
def patients(clinic: Clinic) -> list[dict[str, Any]]:
    return [patient_payload(row, BASE) for row in clinic.tables.patients]


def phones(patient: dict[str, Any]) -> list[dict[str, Any]]:
    return patient.get("patient_phone_numbers") or []


def test_the_usual_clinic_has_the_promised_counts(clinic: Clinic) -> None:
    truth = clinic.truth
    assert len(truth.live_patients()) == 632
    assert len(truth.archived_patients()) == 32
    assert len(truth.merged_patients()) == 13
    assert len(truth.deleted_patients()) == 3
    assert len(clinic.tables.patients) == 632 + 32 + 13 + 3
    assert len(truth.active_patients(TODAY)) == 51
    assert {str(row.zone) for row in clinic.tables.businesses} == {"Australia/Sydney", "Australia/Brisbane"}
    assert {row.active for row in clinic.tables.practitioners} == {True, False}


@pytest.mark.parametrize("live", [1, 2, 5, 19, 20, 33, 150])
def test_any_size_has_exactly_its_live_patients(live: int) -> None:
    clinic = generate_clinic(patients=live, today=TODAY)
    assert len(clinic.truth.live_patients()) == live
    assert len(clinic.truth.active_patients(TODAY)) == round(0.08 * live)


def test_a_clinic_without_patients_is_refused() -> None:
    with pytest.raises(ContactHubError, match="at least one patient"):
        generate_clinic(patients=0)


def test_the_same_seed_gives_the_same_clinic() -> None:
    def made(seed: int) -> dict[str, list[dict[str, Any]]]:
        return everything_served(generate_clinic(seed=seed, patients=120, today=TODAY))

    assert made(7) == made(7)
    assert made(7)["patients"] != made(8)["patients"]


def test_people_and_ids_do_not_depend_on_today() -> None:
    def made(day: date) -> list[tuple[int, int, Any]]:
        tables = generate_clinic(patients=120, today=day).tables
        return [(row.id, row.person, row.fields) for row in tables.patients]

    assert made(TODAY) == made(date(2027, 6, 30))


def test_nothing_is_newer_than_the_first_second_of_today(clinic: Clinic) -> None:
    for rows in everything_served(clinic).values():
        for row in rows:
            assert row["created_at"] <= row["updated_at"] <= "2026-11-22T13:00:00Z"


def test_ids_of_both_lengths_and_none_twice_among_bookings(clinic: Clinic) -> None:
    assert Counter(len(str(patient_id)) for patient_id in clinic.tables.patients.rows) == {8: 158, 19: 522}
    assert not set(clinic.tables.individual_appointments.rows) & set(clinic.tables.group_appointments.rows)


def test_every_normalized_number_is_a_valid_one(patients: list[dict[str, Any]]) -> None:
    for patient in patients:
        for phone in phones(patient):
            if phone.get("normalized_number") not in (None, "", "61"):
                assert phonenumbers.is_valid_number(phonenumbers.parse("+" + phone["normalized_number"]))


def test_tidy_texts_parse_to_the_normalized_number(patients: list[dict[str, Any]]) -> None:
    agreeing = 0
    for patient in patients:
        for phone in phones(patient):
            try:
                parsed = phonenumbers.parse(phone["number"], patient.get("country_code") or "AU")
            except phonenumbers.NumberParseException:
                continue
            agreeing += str(parsed.country_code) + str(parsed.national_number) == phone.get("normalized_number")
    assert agreeing > 500


def test_a_number_belongs_to_one_household(clinic: Clinic) -> None:
    households = defaultdict(set)
    for row in clinic.tables.patients:
        for phone in phones(row.fields):
            if phone["number"] not in PLACEHOLDER_NUMBERS and phone.get("normalized_number"):
                households[phone["normalized_number"]].add(row.household)
    assert households
    assert all(len(found) == 1 for found in households.values())


def test_numbers_never_repeat() -> None:
    pool = NumberPool()
    mobiles = [pool.mobile().digits for _ in range(50_000)]
    landlines = [pool.landline("NSW").digits for _ in range(50_000)]
    assert len(set(mobiles)) == len(set(landlines)) == 50_000


def test_the_mess_is_there(patients: list[dict[str, Any]]) -> None:
    typed = [phone["number"] for patient in patients for phone in phones(patient)]
    kinds = Counter(phone["phone_type"] for patient in patients for phone in phones(patient))
    assert {"Mobile", "Home", "Work", "Fax", "Other"} <= set(kinds)
    for start in ("wk ", "+61 (0)4", "0061 ", "491", "n/a"):
        assert any(number.startswith(start) for number in typed), start
    assert any(" or " in number or " / " in number for number in typed)
    assert any(sum(phone["phone_type"] == "Mobile" for phone in phones(patient)) > 1 for patient in patients)
    assert any("patient_phone_numbers" not in patient for patient in patients)
    assert {patient.get("email", "absent") for patient in patients} >= {None, "", "absent", *PLACEHOLDER_EMAILS}
    assert {patient["last_name"] for patient in patients} >= {"", "."}
    assert any(patient["first_name"].isupper() for patient in patients)
    assert any("(" in patient["first_name"] for patient in patients)
    assert any(patient.get("country_code") not in ("AU", None, "") for patient in patients)
    assert any(patient["custom_fields"] for patient in patients)
    assert any("loyalty_tier" in patient for patient in patients)
    assert any(patient["deleted_at"] == "" for patient in patients)


def test_families_couples_and_twins_share(clinic: Clinic) -> None:
    families = defaultdict(list)
    for row in clinic.tables.patients:
        if row.is_live:
            families[row.household].append(row)
    shared_inbox = shared_mobile = twins = 0
    for members in families.values():
        people = {row.person: row.fields for row in members}.values()
        emails = Counter(fields.get("email") for fields in people if fields.get("email"))
        mobiles = Counter(phone.get("normalized_number") for fields in people for phone in phones(fields)[:1])
        births = Counter(fields.get("date_of_birth") for fields in people if fields.get("date_of_birth"))
        shared_inbox += any(count > 1 for count in emails.values())
        shared_mobile += any(count > 1 for number, count in mobiles.items() if number)
        twins += any(count > 1 for count in births.values())
    assert shared_inbox > 40
    assert shared_mobile > 40
    assert twins > 2


def test_merges_hold_a_chain_and_a_missing_link(clinic: Clinic, patients: list[dict[str, Any]]) -> None:
    merged = {patient["id"]: patient for patient in patients if patient["merged_at"]}
    targets = {
        patient_id: patient["merged_with_patient"]["links"]["self"].rsplit("/", 1)[1]
        for patient_id, patient in merged.items()
        if "merged_with_patient" in patient
    }
    assert len(merged) - len(targets) == 1
    assert [target for target in targets.values() if target in merged]
    survivors = clinic.truth.survivors()
    assert list(survivors.values()).count(None) == 1
    assert {survivor for survivor in survivors.values() if survivor} <= clinic.truth.live_patients()
    assert all(patient["archived_at"] for patient in merged.values())


def test_planted_duplicates_are_one_person_each(clinic: Clinic) -> None:
    people, groups = clinic.truth.person_of(), clinic.truth.duplicate_groups()
    assert sum(len(group) - 1 for group in groups) == round(0.03 * 632)
    assert all(len({people[member] for member in group}) == 1 for group in groups)
    assert all(any(group <= household for household in clinic.truth.households()) for group in groups)
