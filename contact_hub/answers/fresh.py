"""A patient's appointments, read from Cliniko right before an answer: in seconds, or not at all.

Two requests a patient, one more for who has booked a class. Classes say who takes part by ``patient_ids``, and only attendees
whether a place is cancelled (APIS §1.9). All of it is within the organization's rate.
"""

import logging
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from contact_hub import settings
from contact_hub.cliniko import (
    ATTENDEES,
    DEFAULT_CONTACT,
    GROUP_APPOINTMENTS,
    INDIVIDUAL_APPOINTMENTS,
    PATIENTS,
    ClinikoAccount,
    ClinikoClient,
    ClinikoError,
    Patience,
    RateLimited,
    Resource,
    Unavailable,
)
from contact_hub.errors import ConfigurationError
from contact_hub.store.database import Database
from contact_hub.store.organizations import Organization
from contact_hub.store.request_slots import SharedRequestSlots

TIMEOUT_S = 2.5
"""For everything that is asked of Cliniko for one answer."""
KEPT_S = 5.0
"""How long an answer of Cliniko's is good for; a failure is good for a fifth of that."""
PAUSE_S = 5.0
"""How long nobody else is kept waiting by a Cliniko that has just kept somebody waiting in vain."""
SHORT_SHARE = 0.25
"""Of the timeout: a failure that took no longer kept nobody waiting."""

_WORKERS = 8
_PROMPT = Patience(attempts=2, forbidden_attempts=1, refusals=0, backoff_s=0.1)
_log = logging.getLogger(__name__)

Payload = dict[str, Any]


class NotConfirmed(Exception):
    """What Cliniko would say now is not known."""


@dataclass(frozen=True)
class Fresh:
    """Cliniko's payloads of a patient: cancelled, deleted and archived ones included."""

    individual: list[Payload] = field(default_factory=list, repr=False)
    group: list[Payload] = field(default_factory=list, repr=False)
    attendees: list[Payload] = field(default_factory=list, repr=False)


@dataclass(frozen=True)
class Wanted:
    """Whose appointments.

    Attributes:
        patient_ids: of one person.
        current_ids: those among them that are not merged into another.
        booked_ahead: ids of appointments that they had when they were last landed.
    """

    clinic: Organization
    patient_ids: frozenset[str]
    current_ids: frozenset[str]
    booked_ahead: frozenset[str]

    @property
    def key(self) -> tuple[str, frozenset[str]]:
        return self.clinic.organization_id, self.patient_ids


@dataclass(frozen=True)
class _Filtered(Resource):
    """A resource of which only some records are wanted."""

    only: tuple[str, ...] = ()

    def filters(self) -> list[tuple[str, str]]:
        return [*super().filters(), *(("q[]", one) for one in self.only)]


def _filtered(resource: Resource, *only: str) -> Resource:
    return _Filtered(resource.name, resource.path, resource.key, resource.hidden_by, only)


class _PromptSlots(SharedRequestSlots):
    """The account's slots, for somebody who does not wait longer than until ``deadline`` (monotonic)."""

    deadline = 0.0

    def acquire(self) -> None:
        while (left := self.deadline - time.monotonic()) > 0:
            wait = self._take()
            if wait <= 0:
                return
            if wait > left:
                break
            time.sleep(wait)
        raise RateLimited("nothing was sent: no request is free in time", resource="appointments")


@dataclass(frozen=True)
class _Connection:
    """A client with its limiter, of one key; for one thread at a time."""

    account: ClinikoAccount
    client: ClinikoClient
    slots: _PromptSlots


