"""People ask through Chatwoot when they are booked, and get what each of them may be told."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from urllib.parse import urlsplit

from sqlalchemy import text

from contact_hub.context.answering import Mode
from contact_hub.demo.clinic import ORGANIZATION_ID, DemoClinic
from contact_hub.demo.connections import SECRETS
from contact_hub.errors import ContactHubError
from contact_hub.processes import is_free
from contact_hub.replies import ReplySettings, set_reply_settings
from contact_hub.sandbox import ChatwootServer
from contact_hub.sandbox.chatwoot.rows import Message
from contact_hub.store.connections import connections_of
from contact_hub.store.database import Database

IDS_AFTER = 50_000
"""The morning's Chatwoot has ids of its own, and lies in the past."""
TOKEN = "demo-chatwoot-token"
_SETTINGS = ReplySettings(cool_down=timedelta(0), quiet=timedelta(0))
_LATEST_S = 30.0
_LOOK_S = 0.05


@dataclass(frozen=True)
class Answered:
    """A message and what became of it."""

    who: str
    asked: str
    state: str
    reason: str | None
    mode: str
    template: str | None
    said: str | None


def chatwoot_server(database: Database, gateway_url: str) -> ChatwootServer:
    """The clinic's Chatwoot, on the port of the last start if that is free, so that its registration stays as it is."""
    with database.reading() as connection:
        urls = [one.settings.get("url") for one in connections_of(connection, ORGANIZATION_ID, "chatwoot")]
    port = urlsplit(urls[0]).port if urls and urls[0] else None
    return ChatwootServer(
        token=TOKEN,
        webhook_url=f"{gateway_url}/webhooks/chatwoot",
        webhook_secret=SECRETS["chatwoot"],
        port=port if port is not None and is_free(port) else 0,
        ids_after=IDS_AFTER,
    )


def ask(database: Database, served: DemoClinic, chatwoot: ChatwootServer) -> None:
    """One question as a note for the team; then, to the customers themselves, a family's, a passer-by's, and of two patients
    before and after their appointment changes in Cliniko. At a later start nothing is asked again."""
    if answered(database):
        return
    desk = _Desk(database, chatwoot)
    cast, visits = served.morning.cast, served.visits
    first, second, third = cast.asking
    desk.mode("private_note")
    desk.hears(desk.writes(first.mobile, "Am I booked in this week?", first.name))
    desk.mode("reply")
    desk.hears(
        desk.writes(second.mobile, "When am I on?", second.name),
        desk.writes(third.mobile, "Which day was it again?", third.name),
        desk.writes(cast.unnamed_family[0].mobile, "Is it today or tomorrow?", "Mum 💛"),
        desk.writes(cast.passer_by, "When am I booked in?", "Sam"),
    )
    now = served.clinic.clock().replace(microsecond=0)
    visits.move(now)
    visits.cancel(now)
    desk.hears(
        desk.writes(second.mobile, "And when is it now?", second.name),
        desk.writes(third.mobile, "Is that still so?", third.name),
    )
    desk.comes_to_rest()


class _Desk:
    """Chatwoot, with whoever waits for answers in it."""

    def __init__(self, database: Database, chatwoot: ChatwootServer) -> None:
        self._database = database
        self._chatwoot = chatwoot

    def mode(self, mode: Mode) -> None:
        with self._database.transaction() as connection:
            set_reply_settings(connection, ORGANIZATION_ID, replace(_SETTINGS, mode=mode))

    def writes(self, mobile: str, said: str, name: str) -> Message:
        return self._chatwoot.receive("whatsapp", mobile, said, name=name)

    def hears(self, *messages: Message) -> None:
        """Wait until each of them is answered."""
        statement = text("""
            SELECT count(*) FROM replies JOIN channel_events USING (organization_id, event_id)
            WHERE organization_id = :organization_id AND external_id = ANY(:ids) AND state NOT IN ('pending', 'sending')
        """)
        ids = [f"message:{one.id}" for one in messages]

        def all_have_ended() -> bool:
            with self._database.reading() as connection:
                parameters = {"organization_id": ORGANIZATION_ID, "ids": ids}
                return bool(connection.execute(statement, parameters).scalar_one() == len(ids))

        _wait(all_have_ended)

    def comes_to_rest(self) -> None:
        """Wait until the contacts' attributes are set too, and the webhooks of that have landed."""
        contacts = [one.contact for one in self._chatwoot.state.conversations.values()]
        _wait(lambda: all("contact_hub_id" in one.custom_attributes for one in contacts))
        seen = -1
        while seen != (seen := len(self._chatwoot.requests) + len(self._chatwoot.deliveries)):
            _wait(lambda: all(one.status for one in (*self._chatwoot.requests, *self._chatwoot.deliveries)))
            time.sleep(5 * _LOOK_S)


def _wait(is_so: Callable[[], bool]) -> None:
    """
    Raises:
        ContactHubError: it is not so in time.
    """
    end = time.monotonic() + _LATEST_S
    while not is_so():
        if time.monotonic() > end:
            raise ContactHubError("the demo's questions were not answered in time; contact-hub replies list says why")
        time.sleep(_LOOK_S)


def answered(database: Database) -> Sequence[Answered]:
    """What was asked, and what became of it, in order; the words are those that came back from Chatwoot."""
    statement = text("""
        SELECT coalesce(event.profile_name, event.channel) AS who, event.text AS asked, reply.state, reply.reason, reply.mode,
               reply.template, echo.text AS said
        FROM replies AS reply
        JOIN channel_events AS event USING (organization_id, event_id)
        LEFT JOIN channel_events AS echo ON echo.organization_id = reply.organization_id
             AND echo.provider = 'chatwoot' AND echo.external_id = 'message:' || reply.message_id
        WHERE reply.organization_id = :organization_id ORDER BY event.number
    """)
    with database.reading() as connection:
        return [Answered(**row._mapping) for row in connection.execute(statement, {"organization_id": ORGANIZATION_ID})]
