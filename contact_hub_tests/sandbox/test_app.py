"""The API over real HTTP: who is let in, lists and pages, single records, what is hidden."""

from itertools import pairwise
from typing import Any

import pytest
import requests

from contact_hub.errors import ContactHubError
from contact_hub.sandbox import DEFAULT_KEY, Clinic, LoggedRequest, RateLimit, SandboxServer

from .conftest import EVERYTHING, Api

LISTS = ["patients", "individual_appointments", "group_appointments", "attendees", "businesses", "practitioners"]
HIDING = {
    "patients": EVERYTHING[:1],
    "individual_appointments": EVERYTHING,
    "group_appointments": [EVERYTHING[0], EVERYTHING[2]],
    "attendees": EVERYTHING,
    "appointment_types": EVERYTHING[:1],
}


@pytest.mark.parametrize("key", [DEFAULT_KEY, "sandbox-key", "sandbox-key-uk2"])
def test_the_key_is_the_user_name_with_or_without_shard(api: Api, key: str) -> None:
    answer = requests.get(f"{api.url}/businesses", auth=(key, ""), headers=dict(api.session.headers), timeout=5)
    assert answer.status_code == 200


@pytest.mark.parametrize("auth", [None, ("", ""), ("wrong-au1", ""), ("sandbox", ""), ("", DEFAULT_KEY)])
def test_other_keys_are_401(api: Api, auth: tuple[str, str] | None) -> None:
    answer = requests.get(f"{api.url}/patients", auth=auth, headers=dict(api.session.headers), timeout=5)
    assert answer.status_code == 401
    assert answer.json()["message"]


@pytest.mark.parametrize("header", ["Basic", "Basic %%%", "Bearer abc", "Basic /////w=="])
def test_malformed_authorization_is_401(api: Api, header: str) -> None:
    headers = {**api.session.headers, "Authorization": header}
    assert requests.get(f"{api.url}/patients", headers=headers, timeout=5).status_code == 401


def test_required_headers(api: Api) -> None:
    assert api.session.get(f"{api.url}/patients", headers={"Accept": "text/html"}, timeout=5).status_code == 406
    assert api.session.get(f"{api.url}/patients", headers={"User-Agent": "Hub"}, timeout=5).status_code == 403


@pytest.mark.parametrize("path", ["nothing", "patients/1/appointments", "patients/x", "practitioners/inactive/1", ""])
def test_unknown_routes_are_a_html_404(api: Api, path: str) -> None:
    answer = api.ask(path)
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")


def test_writing_is_an_unknown_route(api: Api) -> None:
    assert api.session.post(f"{api.url}/patients", json={}, timeout=5).status_code == 404


def test_missing_records_are_a_json_404(api: Api) -> None:
    answer = api.ask("patients/123")
    assert answer.status_code == 404
    assert answer.json() == {"message": "Record not found"}


@pytest.mark.parametrize(
    ("params", "filters"),
    [
        ({"per_page": "101"}, []),
        ({"per_page": "0"}, []),
        ({"per_page": "many"}, []),
        ({"page": "0"}, []),
        ({"page": "-1"}, []),
        ({"sort": "phone"}, []),
        ({"sort": "id:sideways"}, []),
        ({}, ["merged_at:?"]),
        ({}, ["id:>abc"]),
        ({}, ["cancelled_at:*"]),
    ],
)
def test_nonsense_is_400_with_a_text(api: Api, params: dict[str, str], filters: list[str]) -> None:
    answer = api.ask("patients", *filters, **params)
    assert answer.status_code == 400
    assert answer.json()["message"]


def test_single_records_take_the_hiding_filters_only(api: Api) -> None:
    patient = api.page("patients", per_page=1)["patients"][0]["id"]
    assert api.ask(f"patients/{patient}", "id:=1").status_code == 400


def test_the_first_page_of_many(api: Api) -> None:
    page = api.page("patients")
    assert page["total_entries"] == 632
    assert len(page["patients"]) == 50
    assert set(page["links"]) == {"self", "next"}
    created = [row["created_at"] for row in page["patients"]]
    assert created == sorted(created)


def test_links_repeat_the_query_and_are_absent_at_the_ends(api: Api) -> None:
    page = api.page("patients", "archived_at:*", "last_name:~a", per_page=100, sort="id:desc")
    assert "q%5B%5D=archived_at%3A%2A&q%5B%5D=last_name%3A~a" in page["links"]["next"]
    assert "sort=id%3Adesc" in page["links"]["next"]
    seen = list(page["patients"])
    while "next" in page["links"]:
        previous, page = page, api.session.get(page["links"]["next"], timeout=5).json()
        assert page["links"]["previous"].split("?")[0] == previous["links"]["self"].split("?")[0]
        seen += page["patients"]
    assert set(page["links"]) == {"self", "previous"}
    assert len(seen) == page["total_entries"] == len({row["id"] for row in seen})
    assert all(int(one["id"]) > int(other["id"]) for one, other in pairwise(seen))


