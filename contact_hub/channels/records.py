"""Channel records: the accounts, numbers, addresses and forms by which people show up, summed up from their events.

A summary is a fold over events that comes out the same whatever their order, and however often one is folded in.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal

from contact_hub.channels.event import ChannelEvent, StatedIdentifier

FORM = "web_form"
_TENURE = "~"
_NUMBERED = frozenset(("phone", "whatsapp"))

RecordKey = tuple[str, str]
"""(source, source id)."""
Identifier = tuple[str, str]
"""(kind, value): ``phone`` (phone and WhatsApp are one identity), ``email``, or a channel with ids of its own."""
RecordClaim = Literal["account", "stated"]


@dataclass(frozen=True, slots=True)
class Sighting:
    """What one event says about one person.

    Attributes:
        source, identifier: the record, before it is known whether its number has changed hands.
        at: when, aware.
        identifiers: the person's, with what each claims.
    """

    source: str
    identifier: str
    at: datetime
    identifiers: tuple[StatedIdentifier, ...]
    name: str | None
    username: str | None
    from_customer: bool

    def key(self, changes: Iterable[datetime] = ()) -> RecordKey:
        """The record; ``changes`` are the moments at which its identifier changed hands."""
        return (self.source, source_id(self.identifier, self.at, changes))


@dataclass(frozen=True, slots=True)
class ChannelRecord:
    """Everything that a record's sightings say, but for its identifiers."""

    identifier: str
    first_at: datetime
    last_at: datetime
    from_customer: bool
    name: str | None = None
    named_at: datetime | None = None
    username: str | None = None
    username_at: datetime | None = None

    def and_(self, other: ChannelRecord) -> ChannelRecord:
        """Both together; the later name counts."""
        name, named_at = _later((self.name, self.named_at), (other.name, other.named_at))
        username, username_at = _later((self.username, self.username_at), (other.username, other.username_at))
        return ChannelRecord(
            identifier=self.identifier,
            first_at=min(self.first_at, other.first_at),
            last_at=max(self.last_at, other.last_at),
            from_customer=self.from_customer or other.from_customer,
            name=name,
            named_at=named_at,
            username=username,
            username_at=username_at,
        )

    def says_no_more_than(self, other: ChannelRecord) -> bool:
        """Whether identity is the same for both: all but the latest times. The first record founds a contact."""
        mine = (self.name, self.username, self.from_customer, self.first_at)
        return mine == (other.name, other.username, other.from_customer, other.first_at)


@dataclass(frozen=True, slots=True)
class Statement:
    """That a record states an identifier: vouched for as the account's own, or merely typed."""

    claim: RecordClaim
    since: datetime
    last_at: datetime

    def and_(self, other: Statement) -> Statement:
        claim: RecordClaim = "account" if "account" in (self.claim, other.claim) else "stated"
        return Statement(claim, min(self.since, other.since), max(self.last_at, other.last_at))


@dataclass(frozen=True, slots=True)
class NumberMoved:
    """An account left an identifier for another: what comes from the old one afterwards is someone else's."""

    kind: str
    value: str
    at: datetime
    to: RecordKey


def sighting_of(event: ChannelEvent, at: datetime) -> Sighting | None:
    """The person of an event; None if it names nobody.

    Args:
        at: when it occurred; when it landed, where its provider does not say.
    """
    name = event.name or event.profile_name if event.direction == "in" else None
    username = event.username if event.direction == "in" else None
    sender = event.sender
    if sender is not None:
        source: str = sender.channel
        identifier = sender.value
    elif any(stated.claim == "stated" for stated in event.identifiers):
        # No account to answer to, so each submission is a record of its own.
        source, identifier = (FORM if event.channel == "web" else event.channel), event.external_id
    else:
        return None
    return Sighting(source, identifier, at, event.identifiers, name, username, event.is_from_customer)


def identifier_of(stated: StatedIdentifier) -> Identifier:
    """Under which kind and value an identifier is found."""
    is_number = stated.channel in ("phone", "whatsapp") and stated.value.startswith("+")
    return ("phone" if is_number else stated.channel, stated.value)


