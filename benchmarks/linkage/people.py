"""Who a clinic's patients are: households of people with names, birth dates, telephones, inboxes and homes.

Everything here is truth; what becomes of it in a record is ``records``' subject.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
import phonenumbers

from benchmarks.linkage.names import ADOPTED, DECADES, Codes, draw, fashion, name_pool, short_forms
from benchmarks.linkage.places import Places, Texts, homes

Flags = npt.NDArray[np.bool_]
Random = np.random.Generator

TODAY = np.datetime64("2026-06-30")
KINDS = ("single", "couple", "family", "one parent", "shared flat", "three generations")
KIND_SHARES = (0.42, 0.2, 0.2, 0.07, 0.06, 0.05)
ADULTS = (1, 2, 2, 1, 0, 3)
TWINS = 0.04
"""Share of younger children born with the one before: premature infants see physiotherapists, so more than in the country."""
DOMAINS = {
    "AU": "gmail.com hotmail.com outlook.com yahoo.com.au bigpond.com icloud.com live.com.au iinet.net.au uni.edu.au".split(),
    "GB": "gmail.com hotmail.co.uk outlook.com yahoo.co.uk btinternet.com icloud.com live.co.uk sky.com uni.ac.uk".split(),
}
DOMAIN_SHARES = (0.52, 0.13, 0.08, 0.06, 0.07, 0.08, 0.02, 0.03, 0.01)


@dataclass(frozen=True)
class People:
    """One row a person; ``former_*`` equals the current value where nothing changed.

    Attributes:
        role: 0 adult, 1 child, 2 flatmate, 3 grandparent.
        parent: the person whose details a child's file carries; oneself for adults.
        phone: national significant digits as a number, as are ``former_phone`` and ``landline``; 0 = no landline.
    """

    given: Texts
    middle: Texts
    called: Texts
    family: Texts
    former_family: Texts
    birth: npt.NDArray[np.datetime64]
    age: Codes
    role: Codes
    household: Codes
    parent: Codes
    phone: Codes
    former_phone: Codes
    landline: Codes
    email: Texts
    former_email: Texts
    home: Codes
    former_home: Codes
    places: Places


def people(source: Random, count: int, region: str, households: bool) -> People:
    """``count`` people; without ``households`` each lives, telephones and writes alone."""
    household, position, kind = _households(source, count, households)
    role = _roles(position, kind)
    first = np.flatnonzero(position == 0)[household]
    age, birth = _births(source, household, position, role, first)
    twin = _twins(source, household, role, birth, age)
    tradition = _traditions(source, household, region)
    male = _sexes(source, position, role)
    given, middle = _given_names(source, region, tradition, male, age, twin, role, first)
    family, former = _surnames(source, region, tradition, household, role, position, male, age)
    pool = name_pool(region)
    names, surnames = pool.given[given], _double(source, pool.family[family], pool.family, family, household, role)
    former_names = np.where(former == family, surnames, pool.family[former])
    parent = _parents(source, household, role, position, first)
    phone, former_phone, landline = _phones(source, household, role, age, parent, region)
    called = _called(source, names, tradition, region)
    email, former_email = _emails(
        source, names, called, surnames, former_names, birth, household, role, age, parent, DOMAINS[region]
    )
    home, former_home, places = _homes(source, household, role, age, region)
    return People(
        names, pool.given[middle], called, surnames, former_names, birth, age, role, household, parent,
        phone, former_phone, landline, email, former_email, home, former_home, places,
    )  # fmt: skip


def _households(source: Random, count: int, together: bool) -> tuple[Codes, Codes, Codes]:
    """Household, position in it and its kind, by person."""
    kind = source.choice(len(KINDS), count, p=KIND_SHARES) if together else np.zeros(count, int)
    children = 1 + source.choice(4, count, p=(0.38, 0.4, 0.16, 0.06))
    flat = 2 + source.choice(3, count, p=(0.5, 0.3, 0.2))
    size = np.choose(kind, [1, 2, 2 + children, 1 + children, flat, 3 + children])
    household = np.repeat(np.arange(count), size)[:count]
    start = np.cumsum(size) - size
    return household, np.arange(count) - start[household], kind[household]


def _roles(position: Codes, kind: Codes) -> Codes:
    adults = np.array(ADULTS)[kind]
    grand = (kind == 5) & (position == 2)
    return np.where(kind == 4, 2, np.where(grand, 3, (position >= adults).astype(int)))


def _births(
    source: Random, household: Codes, position: Codes, role: Codes, first: Codes
) -> tuple[Codes, npt.NDArray[np.datetime64]]:
    """Ages and birth dates: partners near each other, children a generation below, grandparents one above."""
    n = len(household)
    parents = np.zeros(n, bool)
    parents[first[np.isin(role, (1, 3))]] = True
    alone = np.where(source.random(n) < 0.55, source.normal(44, 14, n), source.normal(66, 11, n)).clip(18, 96)
    own = np.where(parents, source.normal(41, 7, n).clip(22, 60), alone)
    head = own[first]
    years = np.select(
        [position == 0, role == 1, role == 2, role == 3],
        [
            own,
            head - source.normal(30, 5, n).clip(17, 44),
            source.normal(27, 5, n).clip(18, 45),
            head + source.normal(29, 4, n).clip(19, 42),
        ],
        head + source.normal(0, 4, n),
    )
    years = np.where(years < 0.05, source.uniform(0.05, 8, n), years)  # not all on one day, which would look like a stand-in
    days = (years.clip(0.05, 101) * 365.25).astype(int)
    rounded = (role != 1) & (source.random(n) < 0.004)
    birth = TODAY - days
    return days // 365, np.where(rounded, birth.astype("datetime64[Y]").astype("datetime64[D]"), birth)


def _twins(source: Random, household: Codes, role: Codes, birth: npt.NDArray[np.datetime64], age: Codes) -> Flags:
    """Give twins (and triplets, by chance) the birth date of the child before them; which people are second twins."""
    twin = np.zeros(len(household), bool)
    twin[1:] = (
        (role[1:] == 1) & (role[:-1] == 1) & (household[1:] == household[:-1]) & (source.random(len(household) - 1) < TWINS)
    )
    for place in np.flatnonzero(twin):
        birth[place], age[place] = birth[place - 1], age[place - 1]
    return twin


def _traditions(source: Random, household: Codes, region: str) -> Codes:
    """The tradition of the household; one in nine has married across."""
    shares = np.array(list(name_pool(region).shares.values()))
    by_household = source.choice(len(shares), household.max() + 1, p=shares / shares.sum())
    other = source.choice(len(shares), len(household), p=shares / shares.sum())
    return np.where(source.random(len(household)) < 0.11, other, by_household[household])


def _sexes(source: Random, position: Codes, role: Codes) -> Flags:
    male = source.random(len(position)) < 0.46
    couple = (role == 0) & (position == 1)
    male[couple] = np.where(source.random(couple.sum()) < 0.95, ~male[np.flatnonzero(couple) - 1], male[couple])
    return male


def _given_names(
    source: Random, region: str, tradition: Codes, male: Flags, age: Codes, twin: Flags, role: Codes, first: Codes
) -> tuple[Codes, Codes]:
    """First and middle names in the fashion of the birth decade; some sons and daughters carry a parent's first name."""
    decade = ((2026 - age - 1930) // 10).clip(0, DECADES - 1)
    first_name, middle = np.zeros(len(age), int), np.zeros(len(age), int)
    for code, names in enumerate(name_pool(region).traditions):
        for sex in (0, 1):
            of_sex = (tradition == code) & (male == bool(sex))
            for era in range(DECADES):
                rows = np.flatnonzero(of_sex & (decade == era))
                weights = fashion(names.given_weights[sex], era, 10 * code + sex)
                first_name[rows] = draw(source, names.given[sex], weights, len(rows))
                middle[rows] = draw(source, names.given[sex], weights, len(rows))
    named_after = np.flatnonzero((role == 1) & ~twin & (male == male[first]) & (source.random(len(age)) < 0.02))
    first_name[named_after] = first_name[first[named_after]]
    _alike_twins(source, region, first_name, np.flatnonzero(twin), middle)
    return first_name, middle


def _alike_twins(source: Random, region: str, first_name: Codes, twins: Codes, middle: Codes) -> None:
    """A quarter of twins have names that begin alike (Jayden and Jaxon); no two children of a family have one name."""
    given = name_pool(region).given
    by_start: dict[str, list[int]] = {}
    for code in sorted(set(first_name.tolist())):
        by_start.setdefault(given[code][:2], []).append(code)
    for place in twins:
        if source.random() < 0.25:
            first_name[place] = source.choice(by_start[given[first_name[place - 1]][:2]])
        if first_name[place] == first_name[place - 1]:
            first_name[place] = middle[place] if middle[place] != first_name[place] else (first_name[place] + 1) % len(given)


def _surnames(
    source: Random, region: str, tradition: Codes, household: Codes, role: Codes, position: Codes, male: Flags, age: Codes
) -> tuple[Codes, Codes]:
    """Surname and the former one: most wives took the husband's, some of them after they became patients."""
    n = len(household)
    own = np.zeros(n, int)
    for code, names in enumerate(name_pool(region).traditions):
        rows = np.flatnonzero(tradition == code)
        own[rows] = draw(source, names.family, names.family_weights, len(rows))
    first = np.flatnonzero(position == 0)[household]
    keeps = (source.random(n) < np.where(age < 40, 0.35, 0.2)) & (role == 0)
    shared = (
        ((role == 1) & (source.random(n) > 0.06))
        | ((role == 0) & (position == 1) & ~keeps)
        | ((role == 3) & (source.random(n) < 0.6))
    )
    family = np.where(shared, own[first], own)
    married_later = shared & (role == 0) & (source.random(n) < 0.2) | (role == 0) & ~male & (source.random(n) < 0.04)
    return family, np.where(married_later, np.where(own == family, own[source.permutation(n)], own), family)


def _double(source: Random, names: Texts, pool: Texts, family: Codes, household: Codes, role: Codes) -> Texts:
    """Double surnames, of single people and of whole sets of children."""
    n = len(names)
    by_household = source.random(household.max() + 1) < 0.05
    joined = np.where(role == 1, by_household[household], source.random(n) < 0.025)
    second = pool[family[source.permutation(n)]]
    partner = second[np.flatnonzero(np.r_[True, household[1:] != household[:-1]])[household]]
    mark = np.where(source.random(n) < 0.75, "-", " ").astype(object)
    return np.where(joined, names + mark + np.where(role == 1, partner, second), names)


def _called(source: Random, names: Texts, tradition: Codes, region: str) -> Texts:
    """What friends call each: a short form, an adopted English name, or the name itself."""
    easterners = [place for place, name in enumerate(name_pool(region).shares) if name in ("chinese", "vietnamese", "indian")]
    adopting = np.isin(tradition, easterners) & (source.random(len(names)) < 0.3)
    which = source.random(len(names))
    forms = [short_forms(name.lower()) or (name,) for name in names]
    short = np.array([options[int(pick * len(options))] for options, pick in zip(forms, which, strict=True)], dtype=object)
    english = np.array(ADOPTED, dtype=object)[(which * len(ADOPTED)).astype(int)]
    return np.array([name.title() for name in np.where(adopting, english, short)], dtype=object)


def _parents(source: Random, household: Codes, role: Codes, position: Codes, first: Codes) -> Codes:
    """Whose details a child's file carries: mostly one parent for all children of a family, sometimes the other."""
    n = len(household)
    last = np.r_[role[1:] == 0, False] & np.r_[household[1:] == household[:-1], False]
    second = first + np.where(last[first], 1, 0)
    prefers = source.random(household.max() + 1) < 0.6
    chosen = np.where(prefers[household] ^ (source.random(n) < 0.15), second, first)
    return np.where(role == 1, chosen, np.arange(n))


def _phones(
    source: Random, household: Codes, role: Codes, age: Codes, parent: Codes, region: str
) -> tuple[Codes, Codes, Codes]:
    """Mobile, former mobile and the household's landline; children's are a parent's, some couples share, some are recycled."""
    n = len(household)
    prefixes = _mobile_prefixes(region)
    drawn = source.choice(prefixes, 2 * n + n // 4 + 64) * 1_000_000 + source.integers(10_000, 1_000_000, 2 * n + n // 4 + 64)
    numbers = source.permutation(np.unique(drawn))[: 2 * n]
    own, former = numbers[:n], np.where(source.random(n) < 0.2, numbers[n:], numbers[:n])
    recycled = np.flatnonzero((source.random(n) < 0.012) & (age >= 12))
    own[recycled] = former[source.integers(0, n, len(recycled))]
    former[recycled] = own[recycled]
    by_age = np.where(age < 12, 0.97, np.where(age < 18, 0.45, 0.06))
    borrows = np.where(role == 1, source.random(n) < by_age, False)
    lender = np.where(borrows, parent, np.arange(n))
    couple = np.flatnonzero((role[1:] == 0) & (household[1:] == household[:-1]) & (source.random(n - 1) < 0.07)) + 1
    lender[couple] = couple - 1
    own, former = own[lender], former[lender]
    own, former = np.where(borrows, own[lender], own), np.where(borrows, former[lender], former)
    wired = source.random(household.max() + 1) < 0.4
    area = 200_000_000 if region == "AU" else 2_000_000_000
    landlines = area + source.integers(80_000_000, 99_999_999, household.max() + 1)
    landline = np.where(wired, landlines, 0)[household]
    only_wired = (age > 72) & (landline > 0) & (source.random(n) < 0.3)
    return np.where(only_wired, landline, own), np.where(only_wired, landline, former), landline


@cache
def _mobile_prefixes(region: str) -> Codes:
    """The first digits of mobile numbers that the region's numbering plan has given out; six digits follow."""
    possible = range(400, 500) if region == "AU" else range(7_300, 8_000)
    valid = [prefix for prefix in possible if phonenumbers.is_valid_number(phonenumbers.parse(f"0{prefix}123456", region))]
    return np.array(valid)


def _emails(
    source: Random, given: Texts, called: Texts, family: Texts, former_family: Texts, birth: npt.NDArray[np.datetime64],
    household: Codes, role: Codes, age: Codes, parent: Codes, domains: list[str],
) -> tuple[Texts, Texts]:  # fmt: skip
    """Current and former address; children's are a parent's, one couple in six has one inbox."""
    n = len(given)
    year = birth.astype("datetime64[Y]").astype(int) + 1970
    current = _addresses(source, given, called, family, year, domains)
    former = np.where(source.random(n) < 0.18, _addresses(source, given, called, former_family, year, domains), current)
    joint = (source.random(household.max() + 1) < 0.16)[household] & (role == 0)
    first = np.flatnonzero(np.r_[True, household[1:] != household[:-1]])[household]
    by_age = np.where(age < 13, 0.98, np.where(age < 18, 0.6, 0.1))
    lender = np.where((role == 1) & (source.random(n) < by_age), parent, np.arange(n))
    owner = np.where(joint[lender], first[lender], lender)
    return current[owner], former[owner]


def _addresses(source: Random, given: Texts, called: Texts, family: Texts, year: Codes, domains: list[str]) -> Texts:
    n = len(given)
    style = source.choice(9, n, p=(0.22, 0.12, 0.12, 0.08, 0.12, 0.1, 0.08, 0.08, 0.08))
    domain = np.array(domains, dtype=object)[source.choice(len(domains), n, p=DOMAIN_SHARES)]
    number = source.integers(1, 1_000, n)
    word = family[source.permutation(n)]
    rows = zip(style, given, called, family, year, number, word, domain, strict=True)
    return np.array([_address(*row) for row in rows], dtype=object)


def _address(style: int, given: str, called: str, family: str, year: int, number: int, word: str, domain: str) -> str:
    first, short, last, other = (re.sub("[ '-]", "", text.lower()) for text in (given, called, family, word))
    local = (
        f"{first}.{last}", f"{first}{last}", f"{first[0]}{last}", f"{first}.{last}{number}", f"{short}{last}{year % 100:02}",
        f"{first}_{year}", f"{last}{first[0]}{number}", f"{short}{number}", f"{other}{number}",
    )[style]  # fmt: skip
    return f"{local}@{domain}"


def _homes(source: Random, household: Codes, role: Codes, age: Codes, region: str) -> tuple[Codes, Codes, Places]:
    """Home and former home of each: households move together, grown children and parents apart live elsewhere."""
    n, count = len(household), int(household.max()) + 1
    moved = source.random(count) < 0.2
    current, before = household.copy(), np.where(moved, count + np.arange(count), np.arange(count))[household]
    leaves = np.flatnonzero((role == 1) & (age >= 22) & (source.random(n) < 0.6) | (role == 0) & (source.random(n) < 0.02))
    places = homes(source, 2 * count + len(leaves), region)
    before[leaves] = current[leaves]
    current[leaves] = 2 * count + np.arange(len(leaves))
    return current, before, places
