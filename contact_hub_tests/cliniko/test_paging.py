"""Walks over lists: complete, in the fewest requests, whatever moves meanwhile."""

import itertools
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contact_hub.cliniko import (
    APPOINTMENT_TYPES,
    ATTENDEES,
    BUSINESSES,
    GROUP_APPOINTMENTS,
    INACTIVE_PRACTITIONERS,
    INDIVIDUAL_APPOINTMENTS,
    PATIENTS,
    PRACTITIONERS,
    ClinikoClient,
    InvalidKey,
    MalformedResponse,
    Page,
    RateLimited,
    Resource,
    Unavailable,
)
from contact_hub_tests.cliniko.conftest import Connect
from contact_hub_tests.cliniko.server import Answer, Clinic, as_json, listing, script

OLD, NEW = "2026-01-01T00:00:00Z", "2026-10-31T00:00:00Z"


def clinic(size: int) -> Clinic:
    """``size`` records whose ids are of both lengths that Cliniko has given out, so that text order is wrong."""
    short, long = (
        range(75335355, 75335355 + size // 2),
        range(1390726237298631770, 1390726237298631770 + size - size // 2),
    )
    return Clinic(dict.fromkeys([*short, *long], OLD))


def received(client: ClinikoClient, resource: Resource = PATIENTS) -> list[str]:
    return [record["id"] for page in client.pages(resource) for record in page.records]


@pytest.mark.parametrize(("size", "requests"), [(0, 1), (1, 1), (99, 1), (100, 1), (101, 2), (600, 6), (632, 7)])
def test_the_least_possible_number_of_requests(connect: Connect, size: int, requests: int) -> None:
    source = clinic(size)
    server, client = connect(source)
    pages = list(client.pages(PATIENTS))
    assert [record["id"] for page in pages for record in page.records] == [str(number) for number in sorted(source.records)]
    assert len(server.requests) == client.requests_sent == len(pages) == requests
    assert [page.total for page in pages] == [size] * requests
    assert [page.received + (page.remaining or 0) for page in pages] == [size] * requests
    assert pages[-1].remaining == 0


@pytest.mark.parametrize(
    ("resource", "path", "hidden"),
    [
        (PATIENTS, "patients", ["archived_at:*"]),
        (INDIVIDUAL_APPOINTMENTS, "individual_appointments", ["archived_at:*", "cancelled_at:*", "deleted_at:*"]),
        (GROUP_APPOINTMENTS, "group_appointments", ["archived_at:*", "deleted_at:*"]),
        (ATTENDEES, "attendees", ["archived_at:*", "cancelled_at:*", "deleted_at:*"]),
        (BUSINESSES, "businesses", ["archived_at:*", "deleted_at:*"]),
        (PRACTITIONERS, "practitioners", []),
        (INACTIVE_PRACTITIONERS, "practitioners/inactive", []),
        (APPOINTMENT_TYPES, "appointment_types", ["archived_at:*"]),
    ],
)
def test_the_query_of_each_resource(connect: Connect, resource: Resource, path: str, hidden: list[str]) -> None:
    server, client = connect(Clinic(dict.fromkeys(range(1, 151), "2026-10-30T12:00:00Z"), key=resource.key))
    updated_from = datetime(2026, 10, 30, 11, 0, 0, 999_999, tzinfo=timezone(timedelta(hours=11)))
    updated_before = datetime(2026, 10, 31, tzinfo=UTC)
    pages = list(client.pages(resource, updated_from=updated_from, updated_before=updated_before))
    assert sum(len(page.records) for page in pages) == 150
    bounds = ["updated_at:>=2026-10-30T00:00:00Z", "updated_at:<2026-10-31T00:00:00Z"]
    assert [request.path for request in server.requests] == [f"/v1/{path}"] * 2
    assert [request.filters() for request in server.requests] == [[*hidden, *bounds], [*hidden, *bounds, "id:>100"]]
    assert all(("sort", "id") in request.query and ("per_page", "100") in request.query for request in server.requests)


def test_a_moment_without_a_zone_is_refused_at_once(connect: Connect) -> None:
    server, client = connect(clinic(1))
    with pytest.raises(ValueError, match="without a time zone"):
        client.pages(PATIENTS, updated_from=datetime(2026, 1, 1))
    assert server.requests == []


def test_a_day_without_changes_is_one_request(connect: Connect) -> None:
    server, client = connect(clinic(632))
    pages = list(client.pages(PATIENTS, updated_from=datetime(2026, 10, 30, tzinfo=UTC)))
    assert [page.records for page in pages] == [[]]
    assert len(server.requests) == 1


def test_pages_are_fetched_as_they_are_read(connect: Connect) -> None:
    server, client = connect(clinic(632))
    walk = client.pages(PATIENTS)
    assert len(server.requests) == 0
    next(walk)
    next(walk)
    assert len(server.requests) == 2


def test_records_that_leave_the_range_do_not_move_the_others(connect: Connect) -> None:
    """Each page's records are changed as soon as they were sent: numbered pages would skip as many of the next."""
    source = clinic(450)
    everything = [str(number) for number in sorted(source.records)]

    def change_what_was_sent(answered: int) -> None:
        for number in sorted(source.records)[: 100 * answered]:
            source.records[number] = NEW

    source.before = change_what_was_sent
    server, client = connect(source)
    before = datetime(2026, 10, 30, tzinfo=UTC)
    seen = [record["id"] for page in client.pages(PATIENTS, updated_before=before) for record in page.records]
    assert seen == everything
    assert len(server.requests) == 5


_CHANGES = st.lists(
    st.lists(st.tuples(st.sampled_from(["update", "remove", "add"]), st.integers(0, 60)), max_size=8), max_size=12
)


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(start=st.sets(st.integers(0, 60), max_size=40), changes=_CHANGES)
def test_what_stays_in_the_range_is_received_exactly_once(
    connect: Connect, start: set[int], changes: list[list[tuple[str, int]]]
) -> None:
    source = Clinic(dict.fromkeys(start, OLD), largest_page=4)
    stayed = set(start)

    def change(answered: int) -> None:
        for what, number in changes[answered - 1] if 0 < answered <= len(changes) else []:
            if what == "add":
                source.records.setdefault(number, OLD)
                continue
            stayed.discard(number)
            if what == "remove":
                source.records.pop(number, None)
            elif number in source.records:
                source.records[number] = NEW

    source.before = change
    _, client = connect(source)
    before = datetime(2026, 10, 30, tzinfo=UTC)
    seen = [record["id"] for page in client.pages(PATIENTS, updated_before=before) for record in page.records]
    assert len(seen) == len(set(seen))
    assert {str(number) for number in stayed} <= set(seen)


PEOPLE = [{"id": str(number), "first_name": "Canary"} for number in range(1, 101)]


@pytest.mark.parametrize(
    ("page", "says"),
    [
        (as_json(None), "not a list as the API promises"),
        (as_json([]), "not a list as the API promises"),
        (as_json({"patients": [], "total_entries": 0}), "not a list as the API promises"),
        (as_json({"patients": [], "total_entries": 0, "links": []}), "not a list as the API promises"),
        (as_json({"contacts": [], "total_entries": 0, "links": {}}), "exact id"),
        (as_json({"patients": {}, "total_entries": 0, "links": {}}), "exact id"),
        (listing("patients", [{"first_name": "Canary"}]), "exact id"),
        (listing("patients", [{"id": None}]), "exact id"),
        (listing("patients", [{"id": 1.0}]), "exact id"),
        (listing("patients", [{"id": True}]), "exact id"),
        (listing("patients", [{"id": "Canary"}]), "exact id"),
        (listing("patients", [None]), "exact id"),
        (listing("patients", ["1"]), "exact id"),
        (listing("patients", PEOPLE[:50], total=132), "the last page holds 50 records where 132 are counted"),
        (listing("patients", PEOPLE[:50], total=49), "the last page holds 50 records where 49 are counted"),
        (listing("patients", [], total=5), "the last page holds 0 records where 5 are counted"),
        (listing("patients", [], total=5, more=True), "an empty page announces another one"),
        (listing("patients", [*PEOPLE[:2], PEOPLE[0]]), "a record comes twice"),
        (listing("patients", [{"id": "1"}, {"id": 1}]), "a record comes twice"),
        (listing("patients", [{"id": "10"}, {"id": "9"}], total=3, more=True), "not in the order of their ids"),
    ],
)
def test_a_page_that_does_not_hold_together_is_asked_for_again_then_an_error(connect: Connect, page: Answer, says: str) -> None:
    server, client = connect(script(page, page, then=clinic(3)))
    assert len(received(client)) == 3
    assert len(server.requests) == 3

    server, client = connect(script(page))
    with pytest.raises(MalformedResponse, match=says) as raised:
        received(client)
    assert len(server.requests) == 5
    assert raised.value.received == 0
    assert "Canary" not in str(raised.value)


def test_a_page_before_the_place_reached_is_an_error(connect: Connect) -> None:
    first = listing("patients", PEOPLE, total=200, more=True)
    server, client = connect(script(first))
    with pytest.raises(MalformedResponse, match="comes twice") as raised:
        received(client)
    assert len(server.requests) == 6
    assert (raised.value.received, raised.value.missing) == (100, 200)


def test_an_early_end_says_what_came_and_what_is_missing(connect: Connect) -> None:
    first = listing("patients", PEOPLE, total=632, more=True)
    early = listing("patients", [{"id": "101"}], total=532)
    _, client = connect(script(first, early))
    with pytest.raises(MalformedResponse) as raised:
        received(client)
    assert str(raised.value) == (
        "Cliniko patients: the last page holds 1 records where 532 are counted (5 attempts); "
        "records received: 100, missing: 532"
    )


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (Answer(502), Unavailable),
        (Answer(fault="reset"), Unavailable),
        (Answer(429), RateLimited),
        (Answer(401), InvalidKey),
        (Answer(200, b"<html>"), MalformedResponse),
        (Answer(200, b"{}" * 50, fault="short body"), MalformedResponse),
    ],
)
def test_any_failure_in_a_walk_says_what_is_missing(connect: Connect, fault: Answer, kind: type[Exception]) -> None:
    source = clinic(632)
    count = itertools.count()
    _, client = connect(lambda request: fault if next(count) >= 2 else source(request))
    pages: list[Page] = []
    with pytest.raises(kind, match="records received: 200, missing: 432") as raised:
        pages.extend(page for page in client.pages(PATIENTS))
    assert vars(raised.value)["received"] == 200
    assert vars(raised.value)["missing"] == 432


