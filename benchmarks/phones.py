"""Phone numbers: the fast path against the `phonenumbers` library, and whether both give the same.

python -m benchmarks.phones [--n 1000000] [--messy 100000] [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import phonenumbers
from rich.console import Console
from rich.table import Table

from contact_hub.identity.phones import normalize_phone, normalize_phones

DISTINCT_SHARE = 0.48  # as in a list of a clinic's patients: families share, visits repeat
MESSY_SHARE = 0.05
ROUNDS = 3
LIBRARY_SHARE = 10  # the library is timed on every tenth string: it is slow, and as slow on each

SEPARATORS = " ", "", "-", ".", "  ", "\u00a0", " - ", "/", ")", "\u2011", "\u3000", "\t", ","
WORDS = (
    "wk ", "ph: ", "Mob ", "mum ", " (mum)", " ext 12", " x5", " ext. 123", "#12", ";ext=7", ";12345678",
    " or ", " / ", "*", "tel:", " h", "\n", " (home)", "~", " x 02 9123 4567", ",,33", "int 4",
    ";phone-context=+61", ";isub=12", "_", "++", "+",
)  # fmt: skip
SPECIAL = (
    "", " ", "+", "0", "1", "00", "1300 FLOWERS", "13 CATS", "1-800-MICROSOFT", "000", "112", "9123 4567",
    "+61", "61", "0011", "0011 61 412 345 678", "0061 412 345 678", "001161412345678", "+0061412345678",
    "+61 (0)2 9123 4567", "1300 975 707", "13 11 14", "1800 802 123", "180 2000", "+1 650 253 0000",
    "650 253 0000", "+44 20 7946 0958", "+64 21 123 456", "021 123 456", "020 7946 0958", "07400 123456",
    "+800 1234 5678", "+999 123 456", "89162 1234", "+61 8 9162 1234", "+61 8 9164 1234", "91621234",
    "0891621234", "1831 02 9123 4567", "18310412345678", "1412 02 9123 4567", "0163 1234", "+6101831412345678",
    "+266696687", "٠٤١٢٣٤٥٦٧٨", "+٦١ ٤١٢ ٣٤٥ ٦٧٨", "０４１２ ３４５ ６７８", "＋61 412 345 678", "0412\u200b345\u200b678",
    "tel:0412-345-678;phone-context=+61", "phone-context=+61", ";phone-context=+61", "0412 345 678;isub=1",
    "0412 345 678 " * 30, "+39 06 698 12345", "0000000000", "00000", "+610000000000", "+61 0", "+6100", "12",
    "1-2", "0-12", "+1", "+7", "+64",
)  # fmt: skip
BEGINNINGS = (
    "", "0", "00", "0011", "61", "610", "+61", "+610", "+", "04", "4", "+614", "02", "13", "1300", "18", "1800",
    "19", "16", "183", "1831", "14", "0891", "+6189162", "+6189164", "64", "+64", "02", "44", "+44", "07", "+1", "1",
    "5", "9", "145", "6161", "6113", "613", "61130", "+6113",
)  # fmt: skip


def typical_strings(n: int, seed: int = 1) -> list[str]:
    """`n` Australian numbers as staff type them, about 48 % of them distinct, 5 % odd."""
    source = random.Random(seed)
    pool = [_typical(source) for _ in range(int(n * DISTINCT_SHARE))]
    odd = messy_strings(max(1, int(n * DISTINCT_SHARE * MESSY_SHARE)), seed)
    for place, text in zip(source.sample(range(len(pool)), len(odd)), odd, strict=True):
        pool[place] = text
    strings = pool + source.choices(pool, k=n - len(pool))
    source.shuffle(strings)
    return strings


def _typical(source: random.Random) -> str:
    digits = f"{source.randrange(10**8):08}"
    if source.random() < 0.8:
        shape = source.choice(("04xx xxx xxx", "04xxxxxxxx", "+614xxxxxxxx", "+61 4xx xxx xxx", "614xxxxxxxx", "04xx-xxx-xxx"))
        number = "4" + digits
    else:
        shape = source.choice(("0a xxxx xxxx", "(0a) xxxx xxxx", "0axxxxxxxx", "+61 a xxxx xxxx"))
        number = source.choice("2378") + digits
    rest = iter(number[1:])
    return "".join(next(rest) if place == "x" else number[0] if place == "a" else place for place in shape)


def messy_strings(n: int, seed: int = 2) -> list[str]:
    """`n` strings of every kind that a phone field can hold, most of them odd."""
    source = random.Random(seed)
    return [text for text, _ in zip(_messy(source), range(n), strict=False)]


def _messy(source: random.Random) -> Iterator[str]:
    while True:
        kind = source.random()
        if kind < 0.1:
            yield source.choice(SPECIAL)
        elif kind < 0.3:
            yield _typical(source)
        elif kind < 0.7:
            yield _grouped(source, _digits(source))
        elif kind < 0.9:
            yield _spoiled(source, _grouped(source, _typical(source)))
        else:
            yield "".join(source.choices("0123456789+ ()-./xX#;,*abcEXT~\u00a0\u200b０４１²٤", k=source.randrange(30)))


def _digits(source: random.Random) -> str:
    """Digits near the borders of the numbering plans: known beginnings, any length."""
    start = source.choice(BEGINNINGS)
    size = source.choice((8, 9, 10, 6, 7, 5, 4, 11, 12, source.randrange(18)))
    return start + "".join(source.choices("0123456789", k=size))


def _grouped(source: random.Random, text: str) -> str:
    separator = source.choice(SEPARATORS)
    where = source.randrange(2, 5)
    return separator.join(text[place : place + where] for place in range(0, len(text), where))


def _spoiled(source: random.Random, text: str) -> str:
    how = source.randrange(5)
    word = source.choice(WORDS)
    if how == 0:
        return word + text
    if how == 1:
        return text + word
    if how == 2:
        return text + word + _typical(source)
    place = source.randrange(len(text) + 1)
    if how == 3:
        return text[:place] + word + text[place:]
    return text.translate({ord("0") + digit: 0xFF10 + digit for digit in range(10)})


def by_library(raw: str, region: str = "AU") -> str | None:
    """What `normalize_phone` must equal."""
    try:
        number = phonenumbers.parse(raw, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


def _rate(work: Callable[[Sequence[str]], object], strings: Sequence[str]) -> float:
    start = time.perf_counter()
    work(strings)
    return len(strings) / (time.perf_counter() - start)


def measure(n: int, messy: int) -> dict[str, float]:
    """Strings a second, medians of three rounds in which the ways take turns, and the differences."""
    strings = typical_strings(n)
    ways: dict[str, Callable[[Sequence[str]], object]] = {
        "library": lambda some: [by_library(text) for text in some[::LIBRARY_SHARE]],
        "normalize_phone": lambda some: [normalize_phone(text) for text in some],
        "normalize_phones": normalize_phones,
    }
    rates: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, way in ways.items():
            rates[name].append(_rate(way, strings) / (LIBRARY_SHARE if name == "library" else 1))
    result: dict[str, float] = {f"{name}_per_second": statistics.median(found) for name, found in rates.items()}
    odd = messy_strings(messy, seed=3)
    result |= {
        "strings": n,
        "distinct_share": len(set(strings)) / n,
        "messy_strings": messy,
        "messy_valid": sum(by_library(text) is not None for text in odd),
        "differences": sum(normalize_phone(text) != by_library(text) for text in odd),
        "ratio": result["normalize_phone_per_second"] / result["library_per_second"],
        "ratio_each_once": result["normalize_phones_per_second"] / result["library_per_second"],
    }
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, default=1_000_000, help="typical strings to time")
    parser.add_argument("--messy", type=int, default=100_000, help="odd strings to compare")
    parser.add_argument("--json", type=Path, help="write the figures here")
    options = parser.parse_args()
    result = measure(options.n, options.messy)
    table = Table(title=f"{options.n:,} Australian phone strings, {result['distinct_share']:.0%} distinct")
    for heading in ("way", "a second", "times the library"):
        table.add_column(heading, justify="left" if heading == "way" else "right")
    table.add_row("phonenumbers: parse, is_valid_number, format", f"{result['library_per_second']:,.0f}", "1.0")
    table.add_row("normalize_phone, call by call", f"{result['normalize_phone_per_second']:,.0f}", f"{result['ratio']:.1f}")
    each_once = f"{result['normalize_phones_per_second']:,.0f}", f"{result['ratio_each_once']:.1f}"
    table.add_row("normalize_phones, each distinct string once", *each_once)
    table.caption = f"{result['differences']:.0f} differences on {options.messy:,} messy strings"
    Console().print(table)
    if options.json is not None:
        options.json.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
