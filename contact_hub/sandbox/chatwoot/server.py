"""A local Chatwoot over real HTTP."""

from collections.abc import Callable
from datetime import datetime
from types import TracebackType
from typing import Self

from contact_hub.sandbox.chatwoot.app import ChatwootApp
from contact_hub.sandbox.chatwoot.background import BackgroundServer
from contact_hub.sandbox.chatwoot.desk import Desk
from contact_hub.sandbox.chatwoot.state import real_time
from contact_hub.sandbox.chatwoot.webhooks import Delivery
from contact_hub.sandbox.faults import Faults
from contact_hub.sandbox.log import LoggedRequest, RequestLog

DEFAULT_TOKEN = "sandbox-chatwoot-token"
DEFAULT_BOT_TOKEN = "sandbox-chatwoot-bot-token"


class ChatwootServer(Desk):
    """One Chatwoot account, served while the context lasts, with all that people do in it.

        with ChatwootServer(webhook_url=gateway) as chatwoot:
            message = chatwoot.receive("whatsapp", "61412345678", "Am I on tomorrow?", name="Jo Marsh")
            chatwoot.agent_reply(message.conversation, "You are, at two.")

    Args:
        token: of a user who is an administrator: everything is to be seen.
        bot_token: of an agent bot: it may write messages and little else.
        webhook_url: where webhooks go; can be set later.
        webhook_secret: what they are signed with; empty: they are not.
        host: where to listen; the default lets nobody in from outside.
        port: 0 takes a free one.
        clock: says the moment of what happens without an ``at``.
        ids_after: added to every id, so that those of two accounts do not meet.

    Raises:
        ContactHubError: the port is taken.
    """

    def __init__(
        self,
        *,
        token: str = DEFAULT_TOKEN,
        bot_token: str = DEFAULT_BOT_TOKEN,
        account_id: int = 1,
        webhook_url: str | None = None,
        webhook_secret: str = "sandbox-webhook-secret",
        host: str = "127.0.0.1",
        port: int = 0,
        clock: Callable[[], datetime] = real_time,
        ids_after: int = 0,
    ) -> None:
        super().__init__(
            account_id=account_id,
            webhook_url=webhook_url,
            webhook_secret=webhook_secret,
            clock=clock,
            ids_after=ids_after,
        )
        self.token = token
        self.bot_token = bot_token
        self._app = ChatwootApp(self, {token: self.integration, bot_token: self.bot})
        self._background = BackgroundServer(self._app, host=host, port=port)
        self._app.transport_of = self._background.transport_of

    @property
    def url(self) -> str:
        """The installation's URL."""
        return self._background.url

    @property
    def requests(self) -> RequestLog:
        """Every request so far."""
        return self._app.requests

    @property
    def faults(self) -> Faults:
        """The faults that are on."""
        return self._app.faults

    @property
    def on_request(self) -> Callable[[LoggedRequest], None] | None:
        """Called with each accepted request right before it is answered, to change things between pages."""
        return self._app.on_request

    @on_request.setter
    def on_request(self, hook: Callable[[LoggedRequest], None] | None) -> None:
        self._app.on_request = hook

    @property
    def webhook_url(self) -> str | None:
        """Where webhooks go."""
        return self.webhooks.url

    @webhook_url.setter
    def webhook_url(self, url: str | None) -> None:
        self.webhooks.url = url

    @property
    def webhook_secret(self) -> str:
        """What webhooks are signed with."""
        return self.webhooks.secret

    @property
    def deliveries(self) -> list[Delivery]:
        """Every webhook so far, lost ones included."""
        return self.webhooks.deliveries

    def start(self) -> None:
        """Listen, in a background thread; returns when requests are answered."""
        self._background.start()

    def stop(self) -> None:
        """End the thread and free the port."""
        self._background.stop()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()
