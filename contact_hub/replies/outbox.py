"""The outbox: one reply at a time is taken up by one worker, and whatever becomes of it is written down.

``attempts`` is the fence: who has taken a reply up as its third attempt can end only the third attempt. A worker that died
holds a reply until ``next_attempt_at``; then it is anybody's again, and :mod:`~contact_hub.replies.sender` looks in the
conversation first whether it had been sent.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Connection, Row, text

from contact_hub.context import Told
from contact_hub.context.answering import Mode
from contact_hub.store.database import Database, lock_space

LEASE_S = 60.0
"""How long an attempt may take: several times as long as all of its requests together."""
GRACE_S = 900.0
"""How long after its end a reply is still looked for that may have been sent."""

# Of a conversation nothing is taken up while another of its replies is under way, or may have been sent.
_NEXT = text("""
    SELECT reply.organization_id, reply.event_id, reply.account, reply.conversation_id
    FROM replies AS reply
    JOIN reply_settings AS settings USING (organization_id)
    JOIN organizations USING (organization_id)
    WHERE reply.state IN ('pending', 'sending') AND reply.next_attempt_at <= now() AND organizations.status = 'active'
      AND (settings.paused_until IS NULL OR settings.paused_until <= now()
           OR reply.expires_at + make_interval(secs => :grace_s) <= now())
      AND NOT EXISTS (
          SELECT FROM replies AS other
          WHERE other.organization_id = reply.organization_id AND other.account = reply.account
            AND other.conversation_id = reply.conversation_id AND other.event_id <> reply.event_id
            AND (other.state = 'sending' OR (other.state = 'pending' AND other.tried_at IS NOT NULL
                 AND (other.received_at, other.event_id) < (reply.received_at, reply.event_id))))
    ORDER BY reply.next_attempt_at LIMIT 1
    FOR UPDATE OF reply SKIP LOCKED
""")

_IS_ALONE = text("""
    SELECT pg_try_advisory_xact_lock(:space, hashtext(:conversation))
""")

_IS_UNDER_WAY = text("""
    SELECT EXISTS (SELECT FROM replies WHERE organization_id = :organization_id AND account = :account
                   AND conversation_id = :conversation_id AND event_id <> :event_id AND state = 'sending')
""")

_TAKE_UP = text("""
    UPDATE replies SET state = 'sending', attempts = attempts + 1, updated_at = now(),
           next_attempt_at = now() + make_interval(secs => :lease_s)
    WHERE organization_id = :organization_id AND event_id = :event_id
    RETURNING attempts, mode, tried_at, text_hash, received_at, expires_at
""")

_EVENT = text("""
    SELECT external_id, channel, account, conversation_id, text, identifiers, hints ->> 'chatwoot_account' AS chatwoot_account,
           source, source_id
    FROM channel_events WHERE organization_id = :organization_id AND event_id = :event_id
""")

# By the same number or account, in whatever conversation; what only the clinic's team has read was told to nobody.
_LAST_TOLD = text("""
    SELECT reply.told_appointment_id, reply.told_starts_at
    FROM channel_events AS event JOIN replies AS reply USING (organization_id, event_id)
    WHERE event.organization_id = :organization_id AND event.source = :source AND event.source_id = :source_id
      AND reply.state = 'sent' AND reply.mode = 'reply' AND reply.freshness = 'live'
    ORDER BY reply.sent_at DESC LIMIT 1
""")

# By the same number or account; what only the clinic's team has read asked nobody.
_LAST_ASKED = text("""
    SELECT max(reply.sent_at) FROM channel_events AS event JOIN replies AS reply USING (organization_id, event_id)
    WHERE event.organization_id = :organization_id AND event.source = :source AND event.source_id = :source_id
      AND reply.state = 'sent' AND reply.mode = 'reply' AND reply.asks_reminders
""")

_LAST_SENT = text("""
    SELECT max(sent_at) FROM replies
    WHERE organization_id = :organization_id AND account = :account AND conversation_id = :conversation_id
      AND state = 'sent' AND event_id <> :event_id
""")

_ECHO = text("""
    SELECT regexp_replace(external_id, '^message:([^:]*).*$', '\\1') FROM channel_events
    WHERE organization_id = :organization_id AND account = :account AND conversation_id = :conversation_id
      AND hints ->> 'reply_key' = :key ORDER BY number LIMIT 1
""")

_EXPIRE = text("""
    UPDATE replies AS reply SET state = 'expired', next_attempt_at = NULL, updated_at = now(),
           reason = CASE WHEN settings.paused_until > now() THEN 'paused' ELSE 'not_in_time' END
    FROM reply_settings AS settings
    WHERE settings.organization_id = reply.organization_id AND reply.state = 'pending' AND reply.tried_at IS NULL
      AND reply.expires_at <= now()
      AND (CAST(:organization_id AS text) IS NULL OR reply.organization_id = :organization_id)
""")

_PAUSE = text("""
    UPDATE reply_settings SET paused_until = now() + make_interval(secs => :seconds), pause_reason = :reason
    WHERE organization_id = :organization_id
""")


@dataclass(frozen=True)
class Message:
    """The message that is answered, as it landed."""

    external_id: str
    channel: str
    account: str
    conversation_id: int
    text: str | None
    sender: tuple[str, str]
    chatwoot_account: str | None
    source: str | None
    source_id: str | None

    @property
    def chatwoot_id(self) -> int:
        """Chatwoot's id of it."""
        return int(self.external_id.removeprefix("message:"))


