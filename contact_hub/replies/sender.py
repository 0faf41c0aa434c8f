"""Sending what the outbox holds, and what a failure means for it."""

import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from contact_hub.answers import Answers
from contact_hub.chatwoot import ChatwootClient, ChatwootError, NotFound, Patience, RateLimited, Refused, Unauthorized
from contact_hub.directory import InvalidIdentifier
from contact_hub.errors import ConfigurationError, stack_of
from contact_hub.replies.attempt import Attempt
from contact_hub.replies.outbox import GRACE_S, Message, Outbox, Reply
from contact_hub.store.chatwoot_access import ACCOUNT_ID, account_of, readers
from contact_hub.store.connections import connections_of
from contact_hub.store.database import Database

_log = logging.getLogger(__name__)
_MOST_ERRORS = 5


@dataclass(frozen=True)
class Pace:
    """How long things may take, and how soon they are tried again.

    Attributes:
        timeout_s: of a request to Chatwoot.
        backoff_s: before the second attempt; it doubles from one to the next.
        longest_s: what it doubles up to.
        uncertain_s: before a message is looked for whose creation broke off: Chatwoot itself gives up after 15 s.
        unauthorized_s: how long nothing is sent after Chatwoot has refused the token.
        unavailable_s: how long nothing is sent after Chatwoot did not answer, lest one clinic's outage hold up the others.
    """

    timeout_s: float = 10.0
    backoff_s: float = 2.0
    longest_s: float = 60.0
    uncertain_s: float = 20.0
    unauthorized_s: float = 600.0
    unavailable_s: float = 5.0

    def backoff(self, attempts: int) -> float:
        return min(self.longest_s, self.backoff_s * 2.0 ** min(attempts - 1, 20))


class Sender:
    """Sends what the outbox holds. One for a process; safe to use from many threads."""

    def __init__(self, database: Database, answers: Answers, *, pace: Pace | None = None, lease_s: float | None = None) -> None:
        self._database = database
        self._answers = answers
        self._pace = pace or Pace()
        self.outbox = Outbox(database) if lease_s is None else Outbox(database, lease_s=lease_s)

    def send_next(self) -> bool:
        """Take up the reply that is due, if one is, and do what can be done about it now. False: none is due."""
        reply = self.outbox.take_up()
        if reply is None:
            return False
        attempt = Attempt(reply, self.outbox, self._answers)
        try:
            message = self.outbox.message(reply)
            with self._client(reply, message) as client:
                attempt.make(message, client)
        except ChatwootError as error:
            _log.warning("%s: a reply was not sent: %s", reply.organization_id, error)
            self._failed(attempt, error)
        except ConfigurationError as error:
            _log.warning("%s: a reply cannot be sent: %s", reply.organization_id, error)
            self.outbox.end(reply, "failed", "not_connected")
        except InvalidIdentifier:
            self.outbox.end(reply, "skipped", "no_sender")
        except Exception as error:  # ours, or the store's
            _log.error("%s: a reply broke off\n%s", reply.organization_id, stack_of(error))
            self._broke(attempt)
        return True

    def _client(self, reply: Reply, message: Message) -> ChatwootClient:
        """A client of the account that the message came from, which does not try anything twice: the outbox does.

        Raises:
            ConfigurationError: it is not connected.
        """
        with self._database.reading() as connection:
            accounts = readers(connections_of(connection, reply.organization_id, "chatwoot"))
        fits = [one for one in accounts if message.chatwoot_account in (None, one.settings.get(ACCOUNT_ID))]
        if len(fits) != 1:
            raise ConfigurationError("the API of the message's Chatwoot account is not connected")
        timeout = self._pace.timeout_s
        patience = Patience(attempts=1, refusals=0, deadline_s=timeout)
        return ChatwootClient(
            account_of(fits[0]), patience=patience, connect_timeout_s=min(timeout, 5.0), read_timeout_s=timeout
        )

    def _failed(self, attempt: Attempt, error: ChatwootError) -> None:
        """What is wrong for good ends the reply, what may pass postpones it."""
        reply, outbox = attempt.reply, self.outbox
        is_lost = datetime.now(UTC) >= reply.expires_at + timedelta(seconds=GRACE_S)
        if isinstance(error, NotFound):
            outbox.end(reply, "skipped", "conversation_gone")
        elif isinstance(error, Unauthorized):
            outbox.pause(reply.organization_id, self._pace.unauthorized_s, "unauthorized")
            if attempt.is_uncertain and not is_lost:
                outbox.try_again(reply, self._pace.unauthorized_s)
            else:
                outbox.end(reply, "failed", "unauthorized")
        elif isinstance(error, Refused):
            outbox.end(reply, "failed", "refused")
        elif attempt.is_uncertain and is_lost:
            outbox.end(reply, "failed", "outcome_unknown")
        else:
            self._postpone(attempt, error)

    def _postpone(self, attempt: Attempt, error: ChatwootError) -> None:
        reply, pace = attempt.reply, self._pace
        wait, pause = pace.backoff(reply.attempts), pace.unavailable_s
        if isinstance(error, RateLimited):
            pause = max(pause, (error.retry_at or 0.0) - datetime.now(UTC).timestamp())
        self.outbox.pause(reply.organization_id, pause, "rate_limited" if isinstance(error, RateLimited) else "unavailable")
        self.outbox.try_again(reply, max(wait, pace.uncertain_s) if attempt.is_uncertain else wait)

    def _broke(self, attempt: Attempt) -> None:
        reply = attempt.reply
        if reply.attempts >= _MOST_ERRORS:
            self.outbox.end(reply, "failed", "outcome_unknown" if attempt.is_uncertain else "error")
        else:
            self.outbox.try_again(reply, max(self._pace.backoff(reply.attempts), self._pace.uncertain_s))
