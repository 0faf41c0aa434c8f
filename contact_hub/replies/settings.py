"""Whether and how an organization answers by itself."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import get_args

from sqlalchemy import Connection, text

from contact_hub.context.answering import Mode
from contact_hub.errors import ConfigurationError
from contact_hub.store.changes import last_number
from contact_hub.store.chatwoot_access import readers
from contact_hub.store.connections import connections_of
from contact_hub.store.organizations import organization

MODES: tuple[Mode, ...] = get_args(Mode)
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class ReplySettings:
    """
    Attributes:
        mode: ``off``; ``private_note``: what could be said, for the clinic's team to see; ``reply``: to the customer.
        expires_after: how long after a message it may still be answered; a late "tomorrow" is worse than no answer.
        cool_down: how long after a reply nothing more is said in the same conversation; zero: for no time.
        quiet: how long somebody must have written nothing more before the last message is answered.
        asks_reminders: patients are asked, once, how they want their reminders.
        paused_until, pause_reason: nothing is sent before; Chatwoot refused the token, or did not answer.

    Raises:
        ConfigurationError: a mode that there is not, or a time out of bounds.
    """

    mode: Mode = "off"
    expires_after: timedelta = timedelta(minutes=10)
    cool_down: timedelta = timedelta(hours=1)
    quiet: timedelta = timedelta(seconds=5)
    asks_reminders: bool = False
    paused_until: datetime | None = None
    pause_reason: str | None = None

    def __post_init__(self) -> None:
        if self.mode not in MODES:
            raise ConfigurationError(f"a mode of replies is one of {', '.join(MODES)}")
        if not timedelta(seconds=1) <= self.expires_after <= _DAY:
            raise ConfigurationError("replies must expire after 1 second to 24 hours: WhatsApp takes none later")
        if not timedelta(0) <= self.cool_down <= 30 * _DAY:
            raise ConfigurationError("the cool-down must be 0 to 30 days")
        if not timedelta(0) <= self.quiet < self.expires_after:
            raise ConfigurationError("the quiet time must be shorter than the time after which replies expire")


_READ = text("""
    SELECT mode, make_interval(secs => expires_after_s) AS expires_after, make_interval(secs => cool_down_s) AS cool_down,
           make_interval(secs => quiet_s) AS quiet, asks_reminders, paused_until, pause_reason
    FROM reply_settings WHERE organization_id = :organization_id
""")

_WRITE = text("""
    INSERT INTO reply_settings AS known
        (organization_id, mode, expires_after_s, cool_down_s, quiet_s, asks_reminders, through_number)
    VALUES (:organization_id, :mode, :expires_after_s, :cool_down_s, :quiet_s, :asks_reminders, :number)
    ON CONFLICT (organization_id) DO UPDATE SET
        mode = excluded.mode, expires_after_s = excluded.expires_after_s, cool_down_s = excluded.cool_down_s,
        quiet_s = excluded.quiet_s, asks_reminders = excluded.asks_reminders,
        paused_until = NULL, pause_reason = NULL, updated_at = now(),
        through_number = CASE WHEN known.mode = 'off' THEN excluded.through_number ELSE known.through_number END
""")

_DROP = text("""
    UPDATE replies SET state = 'skipped', reason = 'mode_off', next_attempt_at = NULL, updated_at = now()
    WHERE organization_id = :organization_id AND state = 'pending' AND tried_at IS NULL
""")


def reply_settings_of(connection: Connection, organization_id: str) -> ReplySettings:
    """What an organization wants; replies are off for who has said nothing."""
    row = connection.execute(_READ, {"organization_id": organization_id}).one_or_none()
    return ReplySettings() if row is None else ReplySettings(**row._mapping)


def set_reply_settings(connection: Connection, organization_id: str, wanted: ReplySettings) -> None:
    """Say what an organization wants. Nothing that landed before replies were turned on is answered; a pause ends.

    Raises:
        ConfigurationError: there is no such organization, or its Chatwoot cannot be written to.
    """
    organization(connection, organization_id)
    if wanted.mode != "off" and not readers(connections_of(connection, organization_id, "chatwoot")):
        raise ConfigurationError(
            f"{organization_id}: replies go through Chatwoot's API, which is not connected; contact-hub channel connect "
            f"{organization_id} chatwoot --secret-env VARIABLE --set url=https://... --set account_id=N "
            "--set api_token_env=VARIABLE"
        )
    values = {
        "organization_id": organization_id,
        "mode": wanted.mode,
        "expires_after_s": wanted.expires_after.total_seconds(),
        "cool_down_s": wanted.cool_down.total_seconds(),
        "quiet_s": wanted.quiet.total_seconds(),
        "asks_reminders": wanted.asks_reminders,
        "number": last_number(connection, organization_id),
    }
    connection.execute(_WRITE, values)
    if wanted.mode == "off":
        connection.execute(_DROP, {"organization_id": organization_id})
