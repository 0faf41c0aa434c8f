"""A local Chatwoot account over real HTTP: its REST API, its webhooks, and what customers and agents do in it."""

from contact_hub.sandbox.chatwoot.rows import Agent, Contact, Conversation, Inbox, Message
from contact_hub.sandbox.chatwoot.server import ChatwootServer
from contact_hub.sandbox.chatwoot.state import Invalid
from contact_hub.sandbox.chatwoot.webhooks import Delivery

__all__ = ["Agent", "ChatwootServer", "Contact", "Conversation", "Delivery", "Inbox", "Invalid", "Message"]
