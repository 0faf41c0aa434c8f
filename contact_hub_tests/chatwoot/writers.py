"""Customers who write."""

from contact_hub.sandbox import ChatwootServer


def write(chatwoot: ChatwootServer, count: int) -> None:
    """As many customers write, one after the other."""
    for number in range(count):
        chatwoot.receive("whatsapp", f"614000000{number:02}", f"Message {number}")
