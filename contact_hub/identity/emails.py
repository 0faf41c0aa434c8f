"""E-mail addresses as people type them, to the lower-cased address that `email-validator` accepts.

The identity is the address: dots and plus tags are kept. What could be two different addresses ('john smith@x.com') is
refused rather than guessed, because a wrong address is another person's.
"""

from __future__ import annotations

import re
from functools import lru_cache

import email_validator

_MAX_TEXT = 2000
_JUNK = " \t\r\n\u00a0*\"'`“”‘’«»<>()[]{},;:.!?/\\|"
_INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"))
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0xFE6B: ord("@"), 0x3000: ord(" ")}
_TRANSLATION = _INVISIBLE | _FULL_WIDTH

# A strict subset of what the validator accepts and leaves as it is, so it need not be asked. The labels with '--' in
# third place (Punycode among them) and the reserved domains are its business.
_LABEL = r"(?![^.]{2}--)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
PLAIN_EMAIL = re.compile(
    rf"(?=.{{6,254}}\Z)[a-z0-9_](?:[a-z0-9_'+-]*[a-z0-9_+-])?(?:\.[a-z0-9_+-](?:[a-z0-9_'+-]*[a-z0-9_+-])?)*@(?:{_LABEL}\.)+"
    rf"(?!(?:{'|'.join(map(re.escape, email_validator.SPECIAL_USE_DOMAIN_NAMES))})\Z)[a-z]{{2,63}}",
    re.ASCII,
)
"""What fits is an address in the form that `normalize_email` gives it."""
_MAILTO = re.compile(r"\bmailto:([^\s?>]*)[^\s>]*", re.IGNORECASE)
_AROUND_AT = re.compile(r"\s*@\s*")
_CANDIDATE = re.compile(
    r"(?<!@)(?<![^\s,;:<>()\[\]\"|/\\])[^\s,;:<>()\[\]\"|/\\@]+@[^\s,;:<>()\[\]\"|/\\@]+(?!@)(?![^\s,;:<>()\[\]\"|/\\])"
)

# A word before or after an address can be a piece of it that a space cut off, unless it is one of these.
_WORD_BEFORE = re.compile(r"(\S+)\s+\Z")
_WORD_AFTER = re.compile(r"\s+(\S+)")
_LABELS = frozenset(
    """
    e email e-mail emails mail mailto address work wk home hm personal private preferred main primary secondary
    alternative alt new old or and mum mums mom mother dad dads father parent parents carer wife husband partner son
    daughter & + -
    """.split()
)
_DOMAIN_PIECES = frozenset("com net org edu gov co au nz uk ie ca us asn id".split())


def normalize_email(raw: object) -> str | None:
    """The one address in `raw`, lower-cased, or None if there is none, more than one, or one that is not valid.

    Valid is what email-validator accepts without asking the network, internationalized addresses included. Tolerated
    around it: 'mailto:', 'Name <address>', quotes, brackets, punctuation, the asterisk with which staff mark duplicates,
    a full-width @ and spaces around the @.
    """
    if isinstance(raw, str) and PLAIN_EMAIL.fullmatch(plain := raw.strip().lower()) is not None and raw.isascii():
        return plain
    found = find_emails(raw)
    return found[0] if len(found) == 1 else None


def find_emails(raw: object) -> list[str]:
    """Every address that a field holds ('a@b.com; c@d.com'), as `normalize_email` gives it, in order, each once."""
    if not isinstance(raw, str):
        return []
    text = raw[:_MAX_TEXT].translate(_TRANSLATION).strip(_JUNK)
    if "@" not in text:
        return []
    if (whole := _valid(text)) is not None:
        return [whole]
    text = _MAILTO.sub(r" ; \1 ; ", text)
    text = _AROUND_AT.sub("@", text) if text.count("@") == 1 else text
    candidates = (match[0] for match in _CANDIDATE.finditer(text) if _stands_alone(text, match))
    found = (_valid(candidate.strip(_JUNK)) for candidate in candidates)
    return list(dict.fromkeys(address for address in found if address is not None))


def _stands_alone(text: str, match: re.Match[str]) -> bool:
    before = _WORD_BEFORE.search(text[: match.start()])
    if before is not None:
        word = before[1]
        if "@" not in word and word[-1] not in ':;,|/)]>"-' and word.lower().strip(".") not in _LABELS:
            return False
    after = _WORD_AFTER.match(text, match.end())
    return after is None or after[1].lower().strip(".,;") not in _DOMAIN_PIECES


@lru_cache(maxsize=1 << 12)
def _valid(text: str) -> str | None:
    """The validator's normal form, in lower case, if that is its own normal form (some scripts change again)."""
    text = text.lower()
    for _ in range(3):
        if text.isascii() and PLAIN_EMAIL.fullmatch(text) is not None:
            return text
        try:
            normal = email_validator.validate_email(text, check_deliverability=False).normalized.lower()
        except ValueError:  # EmailNotValidError, and what its IDNA tables raise on odd text
            return None
        if normal == text:
            return text if text.strip(_JUNK) == text and text.translate(_TRANSLATION) == text else None
        text = normal
    return None
