"""Resolution: source records and decisions -> which contact each record and each identifier belongs to.

The one implementation of identity. The batch calls it with a whole organization, a real-time caller with one record and
all that it can reach; both get the same answer, because a group depends only on records that are joined to it by
decisions or by an identifier.

Records come as columns (:mod:`contact_hub.identity.source_records`); contacts are named by the position of their founding
record. The rules are those of DESIGN §7:

* Decisions join patients; nothing else joins two of them. A merge that a source took (Cliniko's ``merged_with_patient``)
  is a decision, chains included. A record that was merged away never founds a contact while another of its group can.
  What decisions mean together says :mod:`contact_hub.identity.decisions`; they hold against every identifier and name.
* Channel records go where :mod:`contact_hub.identity.attachment` puts them. A contact with a patient is founded by the
  patient, so that its id does not depend on who wrote when.
* A phone or email that several contacts hold is shared. It has one owner: whom a decision named, a patient before others, a
  contact in use before an archived one, one whose patient record states it before one that merely uses it, an adult before
  a person of unknown age before a minor, then whoever's record was changed last. What is merely stated makes no holder
  beside one who has it of their own.
* An identifier on more than ``max_holders`` patients links nobody: it is a switchboard or a placeholder. Who writes from it is
  still a contact. One that was typed under more than ``max_holders`` names links none who typed it, and stays whose it is.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import numpy as np

from contact_hub.identity.attachment import NOBODY, Attachment, attach
from contact_hub.identity.decisions import decide
from contact_hub.identity.regrouping import regroup
from contact_hub.identity.source_records import (
    Decision,
    Flags,
    Moments,
    Objects,
    Positions,
    SourceRecords,
    StatedIdentifiers,
    identifier_codes,
    latest_first,
    run_starts,
)

ADULT_AGE = 18
MAX_HOLDERS = 10
CLAIMS = ("stated", "account", "claimed")
"""How an identifier came to a contact: a patient's record states it, a channel vouches for it, someone typed it."""


@dataclass(frozen=True)
class IdentifierLinks:
    """Which contact holds which identifier, one entry an identifier and contact.

    Attributes:
        contact: position of the contact's founding record.
        kind, value: the identifier.
        record: position of the record that states it: a patient's before others, then the last changed.
        claim: one of :data:`CLAIMS`, the strongest.
        owner: True for the one contact that owns the identifier.
        holders: contacts that hold the identifier.
        on_whatsapp: whether WhatsApp has delivered something for the number.
        first_seen, last_seen: earliest creation and last change among the contact's records that state it.
    """

    contact: Positions
    kind: Objects
    value: Objects
    record: Positions
    claim: Objects
    owner: Flags
    holders: Positions
    on_whatsapp: Flags
    first_seen: Moments
    last_seen: Moments


@dataclass(frozen=True)
class Resolution:
    """The assignment.

    Attributes:
        founder: position of the record that founded each record's contact; -1 for a record that belongs to none.
        attachment: why each record belongs where it does.
        links: who holds which identifier.
    """

    founder: Positions
    attachment: Attachment
    links: IdentifierLinks


def resolve(
    records: SourceRecords,
    identifiers: StatedIdentifiers,
    decisions: Sequence[Decision],
    *,
    as_of: date,
    max_holders: int = MAX_HOLDERS,
) -> Resolution:
    """Assign every record to a contact and every identifier to its holders; see the module for the rules.

    The order of the input never matters. ``as_of`` says on which day a person's age is taken.
    """
    decided = decide(records, decisions)
    patients = decided.patients
    codes = identifier_codes(identifiers.kind, identifiers.value)
    linking = ~_linking_nobody(records, identifiers, codes, patients, max_holders)
    identifiers, codes = identifiers.where(linking), codes[linking]
    attachment = regroup(records, identifiers, attach(records, identifiers, codes, decided), decided)
    return Resolution(attachment.founder, attachment, _links(records, identifiers, codes, attachment, as_of))


def founders_of(records: SourceRecords, name: Callable[[str, str], UUID]) -> Objects:
    """The contact id that each record founds, or would found."""
    ids = np.empty(len(records), object)
    ids[:] = [name(source, source_id) for source, source_id in zip(records.source, records.source_id, strict=True)]
    return ids


