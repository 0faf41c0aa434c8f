"""Merging by itself: which certain duplicates become decisions, and when a run stops instead."""

from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from uuid import UUID

import numpy as np
from sqlalchemy import Connection, text

from contact_hub.directory import ContactDirectory, Made, Merge
from contact_hub.directory.deciding import Author
from contact_hub.duplicates.decided import distinct_pairs
from contact_hub.errors import ContactHubError
from contact_hub.linkage.clustering import components
from contact_hub.store.database import Database
from contact_hub.store.duplicates import DuplicateSettings, duplicate_settings, listed_pairs

AUTHOR = "contact_hub.linkage"
FEW = 2
"""Contacts that a run may always merge away: a share of a small clinic would be less than one."""
DISTINCT, CHAIN, CONFLICT = "said to be distinct", "one of its pairs is not likely by itself", "a decision stands against it"


class TooManyMerges(ContactHubError):
    """A run would merge more contacts than the organization allows; nothing was merged."""


@dataclass(frozen=True)
class Group:
    """Contacts that are one person for certain.

    Attributes:
        probability: the least of its certain pairs'.
        held: why it is not merged; empty if it is.
    """

    contact_ids: tuple[UUID, ...]
    probability: float
    model_version: str
    held: str = ""


@dataclass
class Merged:
    """What a run came to. Dry: it only says what it would merge.

    Attributes:
        contacts: people of the organization before.
        merged_away: contacts that are, or would be, another's.
    """

    dry: bool
    contacts: int
    most: int
    groups: int = 0
    merged_away: int = 0
    held: Counter[str] = field(default_factory=Counter)


def groups_to_merge(connection: Connection, organization_id: str) -> list[Group]:
    """Contacts in use that certain pairs hold together, the likeliest first; with what holds some of them back."""
    pairs = listed_pairs(connection, organization_id)
    apart = set(distinct_pairs(connection, organization_id))
    certain = [pair for pair in pairs if pair.decision == "certain"]
    if not certain:
        return []
    names = sorted({end for pair in certain for end in (pair.left_id, pair.right_id)})
    place = {name: at for at, name in enumerate(names)}
    label = components(
        np.array([place[pair.left_id] for pair in certain]), np.array([place[pair.right_id] for pair in certain]), len(names)
    )
    members: dict[int, list[UUID]] = {}
    for name, group in zip(names, label.tolist(), strict=True):
        members.setdefault(group, []).append(name)
    least: dict[int, float] = {}
    for pair in certain:
        group = int(label[place[pair.left_id]])
        least[group] = min(least.get(group, 1.0), pair.probability)
    likely = {(pair.left_id, pair.right_id) for pair in pairs}
    found = [
        Group(tuple(ids), least[group], certain[0].model_version, _held(ids, likely, apart)) for group, ids in members.items()
    ]
    return sorted(found, key=lambda group: (-group.probability, group.contact_ids))


def _held(ids: Sequence[UUID], likely: set[tuple[UUID, UUID]], apart: set[tuple[UUID, UUID]]) -> str:
    pairs = {(one, other) for at, one in enumerate(ids) for other in ids[at + 1 :]}
    return DISTINCT if pairs & apart else CHAIN if pairs - likely else ""


def merge_certain(database: Database, organization_id: str) -> Merged:
    """Merge an organization's certain duplicates, if it has turned that on; else say what would be merged.

    Raises:
        TooManyMerges: more than the organization's share of contacts; nothing was merged.
    """
    with database.reading() as connection:
        chosen = duplicate_settings(connection, organization_id)
        groups = groups_to_merge(connection, organization_id)
        run = Merged(not chosen.merges_automatically, _people(connection, organization_id), 0)
    free = [group for group in groups if not group.held]
    run.held.update(group.held for group in groups if group.held)
    run.most = _most(run.contacts, chosen)
    away = sum(len(group.contact_ids) - 1 for group in free)
    if run.dry:
        run.groups, run.merged_away = len(free), away
    elif away > run.most:
        raise TooManyMerges(
            f"{organization_id}: {away} of {run.contacts} contacts would be merged away, and at most {run.most} may be; "
            "nothing was merged. Look at `contact-hub duplicates list`; if they are right, raise the share "
            "with `duplicates automatic`"
        )
    else:
        _merge(database, organization_id, free, run)
    return run


def _most(contacts: int, chosen: DuplicateSettings) -> int:
    return max(FEW, int(chosen.share * contacts))


def _merge(database: Database, organization_id: str, groups: Sequence[Group], run: Merged) -> None:
    merges = [
        Merge(group.contact_ids, Author(AUTHOR, "certain duplicates", "model", group.probability, group.model_version))
        for group in groups
    ]
    with closing(ContactDirectory(database)) as directory:
        for made in directory.merge_many(organization_id, merges):
            if isinstance(made, Made):
                run.groups += made.created
                run.merged_away += len(made.decision_ids) if made.created else 0
            else:  # said since the pairs were found
                run.held[CONFLICT] += 1


def _people(connection: Connection, organization_id: str) -> int:
    statement = text("""
        SELECT count(*) FROM contacts
        WHERE organization_id = :organization_id AND status = 'active' AND contact_type <> 'household'
    """)
    return int(connection.execute(statement, {"organization_id": organization_id}).scalar_one())
