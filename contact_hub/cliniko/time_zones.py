"""Cliniko's two ways of naming a business's time zone: an IANA identifier, or a Rails-style label.

Labels are those of Ruby on Rails' ``ActiveSupport::TimeZone`` for the countries that Cliniko serves.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any
from zoneinfo import available_timezones

LABELS: Mapping[str, str] = {
    "Adelaide": "Australia/Adelaide",
    "Brisbane": "Australia/Brisbane",
    "Canberra": "Australia/Canberra",
    "Darwin": "Australia/Darwin",
    "Hobart": "Australia/Hobart",
    "Lord Howe": "Australia/Lord_Howe",
    "Lord Howe Island": "Australia/Lord_Howe",
    "Melbourne": "Australia/Melbourne",
    "Perth": "Australia/Perth",
    "Sydney": "Australia/Sydney",
    "Auckland": "Pacific/Auckland",
    "Wellington": "Pacific/Auckland",
    "Chatham Is.": "Pacific/Chatham",
    "London": "Europe/London",
    "Edinburgh": "Europe/London",
    "Dublin": "Europe/Dublin",
    "Lisbon": "Europe/Lisbon",
    "Amsterdam": "Europe/Amsterdam",
    "Berlin": "Europe/Berlin",
    "Brussels": "Europe/Brussels",
    "Copenhagen": "Europe/Copenhagen",
    "Madrid": "Europe/Madrid",
    "Paris": "Europe/Paris",
    "Rome": "Europe/Rome",
    "Stockholm": "Europe/Stockholm",
    "Vienna": "Europe/Vienna",
    "Zurich": "Europe/Zurich",
    "Singapore": "Asia/Singapore",
    "Hong Kong": "Asia/Hong_Kong",
    "Newfoundland": "America/St_Johns",
    "Atlantic Time (Canada)": "America/Halifax",
    "Eastern Time (US & Canada)": "America/New_York",
    "Central Time (US & Canada)": "America/Chicago",
    "Saskatchewan": "America/Regina",
    "Mountain Time (US & Canada)": "America/Denver",
    "Arizona": "America/Phoenix",
    "Pacific Time (US & Canada)": "America/Los_Angeles",
    "Alaska": "America/Anchorage",
    "Hawaii": "Pacific/Honolulu",
    "UTC": "Etc/UTC",
}


@cache
def _known_zones() -> frozenset[str]:
    return frozenset(available_timezones())


def business_time_zone(business: Mapping[str, Any]) -> str | None:
    """The IANA zone of a business: its ``time_zone_identifier``, else its ``time_zone`` label; None where neither is known."""
    for stated in (business.get("time_zone_identifier"), business.get("time_zone")):
        if not isinstance(stated, str):
            continue
        zone = LABELS.get(stated.strip(), stated.strip())
        if zone in _known_zones():
            return zone
    return None
