"""Names as staff and patients type them: titles, nicknames, marks and shouting taken out, the name itself left alone.

What is typed in mixed case stays as typed, for the person who typed it knew better than a rule does. Only what is all upper
or all lower case, in Latin letters, gets proper case.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

_INITIALS = 2
LONGEST_NAME = 255  # as long as a source lets a name be; a longer one is a text

TITLES = {
    "mr": "Mr", "mrs": "Mrs", "ms": "Ms", "miss": "Miss", "mx": "Mx", "mstr": "Master", "mast": "Master",
    "master": "Master", "dr": "Dr", "doctor": "Dr", "prof": "Prof", "professor": "Prof", "rev": "Rev",
    "reverend": "Rev", "sir": "Sir", "dame": "Dame", "lady": "Lady", "lord": "Lord", "capt": "Capt",
    "captain": "Capt", "sister": "Sister", "pastor": "Pastor", "a/prof": "A/Prof", "assoc prof": "A/Prof",
}  # fmt: skip
_TITLE = "|".join(sorted(map(re.escape, TITLES), key=len, reverse=True))
_LEADING_TITLES = re.compile(
    rf"({_TITLE})\b\.?(?:\s+(?:{_TITLE})\b\.?)*(\s*(?:&|\+|/|,|\band\b)\s*(?:{_TITLE})\b\.?)*(?:\s+|\Z)", re.IGNORECASE
)
_TRAILING_TITLE = re.compile(r"(?<=\S),?\s+(mr|mrs|ms|miss|mx|dr|prof)\.?\Z", re.IGNORECASE)

_INVISIBLE = re.compile(
    "[\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff]"
)
_JOINERS = re.compile("[\u200c\u200d]")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\s]+")
_NEITHER_LATIN_NOR_COMMON = re.compile("[\u0370-\u1dff\u2c00-\ua71f\ua800-\ufaff\ufb07-\ufeff\U00010000-\U0001efff]")
_SIMPLE = re.compile(r"[A-Z][a-z]+(?:[ '-][A-Z][a-z]+)*")

# What staff add to the name of a record that they gave up, or of one of two. A word alone can be a name ('Old', 'Dup').
_MARKED = (
    r"duplicates?|duplicated|duplicate (?:record|file|patient|account)"
    r"|(?:please )?(?:do not|don'?t) (?:use|book|call)"
)
_BRACKETED_MARKED = (
    rf"{_MARKED}|dup|dupe|dnu|old|old (?:file|record)|new|merged?|archived?|inactive|deceased|dec'?d|wrong|delete|[0-9*]+"
)
_MARKS = re.compile(
    rf"[(\[{{]\s*(?:{_BRACKETED_MARKED})\s*[)\]}}]|(?<!\w)(?:{_MARKED})(?!\w)|\A[*\s]+|[*\s]+\Z|(?<=[^\W\d_])\s*\d{{1,2}}\Z",
    re.IGNORECASE,
)
_EDGES = " ,;:_~`|"
_BRACKETED = re.compile(
    r"\s*(?:\(([^()]*)\)|\[([^\[\]]*)\]|\{([^{}]*)\}|\"([^\"]*)\"|“([^”]*)”|(?<!\w)[‘']([^'‘’]+)['’](?!\w))\s*"
)
_NO_NICKNAME = frozenset(
    """
    mum mom mother dad father parent guardian carer wife husband partner son daughter brother sister twin twins snr
    jnr sr jr senior junior ndis dva tac wc workcover medicare private staff friend nee née formerly work home mobile
    new old
    """.split()
)
_NOTHING = frozenset(
    r"""
    x xx xxx n/a n.a. n.a n\a unknown unkown noname nosurname surname lastname firstname unspecified tba tbc
    undefined
    """.split()
) | {
    "not provided",
    "not given",
    "not known",
    "no surname",
    "no last name",
    "no first name",
    "no name",
    "last name",
    "first name",
}
_NOTHING_UNLESS_CAPITALIZED = frozenset(("na", "nil", "null", "none", "nan"))  # Na, Nil and Null are names

_PARTICLES = frozenset("van von der den de la du dos das da del della ter ten bin binti bint zu af av".split())
_APOSTROPHE_PREFIXES = frozenset(("o", "d", "l", "m", "n", "dell", "dall"))
_MAC_NAMES = frozenset(
    """
    macalister macallister macarthur macbeth maccallum maccormack macdonald macdonnell macdougall macfadyen
    macfarlane macgill macgregor macinnes macintosh macintyre macisaac maciver mackinnon maclachlan maclaren maclean
    maclennan macleod macmahon macmillan macnamara macneil macneill macphail macphee macpherson macqueen macrae
    mactavish
    """.split()
)
_MC = re.compile(r"mc([^\W\d_]{3,})")
_ROMAN = frozenset(("ii", "iii", "iv"))
_PIECES = re.compile(r"([-'’])")
_SUFFIXES = frozenset("jr jnr sr snr junior senior phd md esq ii iii iv oam am ao".split())
_TWO_PEOPLE = re.compile(r"[^\W\d_]\.?\s*(?:&|\+|/|\s(?:and|AND|And|und|et)\s)\s*[^\W\d_]")

# Letters that accents do not decompose from.
_FOLDS = str.maketrans({"ø": "o", "đ": "d", "ł": "l", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h", "ŋ": "n"})


@dataclass(frozen=True, slots=True)
class PersonName:
    """A person's name. `given_name` is the whole first-name field ('Mary Anne'): middle names cannot be told apart."""

    title: str | None = None
    given_name: str | None = None
    family_name: str | None = None
    preferred_name: str | None = None

    @property
    def full_name(self) -> str | None:
        """Given and family name, or the one that there is."""
        return " ".join(part for part in (self.given_name, self.family_name) if part) or None


