"""Mistakes as people, readers of handwriting and listeners at the telephone make them."""

from __future__ import annotations

import random
from collections.abc import Callable

_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_NEAR = {
    letter: (row[max(0, i - 1) : i] + row[i + 1 : i + 2] + "".join(other[i : i + 1] for other in _ROWS if other != row))
    or letter
    for row in _ROWS
    for i, letter in enumerate(row)
}
_SEEN = (
    ("rn", "m"), ("m", "rn"), ("cl", "d"), ("l", "i"), ("i", "l"), ("vv", "w"), ("h", "b"), ("e", "c"), ("o", "a"), ("u", "v"),
    ("nn", "m"), ("a", "o"),
)  # fmt: skip
_HEARD = (
    ("ph", "f"), ("ee", "ea"), ("ie", "y"), ("ey", "ie"), ("ck", "k"), ("k", "c"), ("c", "k"), ("sch", "sh"), ("ou", "oo"),
    ("ai", "ay"), ("ae", "a"), ("s", "z"), ("z", "s"), ("th", "t"), ("tt", "t"), ("ll", "l"), ("nn", "n"), ("n", "nn"),
    ("l", "ll"), ("ar", "er"), ("on", "en"), ("mc", "mac"), ("i", "y"), ("y", "i"), ("gh", ""), ("wh", "w"), ("oe", "o"),
    ("au", "aw"), ("x", "ks"),
)  # fmt: skip


def keyboard(text: str, source: random.Random) -> str:
    """A slip of the fingers: neighbour, left out, doubled or two letters in the wrong order."""
    if len(text) < 2:
        return text
    place, kind = source.randrange(1, len(text)), source.random()
    letter = text[place]
    if kind < 0.35:
        near = _NEAR.get(letter.lower(), letter)
        return text[:place] + source.choice(near) + text[place + 1 :]
    if kind < 0.6:
        return text[:place] + text[place + 1 :]
    if kind < 0.75:
        return text[:place] + letter + text[place:]
    return text[: place - 1] + letter.lower() + text[place - 1].lower() + text[place + 1 :]


def misread(text: str, source: random.Random) -> str:
    """Handwriting or a scan: rn for m, cl for d."""
    return _replaced(text, _SEEN, source)


def misheard(text: str, source: random.Random) -> str:
    """Another spelling of the same sound, once or twice."""
    once = _replaced(text, _HEARD, source)
    return _replaced(once, _HEARD, source) if source.random() < 0.3 else once


def _replaced(text: str, table: tuple[tuple[str, str], ...], source: random.Random) -> str:
    low = text.lower()
    fitting = [(old, new, place) for old, new in table if (place := low.find(old, 1)) > 0]
    if not fitting:
        return keyboard(text, source)
    old, new, place = source.choice(fitting)
    return text[:place] + new + text[place + len(old) :]


def mistaken(text: str, source: random.Random, heard: float = 0.25) -> str:
    """``text`` with one mistake; ``heard`` is the share of mistakes of the ear."""
    draw = source.random()
    how: Callable[[str, random.Random], str] = misheard if draw < heard else misread if draw < heard + 0.15 else keyboard
    return how(text, source)


def wrong_digit(digits: str, source: random.Random) -> str:
    """One digit of a number wrong, or two neighbours swapped; the first three stay."""
    place = source.randrange(min(3, len(digits) - 1), len(digits))
    if source.random() < 0.4 and place > 3 and digits[place] != digits[place - 1]:
        return digits[: place - 1] + digits[place] + digits[place - 1] + digits[place + 1 :]
    return digits[:place] + source.choice("0123456789".replace(digits[place], "")) + digits[place + 1 :]


def wrong_date(date: str, source: random.Random) -> str:
    """An ISO date with day and month swapped, one part off, or the year of another decade."""
    year, month, day = date.split("-")
    kind = source.random()
    if kind < 0.35 and int(day) <= 12:
        return f"{year}-{day}-{month}"
    if kind < 0.65:
        return f"{year}-{month}-{1 + (int(day) + source.choice((-1, 0, 8, 9))) % 28:02}"
    if kind < 0.85:
        return f"{int(year) + source.choice((-10, -1, 1, 10))}-{month}-{min(int(day), 28):02}"
    return f"{year}-{1 + source.randrange(12):02}-{min(int(day), 28):02}"
