"""Limits of a clinic's own, named as measures are: ``asset.measure``."""

import difflib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from contact_hub.errors import ConfigurationError
from contact_hub.measures import MEASURES
from contact_hub.store.measure_limits import measure_limits, set_limit


@dataclass(frozen=True)
class Limit:
    """The smallest share with which a measure passes.

    Attributes:
        measure: ``asset.measure``.
        at_least: what checks hold the organization to.
        default: what they would hold it to without a limit of its own.
        is_own: whether it has one.
    """

    measure: str
    at_least: float
    default: float
    is_own: bool


def limits_of(connection: Connection, organization_id: str) -> list[Limit]:
    """The limits that an organization is held to, of all measures."""
    own = measure_limits(connection, organization_id)
    return [
        Limit(f"{asset}.{one.name}", own.get((asset, one.name), one.at_least), one.at_least, (asset, one.name) in own)
        for asset, measures in MEASURES.items()
        for one in measures
    ]


def change_limits(
    connection: Connection, organization_id: str, limits: Mapping[str, float], reset: Collection[str] = ()
) -> None:
    """Hold measures to other limits, and those of ``reset`` to their defaults again: all of it, or nothing.

    Args:
        limits: the smallest shares that pass, from 0 to 1, by ``asset.measure``.

    Raises:
        ConfigurationError: there is no such organization; or what is wrong with which names and limits.
    """
    problems = [*_unknown([*limits, *reset]), *_impossible(limits, reset)]
    if problems:
        raise ConfigurationError("; ".join(problems))
    for name, at_least in (*limits.items(), *dict.fromkeys(reset).items()):
        asset, _, measure = name.partition(".")
        set_limit(connection, organization_id, asset, measure, at_least)


def _unknown(names: Collection[str]) -> Iterator[str]:
    known = [f"{asset}.{one.name}" for asset, measures in MEASURES.items() for one in measures]
    for name in dict.fromkeys(names):
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1, cutoff=0.85)
            meant = f" (is {near[0]} meant?)" if near else ""
            yield f"there is no measure {name!r}{meant}; contact-hub measures list ORG says which there are"


def _impossible(limits: Mapping[str, float], reset: Collection[str]) -> Iterator[str]:
    for name, at_least in limits.items():
        if not 0.0 <= at_least <= 1.0:
            yield f"{name}: a limit is a share from 0 to 1, not {at_least:g}"
        if name in reset:
            yield f"{name} is to be set and to be reset; leave it in one of the two"