def normalize_name(first: object, last: object, *, preferred: object = None, title: object = None) -> PersonName:
    """The name in these fields; what is no text, no letter or a stand-in ('.', 'n/a', 'unknown') counts as absent.

    A title in front of a name is taken out of it, a nickname in brackets or quotes becomes the preferred name if none is
    given, staff's marks ('*', a last '1', '(duplicate)', 'DO NOT USE') are dropped, 'Smith, John' in one field is split.
    A single name is the given name, whichever field holds it. Never raises, and changes nothing the second time.
    """
    fields = _text(first), _text(last), _text(preferred), _text(title)
    name = _once(*fields)
    if all(text is None or _SIMPLE.fullmatch(text) for text in fields[:3]) and name.full_name == " ".join(
        filter(None, fields[:2])
    ):
        return name
    for _ in range(5):  # a mark can hide another; two rounds are the rule
        again = _once(name.given_name, name.family_name, name.preferred_name, name.title)
        if again == name:
            break
        name = again
    return name


def match_key(text: object) -> str:
    """`text` for comparison: letters only, case and accents folded ("O'Brien" and 'OBRIEN' are one); '' for no text."""
    if not isinstance(text, str):
        return ""
    folded = text.lower() if text.isascii() else _fold(text)
    return folded if folded.isalpha() else "".join(filter(str.isalpha, folded))


def clean_text(raw: object) -> str | None:
    """A source's text as it may be stored and shown: NFC, one space between words, nothing invisible, no control
    characters (PostgreSQL takes no NUL, UTF-8 no lone surrogate); None for anything else and for nothing."""
    if not isinstance(raw, str):
        return None
    if raw.isascii() and raw.isprintable():
        text = " ".join(raw.split()) if "  " in raw else raw.strip()
    else:
        text = _INVISIBLE.sub("", raw)
        if _NEITHER_LATIN_NOR_COMMON.search(text) is None:  # Persian and Indian scripts need their joiners
            text = _JOINERS.sub("", text)
        text = _CONTROLS.sub(" ", unicodedata.normalize("NFC", text)).strip()
    return text or None


def proper_case(text: str, *, particles: bool = False) -> str:
    """Text of one case, in Latin letters, with capitals where names have them; any other text as it is.

    With `particles` 'VAN DER BERG' becomes 'van der Berg'.
    """
    if not (text.isupper() or text.islower()) or _NEITHER_LATIN_NOR_COMMON.search(text) is not None:
        return text
    words = text.lower().split(" ")
    last = len(words) - 1
    return " ".join(
        word if particles and place < last and word in _PARTICLES
        else word.upper() if place and word in _ROMAN
        else _capitalized(word)
        for place, word in enumerate(words)
    )  # fmt: skip


def holds_two_people(first: object, last: object = None) -> bool:
    """Whether a name field names two ('John & Mary', 'John and Mary', 'John/Mary')."""
    return any(isinstance(text, str) and _TWO_PEOPLE.search(text) is not None for text in (first, last))


def _text(raw: object) -> str | None:
    text = clean_text(raw)
    return text if text is None or len(text) <= LONGEST_NAME else text[:LONGEST_NAME].rstrip()


