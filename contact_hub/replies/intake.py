"""From landed events to the outbox: exactly once, whoever looks, for the watermark moves in the transaction of the rows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, text

from contact_hub.context.answering import OUT_OF_REACH, Incoming, Unanswered, is_message_of_customer, judge_event
from contact_hub.store.changes import last_number
from contact_hub.store.database import Database
from contact_hub.store.reply_tables import replies
from contact_hub.store.rows import insert_new

AT_ONCE = 500
"""Messages a transaction."""
_LONGEST_BURST = 4
"""A burst is answered after so many quiet times at the latest, though it goes on."""

_BEHIND = text("""
    SELECT settings.organization_id
    FROM reply_settings AS settings
    JOIN organizations USING (organization_id)
    JOIN organization_changes AS counter USING (organization_id)
    WHERE settings.mode <> 'off' AND organizations.status = 'active' AND counter.last_number > settings.through_number
    ORDER BY organization_id
""")

_TURN = text("""
    SELECT mode, expires_after_s, quiet_s, through_number FROM reply_settings
    WHERE organization_id = :organization_id AND mode <> 'off' FOR UPDATE SKIP LOCKED
""")

# Told by the mark in the message, by the id that Chatwoot gave to it, or word for word by what it says.
_MESSAGES = text("""
    SELECT event.event_id, event.number, event.provider, event.channel, event.kind, event.direction, event.from_customer,
           event.human_assigned, event.account, event.conversation_id, event.occurred_at, event.text,
           event.identifiers, event.hints,
           EXISTS (SELECT FROM replies AS own WHERE own.organization_id = event.organization_id
                   AND own.account = event.account AND own.conversation_id = event.conversation_id
                   AND event.provider = 'chatwoot' AND event.external_id = 'message:' || own.message_id) AS is_own,
           (SELECT own.text_hash FROM replies AS own WHERE own.organization_id = event.organization_id
            AND own.account = event.account AND own.conversation_id = event.conversation_id AND own.tried_at IS NOT NULL
            ORDER BY own.tried_at DESC LIMIT 1) AS last_said
    FROM channel_events AS event
    WHERE event.organization_id = :organization_id AND event.number > :after AND event.number <= :through
      AND event.kind = 'message' AND event.direction = 'in' AND event.occurred_at > :since
    ORDER BY event.number LIMIT :at_once
""")

_MOVE = text("""
    UPDATE reply_settings SET through_number = :through WHERE organization_id = :organization_id
""")

# Of a burst the last message is answered; one that lands late, after a later one, is not either.
_SUPERSEDE = text("""
    UPDATE replies AS earlier SET state = 'skipped', reason = 'superseded', next_attempt_at = NULL, updated_at = now()
    FROM replies AS later, replies AS new
    WHERE new.organization_id = :organization_id AND new.event_id = ANY(:event_ids)
      AND earlier.organization_id = :organization_id AND later.organization_id = :organization_id
      AND (earlier.account, earlier.conversation_id) = (new.account, new.conversation_id)
      AND (later.account, later.conversation_id) = (new.account, new.conversation_id)
      AND (later.received_at, later.event_id) > (earlier.received_at, earlier.event_id)
      AND earlier.state = 'pending' AND earlier.tried_at IS NULL AND later.state IN ('pending', 'sending', 'sent')
    RETURNING earlier.account, earlier.conversation_id, earlier.burst_at
""")

_HASTEN = text("""
    UPDATE replies SET burst_at = least(burst_at, :began), next_attempt_at = least(next_attempt_at, :latest)
    WHERE organization_id = :organization_id AND account = :account AND conversation_id = :conversation_id
      AND state = 'pending' AND attempts = 0
