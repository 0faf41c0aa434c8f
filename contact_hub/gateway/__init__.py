"""The gateway: webhooks and the contact directory over HTTP. What it has answered with a 2xx is durable."""

from contact_hub.gateway.app import create_app
from contact_hub.gateway.server import serve

__all__ = ["create_app", "serve"]
