"""Deriving in full and writing the difference: the table ends up equal to the rows, and only what differs is written."""

import itertools
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid5

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Column, Connection, Integer, MetaData, Table, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import IntegrityError

from contact_hub.errors import StoreError
from contact_hub.identity.golden_records import CONTACT_COLUMNS
from contact_hub.store.changed_rows import Difference
from contact_hub.store.database import Database
from contact_hub.store.difference import Staging
from contact_hub.store.organizations import Organization, register
from contact_hub.store.tables import active_patient_days, contacts

THINGS = Table(
    "things_of_tests",
    MetaData(),
    Column("organization_id", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("number", Integer),
    Column("words", Text),
    Column("document", JSONB),
    Column("written_at", Text, server_default=text("clock_timestamp()::text")),
    UniqueConstraint("organization_id", "number", deferrable=True, initially="DEFERRED"),
)
COLUMNS = ("key", "number", "words", "document")

Row = tuple[str, int | None, str | None, Any]
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def things(database: Database) -> Iterator[Database]:
    """The database with a table of this module's own."""
    THINGS.create(database.engine)
    yield database
    THINGS.drop(database.engine)


def tenant() -> str:
    return f"org_{next(_numbers)}"


def replace_rows(
    connection: Connection, table: Table, organization_id: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]
) -> Difference:
    """Make one organization's rows of a table equal to ``rows``."""
    staging = Staging(connection, table, ("organization_id", *columns))
    staging.copy((organization_id, *row) for row in rows)
    return staging.merge({"organization_id": organization_id}, delete_missing=True)


def write(database: Database, organization_id: str, rows: list[Row]) -> Difference:
    with database.writing(organization_id) as connection:
        return replace_rows(connection, THINGS, organization_id, COLUMNS, rows)


def content(database: Database, organization_id: str) -> list[Row]:
    statement = text("SELECT key, number, words, document FROM things_of_tests WHERE organization_id = :tenant ORDER BY key")
    with database.reading() as connection:
        return [tuple(row) for row in connection.execute(statement, {"tenant": organization_id})]  # type: ignore[misc]


def versions(database: Database, organization_id: str) -> dict[str, tuple[str, str]]:
    """Which transaction wrote each row last, and where it lies: both change with any write, even of the same values."""
    statement = text("SELECT key, xmin::text, ctid::text FROM things_of_tests WHERE organization_id = :tenant")
    with database.reading() as connection:
        return {key: (xmin, ctid) for key, xmin, ctid in connection.execute(statement, {"tenant": organization_id})}


def test_the_first_write_inserts_all_rows(things: Database) -> None:
    organization_id = tenant()
    rows: list[Row] = [("a", 1, "one", {"x": [1, None]}), ("b", None, None, None)]
    assert write(things, organization_id, rows) == Difference(inserted=2, updated=0, deleted=0, unchanged=0)
    assert content(things, organization_id) == rows


def test_the_same_rows_again_write_nothing(things: Database) -> None:
    organization_id = tenant()
    rows: list[Row] = [(f"key{number}", number, "word", {"b": 2, "a": 1.5}) for number in range(50)] + [
        ("none", None, None, None)
    ]
    write(things, organization_id, rows)
    before = versions(things, organization_id)
    other_order = [
        (key, number, words, dict(reversed(document.items())) if document else document)
        for key, number, words, document in rows
    ]
    assert write(things, organization_id, other_order[::-1]) == Difference(0, 0, 0, unchanged=51)
    assert versions(things, organization_id) == before


