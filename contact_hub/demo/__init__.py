"""The demo: a sandbox clinic through the whole graph, a morning of messages through the gateway, and a report of both."""

from contact_hub.demo.clinic import ORGANIZATION_ID
from contact_hub.demo.playing import Demo, Played, running_demo

__all__ = ["ORGANIZATION_ID", "Demo", "Played", "running_demo"]
