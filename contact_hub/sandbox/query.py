"""Lists: which rows a query selects, in which order, and which of them are on its page.

The ids that a set of filters selects are remembered until the table changes, and a lower or upper bound on ``id`` is a
bisection of them, so that paging by ``sort=id`` and ``id:>LAST`` costs no scan a page, however large the clinic.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from contact_hub.sandbox.filters import BadFilter, Filter, Kind, parse_filter
from contact_hub.sandbox.resources import Resource
from contact_hub.sandbox.rows import Row
from contact_hub.sandbox.tables import Table

MOST_PER_PAGE = 100
USUAL_PER_PAGE = 50
_BY_ID = (("id", False),)
_BOUNDS = (">", ">=", "<", "<=")

Params = Sequence[tuple[str, str]]
SortKeys = tuple[tuple[str, bool], ...]


@dataclass(frozen=True)
class ListQuery:
    """A list request: ``sort`` holds (field, descending) in order of weight."""

    filters: tuple[Filter, ...]
    sort: SortKeys
    page: int
    per_page: int


@dataclass(frozen=True)
class Page:
    """The rows of one page, and how many there are in all."""

    rows: list[Any]
    total: int


def parse_list_query(params: Params, resource: Resource) -> ListQuery:
    """What a list request asks for; unknown parameters are ignored, as Cliniko does.

    Raises:
        BadFilter: a filter, the sorting, ``page`` or ``per_page`` makes no sense.
    """
    said = dict(params)
    return ListQuery(
        filters=tuple(parse_filter(value, resource.filterable) for name, value in params if name == "q[]"),
        sort=_sort(said.get("sort") or "created_at", said.get("order") or "asc", resource),
        page=_whole_number("page", said.get("page", "1"), most=None),
        per_page=_whole_number("per_page", said.get("per_page", str(USUAL_PER_PAGE)), most=MOST_PER_PAGE),
    )


def select_page(table: Table[Any], resource: Resource, query: ListQuery) -> Page:
    """The page that the query asks for."""
    ids = _selected_ids(table, resource, query)
    start = (query.page - 1) * query.per_page
    return Page([table[row_id] for row_id in ids[start : start + query.per_page]], len(ids))


def find_one(table: Table[Any], resource: Resource, row_id: int, params: Params) -> Any | None:
    """The record, or None when there is none or it is hidden.

    Raises:
        BadFilter: a filter that a single record does not take.
    """
    allowed = dict.fromkeys(resource.hidden_by, Kind.MOMENT)
    filters = tuple(parse_filter(value, allowed) for name, value in params if name == "q[]")
    row = table.get(row_id)
    return row if row is not None and _is_wanted(row, filters + _hiding(resource, filters)) else None


def _selected_ids(table: Table[Any], resource: Resource, query: ListQuery) -> Sequence[int]:
    bounds: tuple[Filter, ...] = ()
    if query.sort == _BY_ID:
        bounds = tuple(one for one in query.filters if one.field == "id" and one.operator in _BOUNDS)
    others = tuple(one for one in query.filters if one not in bounds)
    ids: list[int] = table.remembered((resource.name, others, query.sort), lambda: _scan(table, resource, others, query.sort))
    return _within(ids, bounds) if bounds else ids


def _within(ids: list[int], bounds: Sequence[Filter]) -> list[int]:
    low, high = 0, len(ids)
    for bound in bounds:
        match bound.operator:
            case ">":
                low = max(low, bisect_right(ids, bound.operand))
            case ">=":
                low = max(low, bisect_left(ids, bound.operand))
            case "<":
                high = min(high, bisect_left(ids, bound.operand))
            case _:
                high = min(high, bisect_right(ids, bound.operand))
    return ids[low:high]


def _scan(table: Table[Any], resource: Resource, filters: tuple[Filter, ...], sort: SortKeys) -> list[int]:
    wanted = filters + _hiding(resource, filters)
    only = resource.only
    rows = [row for row in _candidates(table, filters) if _is_wanted(row, wanted) and (only is None or only(row))]
    rows.sort(key=lambda row: row.id)
    for field, descending in reversed(sort):
        rows.sort(key=lambda row, field=field: _sort_key(row, field), reverse=descending)  # type: ignore[misc]
    return [row.id for row in rows]


def _candidates(table: Table[Any], filters: Sequence[Filter]) -> Iterable[Any]:
    """All rows, or those that a list of ids leaves: clients ask for attendees by hundreds of bookings at a time."""
    listed = next((one for one in filters if one.kind is Kind.NUMBER and one.operator == "="), None)
    if listed is None:
        return table
    index = table.remembered(("rows by", listed.field), lambda: _rows_by(table, listed.field))
    return [row for number in listed.operand for row in index.get(number, ())]


def _rows_by(table: Table[Any], field: str) -> dict[int, list[Any]]:
    index: dict[int, list[Any]] = {}
    for row in table:
        index.setdefault(row.value(field), []).append(row)
    return index


def _hiding(resource: Resource, filters: Sequence[Filter]) -> tuple[Filter, ...]:
    spoken_of = {one.field for one in filters}
    return tuple(Filter(name, Kind.MOMENT, "!?") for name in resource.hidden_by if name not in spoken_of)


def _is_wanted(row: Row, filters: Sequence[Filter]) -> bool:
    return all(one.matches(row.value(one.field)) for one in filters)


def _sort_key(row: Row, field: str) -> tuple[bool, Any]:
    """Nulls come last, as in PostgreSQL."""
    value = row.value(field)
    return (value is None, "" if value is None else value)


def _sort(text: str, order: str, resource: Resource) -> SortKeys:
    keys = []
    for part in text.split(","):
        field, _, direction = part.partition(":")
        direction = direction or order.lower()
        if resource.filterable.get(field, Kind.NUMBERS) is Kind.NUMBERS:
            raise BadFilter(f"{field} cannot be sorted by")
        if direction not in ("asc", "desc"):
            raise BadFilter(f"{direction} is not a sort direction")
        keys.append((field, direction == "desc"))
    return tuple(keys)


def _whole_number(name: str, text: str, *, most: int | None) -> int:
    if not (text.isascii() and text.isdecimal()) or int(text) < 1 or (most is not None and int(text) > most):
        raise BadFilter(f"{name} must be a whole number from 1{f' to {most}' if most else ''}")
    return int(text)
