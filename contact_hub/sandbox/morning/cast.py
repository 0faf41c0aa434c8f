"""Who writes and calls: people of the clinic's books, the same for the same clinic, and one who is in no book yet.

Which patients these are follows from their records alone, not from the day, so that a morning can be played again later.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from contact_hub.errors import ContactHubError
from contact_hub.sandbox.clinic import Clinic
from contact_hub.sandbox.rows import Patient as Row

# Numbers that the Australian authority keeps for fiction.
_FICTION = ("61491570156", "61491570157", "61491570158", "61491570159", "61491570110", "61491570006")
_STRANGERS_EMAIL = "mia.kealoha@surf.example.com"


@dataclass(frozen=True)
class Patient:
    """One of the clinic's patients. Numbers are digits with the country's code."""

    patient_id: str
    given_name: str
    family_name: str
    mobile: str = ""
    landline: str = ""
    email: str = ""

    @property
    def name(self) -> str:
        return f"{self.given_name} {self.family_name}"


@dataclass(frozen=True)
class Stranger:
    """Somebody whom the clinic does not know."""

    given_name: str
    family_name: str
    instagram: str
    mobile: str
    email: str

    @property
    def name(self) -> str:
        return f"{self.given_name} {self.family_name}"

    @property
    def typed_number(self) -> str:
        """As people type it: 0491 570 156."""
        national = self.mobile.removeprefix("61")
        return f"0{national[:3]} {national[3:6]} {national[6:]}"


@dataclass(frozen=True)
class Cast:
    """Everybody of the morning.

    Attributes:
        by_whatsapp, by_sms, by_chatwoot: patients with a mobile that is nobody else's.
        by_phone: with a landline that is nobody else's.
        by_email, by_form: with an address that is nobody else's.
        named_family: people who share a mobile; the first writes under a name that fits nobody else of them.
        unnamed_family: people who share a mobile, from which 'Mum' writes.
        asking: adults with a mobile that is nobody else's, whom nothing forbids to be told when they are booked.
        passer_by: a number that is nobody's.
    """

    by_whatsapp: Patient
    by_sms: Patient
    by_chatwoot: Patient
    by_phone: Patient
    by_email: Patient
    by_form: Patient
    named_family: tuple[Patient, ...]
    unnamed_family: tuple[Patient, ...]
    stranger: Stranger
    asking: tuple[Patient, Patient, Patient]
    passer_by: str


def cast_of(clinic: Clinic) -> Cast:
    """Choose them.

    Raises:
        ContactHubError: the clinic is too small to have them all.
    """
    with clinic.lock:
        rows = sorted(clinic.tables.patients, key=lambda row: row.id)
        books = _Books([row for row in rows if _email(row) != _STRANGERS_EMAIL])  # whether she has booked yet or not
        alone = list(books.alone())
        families = list(books.families())
    mobiles = [one for one in alone if one.mobile and not one.landline]
    landlines = [one for one in alone if one.landline]
    free = [number for number in _FICTION if number not in books.holders]
    try:
        by_whatsapp, by_sms, by_chatwoot = mobiles[:3]
        by_phone = landlines[0]
        by_email, by_form = [one for one in mobiles[3:] if one.email][:2]
        named_family, unnamed_family = families[:2]
        busy = {by_email.patient_id, by_form.patient_id}
        tellable = books.tellable(clinic.today)
        first, second, third = [one for one in mobiles[3:] if one.patient_id in tellable - busy][:3]
    except (ValueError, IndexError):
        raise ContactHubError("the sandbox clinic is too small for a morning on every channel: give it 150 patients") from None
    if len(free) < 2:
        raise ContactHubError("the numbers for fiction are patients' in this clinic: choose another seed")
    stranger = Stranger("Mia", "Kealoha", "17841400000570156", free[0], _STRANGERS_EMAIL)
    return Cast(
        by_whatsapp=by_whatsapp,
        by_sms=by_sms,
        by_chatwoot=by_chatwoot,
        by_phone=by_phone,
        by_email=by_email,
        by_form=by_form,
        named_family=named_family,
        unnamed_family=unnamed_family,
        stranger=stranger,
        asking=(first, second, third),
        passer_by=free[1],
    )


class _Books:
    """The patients' records, with who holds which number."""

    def __init__(self, rows: list[Row]) -> None:
        self.rows = rows
        self.holders: dict[str, set[int]] = defaultdict(set)
        for row in rows:
            for number in _numbers(row):
                self.holders[number].add(row.id)
        self._of_person = Counter(row.person for row in rows)
        self._of_household = Counter(row.household for row in rows)
        self._emails = Counter(email for row in rows if (email := _email(row)))

    def alone(self) -> Iterator[Patient]:
        """Those who share nothing with anybody, and whose record is tidy."""
        for row in self.rows:
            numbers = list(_numbers(row))
            is_alone = row.is_live and self._of_household[row.household] == 1
            if is_alone and _is_tidy(row) and numbers and all(len(self.holders[number]) == 1 for number in numbers):
                yield self._patient(row)

    def tellable(self, today: date) -> set[str]:
        """The ids of adults who have not refused the privacy policy."""
        grown = (today - timedelta(days=19 * 366)).isoformat()
        return {
            str(row.id)
            for row in self.rows
            if _text(row, "date_of_birth")
            and _text(row, "date_of_birth") < grown
            and row.fields.get("accepted_privacy_policy") is not False
        }

    def families(self) -> Iterator[tuple[Patient, ...]]:
        """Two to four people of one household with one mobile and first names of their own, a name that fits one first."""
        by_mobile: dict[str, list[Row]] = defaultdict(list)
        for row in self.rows:
            for number in _numbers(row):
                if _is_mobile(number):
                    by_mobile[number].append(row)
        for members in by_mobile.values():
            if 2 <= len(members) <= 4 and self._is_family(members):
                yield tuple(self._patient(row) for row in members)

    def _is_family(self, members: list[Row]) -> bool:
        called = [word for row in members for word in {_text(row, "first_name"), _text(row, "preferred_first_name")} - {""}]
        return (
            len({row.household for row in members}) == 1
            and all(row.is_live and _is_tidy(row) and self._of_person[row.person] == 1 for row in members)
            and len({name.lower() for name in called}) == len(called)
            and all(len(set(_numbers(row))) == 1 for row in members)
        )

    def _patient(self, row: Row) -> Patient:
        numbers, email = list(_numbers(row)), _email(row)
        return Patient(
            patient_id=str(row.id),
            given_name=_text(row, "first_name"),
            family_name=_text(row, "last_name"),
            mobile=next((number for number in numbers if _is_mobile(number)), ""),
            landline=next((number for number in numbers if number.startswith("61") and not _is_mobile(number)), ""),
            email=email if self._emails[email] == 1 else "",
        )


def _numbers(row: Row) -> Iterable[str]:
    phones = row.fields.get("patient_phone_numbers") or []
    return (phone["normalized_number"] for phone in phones if len(phone.get("normalized_number") or "") > 9)


def _email(row: Row) -> str:
    return _text(row, "email").strip().lower()


def _text(row: Row, name: str) -> str:
    return row.fields.get(name) or ""


def _is_mobile(number: str) -> bool:
    return number.startswith("614") and len(number) == 11


def _is_tidy(row: Row) -> bool:
    """A name as it is usually written, and an address in that name, if any: not one that staff types where there is none."""
    given, family, email = _text(row, "first_name"), _text(row, "last_name"), _text(row, "email")
    return all(name.isascii() and name.isalpha() and name.istitle() for name in (given, family)) and (
        not email or family.lower() in email
    )