def test_only_what_is_new_changed_or_gone_is_written(things: Database) -> None:
    organization_id = tenant()
    write(
        things,
        organization_id,
        [("changed", 1, "old", {}), ("gone", 2, None, {}), ("kept", 3, None, {"a": 1}), ("null", 4, "x", {})],
    )
    before = versions(things, organization_id)
    rows: list[Row] = [("changed", 1, "new", {}), ("kept", 3, None, {"a": 1}), ("new", 5, None, {}), ("null", 4, None, {})]
    difference = write(things, organization_id, rows)
    assert difference == Difference(inserted=1, updated=2, deleted=1, unchanged=1)
    assert (difference.written, difference.rows) == (4, 4)
    assert content(things, organization_id) == rows
    after = versions(things, organization_id)
    assert after["kept"] == before["kept"]
    assert after["changed"] != before["changed"]


def test_another_organizations_rows_are_not_touched(things: Database) -> None:
    one, other = tenant(), tenant()
    write(things, other, [("a", 1, "theirs", {})])
    before = versions(things, other)
    write(things, one, [("a", 1, "ours", {}), ("b", 2, None, {})])
    assert write(things, one, []) == Difference(0, 0, deleted=2, unchanged=0)
    assert versions(things, other) == before
    assert content(things, one) == []


def test_unique_values_may_change_hands_within_one_write(things: Database) -> None:
    organization_id = tenant()
    write(things, organization_id, [("a", 1, None, {}), ("b", 2, None, {}), ("c", 3, None, {})])
    rows: list[Row] = [("a", 2, None, {}), ("b", 3, None, {}), ("d", 1, None, {})]
    assert write(things, organization_id, rows) == Difference(inserted=1, updated=2, deleted=1, unchanged=0)
    assert content(things, organization_id) == rows


def test_what_breaks_a_constraint_changes_nothing(things: Database) -> None:
    organization_id = tenant()
    rows: list[Row] = [("a", 1, None, {}), ("b", 2, None, {})]
    write(things, organization_id, rows)
    with pytest.raises(IntegrityError):
        write(things, organization_id, [("a", 7, None, {}), ("b", 7, None, {}), ("c", 8, None, {})])
    assert content(things, organization_id) == rows


def test_rows_that_break_off_change_nothing(things: Database) -> None:
    organization_id = tenant()
    write(things, organization_id, [("a", 1, None, {})])

    def rows() -> Iterator[Row]:
        yield ("b", 2, None, {})
        raise ZeroDivisionError

    def break_off() -> None:
        with things.writing(organization_id) as connection:
            replace_rows(connection, THINGS, organization_id, COLUMNS, rows())

    with pytest.raises(ZeroDivisionError):
        break_off()
    assert content(things, organization_id) == [("a", 1, None, {})]
    assert write(things, organization_id, [("a", 1, None, {})]).unchanged == 1


@pytest.mark.parametrize("before", [[], [("a", 1, "one", {})]])
def test_a_key_that_comes_twice_is_refused_whether_it_is_new_or_known(things: Database, before: list[Row]) -> None:
    organization_id = tenant()
    write(things, organization_id, before)
    with pytest.raises(StoreError, match="two of the rows to write have one key; nothing was written") as raised:
        write(things, organization_id, [("a", 1, "one", {}), ("a", 2, "canary", {}), ("b", 3, None, {})])
    assert "canary" not in str(raised.value)
    assert content(things, organization_id) == before


def test_a_touched_column_says_when_a_row_changed_and_not_more(things: Database) -> None:
    organization_id = tenant()

    def put(words: str) -> dict[str, str]:
        with things.writing(organization_id) as connection:
            staging = Staging(connection, THINGS, ["organization_id", "key", "words"])
            staging.copy([(organization_id, "a", words), (organization_id, "b", "same")])
            staging.merge({"organization_id": organization_id}, delete_missing=False, touch="written_at")
        with things.reading() as connection:
            statement = text("SELECT key, written_at FROM things_of_tests WHERE organization_id = :tenant")
            return {row.key: row.written_at for row in connection.execute(statement, {"tenant": organization_id})}

    first, again, changed = put("one"), put("one"), put("two")
    assert again == first
    assert changed["b"] == first["b"]
    assert changed["a"] != first["a"]


