"""How a person becomes a patient's record: typed at a busy front desk, in every way that real clinics' data shows."""

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

from contact_hub.sandbox.numbers import PLACEHOLDER_NUMBERS, Number, spelled, without_area
from contact_hub.sandbox.people import Person, Population
from contact_hub.sandbox.places import COUNTRIES

CLINIC_EMAIL = "reception@surfrehab.example.com"
"""The clinic's own address, typed where a patient has none."""

PLACEHOLDER_EMAILS = ("noemail@noemail.example.com", "none@none.example.com", "no@email.example.com", CLINIC_EMAIL)
"""What staff type when there is no address: on many records, and never an identity."""

_ADULT_UNTIL = 2006
_OPTIONAL_TEXTS = ("title", "email", "preferred_first_name", "notes", "occupation", "address_2", "address_3",
                   "invoice_email", "appointment_notes", "medicare", "old_reference_id", "emergency_contact",
                   "time_zone")  # fmt: skip
_OPTIONAL_KEYS = (*_OPTIONAL_TEXTS, "country_code", "receives_cancellation_emails", "pronouns")
_TITLES = {"Female": ("Ms", "Mrs", "Miss", "Dr"), "Male": ("Mr", "Mr", "Mr", "Dr", "Master", "Prof.")}
_OCCUPATIONS = ("Teacher", "Electrician", "Nurse", "Retired", "Student", "Lifeguard", "Accountant", "Chef", "n/a")
_SECTION_TOKEN = "3f1c8a0e-2b47-4d0b-9a55-6c2f0e7d1b{:02x}"
_PRONOUNS = {"nominative": "they", "accusative": "them", "pronominal_possessive": "their",
             "predicative_possessive": "theirs", "reflexive": "themself"}  # fmt: skip

Fields = dict[str, Any]