def test_a_page_beyond_the_end_is_empty(api: Api) -> None:
    page = api.page("patients", page=99)
    assert page["patients"] == []
    assert "next" not in page["links"]


def test_keyset_paging_by_id_is_numeric(clinic: Clinic, api: Api) -> None:
    last, seen = 0, []
    while rows := api.page("patients", "archived_at:*", f"id:>{last}", sort="id", per_page=100)["patients"]:
        seen += [int(row["id"]) for row in rows]
        last = seen[-1]
    assert seen == sorted(clinic.tables.patients.rows)


@pytest.mark.parametrize("path", sorted(HIDING))
def test_lists_hide_until_told_otherwise(clinic: Clinic, api: Api, path: str) -> None:
    table = getattr(clinic.tables, path)
    names = [one.split(":")[0] for one in HIDING[path]]
    visible = {str(row.id) for row in table if not any(getattr(row, name) for name in names)}
    assert set(api.ids(path)) == visible
    assert set(api.ids(path, *HIDING[path])) == {str(row.id) for row in table}
    for name, others in ((name, [one for one in HIDING[path] if not one.startswith(name)]) for name in names):
        assert set(api.ids(path, f"{name}:?", *others)) == {str(row.id) for row in table if getattr(row, name)}


def test_archived_patients_are_404_by_id_until_told_otherwise(clinic: Clinic, api: Api) -> None:
    archived = min(clinic.truth.archived_patients())
    assert api.ask(f"patients/{archived}").status_code == 404
    assert api.page(f"patients/{archived}", "archived_at:*")["id"] == archived


def test_inactive_practitioners_have_their_own_list(clinic: Clinic, api: Api) -> None:
    active, inactive = api.all("practitioners"), api.all("practitioners/inactive")
    assert {row["active"] for row in active} == {True}
    assert {row["active"] for row in inactive} == {False}
    assert len(active) + len(inactive) == len(clinic.tables.practitioners)
    assert api.page(f"practitioners/{inactive[0]['id']}")["active"] is False


@pytest.mark.parametrize("path", LISTS)
def test_single_records_are_those_of_the_list(api: Api, path: str) -> None:
    row = api.page(path, per_page=1)[path][0]
    assert api.page(f"{path}/{row['id']}") == row
    assert row["links"]["self"] == f"{api.url}/{path}/{row['id']}"
    assert isinstance(row["id"], str)


def test_filters_over_http(clinic: Clinic, api: Api) -> None:
    attendee = next(iter(clinic.tables.attendees))
    several = ",".join(str(row.id) for row in list(clinic.tables.group_appointments)[:3])
    assert str(attendee.id) in api.ids("attendees", f"booking_id:={attendee.booking_id}", *EVERYTHING)
    assert len(api.ids("group_appointments", f"id:={several}", "archived_at:*", "deleted_at:*")) == 3
    session = next(row for row in clinic.tables.group_appointments if row.patient_ids)
    member = session.patient_ids[0]
    assert str(session.id) in api.ids("group_appointments", f"patient_ids:~{member}", "archived_at:*", "deleted_at:*")
    absent = api.all("individual_appointments", "did_not_arrive:=true")
    assert absent
    assert all(row["did_not_arrive"] for row in absent)


def test_shapes_of_links(api: Api) -> None:
    appointment = api.page("individual_appointments", "repeated_from_id:?", per_page=1)["individual_appointments"][0]
    assert appointment["repeated_from"]["links"]["self"].startswith(f"{api.url}/individual_appointments/")
    single = api.page("individual_appointments", "repeated_from_id:!?", per_page=1)["individual_appointments"][0]
    assert "repeated_from" not in single
    assert single["repeats"] is None
    assert single["repeat_rule"] == {}
    attendee = api.page("attendees", per_page=1)["attendees"][0]
    assert attendee["booking"]["links"]["self"].startswith(f"{api.url}/bookings/")
    business = {row["time_zone"]: row["time_zone_identifier"] for row in api.all("businesses")}
    assert business == {"Sydney": "Australia/Sydney", "Brisbane": None}


