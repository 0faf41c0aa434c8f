"""Channels: a provider's payload -> channel events, and whether the provider sent it. Pure: no Dagster, no SQL, no HTTP."""

from contact_hub.channels.event import ChannelEvent, Parsed, Problem, StatedIdentifier
from contact_hub.channels.parsers import PARSERS, Parser

__all__ = ["PARSERS", "ChannelEvent", "Parsed", "Parser", "Problem", "StatedIdentifier"]
