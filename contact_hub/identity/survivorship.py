"""Survivorship: which of a contact's source records wins each field.

Per field (DESIGN §7): the source with the higher authority; within a source, a record in its own right before one that
was merged away; then the value changed last. An empty value never wins over a filled one, and the winner is kept.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from contact_hub.identity.source_records import Objects, Positions, SourceRecords, latest_first, run_starts

AUTHORITY: Mapping[str, int] = {"cliniko": 0, **dict.fromkeys(("phone", "whatsapp", "email", "web_form"), 1)}
"""Rank of each source as an authority on a person's data, strongest first: Cliniko, channels that reach the person directly,
then all others, which are social."""


@dataclass(frozen=True)
class Survivors:
    """The records of every contact, strongest first, one contact after another.

    Attributes:
        founder: positions of the founding records, ascending: one entry a contact.
        order: positions of all records.
        contact: for each entry of ``order``, the index of its contact in ``founder``.
    """

    founder: Positions
    order: Positions
    contact: Positions

    def winners(self, values: Objects) -> Positions:
        """For each contact, the position of the record whose value wins; -1 where no record has one."""
        filled = np.fromiter((value is not None for value in values), np.bool_, len(values))[self.order]
        contact = self.contact[filled]
        starts = run_starts(contact)
        winners = np.full(len(self.founder), -1, np.intp)
        winners[contact[starts]] = self.order[filled][starts]
        return winners


def survivors(records: SourceRecords, founder: Positions) -> Survivors:
    """Order the records of each contact by who wins; ``founder`` as :func:`~contact_hub.identity.resolve.resolve` gives it."""
    authority = np.fromiter((AUTHORITY.get(source, len(AUTHORITY)) for source in records.source), np.intp, len(records))
    merged_away = records.patient & (founder != np.arange(len(records)))
    order = np.lexsort((records.rank, latest_first(records.updated_at), merged_away, authority, founder))
    founders, contact = np.unique(founder[order], return_inverse=True)
    return Survivors(founders, order, contact)
