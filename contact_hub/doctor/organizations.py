"""One organization: its variables, whether Cliniko and Chatwoot answer it, how recent it is, and what lies undone."""

import time
from collections.abc import Iterator
from email.utils import parsedate_to_datetime

import requests
from sqlalchemy import text

from contact_hub import settings
from contact_hub.chatwoot import ChatwootClient, ChatwootError
from contact_hub.chatwoot import Patience as ChatwootPatience
from contact_hub.cliniko import BUSINESSES, DEFAULT_CONTACT, ClinikoAccount, ClinikoClient
from contact_hub.cliniko.retries import Patience
from contact_hub.doctor.finding import Finding, Level, judged
from contact_hub.doctor.installation import variables
from contact_hub.errors import ConfigurationError, ContactHubError
from contact_hub.resources.chatwoot import ChatwootResource
from contact_hub.store import recency
from contact_hub.store.chatwoot_access import readers
from contact_hub.store.connections import ChannelConnection, channel_connections
from contact_hub.store.database import Database
from contact_hub.store.organizations import Organization
from contact_hub.store.request_slots import SharedRequestSlots

SKEW_WARN_S, SKEW_FAIL_S = 30.0, 300.0
"""Signatures and watermarks go by the clock; WhatsApp's and Chatwoot's are refused after five minutes."""
UNSETTLED_MINUTES = 5


def organization_findings(database: Database, clinic: Organization, *, online: bool) -> Iterator[Finding]:
    """All that is to be said of one organization."""
    name = clinic.organization_id
    with database.reading() as connection:
        channels = channel_connections(connection, name)
    yield from _time_zone(clinic)
    yield from _variables(clinic, channels)
    if online:
        yield from _cliniko(database, clinic)
        yield from _chatwoot(name, channels)
    yield from _recent(database, name)
    yield from _undone(database, name)


def _time_zone(clinic: Organization) -> Iterator[Finding]:
    subject = f"{clinic.organization_id}, time zone"
    try:
        yield Finding("OK", subject, settings.valid_time_zone(clinic.time_zone, said_by=subject))
    except ConfigurationError as error:
        yield Finding("FAIL", subject, str(error), "contact-hub org add ... --time-zone; or install this machine's tzdata")


def _variables(clinic: Organization, channels: list[ChannelConnection]) -> Iterator[Finding]:
    subject = f"{clinic.organization_id}, Cliniko key"
    if clinic.cliniko_key_env is None:
        yield Finding(
            "WARN", subject, "no variable is registered; nothing is imported", "contact-hub org add --cliniko-key-env"
        )
    else:
        yield from variables(subject, (clinic.cliniko_key_env,))
    for channel in channels:
        named = (value for key, value in channel.settings.items() if key.endswith("_env"))
        needed = tuple(dict.fromkeys((channel.secret_env, *named)))
        yield from variables(f"{clinic.organization_id}, {channel.provider} {channel.name}", needed)


def _cliniko(database: Database, clinic: Organization) -> Iterator[Finding]:
    subject = f"{clinic.organization_id}, Cliniko"
    if clinic.cliniko_key_env is None or not settings.is_set(clinic.cliniko_key_env):
        return  # said above
    try:
        key = settings.secret(clinic.cliniko_key_env, purpose="the Cliniko API key")
        account = ClinikoAccount.from_key(key, url=clinic.cliniko_url)
        slots = SharedRequestSlots(database.engine, account.limit_id)
        once = Patience(attempts=1, forbidden_attempts=1, refusals=0, longest_wait_s=10.0)
        contact = settings.contact_email() or DEFAULT_CONTACT
        with ClinikoClient(account, limiter=slots, patience=once, contact=contact) as client:
            next(iter(client.pages(BUSINESSES)), None)
    except ContactHubError as error:
        yield Finding("FAIL", subject, str(error), "mend the key, the user's role or the network; docs/operations.md")
    else:
        yield Finding("OK", subject, "answers, and accepts the key")
        yield from _clock(subject, account.base_url)


