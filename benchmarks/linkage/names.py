"""Names as they are spread in Australia and Britain: Faker's lists, its counts where it has them, Zipf where not.

Short forms come from elsewhere than the linkage's on purpose: it must not be measured on its own table.
"""

from __future__ import annotations

import importlib
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt

Codes = npt.NDArray[np.int64]
Weights = npt.NDArray[np.float64]

ANGLO_TAIL = 0.2
"""Share of people whose surname is none of the counted thousand; half of all Australian surnames are borne by few."""
TAIL_NAMES = 20_000
DECADES = 10
"""Birth decades from the 1930s, each with fashions of its own."""

SHARES = {
    "AU": {
        "anglo": 0.6, "irish": 0.05, "chinese": 0.08, "vietnamese": 0.04, "indian": 0.08,
        "italian": 0.04, "greek": 0.03, "arabic": 0.03, "dutch": 0.02, "spanish": 0.03,
    },
    "GB": {
        "anglo": 0.68, "irish": 0.06, "indian": 0.08, "pakistani": 0.06, "african": 0.04,
        "italian": 0.02, "chinese": 0.03, "spanish": 0.03,
    },
}  # fmt: skip
"""Traditions of names, and the share of people who bear such names."""

_LOCALES = {
    "irish": ("en_IE", "en_IE"),
    "indian": ("en_IN", "en_IN"),
    "italian": ("it_IT", "it_IT"),
    "greek": ("el_GR", "el_GR"),
    "arabic": ("fr_DZ", "fr_DZ"),
    "dutch": ("nl_NL", "nl_NL"),
    "spanish": ("es_ES", "es_ES"),
    "pakistani": ("en_PK", "en_PK"),
    "african": ("en_KE", "en_KE"),
}
_VIETNAMESE = """
Nguyen:38 Tran:11 Le:9.5 Pham:7 Huynh:5 Phan:4.5 Vu:4 Dang:2 Bui:2 Do:1.4 Ho:1.3 Ngo:1.3 Duong:1 Ly:0.5
Truong:2 Dinh:1 Doan:1
"""
_VIETNAMESE_GIVEN = (
    "Anh Minh Duc Hung Tuan Huy Khanh Long Nam Phuc Quang Son Thanh Tien Trung Tuan Viet Hieu Bao Dat Kien Lam",
    "Anh Linh Huong Lan Mai Ngoc Thao Trang Thu Thuy Yen Hoa Hanh Hien Kim Phuong Quynh Tam Van Vy Nhi My",
)
_CHINESE_PARTS = "wei jun ming xin yu jia hui li xiao ying jing yan hao chen zi yi bo lin mei fang hong qing rui ting".split()
_GREEK = dict(zip("αβγδεζηθικλμνξοπρσςτυφχψω", "a v g d e z i th i k l m n x o p r s s t y f ch ps o".split(), strict=True))
_ROOTS = """
Ash Bar Black Brad Bram Brock Burn Cald Chad Clay Cole Copp Crow Dal Dun East Ed Elm Fair Fen Gal Gar Had Hal
Ham Hart Hath Haw Hazel Hol Horn Hux Kel Kirk Lang Led Lin Long Lud Mar Mer Mid Mor Nor Oak Old Pem Pen Pres
Rad Ram Red Ro Rud Sand Shel Sher Stan Stock Sut Swin Thorn Tre Tur Wad Wal War Wes Whit Wick Wil Win Wood Wy
Yar
""".split()
_MIDDLES = ("", "", "er", "en", "ing", "el", "a", "le")
_ENDINGS = """
ton ley ham ford field worth wood man son den well by burn bury combe croft gate good ow land low more ridge
rick stead ster wick brook
""".split()

