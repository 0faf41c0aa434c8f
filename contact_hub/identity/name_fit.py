"""Whether a name from a profile can be one of several people's: enough to choose within a family, never to find a person."""

import re
from collections.abc import Iterable

from contact_hub.identity.names import match_key

PersonNames = tuple[str | None, str | None, str | None]
"""Given, family and preferred name."""
_BETWEEN_WORDS = re.compile(r"[\s\-‐‑–—]+")


def name_fits(called: PersonNames, person: PersonNames) -> bool:
    """Whether what someone calls themselves names this person: a first name of theirs, and nothing that is not their name.

    'Anna', 'anna smith' and 'Smith Anna' fit Anna Smith; 'Smith', 'Mum', 'Anna Jones' and 'A.' do not.
    """
    given, family, preferred = person
    first_names = _words((given, preferred))
    words = _words(called)
    return bool(words & first_names) and words <= first_names | _words((family,))


def _words(texts: Iterable[str | None]) -> frozenset[str]:
    return frozenset(key for text in texts if text for word in _BETWEEN_WORDS.split(text) if (key := match_key(word)))
