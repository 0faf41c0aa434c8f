"""A delivery as data, and the headers under which its provider sends it."""

import base64
import hashlib
import hmac
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import parse_qsl, urlencode

Signature = Literal["chatwoot", "meta", "twilio", "token"]

PUBLIC_URL = "https://contacts.surfrehab.example.com"
"""Where Twilio calls the gateway: it signs the URL, which behind a proxy is not the one that arrives."""
JSON = "application/json"
FORM = "application/x-www-form-urlencoded; charset=UTF-8"


@dataclass(frozen=True)
class Delivery:
    """One request of a provider, or of a workflow.

    Attributes:
        provider: whose secret signs it: chatwoot, whatsapp, instagram, messenger, twilio; or email, web_form, generic.
        path: under ``/v1/{organization_id}``.
        signature: by whose rules it is signed; ``token``: not at all, the workflow has a token.
        is_forged: signed by somebody who does not know the secret.
    """

    provider: str
    path: str
    body: bytes = field(repr=False)
    signature: Signature
    content_type: str = JSON
    is_forged: bool = False

    def headers(self, target: str, *, token: str, secret: str, at: float) -> dict[str, str]:
        """What it is sent with.

        Args:
            target: the path as called, organization included.
            secret: the provider's; not used by workflows.
            at: UNIX seconds, which Chatwoot signs along.
        """
        key = b"not the secret" if self.is_forged else secret.encode()
        signing = {"chatwoot": self._chatwoot, "meta": self._meta, "twilio": self._twilio}
        sign = signing.get(self.signature)
        signed = {"Authorization": f"Bearer {token}"} if sign is None else sign(key, target, at)
        return {"Content-Type": self.content_type, **signed}

    def _chatwoot(self, key: bytes, target: str, at: float) -> dict[str, str]:
        stamp = str(int(at))
        digest = hmac.new(key, f"{stamp}.".encode() + self.body, hashlib.sha256).hexdigest()
        return {
            "X-Chatwoot-Timestamp": stamp,
            "X-Chatwoot-Signature": f"sha256={digest}",
            "X-Chatwoot-Delivery": str(uuid.uuid4()),
        }

    def _meta(self, key: bytes, target: str, at: float) -> dict[str, str]:
        return {"X-Hub-Signature-256": f"sha256={hmac.new(key, self.body, hashlib.sha256).hexdigest()}"}

    def _twilio(self, key: bytes, target: str, at: float) -> dict[str, str]:
        signed = PUBLIC_URL + target + "".join(f"{name}{value}" for name, value in sorted(_form(self.body).items()))
        digest = hmac.new(key, signed.encode(), hashlib.sha1).digest()
        return {"X-Twilio-Signature": base64.b64encode(digest).decode()}


def _form(body: bytes) -> Mapping[str, str]:
    return dict(parse_qsl(body.decode(), keep_blank_values=True))


def as_json(payload: Any) -> bytes:
    """As the providers write it: compact, people's letters as they are."""
    return json.dumps(payload, separators=(",", ":"), ensure_ascii=False).encode()


def as_form(fields: Mapping[str, str]) -> bytes:
    return urlencode(fields).encode()
