"""Reading a list to its end while the clinic goes on working.

Pages are keyed by id, never numbered: ``sort=id`` and, after the first page, ``id:>LAST``. A record that changes, comes
or goes during the walk moves no other record to another page, so none is skipped and none comes twice. Each answer says
by ``links.next`` whether there is more, so the walk takes ceil(records / 100) requests, and one where there are none.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from contact_hub.cliniko.errors import ClinikoError, MalformedResponse
from contact_hub.cliniko.records import record_id
from contact_hub.cliniko.resources import Resource

PER_PAGE = 100
"""The most that Cliniko gives."""


@dataclass(frozen=True)
class Page:
    """Some records of a walk, in the order of their ids.

    Attributes:
        records: as Cliniko sent them, ``id`` as text; never empty, except for the only page of an empty list.
        received: records of this walk so far, these included.
        remaining: records still to come, as counted by Cliniko with this page; None where it did not say.
    """

    records: list[dict[str, Any]]
    received: int
    remaining: int | None

    @property
    def total(self) -> int | None:
        """Records of the whole walk, as far as is known now."""
        return None if self.remaining is None else self.received + self.remaining


@dataclass(frozen=True)
class Listing:
    """One list answer that holds together: its records, the last id, whether there is more and how many."""

    records: list[dict[str, Any]]
    last: int | None
    more: bool
    remaining: int | None


def list_parameters(
    resource: Resource, *, updated_from: datetime | None, updated_before: datetime | None, after: int | None
) -> list[tuple[str, str]]:
    """The query of the page that follows id ``after``.

    Raises:
        ValueError: a moment without a time zone.
    """
    parameters = [("sort", "id"), ("per_page", str(PER_PAGE)), *resource.filters()]
    if updated_from is not None:
        parameters.append(("q[]", f"updated_at:>={_stamp(updated_from)}"))
    if updated_before is not None:
        parameters.append(("q[]", f"updated_at:<{_stamp(updated_before)}"))
    if after is not None:
        parameters.append(("q[]", f"id:>{after}"))
    return parameters


def _stamp(moment: datetime) -> str:
    """In UTC, to the second below: two walks that meet at one moment leave nothing out between them."""
    if moment.tzinfo is None:
        raise ValueError("a moment without a time zone")
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


def read_listing(body: object, resource: Resource, *, after: int | None) -> Listing:
    """The page in a list's JSON, checked against itself: a gap must be an error, never silence.

    Raises:
        MalformedResponse: another shape; a record without an exact id; ids out of order or not above ``after``; more
            announced by an empty page; or the last page does not hold as many records as Cliniko counts.
    """
    if not isinstance(body, dict) or not isinstance(body.get("links"), dict):
        raise _broken(resource, "the answer is not a list as the API promises it")
    records, total = body.get(resource.key), body.get("total_entries")
    counted = total if isinstance(total, int) and not isinstance(total, bool) else None
    ids = _ids(records)
    if not isinstance(records, list) or ids is None:
        raise _broken(resource, "not every record is an object with an exact id", missing=counted)
    more = bool(body["links"].get("next"))
    problem = _contradiction(ids, after=after, more=more, counted=counted)
    if problem:
        raise _broken(resource, problem, missing=counted)
    for record, exact in zip(records, ids, strict=True):
        record["id"] = exact
    believable = more and counted is not None and counted > len(records)
    remaining = counted - len(records) if counted is not None and believable else None
    return Listing(records, int(ids[-1]) if ids else None, more, remaining if more else 0)


def _ids(records: object) -> list[str] | None:
    """The ids of all records, None where one has none."""
    if not isinstance(records, list):
        return None
    ids = [record_id(record) for record in records]
    exact = [value for value in ids if value is not None]
    return exact if len(exact) == len(ids) else None


def _contradiction(ids: list[str], *, after: int | None, more: bool, counted: int | None) -> str | None:
    """What in a page cannot be, None where it holds together.

    The order matters only while more is to come: the next page starts above the last id, which would leave out what an
    unsorted page kept for later.
    """
    numbers = [int(value) for value in ids]
    if len(set(numbers)) != len(numbers) or (after is not None and numbers and min(numbers) <= after):
        return "a record comes twice"
    if more and not numbers:
        return "an empty page announces another one"
    if more and numbers != sorted(numbers):
        return "the records are not in the order of their ids"
    if not more and counted is not None and counted != len(numbers):
        return f"the last page holds {len(numbers)} records where {counted} are counted"
    return None


def _broken(resource: Resource, message: str, *, missing: int | None = None) -> MalformedResponse:
    return MalformedResponse(message, resource=resource.name, status=200, missing=missing)


def walk(fetch: Callable[[int | None], Listing]) -> Iterator[Page]:
    """All pages, one at a time.

    Args:
        fetch: gives the page that follows an id (None: the first one).

    Raises:
        ClinikoError: from ``fetch``, with what had been received and what is missing.
    """
    received, remaining, after = 0, None, None
    while True:
        try:
            listing = fetch(after)
        except ClinikoError as error:
            error.received = received
            error.missing = remaining if error.missing is None else error.missing
            raise
        received, remaining, after = received + len(listing.records), listing.remaining, listing.last
        yield Page(listing.records, received, remaining)
        if not listing.more:
            return