def _linking_nobody(
    records: SourceRecords, identifiers: StatedIdentifiers, codes: Positions, patients: Positions, max_holders: int
) -> Flags:
    """Statements of identifiers that too many people have or typed; what an account has of its own stays with it."""
    of_patient = records.patient[identifiers.record]
    size = int(codes.max(initial=-1)) + 1
    holders = _distinct_by_code(codes[of_patient], patients[identifiers.record[of_patient]], size)
    typed = ~identifiers.vouched
    names: dict[object, int] = {}
    called = [names.setdefault(records.names[record], len(names)) for record in identifiers.record[typed].tolist()]
    callers = _distinct_by_code(codes[typed], np.array(called, np.intp), size)
    return ((holders > max_holders)[codes] & (of_patient | typed)) | ((callers > max_holders)[codes] & typed)


def _distinct_by_code(codes: Positions, values: Positions, size: int) -> Positions:
    pairs = np.unique(np.stack((codes, values), axis=1), axis=0)
    return np.bincount(pairs[:, 0], minlength=size)


def _links(
    records: SourceRecords, identifiers: StatedIdentifiers, codes: Positions, attachment: Attachment, as_of: date
) -> IdentifierLinks:
    reached = attachment.founder[identifiers.record] != NOBODY
    kept = reached & ~identifiers.former & ~_typed_beside_a_holder(records, identifiers, codes, attachment)
    identifiers, identifier = identifiers.where(kept), codes[kept]
    contact = attachment.founder[identifiers.record]
    stated_at = records.updated_at[identifiers.record]
    claim = np.where(records.patient[identifiers.record], 0, np.where(identifiers.vouched, 1, 2))
    order = np.lexsort((records.rank[identifiers.record], latest_first(stated_at), claim, contact, identifier))
    starts = run_starts(identifier[order], contact[order])
    one = order[starts]
    last_seen = _reduced(np.fmax, stated_at[order], starts)
    on_whatsapp = identifiers.vouched & (records.source[identifiers.record] == "whatsapp")
    decided = _reduced(np.logical_or, _is_decided(records, attachment)[identifiers.record[order]], starts)
    return IdentifierLinks(
        contact=contact[one],
        kind=identifiers.kind[one],
        value=identifiers.value[one],
        record=identifiers.record[one],
        claim=np.array(CLAIMS, object)[claim[one]],
        owner=_owners(records, identifier[one], contact[one], claim[one], last_seen, decided, as_of),
        holders=np.bincount(identifier[one])[identifier[one]] if len(one) else one,
        on_whatsapp=_reduced(np.logical_or, on_whatsapp[order], starts),
        first_seen=_reduced(np.fmin, records.created_at[identifiers.record][order], starts),
        last_seen=last_seen,
    )


def _is_decided(records: SourceRecords, attachment: Attachment) -> Flags:
    """Channel records that a decision gave to their contact."""
    return (attachment.method == "decision") & ~records.patient


def _typed_beside_a_holder(
    records: SourceRecords, identifiers: StatedIdentifiers, codes: Positions, attachment: Attachment
) -> Flags:
    """Statements that someone typed about an identifier which a patient or an account has of its own."""
    reached = attachment.founder[identifiers.record] != NOBODY
    held = np.zeros(int(codes.max(initial=-1)) + 1, np.bool_)
    held[codes[identifiers.vouched & reached]] = True
    return ~identifiers.vouched & held[codes]


def _reduced(function: np.ufunc, values: np.ndarray, starts: Positions) -> np.ndarray:
    return function.reduceat(values, starts) if len(starts) else values[:0]


def _owners(
    records: SourceRecords,
    identifier: Positions,
    contact: Positions,
    claim: Positions,
    last_seen: Moments,
    decided: Flags,
    as_of: date,
) -> Flags:
    order = np.lexsort(
        (
            records.rank[contact],
            latest_first(last_seen),
            _age_rank(records.birth_date[contact], as_of),
            claim,
            ~records.in_use[contact],
            ~records.patient[contact],
            ~decided,
            identifier,
        )
    )
    owner = np.zeros(len(identifier), np.bool_)
    owner[order[run_starts(identifier[order])]] = True
    return owner


def _age_rank(birth_date: Moments, as_of: date) -> Positions:
    """0 for adults, 1 for people of unknown age, 2 for minors."""
    adult_since = np.datetime64(f"{as_of.year - ADULT_AGE:04}-{as_of.month:02}-01") + np.timedelta64(as_of.day - 1, "D")
    return np.where(np.isnat(birth_date), 1, np.where(birth_date <= adult_since, 0, 2)).astype(np.intp)