_SHORT = """
alexander alex xander sandy|alexandra alex lexi sandra|andrew andy drew|anthony tony|antonio tony nino
benjamin ben benny|bradley brad|cameron cam|catherine cath cathy kate|charlotte charlie lottie|christine chris chrissy
christopher chris topher|constantinos con costa|daniel dan danny|david dave|deborah deb debbie
dimitrios jim dimi|dorothy dot dottie|edward ed ted|elizabeth liz beth libby betty|emily em emmy|gabriella gabby
georgia george|gregory greg|giovanni john gianni|giuseppe joe|hannah han|harrison harry|isabella bella izzy|jacob jake
james jim jimmy jamie|jennifer jen jenny|jeremy jem|jessica jess jessie|jonathan jon|joseph joe joey|joshua josh
katherine kate kath kathy|kenneth ken kenny|leanne lee|leslie les|madeleine maddie maddy|maria mary ria
margaret marg maggie peg|matthew matt matty|megan meg|michael mick mike|mohamed mo|mohammed mo|natalie nat|nathan nate
nicholas nick nicko|nicole nic nikki|olivia liv livvy|pamela pam|panagiotis peter|patricia trish pat patsy|patrick pat paddy
peter pete|philip phil|rebecca bec becky|richard rick dick|robert rob bob|ronald ron|ryan ry|samantha sam sammy|samuel sam
stephanie steph|stephen steve|steven steve|susan sue suzie|terence terry|thomas tom tommy|timothy tim
victoria vicky tori|vincent vince|vincenzo vince enzo|william will bill|zachary zac zach
"""
_TRADITIONAL: Mapping[str, tuple[str, ...]] = {
    words[0]: tuple(words[1:]) for line in _SHORT.split("\n") for entry in line.split("|") if (words := entry.split())
}
_CLIPPED_AT_R = re.compile("([^aeiouy]+[aeiou])r+[aeiouy]")


def short_forms(name: str) -> tuple[str, ...]:
    """What somebody of this name (lower case) may be called; nothing if only the name itself.

    Traditional forms are listed. Australian ones are formed, as speakers form them, so that no list of the linkage's can be
    this one: the name is cut at an r between vowels, which becomes z, with or without -za (J. Simpson, Hypocoristics in
    Australian English, in A Handbook of Varieties of English, 2004).
    """
    clipped = _CLIPPED_AT_R.match(name)
    return _TRADITIONAL.get(name, ()) + ((clipped[1] + "z", clipped[1] + "zza") if clipped else ())


ADOPTED = "Kevin Jason Jenny Grace Amy Tony Peter Vivian Helen David Michelle Andy Lily Eric Alice Jack".split()
"""First names that people of Chinese, Vietnamese and Indian tradition are called by in English."""


@dataclass(frozen=True)
class Tradition:
    """Given names by sex and surnames, each with how often it is given: codes into ``NamePool``'s names."""

    given: tuple[Codes, Codes]
    given_weights: tuple[Weights, Weights]
    family: Codes
    family_weights: Weights


class NamePool:
    """All names as one table; ``given`` and ``family`` are object arrays that codes point into."""

    def __init__(self, region: str) -> None:
        self.shares = SHARES[region]
        self.given_index: dict[str, int] = {}
        self.family_index: dict[str, int] = {}
        self.traditions = [self._tradition(name) for name in self.shares]
        self.given = np.array(list(self.given_index), dtype=object)
        self.family = np.array(list(self.family_index), dtype=object)

    def _tradition(self, name: str) -> Tradition:
        male, female, family = _lists(name)
        coded = [_coded(self.given_index, male), _coded(self.given_index, female), _coded(self.family_index, family)]
        (m, mw), (f, fw), (s, sw) = coded
        return Tradition((f, m), (fw, mw), s, sw)


@cache
def name_pool(region: str) -> NamePool:
    return NamePool(region)


def draw(source: np.random.Generator, codes: Codes, weights: Weights, size: int) -> Codes:
    """``size`` codes, each as often as its weight says."""
    bounds = np.cumsum(weights)
    return codes[np.searchsorted(bounds, source.random(size) * bounds[-1], side="right").clip(max=len(codes) - 1)]


def fashion(weights: Weights, decade: int, salt: int) -> Weights:
    """The weights in one birth decade: names come and go, some of them by a factor of five."""
    return weights * np.exp(np.random.default_rng(1_000 * salt + decade).normal(0, 0.8, len(weights)))


