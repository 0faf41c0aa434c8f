"""Precision and recall from what people decided: planted decisions, numbers by hand."""

from collections import Counter

import pytest

from contact_hub.automation.partitions import today
from contact_hub.directory.deciding import Author
from contact_hub.duplicates.sampling import draw_sample, sampled_pairs
from contact_hub.errors import ConfigurationError
from contact_hub.measures.duplicates import CLUSTERS
from contact_hub.measures.evaluation import Count, Sampled, count
from contact_hub_tests.directory.support import ClinicOfTests
from contact_hub_tests.duplicates.support import contact_of, couple, find, full_clinic, turn_on
from contact_hub_tests.duplicates.test_merging import materialize

DESK = Author("front desk")


@pytest.fixture
def found(clinic: ClinicOfTests) -> ClinicOfTests:
    full_clinic(clinic)
    find(clinic)
    return clinic


def measured(clinic: ClinicOfTests, name: str) -> Count:
    (measure,) = (one for one in CLUSTERS if one.name == name)
    with clinic.database.reading() as connection:
        return count(connection, measure, clinic.organization_id, today())


def test_nothing_reviewed_is_nothing_measured(found: ClinicOfTests) -> None:
    for name in ("certain_precision", "possible_precision", "recall"):
        assert (measured(found, name).denominator, measured(found, name).interval) == (0, (0.0, 1.0))


def test_precision_of_each_class_by_what_people_said(found: ClinicOfTests) -> None:
    org = found.organization_id
    found.directory.merge(org, couple(found, 0), DESK)
    found.directory.distinct(org, *couple(found, 1), DESK)
    found.directory.distinct(org, *couple(found, 2), DESK)
    find(found)
    certain, possible = measured(found, "certain_precision"), measured(found, "possible_precision")
    assert (certain.numerator, certain.denominator) == (1, 2)
    assert certain.interval == pytest.approx((0.0945, 0.9055), abs=1e-4)  # Wilson's of 1 in 2
    assert (possible.numerator, possible.denominator) == (0, 1)
    kept = found.query("SELECT decision, model_version FROM reviewed_pairs WHERE organization_id = :organization_id ORDER BY 1")
    assert [row.decision for row in kept] == ["certain", "certain", "possible"]
    (version,) = found.query("SELECT version FROM linkage_models WHERE organization_id = :organization_id")
    assert {row.model_version for row in kept} == {version[0]}


def test_a_review_counts_when_one_of_the_two_has_become_a_third(found: ClinicOfTests) -> None:
    org = found.organization_id
    found.directory.distinct(org, *couple(found, 2), DESK)
    find(found)
    assert measured(found, "possible_precision").denominator == 1
    for contact_id in couple(found, 2):  # one of these is merged away, the other keeps its id
        found.directory.merge(org, (contact_of(found, "1050"), contact_id), DESK)
        find(found)
        possible = measured(found, "possible_precision")
        assert (possible.numerator, possible.denominator) == (0, 1)
        found.directory.undo(org, found.directory.decisions(org)[0]["decision_id"], DESK)


def test_an_undone_review_counts_no_more(found: ClinicOfTests) -> None:
    org = found.organization_id
    found.directory.merge(org, couple(found, 0), DESK)
    find(found)
    assert measured(found, "certain_precision").denominator == 1
    (decision,) = found.directory.decisions(org)
    found.directory.undo(org, decision["decision_id"], DESK)
    find(found)
    assert measured(found, "certain_precision").denominator == 0


def test_what_the_model_merged_is_no_review(found: ClinicOfTests) -> None:
    turn_on(found)
    materialize(found)
    find(found)
    assert measured(found, "certain_precision").denominator == 0


def test_recall_from_a_sample_below_the_threshold(found: ClinicOfTests) -> None:
    org = found.organization_id
    drawn = draw_sample(found.database, org, 4, least=1e-12, seed=1)
    assert drawn.drawn == 4 <= drawn.population
    with found.database.reading() as connection:
        waiting = sampled_pairs(connection, org)
    assert len(waiting) == 4
    assert measured(found, "recall").denominator == 0  # nobody has answered
    # Of a contact that is merged away nothing more is asked, so the one pair shares none with the others.
    ends = Counter(end for pair in waiting for end in (pair.left_id, pair.right_id))
    one = next(pair for pair in waiting if ends[pair.left_id] == ends[pair.right_id] == 1)
    others = [pair for pair in waiting if pair is not one]
    found.directory.merge(org, (one.left_id, one.right_id), DESK)
    for pair in others:
        found.directory.distinct(org, pair.left_id, pair.right_id, DESK)
    find(found)
    with found.database.reading() as connection:
        assert sampled_pairs(connection, org) == []
    recall = measured(found, "recall")
    assert isinstance(recall, Sampled)
    assert (recall.sample, recall.population) == (Count(1, 4), drawn.population)
    assert recall.denominator == recall.numerator + round(drawn.population / 4)


def test_the_interval_of_recall_is_the_sample_s() -> None:
    """90 found, 2 of 40 sampled from 200 are one person: 10 missed; Wilson of 2 in 40 is .0138 to .1650, so 2.8 to 33.0."""
    recall = Sampled(90, 100, Count(2, 40), 200)
    assert recall.share == 0.9
    assert recall.interval == pytest.approx((90 / (90 + 33.0), 90 / (90 + 2.76)), abs=1e-3)


def test_no_sample_without_a_model(clinic: ClinicOfTests) -> None:
    full_clinic(clinic, people=3)
    with pytest.raises(ConfigurationError, match="duplicate_clusters"):
        draw_sample(clinic.database, clinic.organization_id, 5)
