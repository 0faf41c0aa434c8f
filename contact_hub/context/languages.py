"""Languages: those in which a day and a time can be worded, and what becomes of any other.

The rule: a language that is not one of :data:`LANGUAGES` is answered in English; a territory that is not known counts as
not said; English without a territory is written as in Australia ('on Tuesday 3 December at 2 pm').
"""

import re
from functools import lru_cache

from babel import Locale, UnknownLocaleError

LANGUAGES = ("en", "de", "es", "fr", "vi", "zh")
FALLBACK = "en"
_HOME = Locale("en", "AU")
_TAG = re.compile(r"([A-Za-z]{2,3})(?:[-_]([A-Za-z]{4}))?(?:[-_]([A-Za-z]{2}|\d{3}))?(?:[.@-].*)?", re.ASCII | re.DOTALL)


def language_tag(language: str | None) -> str:
    """The tag under which a language is answered: 'en_gb' -> 'en-GB', 'de' -> 'de', 'it' and None -> 'en'."""
    locale = _known(language or "")
    return FALLBACK if locale is None else str(locale).replace("_", "-")


def base(language: str | None) -> str:
    """The language without script and territory: one of :data:`LANGUAGES`."""
    return language_tag(language).partition("-")[0]


def locale_of(language: str | None) -> Locale:
    """Babel's locale for a language."""
    locale = _known(language or "")
    return _HOME if locale is None or str(locale) == FALLBACK else locale


def is_supported(language: str) -> bool:
    """Whether a tag is of one of :data:`LANGUAGES`, in whatever spelling."""
    match = _TAG.fullmatch(language)
    return match is not None and match[1].lower() in LANGUAGES


@lru_cache(maxsize=256)
def _known(language: str) -> Locale | None:
    match = _TAG.fullmatch(language)
    if match is None or match[1].lower() not in LANGUAGES:
        return None
    code, script, territory = match[1].lower(), match[2], match[3]
    for parts in ((code, script, territory), (code, None, territory), (code, script, None)):
        try:
            return Locale.parse("_".join(part for part in parts if part))
        except (UnknownLocaleError, ValueError):
            continue
    return Locale(code)
