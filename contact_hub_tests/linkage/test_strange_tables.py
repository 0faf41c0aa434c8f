"""Tables as people pass them who have not read how: types, names of columns, empty texts, copies, columns of one value."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from contact_hub.linkage import blocking_keys, deduplicate, link, match

_ANN = {
    "given_name": "Ann", "family_name": "Example", "date_of_birth": "1980-03-02", "phone": "0412 345 678",
    "email": "ann@example.org", "address": "5 Sand St", "postcode": "2000",
}  # fmt: skip
_NAMES = "Ann Bea Carl Dora Emil Fay Gus Hanna Ivan Jill Kurt Lea Moritz Nora Otto Pia Quentin Rosa Silas Tina".split()


def _table(*people: dict[str, object]) -> pd.DataFrame:
    return pd.DataFrame([{"record_id": f"r{place}", **person} for place, person in enumerate(people)])


def _decision(records: pd.DataFrame) -> str | None:
    pairs = deduplicate(records).pairs
    return str(pairs["decision"].iloc[0]) if len(pairs) else None


def test_a_day_as_a_date_and_as_text_is_one_day() -> None:
    person = {name: _ANN[name] for name in ("given_name", "family_name", "date_of_birth")}
    for day in (date(1980, 3, 2), pd.Timestamp("1980-03-02"), 19800302):
        assert _decision(_table(person, {**person, "date_of_birth": day})) == "certain"


@pytest.mark.parametrize("nothing", [None, "", " ", "-", float("nan"), pd.NA, "unknown"])
def test_a_whole_name_beside_an_empty_family_name_is_read_as_two(nothing: object) -> None:
    whole = {"given_name": "Ann Example", "family_name": nothing, "date_of_birth": "1980-03-02"}
    assert _decision(_table({**whole, "given_name": "Ann", "family_name": "Example"}, whole)) == "certain"


def test_a_phone_that_was_a_float_is_the_same_phone_as_text() -> None:
    for number in ("412345678", "123456789"):  # the second is no valid number, and compared all the same
        spellings = deduplicate(_table({**_ANN, "phone": f"{number}.0"}, {**_ANN, "phone": float(number)}))
        assert spellings.pairs["phone"].iloc[0] > 0


@pytest.mark.parametrize("count", [10, 151, 20_000])
def test_copies_of_one_record_are_one_cluster_however_many_they_are(count: int) -> None:
    found = deduplicate(_table(*[_ANN] * count))
    assert found.clusters.nunique() == 1


def test_a_birth_date_that_all_share_is_a_stand_in() -> None:
    people = [{"given_name": name, "family_name": "Example", "date_of_birth": "1980-03-02"} for name in _NAMES]
    found = deduplicate(_table(*people, *people))
    assert found.statistics["placeholders"]["date_of_birth"] == 1
    assert not (found.pairs["decision"] == "certain").any()


def _family(place: int) -> list[dict[str, object]]:
    """Two sisters, with a phone and a home; the first one is there twice."""
    home = {"given_name": "Ann", "family_name": f"Person{place}", "phone": f"04123{place:05}", "address": f"{place} Sand St"}
    elder, younger = (
        {**home, "date_of_birth": f"19{50 + place % 40}-03-02"},
        {**home, "date_of_birth": f"19{50 + place % 40}-10-30"},
    )
    return [elder, elder, younger]


def test_a_given_name_that_nearly_all_have_tells_nobody_from_the_family() -> None:
    records = _table(*(person for place in range(60) for person in _family(place)))
    found = deduplicate(records)
    assert found.statistics["placeholders"]["given_name"] == 1
    assert not (found.pairs["decision"] == "certain").any()
    assert not any(one.decision == "certain" for one in match(_family(7)[0], records.iloc[21:24], found.model))


def test_candidates_of_one_given_name_keep_it() -> None:
    records = _table(*({**_ANN, "date_of_birth": f"19{50 + place}-03-02"} for place in range(40)))
    assert match({**_ANN, "date_of_birth": "1957-03-02"}, records)[0].decision == "certain"


def test_only_the_first_characters_of_a_text_are_read() -> None:
    pages = "lorem ipsum " * 1000
    assert _decision(_table({**_ANN, "address": pages}, {**_ANN, "address": pages + "dolor"})) == "certain"


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("given_name", "First Name"),
        ("family_name", "surname"),
        ("date_of_birth", "DOB"),
        ("phone", "mobile"),
        ("postcode", "zip"),
    ],
)
def test_a_missing_column_is_taken_from_one_that_others_call_so(ours: str, theirs: str) -> None:
    records = _table(_ANN, _ANN, {**_ANN, "given_name": "Bea", "date_of_birth": "2011-01-30"})
    renamed = records.rename(columns={ours: theirs})
    pd.testing.assert_frame_equal(deduplicate(renamed).pairs, deduplicate(records).pairs)
    pd.testing.assert_frame_equal(blocking_keys(renamed), blocking_keys(records))
    person = {theirs if name == ours else name: value for name, value in _ANN.items()}
    assert [one.weight for one in match(person, renamed)] == [one.weight for one in match(_ANN, records)]
    others = records.assign(record_id=["a", "b", "c"])
    pd.testing.assert_series_equal(link(renamed, others).clusters, link(records, others).clusters)


def test_a_column_of_ours_is_not_replaced_by_another() -> None:
    records = _table(_ANN, _ANN)
    assert deduplicate(records.assign(surname=["Other", "Name"], colour="red")).clusters.nunique() == 1


def test_a_table_that_cannot_be_compared_is_an_error_that_says_what_to_do() -> None:
    records = _table(_ANN, _ANN)
    with pytest.raises(ValueError, match=r"rename\(columns"):
        deduplicate(records.rename(columns={"record_id": "id"}))
    with pytest.raises(ValueError, match="no column to compare"):
        deduplicate(records[["record_id"]].assign(colour="red"))
    with pytest.raises(ValueError, match="not list"):
        deduplicate([_ANN])  # type: ignore[arg-type]


def test_decisions_are_pairs_or_a_table_of_pairs() -> None:
    records = _table(_ANN, _ANN)
    found = deduplicate(records)
    assert deduplicate(records, distinct=found.pairs).clusters.nunique() == 2
    for nonsense in (["r0"], [("r0", "r1", "r2")], ["r0", "r1"], records):
        with pytest.raises(ValueError, match=r"distinct.*pairs"):
            deduplicate(records, distinct=nonsense)  # type: ignore[arg-type]


def test_link_and_match_check_their_tables_alike() -> None:
    records = _table(_ANN, _ANN)
    twice = pd.concat([records, records[["phone"]]], axis=1)
    with pytest.raises(ValueError, match="two columns"):
        link(records.assign(record_id=["a", "b"]), twice)
    with pytest.raises(ValueError, match="record_id"):
        match(_ANN, records.drop(columns="record_id"))
    with pytest.raises(ValueError, match="no column to compare"):
        match({"colour": "red"}, records)
    with pytest.raises(ValueError, match="unique"):
        match(_ANN, records.assign(record_id="r"))