def test_a_scope_is_all_that_a_write_deletes_from(database: Database, organization_id: str) -> None:
    days = [date(2026, 3, 1), date(2026, 3, 2)]
    with database.transaction() as connection:
        register(connection, Organization(organization_id, "A clinic", "Australia/Sydney", "AU", None))
    words = """organization_id as_of contact_id recent_appointment_count upcoming_appointment_count no_show_count
        recent_appointments upcoming_appointments search_date_from search_date_to"""

    def put(day: date, *people: int) -> Difference:
        with database.writing(organization_id) as connection:
            staging = Staging(connection, active_patient_days, words.split())
            staging.copy((organization_id, day, UUID(int=person), 1, 0, 0, [], [], day, day) for person in people)
            return staging.merge({"organization_id": organization_id, "as_of": day}, delete_missing=True)

    assert [put(days[0], 1, 2), put(days[1], 2, 3)] == [Difference(2, 0, 0, 0)] * 2
    assert put(days[1], 3) == Difference(0, 0, deleted=1, unchanged=1)
    assert put(days[0], 1, 2) == Difference(0, 0, 0, unchanged=2)


def contact(patient: int, phone: str | None) -> tuple[Any, ...]:
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    values: Mapping[str, Any] = {
        "id": uuid5(UUID(int=0), str(patient)),
        "phone": phone,
        "source": "cliniko",
        "first_contact_source": "cliniko",
        "primary_source": "cliniko",
        "source_systems": ["cliniko"],
        "cliniko_patient_id": str(patient),
        "status": "active",
        "contact_type": "cliniko_patient",
        "metadata": {},
        "external_ids": {"channels": {}},
        "created_at": moment,
        "updated_at": moment,
    }
    return tuple(values.get(column) for column in CONTACT_COLUMNS)


def test_two_contacts_swap_their_phones_in_one_write(database: Database, organization_id: str) -> None:
    with database.transaction() as connection:
        register(connection, Organization(organization_id, "A clinic", "Australia/Sydney", "AU", None))
    one, other = "+61491570006", "+61491570156"

    def put(*rows: tuple[Any, ...]) -> Difference:
        with database.writing(organization_id) as connection:
            return replace_rows(connection, contacts, organization_id, CONTACT_COLUMNS, rows)

    put(contact(1, one), contact(2, other), contact(3, None))
    assert put(contact(1, other), contact(2, one), contact(3, None)) == Difference(0, updated=2, deleted=0, unchanged=1)
    with pytest.raises(IntegrityError):
        put(contact(1, one), contact(2, one), contact(3, None))
    with database.reading() as connection:
        statement = text("SELECT cliniko_patient_id, phone FROM contacts WHERE organization_id = :tenant ORDER BY 1")
        assert connection.execute(statement, {"tenant": organization_id}).all() == [
            ("1", other),
            ("2", one),
            ("3", None),
        ]


@pytest.mark.parametrize(
    ("value", "stored"),
    [
        ("a\x00b", "a\ufffdb"),
        ("\x00", "\ufffd"),
        ("lone \ud83d surrogate", "lone \ufffd surrogate"),
        ("\udc4b\ud83d", "\ufffd\ufffd"),
        ("at the end \ud83d", "at the end \ufffd"),
        ("\ud83d\udc4b", "👋"),
        ("\ufeff\x00", "\ufeff\ufffd"),
        ("two characters: \\u0000 \\ud800", "two characters: \\u0000 \\ud800"),
        ({"k\x00": [{"\ud800": "x\x00"}, 1, None, True]}, {"k\ufffd": [{"\ufffd": "x\ufffd"}, 1, None, True]}),
        ([1e999, -1e999, 1.5], ["inf", "-inf", 1.5]),
        ("Infinity, NaN and Nancy", "Infinity, NaN and Nancy"),
        (2**63, 2**63),
        (1390726237298631770, 1390726237298631770),
        ("x" * 100_000, "x" * 100_000),
    ],
)
def test_what_jsonb_refuses_is_replaced_and_all_else_kept(things: Database, value: Any, stored: Any) -> None:
    organization_id = tenant()
    write(things, organization_id, [("a", 1, None, {"value": value, "beside": "it"})])
    assert content(things, organization_id) == [("a", 1, None, {"value": stored, "beside": "it"})]
    assert write(things, organization_id, [("a", 1, None, {"value": value, "beside": "it"})]).unchanged == 1


_TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=12)
_HOSTILE_TEXTS = st.text(st.characters(), max_size=6) | st.text(
    st.sampled_from("\x00\ud83d\udc4b\ufeffa\\\"'\t\n{}"), max_size=8
)
_DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(-1e15, 1e15) | _HOSTILE_TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abcd"), inner, max_size=3),
    max_leaves=6,
)
_ROWS = st.dictionaries(
    st.sampled_from(["a", "b", "c", "d", "e", "", "é", "a b", "\\N", "\\.", "tab\t", "line\n"]),
    st.tuples(st.none() | _TEXTS, _DOCUMENTS),
    max_size=8,
)


def rows_of(values: Mapping[str, tuple[str | None, Any]], numbers: Mapping[str, int]) -> list[Row]:
    return [(key, numbers.get(key), words, document) for key, (words, document) in values.items()]


def canonical(rows: Iterable[Row]) -> dict[str, str]:
    """Rows by key as text that is the same where PostgreSQL holds the same: True is not 1, but 1.0 is."""
    return {key: json.dumps(storable(rest), sort_keys=True) for key, *rest in rows}


def storable(value: Any) -> Any:
    """What a JSON value reads as once it was stored, by another way than the code's own."""
    if isinstance(value, str):
        joined = value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")
        return "".join(
            "\ufffd" if character == "\x00" or "\ud800" <= character <= "\udfff" else character for character in pairs(joined)
        )
    if isinstance(value, float):
        return int(value) if value.is_integer() else value
    if isinstance(value, list):
        return [storable(item) for item in value]
    return {key: storable(item) for key, item in value.items()} if isinstance(value, dict) else value


def pairs(value: str) -> str:
    """Surrogates that stand side by side as pairs, joined."""
    characters, at = [], 0
    while at < len(value):
        high, low = value[at], value[at + 1 : at + 2]
        paired = "\ud800" <= high <= "\udbff" and "\udc00" <= low <= "\udfff"
        characters.append(chr(0x10000 + ((ord(high) - 0xD800) << 10) + ord(low) - 0xDC00) if paired else high)
        at += 2 if paired else 1
    return "".join(characters)


@settings(deadline=None, max_examples=60)
@given(data=st.data(), before=_ROWS, after=_ROWS)
def test_after_a_write_the_table_is_equal_to_the_rows(things: Database, data: st.DataObject, before: Any, after: Any) -> None:
    """Whatever was there: also where unique numbers go round, and where rows stay as they are."""
    organization_id = tenant()
    after = {**after, **data.draw(st.fixed_dictionaries({}, optional={key: st.just(value) for key, value in before.items()}))}
    old = rows_of(before, dict(zip(before, data.draw(st.permutations(range(len(before)))), strict=True)))
    new = rows_of(after, dict(zip(after, data.draw(st.permutations(range(len(after)))), strict=True)))
    write(things, organization_id, old)
    found = versions(things, organization_id)
    difference = write(things, organization_id, new)
    assert canonical(content(things, organization_id)) == canonical(new)
    kept = canonical(old).items() & canonical(new).items()
    left_alone = {key for key, version in versions(things, organization_id).items() if found.get(key) == version}
    assert left_alone == {key for key, _ in kept}
    assert difference == Difference(
        inserted=len(after.keys() - before.keys()),
        updated=len(after.keys() & before.keys()) - len(kept),
        deleted=len(before.keys() - after.keys()),
        unchanged=len(kept),
    )
