"""Replies: which messages are answered, with what, and that nobody gets an answer twice.

The outbox is rows in the store. What is to be answered follows from the events that have landed, by their number; the words
are made at the moment of sending. So a process that dies loses no reply and sends none a second time.
"""

from contact_hub.replies.sender import Pace, Sender
from contact_hub.replies.settings import ReplySettings, reply_settings_of, set_reply_settings
from contact_hub.replies.worker import ReplyWorker

__all__ = ["Pace", "ReplySettings", "ReplyWorker", "Sender", "reply_settings_of", "set_reply_settings"]
