"""The invented people and households behind the patient records: who they are before anybody types them.

A household decides what is shared: an address always, a mobile or an inbox often. That two records share a phone says
nothing about being one person, which is what makes a clinic's data hard.
"""

import random
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

from contact_hub.sandbox.names import GIVEN_NAMES, NICKNAMES, SURNAMES
from contact_hub.sandbox.numbers import Number, NumberPool
from contact_hub.sandbox.places import FOREIGN_COUNTRIES, Address, home_abroad, home_in_australia

_ADULT_BIRTHS = (1932, 2006)
_PARENT_BIRTHS = (1968, 1985)
_CHILD_BIRTHS = (2012, 2023)
_MAIL_DOMAINS = (
    "example.com",
    "mail.example.com",
    "inbox.example.net",
    "post.example.org",
    "example.net",
    "example.org",
)
_DAYS_IN_A_YEAR = 365


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody: the truth that records of them hold more or less of."""

    number: int
    household: int
    given_name: str
    surname: str
    gender: str
    born: date
    address: Address
    mobile: Number | None
    landline: Number | None
    email: str | None

    @property
    def nickname(self) -> str | None:
        """What friends call them, when that is another word."""
        return NICKNAMES.get(self.given_name)


class Population:
    """An endless supply of people, household by household, the same for the same seed."""

    def __init__(self, seed: int) -> None:
        self._rng = random.Random(f"{seed}:people")
        self.numbers = NumberPool()
        self._people = 0
        self._addresses = 0
        self._households = 0

    def people(self, count: int) -> list[Person]:
        """``count`` more people; the last household may come without some of its members."""
        found: list[Person] = []
        while len(found) < count:
            found.extend(self._household())
        return found[:count]

    def email_of(self, given_name: str, surname: str) -> str:
        """A new address in the person's name; its running number makes it nobody else's."""
        plain = unicodedata.normalize("NFKD", f"{given_name}.{surname}".lower())
        words = "".join(c for c in plain if c == "." or (c.isascii() and c.isalpha()))
        self._addresses += 1
        return f"{words.strip('.')}{self._addresses}@{self._rng.choice(_MAIL_DOMAINS)}"

    def _household(self) -> Iterator[Person]:
        self._households += 1
        draw = self._rng.random()
        if draw < 0.02:
            yield self._adult(home_abroad(self._rng.choice(FOREIGN_COUNTRIES)))
        elif draw < 0.56:
            yield self._adult(home_in_australia(self._rng), landline=self._rng.random() < 0.12)
        elif draw < 0.74:
            yield from self._couple()
        else:
            yield from self._family()

    def _couple(self) -> Iterator[Person]:
        first = self._adult(home_in_australia(self._rng), landline=self._rng.random() < 0.45)
        second = self._relative(first, born=self._near(first.born, years=8))
        one_inbox, one_mobile = self._rng.random() < 0.5, self._rng.random() < 0.2
        yield first
        yield replace(
            second,
            surname=first.surname if self._rng.random() < 0.75 else self._surname(),
            email=first.email if one_inbox else self.email_of(second.given_name, second.surname),
            mobile=first.mobile if one_mobile else self.numbers.mobile(),
        )

    def _family(self) -> Iterator[Person]:
        parent = self._adult(home_in_australia(self._rng), landline=self._rng.random() < 0.3, births=_PARENT_BIRTHS)
        yield parent
        if self._rng.random() < 0.5:
            other = self._relative(parent, born=self._near(parent.born, years=6))
            yield replace(other, mobile=self.numbers.mobile(), email=self.email_of(other.given_name, other.surname))
        twins = self._rng.random() < 0.12
        born = self._born(*_CHILD_BIRTHS)
        taken = {parent.given_name}
        for _ in range(2 if twins else self._rng.choice((1, 1, 2, 2, 3))):
            child = self._relative(parent, born=born, taken=taken)
            taken.add(child.given_name)
            yield child if twins or self._rng.random() < 0.8 else replace(child, email=None)
            born = born if twins else born - timedelta(days=self._rng.randint(300, 4 * _DAYS_IN_A_YEAR))

    def _adult(self, home: Address, *, landline: bool = False, births: tuple[int, int] = _ADULT_BIRTHS) -> Person:
        born = self._born(*births)
        gender = self._rng.choice(("Female", "Male"))
        given_name, surname = self._given_name(gender, born), self._surname()
        foreign = home.country_code != "AU"
        has_mobile = self._rng.random() < (0.97 if born.year > 1950 else 0.8)
        return Person(
            number=self._next_person(),
            household=self._households,
            given_name=given_name,
            surname=surname,
            gender=gender,
            born=born,
            address=home,
            mobile=self.numbers.abroad(home.country_code) if foreign else self.numbers.mobile() if has_mobile else None,
            landline=self.numbers.landline(home.state) if landline or not (has_mobile or foreign) else None,
            email=self.email_of(given_name, surname) if self._rng.random() < (0.95 if born.year > 1950 else 0.65) else None,
        )

    def _relative(self, head: Person, *, born: date, taken: set[str] | None = None) -> Person:
        """Somebody under the same roof, reached through the same phone and inbox until the caller says otherwise."""
        gender = self._rng.choice(("Female", "Male"))
        given_name = self._given_name(gender, born)
        while given_name in (taken or {head.given_name}):
            given_name = self._given_name(gender, born)
        return replace(head, number=self._next_person(), given_name=given_name, gender=gender, born=born)

    def _next_person(self) -> int:
        self._people += 1
        return self._people

    def _given_name(self, gender: str, born: date) -> str:
        eras = GIVEN_NAMES[gender]
        return self._rng.choice(eras[max((year for year in eras if year <= born.year), default=min(eras))])

    def _surname(self) -> str:
        return self._rng.choice(SURNAMES)

    def _born(self, first_year: int, last_year: int) -> date:
        return date(first_year, 1, 1) + timedelta(days=self._rng.randrange((last_year - first_year) * _DAYS_IN_A_YEAR))

    def _near(self, day: date, *, years: int) -> date:
        return day + timedelta(days=self._rng.randint(-years * _DAYS_IN_A_YEAR, years * _DAYS_IN_A_YEAR))
