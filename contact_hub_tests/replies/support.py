"""A clinic that answers: its Cliniko, its Chatwoot whose webhooks reach the gateway, and the outbox between, all over HTTP."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import text

from contact_hub.context.answering import Mode
from contact_hub.replies import Pace, ReplySettings, set_reply_settings
from contact_hub.sandbox import ChatwootServer
from contact_hub.sandbox.chatwoot.rows import Conversation, Message
from contact_hub.store.connections import ChannelConnection, connect
from contact_hub.store.database import Database
from contact_hub_tests.answers.support import LiveClinic, live_clinic

TOKEN_VARIABLE = "CHATWOOT_TOKEN_OF_REPLIES"
SECRET_VARIABLE = "CHATWOOT_SECRET_OF_REPLIES"
QUICK = Pace(timeout_s=1.0, backoff_s=0.05, longest_s=0.2, uncertain_s=0.2, unauthorized_s=60.0, unavailable_s=0.05)
LATEST_S = 40.0
"""How long something may take on a busy machine before a test gives it up."""


@dataclass(frozen=True)
class AnsweringClinic:
    """One organization with everything around it."""

    live: LiveClinic
    chatwoot: ChatwootServer

    @property
    def organization_id(self) -> str:
        return self.live.organization_id

    @property
    def database(self) -> Database:
        return self.live.database

    def answers(self, mode: Mode, *, quiet_s: float = 0.0, cool_down_s: float = 0.0, expires_after_s: float = 60.0) -> None:
        """Say how it answers; a pause ends."""
        wanted = ReplySettings(
            mode,
            expires_after=timedelta(seconds=expires_after_s),
            cool_down=timedelta(seconds=cool_down_s),
            quiet=timedelta(seconds=quiet_s),
        )
        with self.database.transaction() as connection:
            set_reply_settings(connection, self.organization_id, wanted)

    def connect(self, **changes: str) -> None:
        settings = {"url": self.chatwoot.url, "account_id": str(self.chatwoot.account_id), "api_token_env": TOKEN_VARIABLE}
        with self.database.transaction() as connection:
            known = ChannelConnection(self.organization_id, "chatwoot", SECRET_VARIABLE, settings={**settings, **changes})
            connect(connection, known)

    def replies(self, message: Message | None = None) -> list[Any]:
        """The rows of the outbox, of one message if it is given; the oldest message first."""
        statement = """
            SELECT reply.*, external_id FROM replies AS reply JOIN channel_events AS event USING (organization_id, event_id)
            WHERE organization_id = :organization_id AND (CAST(:external_id AS text) IS NULL OR external_id = :external_id)
            ORDER BY event.number
        """
        external_id = None if message is None else f"message:{message.id}"
        with self.database.reading() as connection:
            parameters = {"organization_id": self.organization_id, "external_id": external_id}
            return list(connection.execute(text(statement), parameters))

    def ended(self, message: Message) -> Any:
        """The reply to a message, once it has ended."""
        end = time.monotonic() + LATEST_S
        while time.monotonic() < end:
            found = self.replies(message)
            if found and found[0].state not in ("pending", "sending"):
                return found[0]
            time.sleep(0.01)
        raise AssertionError(f"no end in time: {[(row.state, row.reason, row.attempts) for row in self.replies(message)]}")

    def outcome(self, message: Message) -> tuple[str, str | None]:
        """(state, reason) of the reply to a message, once it has ended."""
        row = self.ended(message)
        return row.state, row.reason

    def taken_up(self, message: Message, attempts: int = 1) -> Any:
        """The reply to a message, once it has been taken up so many times."""
        end = time.monotonic() + LATEST_S
        while time.monotonic() < end:
            found = self.replies(message)
            if found and found[0].attempts >= attempts:
                return found[0]
            time.sleep(0.005)
        raise AssertionError("it is not taken up")

    def settled(self) -> None:
        """Wait until the outbox has taken in everything, and has nothing left to do."""
        statement = text("""
            SELECT NOT EXISTS (SELECT FROM replies WHERE organization_id = :organization_id AND state IN ('pending', 'sending'))
                   AND (SELECT settings.through_number >= counter.last_number FROM reply_settings AS settings
                        JOIN organization_changes AS counter USING (organization_id) WHERE organization_id = :organization_id)
        """)
        end = time.monotonic() + LATEST_S
        while time.monotonic() < end:
            with self.database.reading() as connection:
                if connection.execute(statement, {"organization_id": self.organization_id}).scalar():
                    return
            time.sleep(0.01)
        raise AssertionError("the outbox does not come to an end")

    def ours(self, conversation: Conversation) -> list[Message]:
        """What contact_hub has written into a conversation, the oldest first."""
        state = self.chatwoot.state
        with state.lock:
            return [one for one in state.messages_of(conversation) if one.sender is self.chatwoot.integration]

    def attributes(self, conversation: Conversation, is_shown: Callable[[dict[str, Any]], bool] = bool) -> dict[str, Any]:
        """What the team sees beside a conversation, once it is there: it comes after the answer."""
        end = time.monotonic() + LATEST_S
        while time.monotonic() < end:
            with self.chatwoot.state.lock:
                found = dict(conversation.contact.custom_attributes)
            if is_shown(found):
                return found
            time.sleep(0.01)
        raise AssertionError(f"the attributes do not come: {sorted(found)}")

    def said(self, conversation: Conversation) -> list[str | None]:
        return [one.content for one in self.ours(conversation)]


@contextmanager
def answering_clinic(database: Database, organization_id: str, *, pace: Pace = QUICK) -> Iterator[AnsweringClinic]:
    """A clinic that is connected, and answers nothing yet."""
    with live_clinic(database, organization_id, pace=pace) as live, ChatwootServer() as chatwoot:
        os.environ[TOKEN_VARIABLE], os.environ[SECRET_VARIABLE] = chatwoot.token, chatwoot.webhook_secret
        chatwoot.webhook_url = f"{live.gateway.url}/v1/{organization_id}/webhooks/chatwoot"
        clinic = AnsweringClinic(live, chatwoot)
        clinic.connect()
        yield clinic