def kind_of(source: str, identifier: str) -> str:
    """The kind under which a record's own identifier is found."""
    return "phone" if source in ("phone", "whatsapp") and identifier.startswith("+") else source


def sources_of(kind: str) -> tuple[str, ...]:
    """The sources whose records have an identifier of this kind for their own."""
    return ("phone", "whatsapp") if kind == "phone" else (kind,)


def moves_of(sighting: Sighting, key: RecordKey) -> Iterator[NumberMoved]:
    """The numbers that the sender's account, whose record ``key`` names, has left."""
    for stated in sighting.identifiers:
        kind, value = identifier_of(stated)
        if stated.claim == "former" and kind == "phone":
            yield NumberMoved(kind, value, sighting.at, key)


def source_id(identifier: str, at: datetime, changes: Iterable[datetime] = ()) -> str:
    """A record's id: the identifier, and since when it is this person's if it was someone else's before."""
    since = max((change for change in changes if change < at), default=None)
    return identifier if since is None else f"{identifier}{_TENURE}{since.astimezone(UTC).isoformat()}"


def latest_source_id(identifier: str, changes: Iterable[datetime] = ()) -> str:
    """The id of the record that an identifier belongs to now."""
    return source_id(identifier, datetime.max.replace(tzinfo=UTC), changes)


def identifier_in(source: str, source_id: str) -> str:
    """The identifier in a record's id."""
    return source_id.partition(_TENURE)[0] if source in _NUMBERED else source_id


class Summary:
    """Records and their statements, grown by sightings.

    Args:
        records, statements: what is known already.
    """

    def __init__(
        self,
        records: Mapping[RecordKey, ChannelRecord] | None = None,
        statements: Mapping[RecordKey, Mapping[Identifier, Statement]] | None = None,
    ) -> None:
        self.records = dict(records or {})
        self.statements = {key: dict(stated) for key, stated in (statements or {}).items()}
        self.touched: set[RecordKey] = set()
        self.news: set[RecordKey] = set()

    def add(self, sighting: Sighting, changes: Iterable[datetime] = ()) -> RecordKey:
        """Fold a sighting in; ``changes`` are the moments at which its identifier changed hands. The record's key."""
        key = sighting.key(changes)
        self.touched.add(key)
        known, grown = self.records.get(key), _record(sighting)
        if known is not None:
            grown = known.and_(grown)
        if known is None or not grown.says_no_more_than(known):
            self.news.add(key)
        self.records[key] = grown
        for stated in sighting.identifiers:
            self._state(key, stated, sighting.at)
        return key

    def _state(self, key: RecordKey, stated: StatedIdentifier, at: datetime) -> None:
        identifier = identifier_of(stated)
        if stated.claim == "former" and identifier[0] == "phone":
            return
        claim: RecordClaim = "stated" if stated.claim == "stated" else "account"
        statements = self.statements.setdefault(key, {})
        known, grown = statements.get(identifier), Statement(claim, at, at)
        if known is not None:
            grown = known.and_(grown)
        if known is None or known.claim != grown.claim:
            self.news.add(key)
        statements[identifier] = grown


def _record(sighting: Sighting) -> ChannelRecord:
    record = ChannelRecord(sighting.identifier, sighting.at, sighting.at, sighting.from_customer)
    if sighting.name is not None:
        record = replace(record, name=sighting.name, named_at=sighting.at)
    if sighting.username is not None:
        record = replace(record, username=sighting.username, username_at=sighting.at)
    return record


def _later(
    one: tuple[str | None, datetime | None], other: tuple[str | None, datetime | None]
) -> tuple[str | None, datetime | None]:
    """The value said later; of two said at once the greater, so that order does not matter."""
    if one[0] is None or one[1] is None:
        return other
    if other[0] is None or other[1] is None:
        return one
    return max(one, other, key=lambda said: (said[1], said[0]))