def test_the_log_tells_every_request(changing_server: SandboxServer, changing_api: Api) -> None:
    changing_api.page("patients", "archived_at:*", per_page=100)
    changing_api.ask("patients/1")
    changing_api.page("practitioners/inactive")
    log = changing_server.requests
    assert [one.status for one in log] == [200, 404, 200]
    assert log[0].filters == ["archived_at:*"]
    assert ("per_page", "100") in log[0].params
    assert log[0].at <= log[1].at
    assert log.by_resource() == {"patients": 2, "practitioners/inactive": 1}
    assert (log.count(), log.count("patients"), log.count(status=404)) == (3, 2, 1)
    log.clear()
    assert len(log) == 0


class Clock:
    """UNIX seconds that pass when told to."""

    now = 1_800_000_000.25

    def __call__(self) -> float:
        return self.now


def statuses(api: Api, count: int) -> list[int]:
    return [api.ask("businesses").status_code for _ in range(count)]


def test_the_sliding_limit_accepts_again_at_its_reset(changing_clinic: Clinic) -> None:
    clock = Clock()
    limit = RateLimit(requests=3, seconds=60)
    with SandboxServer(changing_clinic, rate_limit=limit, limit_clock=clock) as server:
        api = Api(server.url)
        assert statuses(api, 2) == [200, 200]
        clock.now += 30
        assert statuses(api, 3) == [200, 429, 429]
        reset = int(api.ask("businesses").headers["X-RateLimit-Reset"])
        clock.now = reset - 1
        assert statuses(api, 1) == [429]
        clock.now = reset
        assert statuses(api, 3) == [200, 200, 429]
        assert server.refused == 5
        api.session.auth = ("sandbox-key", "")
        assert statuses(api, 1) == [429]
        assert server.requests.count(status=429) == 6


def test_the_fixed_limit_begins_anew_with_each_window(changing_clinic: Clinic) -> None:
    clock = Clock()
    limit = RateLimit(requests=2, seconds=60, window="fixed")
    with SandboxServer(changing_clinic, rate_limit=limit, limit_clock=clock) as server:
        api = Api(server.url)
        clock.now = 1_800_000_059.5
        assert statuses(api, 3) == [200, 200, 429]
        assert api.ask("businesses").headers["X-RateLimit-Reset"] == "1800000060"
        clock.now = 1_800_000_060.0
        assert statuses(api, 3) == [200, 200, 429]


def test_each_key_has_its_own_limit(changing_clinic: Clinic) -> None:
    keys = ("one-au1", "two-au2")
    with SandboxServer(changing_clinic, keys=keys, rate_limit=RateLimit(requests=1)) as server:
        for key in keys:
            api = Api(server.url)
            api.session.auth = (key, "")
            assert statuses(api, 2) == [200, 429]


def test_changes_between_pages_are_served(changing_clinic: Clinic, changing_server: SandboxServer) -> None:
    """The trap of page numbers: a row that leaves the filter between two pages pushes another one out of sight."""

    def archive_one(request: LoggedRequest) -> None:
        if dict(request.params).get("page") == "2":
            changing_clinic.archive_patient(first_page["patients"][0]["id"])

    api = Api(changing_server.url)
    first_page = api.page("patients", per_page=40, sort="id")
    changing_server.on_request = archive_one
    second_page = api.page("patients", per_page=40, sort="id", page=2)
    seen = {row["id"] for page in (first_page, second_page) for row in page["patients"]}
    assert len(changing_clinic.truth.live_patients() - seen) == 1


def test_mutations_are_served_with_their_new_stamp(changing_clinic: Clinic, changing_api: Api) -> None:
    loser, survivor, gone = sorted(changing_clinic.truth.live_patients())[:3]
    new = changing_clinic.add_patient(first_name="Ada", last_name="Late", patient_phone_numbers=None)
    changing_clinic.update_patient(survivor, email="new@example.com")
    changing_clinic.merge_patients(loser, survivor)
    changing_clinic.vanish_patient(gone)
    changed: dict[str, Any] = {
        row["id"]: row for row in changing_api.all("patients", "archived_at:*", "updated_at:>=2026-11-23T00:00:00Z")
    }
    assert set(changed) == {loser, survivor, new}
    assert changed[loser]["merged_with_patient"]["links"]["self"].endswith(survivor)
    assert changed[loser]["updated_at"] == changed[loser]["merged_at"] == "2026-11-23T02:30:00Z"
    assert changed[survivor]["email"] == "new@example.com"
    assert changing_api.ask(f"patients/{gone}", "archived_at:*").status_code == 404


def test_a_taken_port_is_said_so(server: SandboxServer, clinic: Clinic) -> None:
    with pytest.raises(ContactHubError, match="choose another port"):
        SandboxServer(clinic, port=server.port).start()
