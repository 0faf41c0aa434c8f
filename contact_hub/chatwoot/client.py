"""Chatwoot over HTTP: the only module that sends requests to it.

What reads is sent again after refused, broken and missing answers. What writes is sent once: Chatwoot takes no idempotency
key, and a message created twice reaches a person twice.
"""

import logging
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from types import TracebackType
from typing import Any, Self, TypeVar

import requests
import urllib3

from contact_hub.chatwoot.account import ChatwootAccount
from contact_hub.chatwoot.answers import json_of
from contact_hub.chatwoot.errors import ChatwootError, Unavailable, UnexpectedAnswer
from contact_hub.chatwoot.listings import Record, record, records
from contact_hub.chatwoot.retries import ONCE, Patience, Tries
from contact_hub.http_api.sessions import api_session

_log = logging.getLogger(__name__)

Result = TypeVar("Result")
Values = Mapping[str, Any]


class ChatwootClient:
    """One Chatwoot account, opened with one token. Use one client in one thread.

    Lists come newest activity first and are walked by page number, for Chatwoot has nothing better: what gets active, is
    deleted or is merged during the walk moves others between pages, so a record may come twice or not at all.
    :func:`contact_hub.chatwoot.reconcile.missing_since` makes that good.
    """

    def __init__(
        self,
        account: ChatwootAccount,
        *,
        patience: Patience | None = None,
        connect_timeout_s: float = 5.0,
        read_timeout_s: float = 30.0,
    ) -> None:
        """
        Args:
            account: whose conversations.
            patience: for what reads.
            read_timeout_s: between two packets; Chatwoot itself gives up after some 15 s.
        """
        self.account = account
        self.requests_sent = 0
        self._patience = patience or Patience()
        self._timeouts = (connect_timeout_s, read_timeout_s)
        self._session = _session(account)

    def contacts(self) -> Iterator[Record]:
        """Contacts, the last active first, those who never wrote last: as many pages (of 15) as the caller takes.

        Only those with an email, a phone or an ``identifier``: whoever came by Instagram, or by WhatsApp without a number, is
        known by their conversations alone (chatwoot #15530).

        Raises:
            ChatwootError: from the iterator.
        """
        query = {"sort": "-last_activity_at", "include_contact_inboxes": "false"}
        return self._pages("contacts", "contacts", query, "payload")

    def contact(self, contact_id: int) -> Record:
        """A contact with its ``contact_inboxes`` (``[{source_id, inbox}]``).

        Raises:
            NotFound: there is none, or it was merged or deleted.
            ChatwootError: no usable answer.
        """
        return self._read("contact", f"contacts/{int(contact_id)}", {}, lambda body: record(body, "contact", wanted=contact_id))

    def conversations(self) -> Iterator[Record]:
        """Conversations of every status, the last active first: as many pages (of 25, mostly) as the caller takes.

        ``id`` is the one within the account, which the API's paths take. There is no ``contact_inbox``; its ``source_id`` is in
        ``messages[0].conversation``, the channel in ``meta.channel``.

        Raises:
            ChatwootError: from the iterator.
        """
        query = {"status": "all", "assignee_type": "all", "sort_by": "last_activity_at_desc"}
        return self._pages("conversations", "conversations", query, "data", "payload")

    def conversation(self, conversation_id: int) -> Record:
        """A conversation as :meth:`conversations` gives it.

        Raises:
            NotFound: there is none (any more).
            ChatwootError: no usable answer.
        """
        action, path = "conversation", f"conversations/{int(conversation_id)}"
        return self._read(action, path, {}, lambda body: record(body, action, wanted=conversation_id))

    def messages(self, conversation_id: int, *, after: int | None = None, before: int | None = None) -> Iterator[Record]:
        """A conversation's messages, private notes and activities included, with ``message_type`` 0 incoming, 1 outgoing,
        2 activity, 3 template and ``created_at`` in seconds since 1970.

        Args:
            after: only those with a higher id; the oldest first, a hundred a request.
            before: only those with a lower id; like all of them the newest first, twenty a request.

        Raises:
            NotFound: from the iterator; there is no such conversation (any more).
            ChatwootError: from the iterator.
            ValueError: at once; both bounds.
        """
        if after is not None and before is not None:
            raise ValueError("either after or before")
        path = f"conversations/{int(conversation_id)}/messages"
        return self._messages_before(path, before) if after is None else self._messages_after(path, after)

    def create_message(
        self,
        conversation_id: int,
        content: str,
        *,
        private: bool = False,
        content_type: str = "text",
        content_attributes: Values | None = None,
        template_params: Values | None = None,
    ) -> Record:
        """Write to the customer, or a private note to the agents; the message as created.

        Sent once. It comes back as a webhook, perhaps before this returns. The webhook and the message name the token's user as
        the sender, who looks like an agent unless the token is a bot's.

        Args:
            template_params: ``{name, category, language, processed_params}`` of a WhatsApp template, which is what can be
                sent where the conversation's ``can_reply`` is false.

        Raises:
            ChatwootError: no usable answer; see ``may_have_happened``.
        """
        values: dict[str, Any] = {
            "content": content,
            "message_type": "outgoing",
            "private": private,
            "content_type": content_type,
            "content_attributes": dict(content_attributes or {}),
        }
        if template_params is not None:
            values["template_params"] = dict(template_params)
        path = f"conversations/{int(conversation_id)}/messages"
        return self._write("new message", "POST", path, values, lambda body: record(body, "new message"))

    def update_contact(
        self, contact_id: int, *, custom_attributes: Values | None = None, additional_attributes: Values | None = None
    ) -> Record:
        """Set attributes of a contact; those not named stay as they are. The contact as it then is. Sent once.

        Raises:
            NotFound: there is none, or it was merged or deleted.
            ChatwootError: no usable answer; see ``may_have_happened``, though setting them again does no harm.
        """
        given = {"custom_attributes": custom_attributes, "additional_attributes": additional_attributes}
        values = {name: dict(value) for name, value in given.items() if value is not None}
        action = "contact's attributes"
        path = f"contacts/{int(contact_id)}"
        return self._write(action, "PUT", path, values, lambda body: record(body, action, wanted=contact_id))

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _pages(self, action: str, path: str, query: Values, *where: str) -> Iterator[Record]:
        """Every record of a list. An empty page ends it: how many a full one holds is up to the installation."""
        page, last = 1, [0]
        while found := self._read(action, path, {**query, "page": page}, lambda body: records(body, action, *where)):
            ids = [one["id"] for one in found]
            if ids == last:
                raise _not_on(action)
            yield from found
            page, last = page + 1, ids

    def _messages_before(self, path: str, before: int | None) -> Iterator[Record]:
        while found := self._message_page(path, {} if before is None else {"before": before}):
            yield from reversed(found)
            before = _onwards(min(one["id"] for one in found), before, is_back=True)

    def _messages_after(self, path: str, after: int) -> Iterator[Record]:
        while found := self._message_page(path, {"after": after}):
            yield from found
            after = _onwards(max(one["id"] for one in found), after, is_back=False)

    def _message_page(self, path: str, query: Values) -> list[Record]:
        return self._read("messages", path, query, lambda body: records(body, "messages", "payload"))

    def _read(self, action: str, path: str, query: Values, read: Callable[[Any], Result]) -> Result:
        """What ``read`` makes of the JSON at ``path``, after as many attempts as it takes and patience allows."""
        tries = Tries(self._patience)
        while True:
            try:
                return read(self._json(action, "GET", path, tries.left_s, params=query))
            except ChatwootError as error:
                failure = error
            pause = tries.failed(failure)
            _log.warning("%s; trying again in %.1f s", failure, pause)
            time.sleep(pause)

    def _write(self, action: str, method: str, path: str, values: Values, read: Callable[[Any], Result]) -> Result:
        return read(self._json(action, method, path, ONCE.deadline_s, json=values))

    def _json(self, action: str, method: str, path: str, left_s: float, **content: Any) -> Any:
        connect_s, read_s = self._timeouts
        timeouts = (min(connect_s, left_s), min(read_s, left_s))
        self.requests_sent += 1
        try:
            url = f"{self.account.base_url}/{path}"
            response = self._session.request(method, url, timeout=timeouts, allow_redirects=False, **content)
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            failure = _failure(error, action)
        else:
            return json_of(response, action, now=time.time())
        # Out of the handler: the library's error, which prints the URL, must not become the context of ours.
        raise failure


