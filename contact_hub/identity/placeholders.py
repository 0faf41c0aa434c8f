"""Values that staff and software enter when they have none: they identify nobody, so they link nobody (DESIGN §7.6)."""

from __future__ import annotations

import re
from collections.abc import Iterable

from contact_hub.identity.names import match_key

_SAME_DIGITS = 7

# Carriers spell the reason why a caller's number is missing on the telephone's keypad: +266696687 is ANONYMOUS.
_WITHHELD_WORDS = ("anonymous", "restricted", "private", "unavailable", "unknown", "blocked", "withheld", "hidden")
_WITHHELD_PHRASES = frozenset(_WITHHELD_WORDS) | frozenset(
    """
    nocallerid nonumber callerunknown numberwithheld withheldnumber unknowncaller unknownnumber privatenumber
    privatecaller outofarea notavailable unavailablenumber blockednumber hiddennumber anonymouscaller payphone
    unidentified idwithheld
    """.split()
)
_KEYPAD = str.maketrans("abcdefghijklmnopqrstuvwxyz", "22233344455566677778889999")
_LONG_NUMBER = 9  # shorter ones without a '+' may be local numbers
_WITHHELD_NUMBERS = frozenset(word.translate(_KEYPAD) for word in _WITHHELD_WORDS)
WITHHELD_CALLERS = frozenset(f"+{digits}" for digits in _WITHHELD_NUMBERS)

_SHORT_LOCAL = 4
# Local parts without dots, dashes, underscores, digits at the end and plus tags.
_PLACEHOLDER_LOCALS = frozenset(
    """
    noemail noemailaddress noemailprovided noemailgiven noemailsupplied noemailavailable hasnoemail doesnothaveemail
    noneprovided nonegiven none no na nil null nan unknown unknownemail emailunknown missing missingemail
    emailmissing notprovided notsupplied notgiven notavailable notapplicable notknown nomail donthaveone declined
    refused noreply donotreply dontreply neverreply mailerdaemon bounce bounces bounced postmaster nobody noone blank
    fake fakeemail placeholder dummy dummyemail tbc tba invalid invalidemail test testing testemail asdf asdfgh
    qwerty
    """.split()
) - {"test", "testing", "fake"}  # an address test@clinic.com.au is someone's
_PLACEHOLDER_DOMAINS = frozenset(
    """
    none.com none.com.au none.net none.org noemail.com noemail.com.au noemail.net noemail.org nomail.com no-email.com
    noreply.com no.com nil.com na.com unknown.com noone.com nobody.com nowhere.com email.invalid missingemail.com
    noemailprovided.com notprovided.com donotreply.com fakeemail.com
    """.split()
)
_MARKS = "[._'-]*"
_FIRST_LETTERS = sorted({name[:3] if len(name) > 2 else f"{name}@" for name in _PLACEHOLDER_LOCALS})
LIKE_A_PLACEHOLDER_EMAIL = (
    f"{_MARKS}(?:{'|'.join(_MARKS.join(letters).replace('@', '[+@]') for letters in _FIRST_LETTERS)}|x[x._'-]*[+@])"
    f"|[^@]*@(?:{'|'.join(map(re.escape, sorted(_PLACEHOLDER_DOMAINS)))})\\Z"
)
"""An expression for every address that `is_placeholder_email` is true of and that has one @, and for few others."""
_BOUNCE = re.compile(r"(?:mailer-?daemon|bounces?|no-?reply|do-?not-?reply)(?:[-+=].*)?\Z")
_BOUNCE_STARTS = frozenset(("ma", "bo", "no", "do"))  # told without an expression

_NOBODY = frozenset(
    """
    unknown anonymous noname unnamed nofirstname nosurname nolastname nobody notknown notprovided notgiven newpatient
    newclient donotuse donotbook placeholder blocked reserved vacant walkin
    """.split()
)
_TESTS = frozenset(
    """
    test tester testing testpatient testclient testperson dummy dummypatient fakepatient testaccount demo sample
    """.split()
)
_ROLES = frozenset("patient client person user account name surname one two".split())
_NEWBORNS = "baby bub bubba infant newborn neonate".split()
_NEWBORN = re.compile(
    rf"(?:(?:{'|'.join(_NEWBORNS)})(?: (?:boy|girl|son|daughter|twin|one|two|[0-9ab]))?(?: of\b.*)?"
    r"|b/o\b.*|twin (?:[0-9ab]|one|two)(?: of\b.*)?)"
)
WORDS_OF_NOBODY = _NOBODY | _TESTS | frozenset(_NEWBORNS)
"""The folded single words that `is_placeholder_name` refuses."""


def is_placeholder_phone(e164: str) -> bool:
    """Whether an E.164 number ends in seven or more equal digits (0400 000 000) or stands for a withheld caller.

    0412 345 678 is none: sequences occur in real lists, and an example that many share is caught by how many share it.
    """
    same = len(e164) > _SAME_DIGITS and e164[-1] == e164[-2] and e164.endswith(e164[-1] * _SAME_DIGITS)
    return same or e164.removeprefix("+") in _WITHHELD_NUMBERS


def is_withheld_caller(raw: object) -> bool:
    """Whether a caller's id says that there is none: 'anonymous', 'Private Number', +266696687."""
    if not isinstance(raw, str):
        return False
    text = raw.strip().removeprefix("sip:").partition("@")[0].lower()
    digits = text.removeprefix("+")
    if digits.isdigit():
        return digits in _WITHHELD_NUMBERS and (text != digits or len(digits) >= _LONG_NUMBER)
    return "".join(char for char in text if char.isalnum()) in _WITHHELD_PHRASES


def is_placeholder_email(address: str) -> bool:
    """Whether a normalized address is a made-up one (noemail@, none@none.com, missingemail+ID@) or a machine's (noreply@,
    bounces). The domains example.com and example.org alone make none."""
    local, _, domain = address.lower().rpartition("@")
    if domain in _PLACEHOLDER_DOMAINS or (local[:2] in _BOUNCE_STARTS and _BOUNCE.match(local) is not None):
        return True
    name = local.partition("+")[0].replace(".", "").replace("_", "").replace("-", "").replace("'", "")
    unnumbered = name.rstrip("0123456789")
    if name in _PLACEHOLDER_LOCALS or (name and not name.strip("x")):
        return True
    return len(unnumbered) > _SHORT_LOCAL and unnumbered in _PLACEHOLDER_LOCALS  # na88@ can be someone's


def is_placeholder_name(given: str | None, family: str | None) -> bool:
    """Whether a normalized name is nobody's: 'Test Test', 'Test Patient', 'Baby Smith', 'Baby of Jane', 'Unknown'."""
    words = [word for word in (given, family) if word]
    if not words:
        return False
    keys = [match_key(word) for word in words]
    if keys[0] in _NOBODY or "".join(keys) in _NOBODY:
        return True
    return _all_tests(keys) or (given is not None and _NEWBORN.fullmatch(given.lower()) is not None)


def _all_tests(keys: Iterable[str]) -> bool:
    known = [key for key in keys if key]
    return any(key in _TESTS for key in known) and all(key in _TESTS or key in _ROLES for key in known)