""")


@dataclass(frozen=True)
class _Turn:
    mode: str
    expires_after: timedelta
    quiet: timedelta


def organizations_behind(connection: Connection) -> list[str]:
    """Organizations that want replies and have news."""
    return list(connection.execute(_BEHIND).scalars())


def take_in(database: Database, organization_id: str) -> int:
    """Put what an organization's news asks for into its outbox; how many rows that made.

    Nobody waits: where another process is at it, there is nothing to do.
    """
    made, full = 0, True
    while full:
        with database.transaction() as connection:
            taken, full = _take_in(connection, organization_id)
        made += taken
    return made


def _take_in(connection: Connection, organization_id: str) -> tuple[int, bool]:
    found = connection.execute(_TURN, {"organization_id": organization_id}).one_or_none()
    if found is None:
        return 0, False
    turn = _Turn(found.mode, timedelta(seconds=found.expires_after_s), timedelta(seconds=found.quiet_s))
    now, last = datetime.now(UTC), last_number(connection, organization_id)
    parameters = {
        "organization_id": organization_id,
        "after": found.through_number,
        "through": last,
        "since": now - OUT_OF_REACH,
        "at_once": AT_ONCE,
    }
    messages = connection.execute(_MESSAGES, parameters).all()
    full = len(messages) == AT_ONCE
    connection.execute(_MOVE, {"organization_id": organization_id, "through": messages[-1].number if full else last})
    return _enqueue(connection, organization_id, turn, messages, now), full


def _enqueue(connection: Connection, organization_id: str, turn: _Turn, messages: Iterable[Row[Any]], now: datetime) -> int:
    made: list[tuple[Row[Any], Unanswered | None]] = []
    for message in messages:
        incoming = _incoming(message, now)
        if is_message_of_customer(incoming):
            made.append((message, judge_event(incoming, expires_after=turn.expires_after)))
    insert_new(connection, replies, organization_id, [_row(message, verdict, turn, now) for message, verdict in made])
    _supersede(connection, organization_id, turn, [message.event_id for message, verdict in made if verdict is None])
    return len(made)


def _incoming(message: Row[Any], now: datetime) -> Incoming:
    said = message.text is not None and text_hash(message.text) == message.last_said
    return Incoming(
        provider=message.provider,
        channel=message.channel,
        kind=message.kind,
        direction=message.direction,
        from_customer=message.from_customer,
        human_assigned=message.human_assigned,
        conversation=message.account is not None and (message.conversation_id or "").isdecimal(),
        sender=bool(message.identifiers) and message.identifiers[0]["claim"] == "sender",
        deleted=message.hints.get("deleted") is True,
        ours="reply_key" in message.hints or message.is_own,
        parrots=said,
        age=now - message.occurred_at,
    )


def _row(message: Row[Any], verdict: Unanswered | None, turn: _Turn, now: datetime) -> dict[str, Any]:
    return {
        "event_id": message.event_id,
        "state": "pending" if verdict is None else verdict.state,
        "reason": None if verdict is None else verdict.reason,
        "mode": turn.mode,
        "channel": message.channel,
        "account": message.account,
        "conversation_id": message.conversation_id,
        "received_at": message.occurred_at,
        "expires_at": message.occurred_at + turn.expires_after,
        "next_attempt_at": now + turn.quiet if verdict is None else None,
        "burst_at": now,
        "attempts": 0,
        "created_at": now,
        "updated_at": now,
    }


def _supersede(connection: Connection, organization_id: str, turn: _Turn, event_ids: Sequence[UUID]) -> None:
    if not event_ids:
        return
    where = {"organization_id": organization_id}
    earlier = connection.execute(_SUPERSEDE, {**where, "event_ids": list(event_ids)}).all()
    for one in earlier:
        burst = {"account": one.account, "conversation_id": one.conversation_id, "began": one.burst_at}
        connection.execute(_HASTEN, {**where, **burst, "latest": one.burst_at + _LONGEST_BURST * turn.quiet})


def text_hash(said: str) -> str:
    """What a text is known by where the text itself is not kept; white space at its ends does not count."""
    return sha256(said.strip().encode("utf-8", "replace")).hexdigest()