class FrontDesk:
    """Types people into records; one a clinic, so that the mess is the same for the same seed."""

    def __init__(self, seed: int, population: Population) -> None:
        self._rng = random.Random(f"{seed}:front desk")
        self._population = population

    def register(self, person: Person) -> tuple[Fields, tuple[str, ...]]:
        """A new record of the person: its fields, and the keys that its payload leaves out."""
        fields = self._names(person) | self._address(person) | self._preferences() | self._odds_and_ends(person)
        fields["date_of_birth"] = person.born.isoformat() if self._rng.random() < 0.94 else None
        fields["email"] = self._email(person)
        fields["patient_phone_numbers"] = self._phones(person)
        fields, absent = self._blanks(fields)
        if not fields.get("patient_phone_numbers") and self._rng.random() < 0.6:
            del fields["patient_phone_numbers"]
            absent = (*absent, "patient_phone_numbers") if self._rng.random() < 0.5 else absent
        return fields, absent

    def register_again(self, person: Person) -> tuple[Fields, tuple[str, ...]]:
        """Another record of somebody who has one: something differs, or the front desk would have found the first."""
        change = self._rng.choice(self._changes())
        fields, absent = self.register(change(person))
        if self._rng.random() < 0.15:
            fields["last_name"] = f"{fields['last_name']}1"
        if fields.get("email") and self._rng.random() < 0.1:
            fields["email"] = f"*{fields['email']}"
        if self._rng.random() < 0.1:
            fields["first_name"], fields["last_name"] = fields["last_name"], fields["first_name"]
        return fields, absent

    def _changes(self) -> tuple[Callable[[Person], Person], ...]:
        """The ways in which one person comes to be entered twice."""
        new_mobile = self._population.numbers.mobile
        new_email = self._population.email_of
        return (
            lambda p: replace(p, given_name=p.nickname or p.given_name, mobile=p.mobile and new_mobile()),
            lambda p: replace(p, given_name=p.nickname or p.given_name),
            lambda p: replace(p, surname=_mistyped(p.surname, self._rng)),
            lambda p: replace(p, mobile=new_mobile()),
            lambda p: replace(p, email=new_email(p.given_name, p.surname)),
            lambda p: replace(p, born=_day_and_month_swapped(p.born), surname=_mistyped(p.surname, self._rng)),
        )

    def _names(self, person: Person) -> Fields:
        rng, given, surname = self._rng, person.given_name, person.surname
        title = rng.choice(_TITLES[person.gender]) if rng.random() < 0.35 else None
        preferred = person.nickname if rng.random() < 0.25 else None
        draw = rng.random()
        if draw < 0.03:
            given, surname = given.upper(), surname.upper()
        elif draw < 0.045:
            given, surname = given.lower(), surname.lower()
        elif draw < 0.055:
            given = f"{title or 'Mr'} {given}"
        elif draw < 0.075:
            given = f"{given} ({person.nickname or 'prefers ' + given[:2]})"
        elif draw < 0.095:
            surname = rng.choice((".", "", "-"))
        elif draw < 0.105:
            given, surname = f" {given}", f"{surname} "
        elif draw < 0.109:
            given = f"{given} & {rng.choice(('Chris', 'Pat', 'Sam'))}"
        elif draw < 0.113 and person.born.year > _ADULT_UNTIL:
            given = "Baby"
        label = f"{preferred or given} {surname}".strip()
        return {"title": title, "first_name": given, "last_name": surname, "preferred_first_name": preferred,
                "label": label, "sex": person.gender, "gender": person.gender}  # fmt: skip

    def _email(self, person: Person) -> str | None:
        draw = self._rng.random()
        if draw < 0.03 or (person.email is None and draw < 0.15):
            return self._rng.choice(PLACEHOLDER_EMAILS)
        if person.email is None or draw > 0.96:
            return None
        return person.email.title() if draw > 0.94 else f" {person.email}" if draw > 0.935 else person.email

    def _phones(self, person: Person) -> list[Fields]:
        rng, mobile, landline = self._rng, person.mobile, person.landline
        draw = rng.random()
        if draw < 0.03:
            return []
        if draw < 0.055:
            return [_junk(rng)]
        phones = [_phone(mobile, spelled(mobile, rng), "Mobile")] if mobile else []
        if landline:
            phones.append(_home(landline, rng))
        if mobile and draw > 0.97:
            phones.append(_phone(mobile, spelled(mobile, rng), "Mobile"))
        elif draw > 0.95:
            extra = self._population.numbers.mobile()
            phones.append(_phone(extra, spelled(extra, rng), "Mobile"))
        elif draw > 0.93:
            extra = self._population.numbers.landline(person.address.state)
            phones.append(_phone(extra, spelled(extra, rng), rng.choice(("Fax", "Work", "Other"))))
        elif draw > 0.92:
            phones.append(_junk(rng))
        elif mobile and draw > 0.91:
            phones = [_two_in_one(mobile, self._population.numbers.mobile(), rng)]
        if len(phones) > 1 and rng.random() < 0.3:
            phones.reverse()
        return phones

    def _address(self, person: Person) -> Fields:
        home, rng = person.address, self._rng
        if rng.random() < 0.08:
            return {}
        code = home.country_code if rng.random() < 0.8 or home.country_code != "AU" else rng.choice((None, "", None))
        line_1 = home.line_1.upper() if rng.random() < 0.05 else home.line_1
        state = (home.state or "").title() if rng.random() < 0.05 else home.state
        return {"address_1": line_1, "address_2": home.line_2, "city": home.city, "state": state,
                "post_code": home.post_code, "country_code": code, "country": COUNTRIES[home.country_code]}  # fmt: skip

    def _preferences(self) -> Fields:
        choice = self._rng.choice
        return {
            "reminder_type": choice(("SMS", "SMS", "SMS & Email", "Email", "None", None)),
            "accepted_privacy_policy": choice((None, None, True, True, True, False)),
            "accepted_email_marketing": choice((None, True, False)),
            "accepted_sms_marketing": choice((None, True, False)),
            "receives_confirmation_emails": choice((None, True)),
            "receives_cancellation_emails": choice((None, True)),
        }

    def _odds_and_ends(self, person: Person) -> Fields:
        rng, fields = self._rng, Fields()
        if person.mobile and rng.random() < 0.1:
            fields["emergency_contact"] = f"Mum {spelled(person.mobile, rng)}"
        if rng.random() < 0.3:
            fields["occupation"] = rng.choice(_OCCUPATIONS)
        if rng.random() < 0.1:
            fields["notes"] = "Sore left knee. Partner rings on 0491 570 006 to book."
        if rng.random() < 0.12:
            fields["old_reference_id"] = f"PM-{rng.randrange(100_000):05d}"
        if rng.random() < 0.05:
            fields["invoice_email"] = rng.choice(("plans@insurer.example.org", "accounts@ndis-plans.example.org"))
        if rng.random() < 0.05:
            fields["time_zone"] = rng.choice(("Australia/Perth", "Pacific/Auckland"))
        if rng.random() < 0.03:
            fields["pronouns"] = dict(_PRONOUNS)
        if rng.random() < 0.25:
            fields["custom_fields"] = _custom_fields(rng)
        if rng.random() < 0.02:
            fields["loyalty_tier"] = {"name": "gold", "since": None}
        return fields

    def _blanks(self, fields: Fields) -> tuple[Fields, tuple[str, ...]]:
        """Empty values as ``""`` on some records, as missing keys on others, as null on most."""
        draw = self._rng.random()
        if draw < 0.2:
            fields |= {name: "" for name in _OPTIONAL_TEXTS if fields.get(name) is None}
        if draw < 0.02:
            fields["deleted_at"] = ""
        if 0.2 <= draw < 0.3:
            missing = tuple(name for name in self._rng.sample(_OPTIONAL_KEYS, 6) if not fields.get(name))
            return {name: value for name, value in fields.items() if name not in missing}, missing
        return {name: value for name, value in fields.items() if value is not None}, ()


