"""Base URLs as operators give them."""

import re
from urllib.parse import SplitResult, urlsplit


def split_url(url: str, form: re.Pattern[str]) -> SplitResult | None:
    """The parts of a URL of this form, whose host and port every parser reads alike; None for any other."""
    if not form.fullmatch(url):
        return None
    try:
        parts = urlsplit(url)
        return parts if parts.port != 0 and parts.hostname else None
    except ValueError:  # a port above 65535, or brackets around what is not IPv6
        return None
