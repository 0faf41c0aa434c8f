"""What the routes work with: one set an app."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from contact_hub import settings
from contact_hub.answers import Answers
from contact_hub.directory import ContactDirectory
from contact_hub.duplicates.matching import Matcher
from contact_hub.gateway.limits import BODY_LIMIT, FAILURE_BURST, FAILURE_RATE, TokenBuckets
from contact_hub.gateway.metrics import Metrics
from contact_hub.gateway.problems import TooManyRequests
from contact_hub.gateway.settling import Settler
from contact_hub.gateway.token_owners import TokenOwners
from contact_hub.replies import ReplyWorker, Sender
from contact_hub.store.database import Database


@dataclass(frozen=True)
class Gateway:
    """
    Attributes:
        requests: by organization.
        failures: failed authentications, by client address.
    """

    database: Database
    directory: ContactDirectory
    answers: Answers
    matcher: Matcher
    settler: Settler
    replies: ReplyWorker
    metrics: Metrics
    requests: TokenBuckets
    failures: TokenBuckets
    token_owners: TokenOwners
    body_limit: int

    def close(self) -> None:
        """End what runs in the background; the database is its owner's."""
        self.replies.stop()
        self.settler.stop()
        self.answers.close()
        self.matcher.close()
        self.directory.close()

    def admit(self, organization_id: str) -> None:
        """Count an authenticated request.

        Raises:
            TooManyRequests: the organization's rate is used up.
        """
        wait = self.requests.take(organization_id)
        if wait:
            raise TooManyRequests("rate_limited", "the organization's requests are over its rate", wait)


def gateway_on(
    database: Database, *, rate: float | None = None, burst: float | None = None, body_limit: int = BODY_LIMIT
) -> Gateway:
    """The parts of a gateway on this database; rate and burst are requests a second of one organization."""
    directory = ContactDirectory(database)
    answers = Answers(database, directory)
    allowed = rate or settings.gateway_rate()
    return Gateway(
        database=database,
        directory=directory,
        matcher=Matcher(database),
        answers=answers,
        settler=Settler(directory.settle),
        replies=ReplyWorker(database, Sender(database, answers)),
        metrics=Metrics(),
        requests=TokenBuckets(allowed, burst or 2 * allowed),
        failures=TokenBuckets(FAILURE_RATE, FAILURE_BURST),
        token_owners=TokenOwners(),
        body_limit=body_limit,
    )


async def _gateway_of(request: Request) -> Gateway:
    gateway = request.app.state.gateway
    assert isinstance(gateway, Gateway)
    return gateway


Parts = Annotated[Gateway, Depends(_gateway_of)]
