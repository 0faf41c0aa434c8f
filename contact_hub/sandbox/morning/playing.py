"""Posting deliveries to a gateway, as the providers do."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlsplit

import requests

from contact_hub.errors import ContactHubError
from contact_hub.sandbox.morning.deliveries import Delivery

TIMEOUT_S = 20


@dataclass(frozen=True)
class Outcome:
    """What a gateway answered to a delivery: the status, and its receipt where it took it.

    Attributes:
        known: events that had landed before.
    """

    delivery: Delivery
    status: int
    accepted: int = 0
    ignored: int = 0
    quarantined: int = 0
    event_ids: tuple[str, ...] = ()

    @property
    def is_refused(self) -> bool:
        return self.status != HTTPStatus.ACCEPTED

    @property
    def known(self) -> int:
        return len(self.event_ids) - self.accepted


def play(base_url: str, token: str, secrets: Mapping[str, str], deliveries: Iterable[Delivery]) -> list[Outcome]:
    """Post deliveries one after another, each signed by its provider's rules at that moment.

    Args:
        base_url: the organization's, ``http://127.0.0.1:8000/v1/org_surf_rehab``.
        token: of the organization, for what workflows post.
        secrets: each provider's signing secret.

    Raises:
        ContactHubError: the gateway does not answer.
    """
    prefix = urlsplit(base_url).path
    with requests.Session() as session:
        session.trust_env = False
        return [_post(session, base_url, prefix, token, secrets.get(one.provider, ""), one) for one in deliveries]


def _post(session: requests.Session, base_url: str, prefix: str, token: str, secret: str, delivery: Delivery) -> Outcome:
    headers = delivery.headers(prefix + delivery.path, token=token, secret=secret, at=time.time())
    try:
        answer = session.post(base_url + delivery.path, data=delivery.body, headers=headers, timeout=TIMEOUT_S)
    except requests.RequestException as error:
        raise ContactHubError(f"the gateway did not answer ({type(error).__name__})") from None
    if answer.status_code != HTTPStatus.ACCEPTED:
        return Outcome(delivery, answer.status_code)
    receipt = answer.json()
    counts = {name: int(receipt[name]) for name in ("accepted", "ignored", "quarantined")}
    return Outcome(delivery, answer.status_code, event_ids=tuple(receipt["event_ids"]), **counts)