def _once(first: str | None, last: str | None, preferred: str | None, title: str | None) -> PersonName:
    given, first_title, nickname = _parts(first)
    family, last_title, _ = _parts(last)
    if given is None or family is None:
        given, family = _split(given or family)
    names = [name for name in (given, family) if name is not None]
    shouted = all(map(str.isupper, names)) and any(len(name) > _INITIALS for name in names)
    preferred_name, _, other = _parts(preferred)
    preferred_name = preferred_name or other or nickname
    return PersonName(
        title=_title(title) or first_title or last_title,
        given_name=_cased(given, shouted=shouted),
        family_name=_cased(family, shouted=shouted, particles=True),
        preferred_name=_cased(preferred_name, shouted=shouted),
    )


@lru_cache(maxsize=1 << 14)
def _parts(text: str | None) -> tuple[str | None, str | None, str | None]:
    """One field's name, title and nickname."""
    if text is None:
        return None, None, None
    simple = _SIMPLE.fullmatch(text) is not None and text.partition(" ")[0].lower() not in TITLES
    if simple and not text.endswith(tuple(TITLES.values())):
        return (None if _is_nothing(text) else text), None, None
    text = _unmarked(text)
    title, nickname = None, None
    for bracketed in _BRACKETED.finditer(text):
        content = _unmarked(next((group for group in bracketed.groups() if group), ""))
        if content.lower().rstrip(".") in TITLES:
            title = title or _title(content)
        elif nickname is None and _is_nickname(content):
            nickname = content
    text = _unmarked(_BRACKETED.sub(" ", text))
    if match := _LEADING_TITLES.match(text):
        title = title if match[2] else _title(match[1])  # 'Mr & Mrs' is nobody's title
        text = _unmarked(text[match.end() :])
    elif match := _TRAILING_TITLE.search(text):
        title = _title(match[1]) or title
        text = _unmarked(text[: match.start()])
    if _is_nothing(text):
        return nickname, title, None
    return text, title, nickname


def _unmarked(text: str) -> str:
    """`text` without staff's marks, and without what their removal leaves at its ends."""
    before = None
    while before != text:
        before = text
        text = " ".join(_MARKS.sub(" ", text).split()).strip(_EDGES).removesuffix(" -").removeprefix("- ")
    return text


def _is_nothing(text: str) -> bool:
    lowered = text.lower()
    if not any(map(str.isalpha, text)) or lowered in _NOTHING:
        return True
    return lowered in _NOTHING_UNLESS_CAPITALIZED and text != lowered.capitalize()


def _is_nickname(text: str) -> bool:
    words = text.lower().replace(".", "").split()
    if not 1 <= len(words) <= 2 or _is_nothing(text) or not _NO_NICKNAME.isdisjoint(words):
        return False
    return all(char.isalpha() or char in " .'’-" for char in text)


def _split(single: str | None) -> tuple[str | None, str | None]:
    """The one name that there is, as given and family name: 'Smith, John' is two."""
    if single is None:
        return None, None
    family, _, given = (part.strip(_EDGES) for part in single.partition(","))
    if not given or "," in given or given.lower().rstrip(".") in _SUFFIXES or _is_nothing(given) or _is_nothing(family):
        return single, None
    return given, family


@lru_cache(maxsize=1024)
def _title(text: str | None) -> str | None:
    """A title in its usual form; one that a practice made up, as typed."""
    name = _unmarked(text) if text is not None else ""
    known = TITLES.get(name.lower().rstrip("."))
    return known or (None if _is_nothing(name) else name)


def _cased(name: str | None, *, shouted: bool, particles: bool = False) -> str | None:
    """Proper case, but not for 'AJ' beside 'Smith': two capitals are initials unless everything is in capitals."""
    if name is None or not (name.isupper() or name.islower()) or (len(name) <= _INITIALS and name.isupper() and not shouted):
        return name
    return unicodedata.normalize("NFC", proper_case(name, particles=particles))


def _capitalized(word: str) -> str:
    pieces = _PIECES.split(word)
    for place in range(0, len(pieces), 2):
        after_apostrophe = place > 0 and pieces[place - 1] != "-"
        if (
            not after_apostrophe
            or pieces[place - 2] in _APOSTROPHE_PREFIXES
            or pieces[place - 2].lower() in _APOSTROPHE_PREFIXES
        ):
            pieces[place] = _capital(pieces[place])
    return "".join(pieces)


def _capital(piece: str) -> str:
    if match := _MC.fullmatch(piece):
        return "Mc" + match[1].capitalize()
    if piece in _MAC_NAMES:
        return "Mac" + piece[3:].capitalize()
    return piece[:1].title() + piece[1:]


def _fold(text: str) -> str:
    for _ in range(2):  # decomposing brings forth letters with a case of their own
        text = unicodedata.normalize("NFKD", text.casefold())
    return "".join(char for char in text if not unicodedata.combining(char)).translate(_FOLDS)