@dataclass(frozen=True)
class Reply:
    """A reply that a worker has taken up.

    Attributes:
        key: what marks the message that it becomes.
        tried_at: when Chatwoot was asked to create it without saying how that ended; None: it was not.
    """

    organization_id: str
    event_id: UUID
    attempts: int
    mode: Mode
    tried_at: datetime | None
    text_hash: str | None
    received_at: datetime
    expires_at: datetime

    @property
    def key(self) -> str:
        return str(self.event_id)

    @property
    def where(self) -> dict[str, Any]:
        return {"organization_id": self.organization_id, "event_id": self.event_id}


class Outbox:
    """The replies of all organizations. Safe to use from many threads and processes."""

    def __init__(self, database: Database, *, lease_s: float = LEASE_S) -> None:
        self.database = database
        self._lease_s = lease_s

    def expire(self, organization_id: str | None = None) -> int:
        """End what it is too late for, of one organization or of all; how many."""
        with self.database.transaction() as connection:
            return connection.execute(_EXPIRE, {"organization_id": organization_id}).rowcount

    def take_up(self) -> Reply | None:
        """The reply that has been due for longest, for this caller alone; None: nothing is due."""
        with self.database.transaction() as connection:
            found = connection.execute(_NEXT, {"grace_s": GRACE_S}).one_or_none()
            if found is None or not _is_alone(connection, found):
                return None
            key = {"organization_id": found.organization_id, "event_id": found.event_id}
            taken = connection.execute(_TAKE_UP, {**key, "lease_s": self._lease_s}).one()
            return Reply(**key, **taken._mapping)

    def message(self, reply: Reply) -> Message:
        """What is to be answered."""
        with self.database.reading() as connection:
            row = connection.execute(_EVENT, reply.where).one()
        first = row.identifiers[0]
        values = {name: value for name, value in row._mapping.items() if name not in ("identifiers", "conversation_id")}
        return Message(**values, conversation_id=int(row.conversation_id), sender=(first["channel"], first["value"]))

    def last_told(self, reply: Reply, message: Message) -> Told | None:
        """The appointment that the last reply to this identifier named."""
        with self.database.reading() as connection:
            where = {**reply.where, "source": message.source, "source_id": message.source_id}
            row = connection.execute(_LAST_TOLD, where).one_or_none()
        return None if row is None or row.told_appointment_id is None else Told(*row)

    def last_asked(self, reply: Reply, message: Message) -> datetime | None:
        """When this identifier was last asked how reminders should come."""
        with self.database.reading() as connection:
            where = {**reply.where, "source": message.source, "source_id": message.source_id}
            return cast("datetime | None", connection.execute(_LAST_ASKED, where).scalar())

    def talked_at(self, reply: Reply, message: Message) -> datetime | None:
        """When the last reply went into the conversation."""
        with self.database.reading() as connection:
            return cast("datetime | None", connection.execute(_LAST_SENT, _conversation(reply, message)).scalar())

    def echo(self, reply: Reply, message: Message) -> str | None:
        """The id of the message that the reply became, if it has come back as an event."""
        with self.database.reading() as connection:
            return connection.execute(_ECHO, {**_conversation(reply, message), "key": reply.key}).scalar()

    def note(self, reply: Reply, **values: Any) -> bool:
        """Write something down about an attempt under way. False: it was given up for lost, and is another's by now."""
        return self._write(reply, values)

    def end(self, reply: Reply, state: str, reason: str | None = None, **values: Any) -> bool:
        """End a reply. False: it was another's by now."""
        return self._write(reply, {**values, "state": state, "reason": reason, "next_attempt_at": None})

    def try_again(self, reply: Reply, after_s: float, **values: Any) -> bool:
        """Give a reply back, to be taken up later. False: it was another's by now."""
        return self._write(reply, {**values, "state": "pending"}, after_s)

    def pause(self, organization_id: str, seconds: float, reason: str) -> None:
        """Send nothing of an organization's for a while."""
        with self.database.transaction() as connection:
            connection.execute(_PAUSE, {"organization_id": organization_id, "seconds": seconds, "reason": reason})

    def _write(self, reply: Reply, values: Mapping[str, Any], after_s: float | None = None) -> bool:
        sets = [f"{name} = :{name}" for name in values]
        if after_s is not None:
            sets.append("next_attempt_at = now() + make_interval(secs => :after_s)")
        statement = f"""
            UPDATE replies SET {", ".join((*sets, "updated_at = now()"))}
            WHERE organization_id = :organization_id AND event_id = :event_id AND state = 'sending' AND attempts = :attempts
        """
        with self.database.transaction() as connection:
            parameters = {**values, **reply.where, "attempts": reply.attempts, "after_s": after_s}
            return connection.execute(text(statement), parameters).rowcount == 1


def _is_alone(connection: Connection, found: Row[Any]) -> bool:
    """Whether nobody else is taking up a reply of the same conversation at this moment, or has just done so."""
    if found.conversation_id is None:
        return True
    parts = (found.organization_id, found.account, found.conversation_id)
    key = {"space": lock_space("reply"), "conversation": "\x1f".join(map(str, parts))}
    if not connection.execute(_IS_ALONE, key).scalar_one():
        return False
    return not connection.execute(_IS_UNDER_WAY, dict(found._mapping)).scalar_one()


def _conversation(reply: Reply, message: Message) -> dict[str, Any]:
    return {**reply.where, "account": message.account, "conversation_id": str(message.conversation_id)}