class FreshAppointments:
    """Reads appointments for answers. One for a process; safe to use from many threads."""

    def __init__(
        self,
        database: Database,
        *,
        timeout_s: float = TIMEOUT_S,
        kept_s: float = KEPT_S,
        pause_s: float = PAUSE_S,
        requests_per_minute: int = 200,
    ) -> None:
        self._database = database
        self._timeout_s, self._kept_s, self._pause_s = timeout_s, kept_s, pause_s
        self._requests = requests_per_minute
        self._workers = ThreadPoolExecutor(_WORKERS, thread_name_prefix="fresh")
        self._lock = threading.Lock()
        self._kept: dict[tuple[str, frozenset[str]], tuple[float, Future[Fresh]]] = {}
        self._idle: dict[str, list[_Connection]] = {}
        self._paused_until: dict[str, float] = {}

    def close(self) -> None:
        """Wait for nobody; what is being asked ends by itself."""
        self._workers.shutdown(wait=False, cancel_futures=True)
        with self._lock:
            idle, self._idle = self._idle, {}
        for connection in (one for connections in idle.values() for one in connections):
            connection.client.close()

    def read(self, wanted: Wanted, *, anew: bool = False) -> Fresh:
        """What Cliniko says of these patients now, or said seconds ago. Never waits longer than the timeout.

        Args:
            anew: Cliniko is asked now, whatever it said seconds ago.

        Raises:
            NotConfirmed: whatever the reason; it is in the log, without anything of the patient.
        """
        organization_id = wanted.clinic.organization_id
        began = time.monotonic()
        with self._lock:
            since, asked = self._kept.get(wanted.key, (began, None))
            if asked is not None and (anew or not self._is_good(since, asked, began)):
                asked = None
            if asked is None:
                if self._paused_until.get(organization_id, 0.0) > began:
                    raise NotConfirmed
                since, asked = began, self._workers.submit(self._ask, wanted, began + self._timeout_s)
                self._keep(wanted.key, began, asked)
        try:
            return asked.result(max(0.0, since + self._timeout_s - time.monotonic()))
        except TimeoutError:
            self._pause(organization_id)
            self._say(organization_id, "Cliniko did not answer in time")
        except Unavailable as error:
            if time.monotonic() - began > SHORT_SHARE * self._timeout_s:
                self._pause(organization_id)
            self._say(organization_id, str(error))
        except (ClinikoError, ConfigurationError) as error:
            self._say(organization_id, str(error))
        except Exception as error:  # a reply that names no time is better than none
            self._say(organization_id, f"{type(error).__module__}.{type(error).__qualname__}")
        raise NotConfirmed

    def _pause(self, organization_id: str) -> None:
        with self._lock:
            self._paused_until[organization_id] = time.monotonic() + self._pause_s

    def _is_good(self, since: float, asked: Future[Fresh], now: float) -> bool:
        if not asked.done():
            return now - since < self._timeout_s
        failed = asked.cancelled() or asked.exception() is not None
        return now - since < self._kept_s / (5 if failed else 1)

    def _keep(self, key: tuple[str, frozenset[str]], now: float, asked: Future[Fresh]) -> None:
        """What is no longer good is not kept in memory either."""
        self._kept = {one: kept for one, kept in self._kept.items() if self._is_good(*kept, now)}
        self._kept[key] = (now, asked)

    def _say(self, organization_id: str, what: str) -> None:
        _log.warning("%s: appointments not confirmed: %s", organization_id, what)

    def _ask(self, wanted: Wanted, deadline: float) -> Fresh:
        if time.monotonic() > deadline:  # it waited behind others for longer than anybody waits for it
            raise NotConfirmed
        connection = self._connection(wanted.clinic)
        connection.slots.deadline = deadline
        try:
            fresh = _read(connection.client, wanted, datetime.now(UTC))
        except BaseException:
            connection.client.close()
            raise
        with self._lock:
            self._idle.setdefault(wanted.clinic.organization_id, []).append(connection)
        return fresh

    def _connection(self, clinic: Organization) -> _Connection:
        """An idle connection of the key that is registered now, or a new one."""
        if clinic.cliniko_key_env is None:
            raise ConfigurationError(f"{clinic.organization_id}: no Cliniko key variable is registered")
        key = settings.secret(clinic.cliniko_key_env, purpose=f"the Cliniko API key of {clinic.organization_id}")
        account = ClinikoAccount.from_key(key, url=clinic.cliniko_url)
        with self._lock:
            idle = self._idle.pop(clinic.organization_id, [])
            found = next((one for one in idle if one.account == account), None)
            kept = [one for one in idle if one is not found and one.account == account]
            if kept:
                self._idle[clinic.organization_id] = kept
        if found is not None:
            return found
        slots = _PromptSlots(self._database.engine, account.limit_id, requests=self._requests)
        client = ClinikoClient(
            account,
            limiter=slots,
            contact=settings.contact_email() or DEFAULT_CONTACT,
            patience=_PROMPT,
            connect_timeout_s=self._timeout_s,
            read_timeout_s=self._timeout_s,
        )
        return _Connection(account, client, slots)


def _read(client: ClinikoClient, wanted: Wanted, now: datetime) -> Fresh:
    everybody = ",".join(sorted(wanted.patient_ids))
    since = f"starts_at:>={_day_before(now, wanted.clinic.past_days)}"
    individual = list(_records(client, _filtered(INDIVIDUAL_APPOINTMENTS, f"patient_id:={everybody}", since)))
    # Who was merged into another has no classes of their own: Cliniko hands them on.
    asked = [_filtered(GROUP_APPOINTMENTS, f"patient_ids:~{one}", since) for one in sorted(wanted.current_ids)]
    classes = list({payload["id"]: payload for resource in asked for payload in _records(client, resource)}.values())
    attendees: list[Payload] = []
    if classes:
        bookings = ",".join(payload["id"] for payload in classes)
        only = (f"patient_id:={everybody}", f"booking_id:={bookings}")
        attendees = list(_records(client, _filtered(ATTENDEES, *only)))
    fresh = Fresh(individual, classes, attendees)
    found = {payload["id"] for payload in (*individual, *classes)}
    if wanted.booked_ahead - found:
        _check_patients(client, wanted)
    return fresh


def _day_before(now: datetime, days: int) -> str:
    return (now - timedelta(days=days)).strftime("%Y-%m-%dT00:00:00Z")


def _records(client: ClinikoClient, resource: Resource) -> Iterator[Payload]:
    for page in client.pages(resource):
        yield from page.records


def _check_patients(client: ClinikoClient, wanted: Wanted) -> None:
    """An appointment that was there is gone without a word. Erased, or the patient was merged since: then it is another's.

    Raises:
        NotConfirmed: a patient is not what was landed.
    """
    resource = _filtered(PATIENTS, f"id:={','.join(sorted(wanted.current_ids))}")
    patients: Mapping[str, Payload] = {payload["id"]: payload for payload in _records(client, resource)}
    if set(patients) != wanted.current_ids or any(payload.get("merged_at") for payload in patients.values()):
        raise NotConfirmed
