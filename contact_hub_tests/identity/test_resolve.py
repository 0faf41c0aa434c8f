"""Resolution: the rules of DESIGN §7 as examples, and what must hold for any records as properties."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from contact_hub.identity.contact_ids import contact_id_namer
from contact_hub.identity.linking import link_rows
from contact_hub.identity.resolve import Resolution, founders_of, resolve
from contact_hub.identity.source_records import Decision, SourceRecords, StatedIdentifiers

AS_OF = date(2026, 11, 23)
MOBILE = "+61412345678"


@dataclass(frozen=True)
class Patient:
    """A Cliniko patient, as far as resolution looks."""

    id: str
    born: str | None = "1980-01-01"
    changed: str = "2026-01-01"
    created: str = "2020-01-01"
    phones: Sequence[str] = ()
    emails: Sequence[str] = ()
    merged_into: str | None = None
    archived: bool = False


@dataclass(frozen=True)
class Resolved:
    """A resolution by ids: the founder of each patient, and who holds each identifier (owner first)."""

    founder: dict[str, str]
    holders: dict[tuple[str, str], list[str]] = field(default_factory=dict)


def resolved(patients: Sequence[Patient], **options: int) -> Resolved:
    records, resolution = _resolve(patients, **options)
    founder = {records.source_id[i]: records.source_id[resolution.founder[i]] for i in range(len(records))}
    links = resolution.links
    holders: dict[tuple[str, str], list[str]] = {}
    for i in np.argsort(~links.owner, kind="stable"):
        holders.setdefault((links.kind[i], links.value[i]), []).append(records.source_id[links.contact[i]])
    return Resolved(founder, {key: [held[0], *sorted(held[1:])] for key, held in holders.items()})


def _resolve(patients: Sequence[Patient], **options: int) -> tuple[SourceRecords, Resolution]:
    records = SourceRecords(
        source=_column(["cliniko"] * len(patients)),
        source_id=_column([patient.id for patient in patients]),
        created_at=np.array([patient.created for patient in patients], "datetime64[us]"),
        updated_at=np.array([patient.changed for patient in patients], "datetime64[us]"),
        birth_date=np.array([patient.born or "NaT" for patient in patients], "datetime64[D]"),
        in_use=np.array([not patient.archived and patient.merged_into is None for patient in patients], np.bool_),
    )
    stated = [(i, "phone", value) for i, patient in enumerate(patients) for value in patient.phones]
    stated += [(i, "email", value) for i, patient in enumerate(patients) for value in patient.emails]
    identifiers = StatedIdentifiers(
        record=np.array([i for i, _, _ in stated], np.intp),
        kind=_column([kind for _, kind, _ in stated]),
        value=_column([value for _, _, value in stated]),
    )
    decisions = [
        Decision(
            "merge",
            survivor=("cliniko", patient.merged_into),
            absorbed=("cliniko", patient.id),
            decided_by="cliniko",
            authority="source",
        )
        for patient in patients
        if patient.merged_into
    ]
    return records, resolve(records, identifiers, decisions, as_of=AS_OF, **options)


def _column(values: Sequence[str]) -> np.ndarray:
    column = np.empty(len(values), object)
    column[:] = values
    return column


def test_two_patients_with_one_phone_and_email_stay_two_people() -> None:
    result = resolved([Patient("1", phones=[MOBILE], emails=["a@b.au"]), Patient("2", phones=[MOBILE], emails=["a@b.au"])])
    assert result.founder == {"1": "1", "2": "2"}
    assert sorted(result.holders["phone", MOBILE]) == ["1", "2"]


def test_the_adult_owns_the_family_phone_whoever_was_changed_last() -> None:
    child = Patient("1", born="2015-05-05", changed="2026-11-01", phones=[MOBILE])
    parent = Patient("2", born="1984-05-05", changed="2025-01-01", phones=[MOBILE])
    assert resolved([child, parent]).holders["phone", MOBILE] == ["2", "1"]


def test_a_person_of_unknown_age_comes_between_adult_and_child() -> None:
    people = [
        Patient("child", born="2015-05-05", phones=[MOBILE]),
        Patient("unknown", born=None, phones=[MOBILE]),
        Patient("adult", phones=[MOBILE]),
    ]
    assert resolved(people).holders["phone", MOBILE][0] == "adult"
    assert resolved(people[:2]).holders["phone", MOBILE][0] == "unknown"


def test_eighteen_today_is_adult_and_tomorrow_is_not() -> None:
    today = Patient("today", born="2008-11-23", changed="2020-01-01", phones=[MOBILE])
    tomorrow = Patient("tomorrow", born="2008-11-24", changed="2026-01-01", phones=[MOBILE])
    assert resolved([today, tomorrow]).holders["phone", MOBILE] == ["today", "tomorrow"]


def test_of_two_adults_the_one_changed_last_owns() -> None:
    earlier, later = Patient("1", phones=[MOBILE]), Patient("2", changed="2026-06-01", phones=[MOBILE])
    assert resolved([earlier, later]).holders["phone", MOBILE] == ["2", "1"]


def test_an_archived_patient_owns_nothing_that_somebody_in_use_states() -> None:
    archived = Patient("1", changed="2026-11-01", phones=[MOBILE], archived=True)
    assert resolved([archived, Patient("2", phones=[MOBILE])]).holders["phone", MOBILE] == ["2", "1"]
    assert resolved([archived]).holders["phone", MOBILE] == ["1"]


def test_a_merge_chain_ends_at_its_last_survivor_who_gets_all_identifiers() -> None:
    chain = [
        Patient("a", merged_into="b", phones=["+61411111112"]),
        Patient("b", merged_into="c", emails=["b@b.au"]),
        Patient("c", created="2025-01-01", phones=[MOBILE]),
    ]
    result = resolved(chain)
    assert result.founder == {"a": "c", "b": "c", "c": "c"}
    assert result.holders == {("phone", "+61411111112"): ["c"], ("phone", MOBILE): ["c"], ("email", "b@b.au"): ["c"]}


def test_a_merge_into_a_patient_that_is_not_there_leaves_the_patient_alone() -> None:
    assert resolved([Patient("a", merged_into="gone")]).founder == {"a": "a"}


def test_a_merge_cycle_is_one_contact() -> None:
    result = resolved([Patient("a", merged_into="b"), Patient("b", merged_into="a", created="2019-01-01")])
    assert result.founder == {"a": "b", "b": "b"}


def test_an_identifier_on_too_many_people_links_nobody() -> None:
    office = [Patient(str(i), phones=[MOBILE]) for i in range(11)]
    assert resolved(office).holders == {}
    assert len(resolved(office, max_holders=11).holders["phone", MOBILE]) == 11


def test_a_number_stated_twice_by_one_patient_is_held_once() -> None:
    assert resolved([Patient("1", phones=[MOBILE, MOBILE])]).holders["phone", MOBILE] == ["1"]


def test_nobody_is_nobody() -> None:
    assert resolved([]) == Resolved({})


patients = st.lists(
    st.builds(
        Patient,
        id=st.sampled_from([str(i) for i in range(12)]),
        born=st.sampled_from([None, "1950-02-28", "1984-02-29", "2008-11-23", "2015-07-01"]),
        changed=st.sampled_from(["2026-01-01", "2026-02-01", "2026-03-01"]),
        created=st.sampled_from(["2019-01-01", "2020-01-01"]),
        phones=st.lists(st.sampled_from([f"+6141234567{i}" for i in range(4)]), max_size=2),
        emails=st.lists(st.sampled_from(["a@b.au", "c@d.au"]), max_size=2),
        merged_into=st.none() | st.sampled_from([str(i) for i in range(14)]),
        archived=st.booleans(),
    ),
    unique_by=lambda patient: patient.id,
    max_size=12,
)


@given(patients, st.randoms(use_true_random=False))
def test_the_order_of_the_input_never_matters(people: list[Patient], random) -> None:  # type: ignore[no-untyped-def]
    shuffled = list(people)
    random.shuffle(shuffled)
    assert resolved(shuffled) == resolved(people)


@given(patients)
def test_patients_are_joined_by_merges_alone(people: list[Patient]) -> None:
    stripped = [Patient(patient.id, merged_into=patient.merged_into) for patient in people]
    joined = {frozenset(pair) for pair in _pairs(resolved(people).founder)}
    assert joined == {frozenset(pair) for pair in _pairs(resolved(stripped).founder)}


def _pairs(founder: dict[str, str]) -> list[tuple[str, str]]:
    return [(a, b) for a in founder for b in founder if a < b and founder[a] == founder[b]]


@given(patients)
def test_every_link_has_one_owner_and_every_record_one_contact(people: list[Patient]) -> None:
    records, resolution = _resolve(people)
    name = contact_id_namer(b"secret", "org")
    rows = list(link_rows(records, resolution, founders_of(records, name)))
    owners: dict[tuple[str, str], int] = {}
    for channel, identifier, _, role, *_ in rows:
        owners[channel, identifier] = owners.get((channel, identifier), 0) + (role == "owner")
    assert set(owners.values()) <= {1}
    assert sorted(row[1] for row in rows if row[0] == "cliniko") == sorted(patient.id for patient in people)
    assert len({(row[0], row[1], row[2]) for row in rows}) == len(rows)


@given(patients, patients)
def test_strangers_change_nothing(people: list[Patient], others: list[Patient]) -> None:
    """A record that shares no identifier and no merge with a group changes nothing about the group."""
    strangers = [
        Patient(f"stranger{patient.id}", patient.born, patient.changed, patient.created, archived=patient.archived)
        for patient in others
    ]
    alone, together = resolved(people), resolved([*people, *strangers])
    assert {key: together.founder[key] for key in alone.founder} == alone.founder
    assert together.holders == alone.holders
