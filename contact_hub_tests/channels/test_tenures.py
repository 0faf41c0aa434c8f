"""Tenures: a table of cases. What is stated about a time before an identifier changed hands speaks of the former holder."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pytest

from contact_hub.channels.tenures import IdentifierChange, Statements, current_statements, former_holders
from contact_hub.identity.source_records import Decision, SourceRecords, StatedIdentifiers

NUMBER = "+61412345671"
PATIENT, WHATSAPP, FORM = ("cliniko", "1"), ("whatsapp", NUMBER), ("web_form", "f")


def moment(minute: float | None) -> np.datetime64:
    return (
        np.datetime64("NaT")
        if minute is None
        else np.datetime64("2026-03-01T00:00:00", "us") + np.timedelta64(int(minute), "m")
    )


def change(
    minute: int, by_clinic: bool = False, former: tuple[str, str] | None = None, value: str = NUMBER
) -> IdentifierChange:
    return IdentifierChange("phone", value, moment(minute), by_clinic, former)


@dataclass(frozen=True)
class Says:
    """A record that states an identifier."""

    key: tuple[str, str]
    value: str = NUMBER
    since: float | None = None
    last: float | None = None
    kind: str = "phone"


def current(said: Sequence[Says], changes: Sequence[IdentifierChange]) -> StatedIdentifiers:
    return current_statements(*columns(said), changes)


def holders(said: Sequence[Says], *changes: IdentifierChange) -> list[Decision]:
    records, statements = columns(said)
    return former_holders(records, current_statements(records, statements, changes), changes)


def columns(said: Sequence[Says]) -> tuple[SourceRecords, Statements]:
    def objects(values: Sequence[object]) -> np.ndarray:
        column = np.empty(len(values), object)
        column[:] = values
        return column

    records = SourceRecords(
        source=objects([one.key[0] for one in said]),
        source_id=objects([one.key[1] for one in said]),
        created_at=np.array([moment(one.since) for one in said], "datetime64[us]"),
        updated_at=np.array([moment(one.last) for one in said], "datetime64[us]"),
        birth_date=np.full(len(said), "NaT", "datetime64[D]"),
        in_use=np.ones(len(said), np.bool_),
    )
    statements = Statements(
        record=np.arange(len(said)),
        kind=objects([one.kind for one in said]),
        value=objects([one.value for one in said]),
        vouched=np.array([one.key != FORM for one in said], np.bool_),
        since=np.array([moment(one.since) for one in said], "datetime64[us]"),
        last_at=np.array([moment(one.last) for one in said], "datetime64[us]"),
    )
    return records, statements


def former(said: Says, *changes: IdentifierChange) -> tuple[bool, str]:
    found = current([said], changes)
    return bool(found.former[0]), found.value[0]


def test_without_changes_everything_is_current() -> None:
    found = current([Says(PATIENT), Says(WHATSAPP, last=1)], [])
    assert found.value.tolist() == [NUMBER, NUMBER]
    assert not found.former.any()


@pytest.mark.parametrize(
    ("last", "expected"),
    [(5, (True, f"{NUMBER}~0")), (10, (True, f"{NUMBER}~0")), (11, (True, f"{NUMBER}~1")), (21, (False, NUMBER))],
)
def test_a_channels_statement_is_of_the_tenure_in_which_it_was_last_made(last: int, expected: tuple[bool, str]) -> None:
    assert former(Says(FORM, since=0, last=last), change(20), change(10)) == expected


@pytest.mark.parametrize(
    ("since", "by_clinic", "expected"),
    [
        (0, False, (True, f"{NUMBER}~0")),  # the account has left it since
        (10, False, (True, f"{NUMBER}~0")),
        (None, False, (True, f"{NUMBER}~0")),  # always
        (11, False, (False, NUMBER)),  # the record was given it afterwards
        (0, True, (False, NUMBER)),  # another patient dropped it: what this one says counts
    ],
)
def test_a_patients_statement_is_of_now_unless_the_account_has_left(
    since: float | None, by_clinic: bool, expected: tuple[bool, str]
) -> None:
    assert former(Says(PATIENT, since=since), change(10, by_clinic)) == expected


def test_of_several_changes_a_patient_is_of_the_first_that_the_record_did_not_follow() -> None:
    assert former(Says(PATIENT, since=15), change(10), change(20), change(30)) == (True, f"{NUMBER}~1")
    assert former(Says(PATIENT, since=15), change(10), change(20, by_clinic=True)) == (False, NUMBER)


def test_another_identifier_is_left_alone() -> None:
    found = current([Says(FORM, "+61412345672", last=1), Says(FORM, NUMBER, last=1, kind="email")], [change(10)])
    assert not found.former.any()


def test_an_alias_goes_with_its_number() -> None:
    """Whoever has the number now has the account's other ids too; the former holder's record is known by its tenure only."""
    ended = Says(WHATSAPP, "AU.1", last=5, kind="whatsapp")
    found = current([ended, Says(("whatsapp", f"{NUMBER}~x"), "AU.1", last=15, kind="whatsapp")], [change(10)])
    assert found.record.tolist() == [1]
    assert found.value.tolist() == ["AU.1"]


def test_a_holder_who_is_not_known_keeps_nothing() -> None:
    assert holders([], change(10)) == []


def test_the_records_of_each_ended_tenure_belong_to_whom_the_change_names() -> None:
    decisions = holders([], change(20, former=PATIENT), change(10, former=("whatsapp", "+61412345679")))
    second = f"{NUMBER}~2026-03-01T00:10:00+00:00"
    assert decisions == [
        Decision("link", ("whatsapp", "+61412345679"), ("phone", NUMBER), "number_change", "rule"),
        Decision("link", ("whatsapp", "+61412345679"), ("whatsapp", NUMBER), "number_change", "rule"),
        Decision("link", PATIENT, ("phone", second), "number_change", "rule"),
        Decision("link", PATIENT, ("whatsapp", second), "number_change", "rule"),
    ]


def test_a_record_is_not_its_own_former_holder() -> None:
    assert [one.absorbed for one in holders([], change(10, former=WHATSAPP))] == [("phone", NUMBER)]


NEW = "+61412345679"


@pytest.mark.parametrize(
    ("said", "follows"),
    [
        ([], True),
        ([Says(PATIENT)], True),
        ([Says(("cliniko", "2"), NEW)], True),
        ([Says(PATIENT), Says(("cliniko", "2"), NEW)], False),
        ([Says(PATIENT, since=15), Says(("cliniko", "2"), NEW)], True),  # Patient 1 has the old number since; who wrote before?
        ([Says(PATIENT), Says(("cliniko", "2")), Says(("cliniko", "3"), NEW)], False),
    ],
)
def test_what_was_said_before_a_move_follows_it_unless_it_is_one_patients_and_the_new_number_anothers(
    said: Sequence[Says], follows: bool
) -> None:
    assert bool(holders(said, change(10, former=("whatsapp", NEW)))) is follows


def test_one_patient_with_both_numbers_keeps_everything() -> None:
    """Two statements of one record."""
    records, statements = columns([Says(PATIENT), Says(PATIENT, NEW)])
    one = replace(statements, record=np.zeros(2, np.intp))
    changes = [change(10, former=("whatsapp", NEW))]
    assert former_holders(records, current_statements(records, one, changes), changes)


@pytest.mark.parametrize(("left_at", "follows"), [(5, True), (20, False)])
def test_whose_the_new_number_is_goes_by_the_time_of_the_move(left_at: int, follows: bool) -> None:
    """Patient 2 had the new number until their account left it: before the move, or later."""
    tenure = NEW if left_at > 10 else f"{NEW}~2026-03-01T00:05:00+00:00"
    said = [Says(PATIENT), Says(("cliniko", "2"), NEW)]
    found = holders(said, change(left_at, value=NEW), change(10, former=("whatsapp", tenure)))
    assert bool(found) is follows
