"""contact_merges: only where it is on, never more than allowed, never against a decision, and undone by anybody."""

from typing import Any

import dagster as dg
import pytest

from contact_hub.automation.partitions import partition_key, today
from contact_hub.directory.deciding import Author
from contact_hub.duplicates.merging import CHAIN, DISTINCT, TooManyMerges, merge_certain
from contact_hub.resources.run_tags import ORGANIZATION
from contact_hub_tests.directory.support import ClinicOfTests, _instance, _Store
from contact_hub_tests.duplicates.support import contact_merges, couple, find, full_clinic, pairs, person, turn_on

DESK = Author("front desk")


@pytest.fixture
def found(clinic: ClinicOfTests) -> ClinicOfTests:
    full_clinic(clinic)
    find(clinic)
    return clinic


def materialize(clinic: ClinicOfTests) -> dict[str, Any]:
    instance = _instance()
    instance.add_dynamic_partitions(ORGANIZATION, [clinic.organization_id])
    key = partition_key(clinic.organization_id, today())
    with dg.build_asset_context(partition_key=key, instance=instance) as context:
        result: Any = contact_merges(context, store=_Store(clinic.database))
    return dict(result.metadata)


def test_a_new_clinic_is_only_told_what_would_be_merged(found: ClinicOfTests) -> None:
    before = found.rows("contacts")
    told = materialize(found)
    assert (told["would_merge_groups"], told["would_merge_contacts"], told["contacts"]) == (2, 2, 103)
    assert "merged_groups" not in told
    assert found.rows("contacts") == before
    assert found.count("identity_decisions") == 0


def test_certain_ones_become_one_contact_by_a_decision_of_the_model(found: ClinicOfTests) -> None:
    turn_on(found)
    told = materialize(found)
    assert (told["merged_groups"], told["merged_contacts"], told["held_back"]) == (2, 2, 0)
    org = found.organization_id
    for number in (0, 1):
        assert len({found.directory.contact(org, one)["id"] for one in couple(found, number)}) == 1
    assert len({found.directory.contact(org, one)["id"] for one in couple(found, 2)}) == 2
    (version,) = found.query("SELECT version FROM linkage_models WHERE organization_id = :organization_id")
    for decision in found.directory.decisions(org):
        assert (decision["authority"], decision["model_version"]) == ("model", version[0])
        assert decision["confidence"] > 0.999
    assert materialize(found)["merged_groups"] == 0


def test_what_somebody_undid_is_not_merged_again(found: ClinicOfTests) -> None:
    turn_on(found)
    materialize(found)
    org = found.organization_id
    (decision,) = found.directory.decisions(org, couple(found, 0)[0])
    found.directory.undo(org, decision["decision_id"], DESK)
    find(found)
    assert couple(found, 0) not in pairs(found)
    assert materialize(found)["merged_groups"] == 0
    assert len({found.directory.contact(org, one)["id"] for one in couple(found, 0)}) == 2


def test_a_run_that_would_merge_too_many_merges_nothing(found: ClinicOfTests) -> None:
    found.patients(*(person(number, str(number + 1)) for number in range(3, 9)))
    found.derive()
    find(found)
    turn_on(found, share=0.03)
    with pytest.raises(TooManyMerges, match="8 of 109 contacts would be merged away, and at most 3 may be"):
        merge_certain(found.database, found.organization_id)
    with pytest.raises(dg.Failure, match="nothing was merged"):
        materialize(found)
    assert found.count("identity_decisions") == 0


def test_distinct_said_since_the_search_holds_it_back(found: ClinicOfTests) -> None:
    turn_on(found)
    found.directory.distinct(found.organization_id, *couple(found, 0), DESK)
    run = merge_certain(found.database, found.organization_id)
    assert (run.groups, dict(run.held)) == (1, {DISTINCT: 1})


def test_a_chain_with_a_weak_end_is_left_to_a_person(found: ClinicOfTests) -> None:
    found.patients(person(0, "500"))
    found.derive()
    find(found)
    with found.database.transaction() as connection:
        connection.exec_driver_sql(
            "DELETE FROM duplicate_pairs WHERE ctid IN (SELECT ctid FROM duplicate_pairs WHERE organization_id = %s "
            "AND decision = 'certain' AND (left_id = %s OR right_id = %s) LIMIT 1)",
            (found.organization_id, couple(found, 0)[0], couple(found, 0)[0]),
        )
    turn_on(found)
    run = merge_certain(found.database, found.organization_id)
    assert (run.groups, dict(run.held)) == (1, {CHAIN: 1})
