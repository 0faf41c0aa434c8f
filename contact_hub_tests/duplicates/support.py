"""Patients with everything that tells people apart, some of whom are there twice."""

from typing import Any
from uuid import UUID

from contact_hub.assets.duplicates import contact_merges, duplicate_clusters
from contact_hub.store.duplicates import DuplicateSettings, choose
from contact_hub_tests.directory.support import ClinicOfTests, Patient, derive, patient

GIVEN = ("Anna", "Bruno", "Carla", "Dmitri", "Esther", "Farid", "Greta", "Hugo", "Irene", "Jorge", "Kirsten", "Liam")
FAMILY = ("Abbott", "Banerjee", "Castellano", "Dimitriou", "Eriksen", "Fitzgerald", "Grigoryan", "Haddad", "Ivanov")


def person(number: int, patient_id: str | None = None, **changed: Any) -> Patient:
    """A patient like no other; the same number again is the same person."""
    given, family = GIVEN[number % len(GIVEN)], FAMILY[number // len(GIVEN) % len(FAMILY)]
    fields = {
        "date_of_birth": f"{1940 + number % 60}-{1 + number % 12:02}-{1 + number % 27:02}",
        "email": f"{given}.{family}{number}@example.com".lower(),
        "address_1": f"{3 + 2 * number} {FAMILY[number % 7]} Street",
        "city": "Bondi",
        "post_code": str(2000 + number),
        "state": "NSW",
    }
    phone = f"+614{12_000_000 + 7_919 * number}"
    return patient(patient_id or str(1000 + number), given, family, phone, **{**fields, **changed})


def full_clinic(clinic: ClinicOfTests, people: int = 100) -> ClinicOfTests:
    """People of whom the first three have a second file: two for certain, the third with less in common."""
    twice = [person(0, "1"), person(1, "2"), person(2, "3", email=None, date_of_birth=None, patient_phone_numbers=[])]
    clinic.patients(*(person(number) for number in range(people)), *twice)
    clinic.derive()
    return clinic


def contact_of(clinic: ClinicOfTests, patient_id: str) -> UUID:
    name: UUID = clinic.directory._clinic(clinic.organization_id).contact_ids("cliniko", patient_id)
    return name


def couple(clinic: ClinicOfTests, number: int) -> tuple[UUID, UUID]:
    """Both contacts of a person who is there twice, the smaller id first."""
    one, other = sorted((contact_of(clinic, str(1000 + number)), contact_of(clinic, str(number + 1))))
    return one, other


def turn_on(clinic: ClinicOfTests, share: float = 0.1) -> None:
    with clinic.database.transaction() as connection:
        choose(connection, clinic.organization_id, DuplicateSettings(merges_automatically=True, share=share))


def find(clinic: ClinicOfTests) -> tuple[int, int, int]:
    """Materialize duplicate_clusters; rows inserted, updated and deleted."""
    return derive(clinic.database, clinic.organization_id, duplicate_clusters)["duplicate_clusters"]


def pairs(clinic: ClinicOfTests) -> dict[tuple[UUID, UUID], str]:
    rows = clinic.query(
        "SELECT left_id, right_id, decision FROM duplicate_pairs WHERE organization_id = :organization_id ORDER BY 1, 2"
    )
    return {(row.left_id, row.right_id): row.decision for row in rows}


__all__ = ["contact_merges", "contact_of", "couple", "find", "full_clinic", "pairs", "person", "turn_on"]