def _coded(index: dict[str, int], weights: Mapping[str, float]) -> tuple[Codes, Weights]:
    codes = [index.setdefault(name, len(index)) for name in weights]
    return np.array(codes), np.array(list(weights.values()), dtype=float)


def _lists(tradition: str) -> tuple[dict[str, float], dict[str, float], dict[str, float]]:
    """Male, female and family names of a tradition, with weights."""
    if tradition == "anglo":
        male, female = (_faker("en_NZ", f"first_names_{sex}") for sex in ("male", "female"))
        return _with_tail(male, "male"), _with_tail(female, "female"), _anglo_surnames()
    if tradition == "vietnamese":
        male, female = (_zipf(_twice(words.split())) for words in _VIETNAMESE_GIVEN)
        return male, female, {name: float(share) for name, share in (item.split(":") for item in _VIETNAMESE.split())}
    if tradition == "chinese":
        given = _zipf(
            [part.title() for part in _CHINESE_PARTS] + [(a + b).title() for a in _CHINESE_PARTS for b in _CHINESE_PARTS]
        )
        surnames = _faker("zh_TW", "last_romanized_names")
        mainland = _zipf("Wang Li Zhang Liu Chen Yang Huang Zhao Wu Zhou Xu Sun Ma Zhu Hu Guo He Lin Luo Zheng".split())
        return given, given, _mixed((0.4, surnames), (0.6, mainland))
    given_locale, family_locale = _LOCALES[tradition]
    sexes = [_faker(given_locale, f"first_names_{sex}", "first_names") for sex in ("male", "female")]
    return sexes[0], sexes[1], _faker(family_locale, "last_names")


def _faker(locale: str, *attributes: str) -> dict[str, float]:
    provider = importlib.import_module(f"faker.providers.person.{locale}").Provider
    names = next(getattr(provider, attribute) for attribute in attributes if hasattr(provider, attribute))
    counted = names if isinstance(names, Mapping) else _zipf(_shuffled(names))
    merged: dict[str, float] = {}
    for name, weight in counted.items():
        merged[_latin(name)] = merged.get(_latin(name), 0.0) + float(weight)
    return merged


def _shuffled(names: Iterable[str]) -> list[str]:
    distinct = sorted(set(names))
    return [distinct[place] for place in np.random.default_rng(len(distinct)).permutation(len(distinct))]


def _zipf(names: Iterable[str], power: float = 0.9) -> dict[str, float]:
    return {name: 1 / (rank + 3) ** power for rank, name in enumerate(dict.fromkeys(names))}


def _twice(names: list[str]) -> list[str]:
    """The names, then pairs of them (Thanh Huong): a Vietnamese given name often has two words."""
    return names + [f"{first} {second}" for first in names for second in names if first != second]


def _mixed(*parts: tuple[float, Mapping[str, float]]) -> dict[str, float]:
    mixed: dict[str, float] = {}
    for share, names in parts:
        total = sum(names.values())
        for name, weight in names.items():
            mixed[name] = mixed.get(name, 0.0) + share * weight / total
    return mixed


def _with_tail(common: Mapping[str, float], sex: str) -> dict[str, float]:
    return _mixed((0.93, common), (0.07, _faker("en", f"first_names_{sex}")))


def _anglo_surnames() -> dict[str, float]:
    counted = [(0.4, _faker("en_GB", "last_names")), (0.3, _faker("en_NZ", "last_names")), (0.3, _faker("en_US", "last_names"))]
    built = [root + middle + ending for root in _ROOTS for middle in dict.fromkeys(_MIDDLES) for ending in _ENDINGS]
    tail = _zipf(_shuffled(built)[:TAIL_NAMES], power=0.5)
    return _mixed(*((share * (1 - ANGLO_TAIL), names) for share, names in counted), (ANGLO_TAIL, tail))


def _latin(name: str) -> str:
    """As an English keyboard writes it."""
    plain = unicodedata.normalize("NFD", name.casefold())
    letters = (_GREEK.get(letter, letter) for letter in plain if not unicodedata.combining(letter))
    text = "".join(letters).encode("ascii", "ignore").decode()
    return " ".join(word.capitalize() for word in text.split())