def test_what_is_missing_may_be_unknown(connect: Connect) -> None:
    first = as_json({"patients": PEOPLE, "total_entries": "many", "links": {"next": "x"}})
    _, client = connect(script(first, Answer(401)))
    with pytest.raises(InvalidKey, match="records received: 100, missing: an unknown number"):
        received(client)


def test_every_second_answer_broken_still_gives_everything(connect: Connect) -> None:
    source = clinic(632)
    faults = itertools.cycle(
        [
            None,
            Answer(500),
            None,
            Answer(fault="reset"),
            None,
            Answer(200, b"<html>"),
            None,
            Answer(429),
            None,
            Answer(200, b"{}" * 50, fault="short body"),
        ]
    )
    _, client = connect(lambda request: next(faults) or source(request))
    assert received(client) == [str(number) for number in sorted(source.records)]


@pytest.mark.parametrize("next_link", [None, ""])
def test_an_empty_next_link_is_the_end(connect: Connect, next_link: str | None) -> None:
    body = {"patients": [{"id": 1}], "total_entries": 1, "links": {"self": "x", "next": next_link}}
    server, client = connect(script(as_json(body)))
    assert received(client) == ["1"]
    assert len(server.requests) == 1


def test_a_list_without_a_count_is_walked_to_its_end(connect: Connect) -> None:
    first = as_json({"patients": PEOPLE, "total_entries": None, "links": {"next": "x"}})
    last = as_json({"patients": [{"id": "101"}], "links": {"self": "x"}})
    _, client = connect(script(first, last))
    pages = list(client.pages(PATIENTS))
    assert [(page.received, page.remaining, page.total) for page in pages] == [(100, None, None), (101, 0, 101)]


def test_the_order_of_a_whole_list_does_not_matter(connect: Connect) -> None:
    _, client = connect(script(listing("patients", [{"id": "9"}, {"id": "10"}, {"id": "2"}])))
    assert received(client) == ["9", "10", "2"]


def test_records_are_kept_as_sent(connect: Connect) -> None:
    record = {"id": "1", "email": "", "deleted_at": "", "new_field": {"a": [1, 2.5, None]}, "last_name": "O’Brien 👋"}
    _, client = connect(script(listing("patients", [record])))
    assert [page.records for page in client.pages(PATIENTS)] == [[record]]