def _clock(subject: str, url: str) -> Iterator[Finding]:
    """This machine's clock against the Date of an answer (of any status; no key is sent)."""
    try:
        answer = requests.head(url, timeout=5, allow_redirects=False, auth=_no_auth)
        there = parsedate_to_datetime(answer.headers["Date"]).timestamp()
    except (requests.RequestException, KeyError, ValueError):
        return
    skew = abs(time.time() - there)
    remedy = "set this machine's clock (NTP): signatures and watermarks go by it"
    yield judged(f"{subject}'s clock", skew, f"{skew:.0f} s from ours", warn=SKEW_WARN_S, fail=SKEW_FAIL_S, remedy=remedy)


def _no_auth(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _chatwoot(organization_id: str, channels: list[ChannelConnection]) -> Iterator[Finding]:
    try:
        found = readers(channels)
    except ConfigurationError as error:
        yield Finding("FAIL", f"{organization_id}, Chatwoot", str(error), "contact-hub channel disconnect")
        return
    for channel in found:
        subject = f"{organization_id}, Chatwoot {channel.name}"
        try:
            with _asking_once(ChatwootResource().client(channel)) as client:
                next(iter(client.conversations()), None)
        except (ConfigurationError, ChatwootError) as error:
            yield Finding("FAIL", subject, str(error), "mend the URL, the account or the token (of a user, not of a bot)")
        else:
            yield Finding("OK", subject, "answers, and accepts the token")


def _asking_once(client: ChatwootClient) -> ChatwootClient:
    account = client.account
    client.close()
    return ChatwootClient(account, patience=ChatwootPatience(attempts=1), read_timeout_s=10.0)


def _recent(database: Database, organization_id: str) -> Iterator[Finding]:
    checks = (
        ("import", recency.late_imports, recency.IMPORT_HOURS, "look at its last run; contact-hub sync"),
        ("derivation", recency.late_derivations, recency.DERIVATION_HOURS, "look at sensor channel_events and its last run"),
        ("reconciliation", recency.late_reconciliations, recency.RECONCILIATION_HOURS, "look at the last run of job chatwoot"),
    )
    with database.reading() as connection:
        for what, late, limit, remedy in checks:
            behind = late(connection, organization_id)
            message = f"{behind[0].hours:.1f} h behind" if behind else f"no more than {limit:g} h behind"
            level: Level = "FAIL" if behind else "OK"
            yield Finding(level, f"{organization_id}, {what}", message, remedy if behind else "")


_QUARANTINED = text("""
    SELECT count(*) FROM quarantined_deliveries WHERE organization_id = :organization_id AND resolved_at IS NULL
""")
_UNSETTLED = text("""
    SELECT count(*) FROM unsettled_records AS record
    JOIN channel_events AS event USING (organization_id, number)
    WHERE organization_id = :organization_id AND event.landed_at < now() - make_interval(mins => :minutes)
""")


def _undone(database: Database, organization_id: str) -> Iterator[Finding]:
    values = {"organization_id": organization_id, "minutes": UNSETTLED_MINUTES}
    with database.reading() as connection:
        quarantined = connection.execute(_QUARANTINED, values).scalar_one()
        unsettled = connection.execute(_UNSETTLED, values).scalar_one()
    remedy = f"contact-hub events quarantine {organization_id}; then events replay"
    message = f"{quarantined} deliveries could not be read"
    yield judged(f"{organization_id}, quarantine", quarantined, message, warn=0, fail=1000, remedy=remedy)
    remedy = "the gateway settles them: is it running? else the next run does"
    message = f"{unsettled} records wait longer than {UNSETTLED_MINUTES} minutes"
    yield judged(f"{organization_id}, unsettled", unsettled, message, warn=0, fail=1000, remedy=remedy)