def _phone(number: Number | None, typed: str, kind: str) -> Fields:
    return {"number": typed, "normalized_number": number and number.digits, "phone_type": kind}


def _home(number: Number, rng: random.Random) -> Fields:
    draw = rng.random()
    if draw < 0.06:
        return _phone(None, without_area(number), "Home")
    if draw < 0.1:
        return _phone(None, f"wk {without_area(number)}", "Work")
    return _phone(number, spelled(number, rng), rng.choice(("Home", "Home", "Home", "Other")))


def _junk(rng: random.Random) -> Fields:
    typed = rng.choice(PLACEHOLDER_NUMBERS)
    phone = _phone(None, typed, rng.choice(("Mobile", "Home")))
    phone["normalized_number"] = "61400000000" if typed.startswith("04") else rng.choice((None, "", "61"))
    if rng.random() < 0.3:
        del phone["normalized_number"]
    return phone


def _two_in_one(first: Number, second: Number, rng: random.Random) -> Fields:
    separator = rng.choice((" / ", " or ", ", ", " "))
    return _phone(None, f"0{first.national}{separator}0{second.national}", "Mobile")


def _mistyped(word: str, rng: random.Random) -> str:
    """One slip of the fingers: two letters changed places, one is missing, one came twice."""
    if len(word) < 4:
        return word + word[-1]
    at = rng.randrange(1, len(word) - 2)
    return rng.choice((word[:at] + word[at + 1] + word[at] + word[at + 2 :], word[:at] + word[at + 1 :],
                       word[:at] + word[at] + word[at:]))  # fmt: skip


def _day_and_month_swapped(born: date) -> date:
    return date(born.year, born.day, born.month) if born.day <= 12 else born


def _custom_fields(rng: random.Random) -> Fields:
    hear_about = {"name": "How did you hear about us?", "type": "text", "token": _SECTION_TOKEN.format(2),
                  "archived": False, "value": rng.choice(("A friend", "Web search", "", None))}  # fmt: skip
    section = {"name": "Intake", "token": _SECTION_TOKEN.format(1), "archived": False, "fields": [hear_about]}
    return {"sections": [section]}
