"""Ids, links and empty text in Cliniko records."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contact_hub.cliniko import RESOURCES, related_id, text
from contact_hub.cliniko.records import record_id

BASE = "https://api.au1.cliniko.com/v1"


def link(url: object) -> dict[str, Any]:
    return {"patient": {"links": {"self": url}}}


@pytest.mark.parametrize(
    ("record", "found"),
    [
        (link(f"{BASE}/patients/1390726237298631770"), "1390726237298631770"),
        (link(f"{BASE}/patients/9"), "9"),
        (link("http://127.0.0.1:1/v1/bookings/77"), "77"),
        (link(f"{BASE}/individual_appointments/77"), "77"),
        (link(f"{BASE}/patients"), None),
        (link(f"{BASE}/patients/1/appointments"), None),
        (link(f"{BASE}/attendees?q[]=patient_id:=1"), None),
        (link(f"{BASE}/patients/1?q[]=archived_at:*"), None),
        (link(f"{BASE}/patients?id=/patients/1"), None),
        (link(f"{BASE}/patients#/patients/1"), None),
        (link(f"{BASE}/patients/12345678901234567890"), None),
        (link(f"{BASE}/patients/٣"), None),
        (link(f"{BASE}/patients/1\n"), "1"),
        (link(f"{BASE}/patients/1x"), None),
        (link("https://[broken/patients/1"), None),
        (link(""), None),
        (link(None), None),
        (link(7), None),
        ({"patient": None}, None),
        ({"patient": {}}, None),
        ({"patient": {"links": None}}, None),
        ({"patient": {"links": []}}, None),
        ({"patient": f"{BASE}/patients/1"}, None),
        ({}, None),
    ],
)
def test_the_id_behind_a_link(record: dict[str, Any], found: str | None) -> None:
    assert related_id(record, "patient") == found


@pytest.mark.parametrize(
    ("value", "read"),
    [
        (None, None),
        ("", None),
        (" \t\n\u00a0", None),
        ("Anna", "Anna"),
        ("  Anna Maria ", "Anna Maria"),
        (2000, "2000"),
        (0, "0"),
        (True, None),
        (1.5, None),
        ([], None),
        ({}, None),
    ],
)
def test_empty_text_is_none_however_it_is_sent(value: object, read: str | None) -> None:
    assert text(value) == read


@pytest.mark.parametrize(
    ("record", "found"),
    [
        ({"id": "75335355"}, "75335355"),
        ({"id": 1390726237298631770}, "1390726237298631770"),
        ({"id": 0}, "0"),
        ({"id": 1.390726237298631770e18}, None),
        ({"id": True}, None),
        ({"id": -1}, None),
        ({"id": 10**19}, None),
        ({"id": ""}, None),
        ({"id": "1a"}, None),
        ({"id": "1\n"}, None),
        ({"id": "١"}, None),
        ({"id": None}, None),
        ({"id": ["1"]}, None),
        ({}, None),
        ([], None),
        ("1", None),
        (None, None),
    ],
)
def test_only_an_exact_id_is_an_id(record: object, found: str | None) -> None:
    assert record_id(record) == found


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.just(f"{BASE}/patients/1"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["links", "self", "id", "x"]), inner),
    max_leaves=8,
)


@settings(deadline=None)
@given(_JSON)
def test_reading_never_fails(value: Any) -> None:
    assert related_id({"patient": value}, "patient") in (None, "1")
    assert record_id(value) is None or isinstance(record_id(value), str)
    assert text(value) != ""


def test_every_resource_has_its_own_name_and_list() -> None:
    assert len({resource.name for resource in RESOURCES}) == len(RESOURCES) == 8
    assert len({resource.path for resource in RESOURCES}) == len(RESOURCES)
