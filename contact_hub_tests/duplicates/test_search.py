"""duplicate_clusters: what it finds, what it leaves alone, and that the same again writes nothing."""

import json
import time
from concurrent.futures import ThreadPoolExecutor

from contact_hub.directory.deciding import Author
from contact_hub.duplicates.search import search
from contact_hub_tests.directory.support import ClinicOfTests, whatsapp
from contact_hub_tests.duplicates.support import contact_of, couple, find, full_clinic, pairs, person

DESK = Author("front desk")
TABLES = ("duplicate_clusters", "duplicate_pairs", "contact_block_keys", "duplicate_statistics", "linkage_models")


def test_who_is_there_twice_is_found_with_the_weight_of_every_field(clinic: ClinicOfTests) -> None:
    full_clinic(clinic)
    find(clinic)
    found = pairs(clinic)
    assert {couple(clinic, 0), couple(clinic, 1), couple(clinic, 2)} == set(found)
    assert [found[couple(clinic, number)] for number in (0, 1)] == ["certain", "certain"]
    assert found[couple(clinic, 2)] == "possible"
    (row,) = clinic.query(
        "SELECT fields, model_version, version FROM duplicate_pairs JOIN linkage_models USING (organization_id) "
        "WHERE organization_id = :organization_id AND left_id = :left_id",
        left_id=couple(clinic, 0)[0],
    )
    assert row.model_version == row.version
    assert row.fields["email"] > 3
    assert row.fields["given_name"] > 3
    clusters = clinic.query("SELECT * FROM duplicate_clusters WHERE organization_id = :organization_id")
    assert {(row.cluster_id, row.size) for row in clusters} == {(couple(clinic, number)[0], 2) for number in range(3)}


def test_an_unchanged_day_writes_nothing(clinic: ClinicOfTests) -> None:
    full_clinic(clinic)
    assert find(clinic)[0] == 6
    before = clinic.rows(*TABLES)
    again = search(clinic.database, clinic.organization_id)
    assert [difference.written for difference in again.differences] == [0, 0, 0, 0]
    assert not again.counts["refitted"]
    assert clinic.rows(*TABLES) == before


def test_keys_are_written_without_the_turn_that_callers_wait_for(clinic: ClinicOfTests) -> None:
    full_clinic(clinic)
    with ThreadPoolExecutor(1) as pool:
        with clinic.database.writing(clinic.organization_id):
            searching = pool.submit(search, clinic.database, clinic.organization_id)
            until = time.monotonic() + 20
            while clinic.count("contact_block_keys") == 0 and time.monotonic() < until:
                time.sleep(0.02)
            assert clinic.count("contact_block_keys") > 100
            assert not searching.done()
            assert clinic.count("duplicate_clusters") == 0
        assert [difference.inserted for difference in searching.result().differences] == [6, 3, 103, 1]


def test_the_model_stays_until_the_clinic_has_changed_by_a_tenth(clinic: ClinicOfTests) -> None:
    full_clinic(clinic)
    find(clinic)
    clinic.patients(person(200))
    clinic.derive()
    assert not search(clinic.database, clinic.organization_id).counts["refitted"]
    clinic.patients(*(person(number) for number in range(201, 215)))
    clinic.derive()
    assert search(clinic.database, clinic.organization_id).counts["refitted"]
    assert clinic.count("linkage_models") == 2


def test_distinct_and_split_are_never_proposed_again(clinic: ClinicOfTests) -> None:
    full_clinic(clinic)
    find(clinic)
    org = clinic.organization_id
    said = clinic.directory.distinct(org, *couple(clinic, 0), DESK)
    clinic.directory.merge(org, couple(clinic, 1), DESK)
    clinic.directory.split(org, couple(clinic, 1)[0], [("cliniko", "2")], DESK)
    find(clinic)
    assert set(pairs(clinic)) == {couple(clinic, 2)}
    clinic.directory.undo(org, said.decision_ids[0], DESK)
    find(clinic)
    assert set(pairs(clinic)) == {couple(clinic, 0), couple(clinic, 2)}


def test_who_was_merged_away_is_in_no_pair(clinic: ClinicOfTests) -> None:
    full_clinic(clinic)
    find(clinic)
    clinic.directory.merge(clinic.organization_id, couple(clinic, 0), DESK)
    find(clinic)
    assert couple(clinic, 0) not in pairs(clinic)
    gone = {contact_of(clinic, one) for one in ("1", "1000")} - {
        clinic.directory.contact(clinic.organization_id, couple(clinic, 0)[0])["id"]
    }
    keyed = clinic.query("SELECT contact_id FROM contact_block_keys WHERE organization_id = :organization_id")
    assert not gone & {row.contact_id for row in keyed}


def test_a_clinic_with_nobody_and_one_with_a_nameless_account(clinic: ClinicOfTests) -> None:
    assert find(clinic) == (0, 0, 0)
    clinic.land(whatsapp("hello", "+61412345678", 1))
    clinic.settle()
    assert find(clinic) == (0, 0, 0)
    assert clinic.count("duplicate_statistics") == 1


def test_counts_hold_nothing_about_anybody(clinic: ClinicOfTests) -> None:
    full_clinic(clinic)
    counts = search(clinic.database, clinic.organization_id).counts
    assert counts["people"] == 103
    assert (counts["certain"], counts["possible"], counts["clusters"]) == (2, 1, 3)
    assert "Abbott" not in json.dumps(counts)