def _onwards(bound: int, last: int | None, *, is_back: bool) -> int:
    """The bound of the next page of messages, if it leads on.

    Raises:
        UnexpectedAnswer: it does not.
    """
    if last is None or (bound < last if is_back else bound > last):
        return bound
    raise _not_on("messages")


def _not_on(action: str) -> UnexpectedAnswer:
    """For the same page again: a proxy that drops the query would otherwise keep us walking for ever."""
    return UnexpectedAnswer("the next page holds what the last one held", action=action, status=200)


def _session(account: ChatwootAccount) -> requests.Session:
    session = api_session(account.url)
    session.headers["api_access_token"] = account.token
    session.auth = _no_auth  # lest a .netrc add a password to the token
    return session


def _no_auth(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _failure(error: Exception, action: str) -> ChatwootError:
    """The kind and the words for an exception of the HTTP libraries, whose own words hold the URL."""
    if isinstance(error, (requests.exceptions.ChunkedEncodingError, requests.exceptions.ContentDecodingError)):
        return UnexpectedAnswer("the answer broke off before its end", action=action)
    if isinstance(error, requests.exceptions.SSLError):
        return Unavailable("no trustworthy TLS connection to Chatwoot", action=action, may_have_happened=not _never_sent(error))
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return Unavailable("no connection to Chatwoot in time", action=action, may_have_happened=False)
    if isinstance(error, requests.exceptions.Timeout):
        return Unavailable("no answer from Chatwoot in time", action=action)
    if _never_sent(error):
        return Unavailable("no connection to Chatwoot could be made", action=action, may_have_happened=False)
    return Unavailable("the connection to Chatwoot broke", action=action)


def _never_sent(error: Exception) -> bool:
    """Whether it failed in making the connection, before anything was sent."""
    cause = error.args[0] if error.args else None
    reason = getattr(cause, "reason", cause)
    inner = reason.args[0] if isinstance(reason, urllib3.exceptions.SSLError) and reason.args else None
    refused = (urllib3.exceptions.NewConnectionError, urllib3.exceptions.NameResolutionError)
    return isinstance(reason, refused) or isinstance(inner, ssl.SSLCertVerificationError)
