"""Reading Cliniko over HTTP: the only module that sends requests to it, and only to read."""

import logging
import re
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from types import TracebackType
from typing import Any, Self, TypeVar

import requests
import urllib3
from requests.auth import HTTPBasicAuth

from contact_hub.cliniko.account import ClinikoAccount
from contact_hub.cliniko.answers import json_of
from contact_hub.cliniko.errors import ClinikoError, InvalidRequest, MalformedResponse, RateLimited, Unavailable
from contact_hub.cliniko.limiter import Limiter
from contact_hub.cliniko.paging import Listing, Page, list_parameters, read_listing, walk
from contact_hub.cliniko.records import is_id, record_id
from contact_hub.cliniko.resources import Resource
from contact_hub.cliniko.retries import Patience, Tries
from contact_hub.errors import ConfigurationError
from contact_hub.http_api.sessions import api_session

DEFAULT_CONTACT = "maintainers@contact-hub.example"
"""The e-mail address in ``User-Agent`` where the operator gives none."""

_EMAIL = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+")
_log = logging.getLogger(__name__)

Result = TypeVar("Result")
Parameters = Sequence[tuple[str, str]]


class ClinikoClient:
    """One Cliniko account, read with one key. Use one client in one thread; the limiter may be shared.

    A request is sent again after refused, broken and missing answers, within ``patience``; every attempt takes a place
    in the limiter. What a method returns is complete and has the shape that the API promises; anything else is a
    :class:`ClinikoError`.
    """

    def __init__(
        self,
        account: ClinikoAccount,
        *,
        limiter: Limiter,
        contact: str = DEFAULT_CONTACT,
        patience: Patience | None = None,
        connect_timeout_s: float = 5.0,
        read_timeout_s: float = 40.0,
    ) -> None:
        """
        Args:
            account: whose records.
            limiter: shared by everything that uses the same Cliniko user.
            contact: e-mail address of who runs this, which Cliniko asks for in ``User-Agent``.
            read_timeout_s: between two packets; Cliniko itself gives up (504) after some 30 s.

        Raises:
            ConfigurationError: ``contact`` is not an e-mail address.
        """
        if not _EMAIL.fullmatch(contact):
            raise ConfigurationError("the contact given to Cliniko must be an e-mail address in plain ASCII")
        self.requests_sent = 0
        self._account = account
        self._limiter = limiter
        self._patience = patience or Patience()
        self._timeouts = (connect_timeout_s, read_timeout_s)
        self._closed_until = 0.0
        self._session = _session(account, contact)

    def pages(
        self, resource: Resource, *, updated_from: datetime | None = None, updated_before: datetime | None = None
    ) -> Iterator[Page]:
        """Every record of ``resource``, archived, cancelled and deleted ones included, a page at a time.

        Args:
            updated_from: only records changed at or after this moment (to the second below).
            updated_before: only records changed before it. One that changes during the walk can leave the range; it is
                then in the range of the next walk.

        Raises:
            ClinikoError: from the iterator, with ``received`` and ``missing``; the pages before it are not the whole.
            ValueError: at once, for a moment without a time zone.
        """
        list_parameters(resource, updated_from=updated_from, updated_before=updated_before, after=None)

        def fetch(after: int | None) -> Listing:
            parameters = list_parameters(resource, updated_from=updated_from, updated_before=updated_before, after=after)
            return self._result(resource, resource.path, parameters, lambda body: read_listing(body, resource, after=after))

        return walk(fetch)

    def get(self, resource: Resource, record: str) -> dict[str, Any]:
        """The record of ``resource`` with the id ``record``, also where it is archived, cancelled or deleted.

        Raises:
            NotFound: there is none, or not for this user.
            InvalidRequest: ``record`` cannot be an id; nothing was sent.
            ClinikoError: no usable answer.
        """
        if not is_id(record):
            raise InvalidRequest("an id is one to nineteen digits; nothing was sent", resource=resource.name)

        def read(body: Any) -> dict[str, Any]:
            if record_id(body) != record:
                raise MalformedResponse("the answer is not the record asked for", resource=resource.name, status=200)
            return {**body, "id": record}

        return self._result(resource, f"{resource.key}/{record}", resource.filters(), read)

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _result(self, resource: Resource, path: str, parameters: Parameters, read: Callable[[Any], Result]) -> Result:
        """What ``read`` makes of the JSON at ``path``, after as many attempts as it takes and patience allows."""
        tries = Tries(self._patience)
        while True:
            self._wait_for_turn(resource)
            try:
                return read(self._json(resource, path, parameters))
            except ClinikoError as error:
                failure = error
            if isinstance(failure, RateLimited):
                self._hold_back(failure, tries)
                continue
            pause = tries.failed(failure)
            _log.warning("%s; trying again in %.1f s", failure, pause)
            time.sleep(pause)

    def _wait_for_turn(self, resource: Resource) -> None:
        while (wait := self._closed_until - time.time()) > 0:
            if wait > self._patience.longest_wait_s:
                message = "nothing was sent: Cliniko refused an earlier request for longer than we wait"
                raise RateLimited(message, resource=resource.name, retry_at=self._closed_until)
            time.sleep(wait)
        self._limiter.acquire()
        self.requests_sent += 1

    def _hold_back(self, refusal: RateLimited, tries: Tries) -> None:
        """Send nothing before the time that a 429 names, and let nobody else who shares the limiter.

        A time further off than anybody would wait is kept from the limiter: should it be wrong, it would stop them all.
        """
        now = time.time()
        if refusal.retry_at is None:
            refusal.retry_at = now + tries.next_pause()
        wait = refusal.retry_at - now
        self._closed_until = refusal.retry_at
        if wait <= self._patience.longest_wait_s:
            self._limiter.refused_until(refusal.retry_at)
        tries.refused(refusal, wait)
        _log.warning("%s", refusal)

    def _json(self, resource: Resource, path: str, parameters: Parameters) -> Any:
        url = f"{self._account.base_url}/{path}"
        try:
            response = self._session.get(url, params=list(parameters), timeout=self._timeouts)
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            failure = _failure(error)
        else:
            return json_of(response, resource.name, now=time.time())
        # Out of the handler: the library's error, which prints the URL, must not become the context of ours.
        raise failure[0](failure[1], resource=resource.name)


def _session(account: ClinikoAccount, contact: str) -> requests.Session:
    session = api_session(account.base_url, contact=contact)
    session.auth = HTTPBasicAuth(account.key, "")  # set, so that a .netrc cannot take its place
    return session


def _failure(error: Exception) -> tuple[type[ClinikoError], str]:
    """The kind and the words for an exception of the HTTP libraries, whose own words hold the URL."""
    if isinstance(error, (requests.exceptions.ChunkedEncodingError, requests.exceptions.ContentDecodingError)):
        return MalformedResponse, "the answer broke off before its end"
    if isinstance(error, requests.exceptions.SSLError):
        return Unavailable, "no trustworthy TLS connection to Cliniko"
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return Unavailable, "no connection to Cliniko in time"
    if isinstance(error, requests.exceptions.Timeout):
        return Unavailable, "no answer from Cliniko in time"
    return Unavailable, "the connection to Cliniko could not be made, or broke"
