"""Decisions over HTTP."""

from uuid import uuid4

from contact_hub_tests.gateway.support import Clinic
from contact_hub_tests.gateway.test_contacts import assert_problem


def people(clinic: Clinic) -> tuple[str, str]:
    bodies = [{"channel": "email", "identifier": f"{name}@example.com"} for name in ("anna", "ben")]
    one, other = (clinic.post("/contacts/find-or-create", body).json()["contact_id"] for body in bodies)
    return one, other


def test_merge_undo_and_distinct(clinic: Clinic) -> None:
    one, other = people(clinic)
    body = {"contact_ids": [one, other], "by": "Kim", "reason": "same person"}
    made, again = clinic.post("/contacts/merge", body), clinic.post("/contacts/merge", body)
    assert (made.status_code, made.json()["created"], again.json()["created"]) == (200, True, False)
    assert made.json()["decision_ids"] == again.json()["decision_ids"]
    survivor = made.json()["contacts"][0]["id"]
    assert {clinic.get(f"/contacts/{each}").json()["id"] for each in (one, other)} == {survivor}
    (decision,) = clinic.get(f"/contacts/{other}/decisions").json()["decisions"]
    assert decision["decided_by"].endswith(": Kim")
    assert decision["reason"] == "same person"
    assert_problem(clinic.post("/contacts/distinct", {"contact_ids": [one, other]}), 409, "decision_conflict")
    assert clinic.post(f"/decisions/{decision['decision_id']}/undo", {}).status_code == 200
    assert {clinic.get(f"/contacts/{each}").json()["id"] for each in (one, other)} == {one, other}
    assert clinic.post("/contacts/distinct", {"contact_ids": [one, other]}).status_code == 200
    assert_problem(clinic.post("/contacts/merge", body), 409, "decision_conflict")


def test_old_ids_answer_with_whom_they_lead_to(clinic: Clinic) -> None:
    """Through a chain of merges, for every route that takes an id; undone, each is itself again."""
    bodies = [{"channel": "email", "identifier": f"{name}@example.com"} for name in ("a", "b", "c")]
    ids = [clinic.post("/contacts/find-or-create", body).json()["contact_id"] for body in bodies]
    chain = [clinic.post("/contacts/merge", {"contact_ids": pair}).json()["decision_ids"][0] for pair in (ids[1:], ids[:2])]
    survivors = {clinic.get(f"/contacts/{old}").json()["id"] for old in ids}
    assert len(survivors) == 1
    assert {clinic.get(f"/contacts/{old}/timeline").json()["contact_id"] for old in ids} == survivors
    assert {len(clinic.get(f"/contacts/{old}/decisions").json()["decisions"]) for old in ids} == {2}
    for body in bodies:
        found = clinic.post("/contacts/find-or-create", body)
        assert (found.status_code, {found.json()["contact_id"]}) == (200, survivors)
    for decision_id in chain:
        assert clinic.post(f"/decisions/{decision_id}/undo", {}).status_code == 200
    assert [clinic.get(f"/contacts/{old}").json()["id"] for old in ids] == ids
    assert_problem(clinic.get(f"/contacts/{uuid4()}"), 404, "unknown_contact")


def test_a_split(clinic: Clinic) -> None:
    one, other = people(clinic)
    survivor = clinic.post("/contacts/merge", {"contact_ids": [one, other]}).json()["contacts"][0]["id"]
    absorbed = "ben" if survivor == one else "anna"
    record = {"source": "email", "source_id": f"{absorbed}@example.com"}
    assert record in clinic.get(f"/contacts/{other}/decisions").json()["records"]
    split = clinic.post(f"/contacts/{survivor}/split", {"records": [record]})
    assert [each["id"] for each in split.json()["contacts"]] == [survivor, other if survivor == one else one]
    unknown = {"source": "email", "source_id": "nobody@example.com"}
    assert_problem(clinic.post(f"/contacts/{survivor}/split", {"records": [unknown]}), 422, "invalid_decision")


def test_what_is_unknown_is_refused(clinic: Clinic) -> None:
    one, _ = people(clinic)
    assert_problem(clinic.post("/contacts/merge", {"contact_ids": [one, str(uuid4())]}), 404, "unknown_contact")
    assert_problem(clinic.post("/contacts/merge", {"contact_ids": [one]}), 422, "invalid_request")
    assert_problem(clinic.post(f"/decisions/{uuid4()}/undo", {}), 404, "unknown_decision")
    assert clinic.count("identity_decisions") == 0
