"""A Cliniko patient, as its API sends it, to one row of `normalized_contacts`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from functools import lru_cache
from typing import NotRequired, TypedDict
from zoneinfo import ZoneInfo

from contact_hub.errors import ContactHubError
from contact_hub.identity.addresses import normalize_address, normalize_country
from contact_hub.identity.dates import normalize_birth_date, parse_timestamp
from contact_hub.identity.emails import find_emails
from contact_hub.identity.names import clean_text, holds_two_people, normalize_name
from contact_hub.identity.phones import find_phones, is_mobile, normalize_phone
from contact_hub.identity.placeholders import is_placeholder_email, is_placeholder_name, is_placeholder_phone

SOURCE = "cliniko"
CONTACT_TYPE = "cliniko_patient"

_ID = re.compile(r"[0-9A-Za-z_-]{1,64}", re.ASCII)
_PATIENT_URL = re.compile(r".*/([0-9A-Za-z_-]{1,64})/?", re.ASCII | re.DOTALL)
_REMINDERS = {"none": "none", "sms": "sms", "email": "email", "sms & email": "sms_and_email"}
_PHONE_TYPES = frozenset(("mobile", "home", "work", "other"))
_FAX = "fax"
# Words beside a number that say what line it is; any other may say whose: '0412 345 678 (husband Bob)'.
_WORDS = re.compile(r"[^\W\d_]{2,}")
_OF_A_LINE = frozenset(
    """
    mobile mob mobil cell cellular phone ph tel telephone number no num home hm work wk office business bus landline line
    direct ext extension preferred primary main first second secondary best own self new current au aus australia uk nz us
    usa int intl international sms text texts only whatsapp viber signal call calls voicemail vm or and after before hours
    ah am pm day days daytime evening evenings night nights weekdays weekends anytime please
    """.split()
)


class UnusablePatientError(ContactHubError, ValueError):
    """What was sent as a patient is no object or has no usable id, so nothing can be keyed by it."""


class PhoneEntry(TypedDict):
    """One number of a person."""

    number: str  # E.164
    type: str  # 'mobile', 'home', 'work' or 'other', as the practice filed it
    mobile: bool  # whether it can receive messages
    placeholder: bool
    others: NotRequired[bool]  # a word beside it may say that somebody else answers there; absent: none does


class EmailEntry(TypedDict):
    """One address of a person."""

    address: str
    placeholder: bool


class Origin(TypedDict):
    """Which record of which source it is."""

    source: str
    source_id: str
    contact_type: str
    cliniko_patient_id: str


class Name(TypedDict):
    """Who it is."""

    name: str | None
    title: str | None
    given_name: str | None
    family_name: str | None
    preferred_name: str | None
    date_of_birth: date | None


class Reach(TypedDict):
    """How to reach the person: all numbers and addresses, and the first of each that is usable."""

    phone: str | None
    email: str | None
    phones: list[PhoneEntry]
    emails: list[EmailEntry]


class Address(TypedDict):
    """Where the person lives, as the practice wrote it."""

    address_street: str | None
    address_suburb: str | None
    address_state: str | None
    address_postcode: str | None
    address_country: str | None


class Preferences(TypedDict):
    """What the person agreed to: None is never asked."""

    reminder_preference: str | None  # 'none', 'sms', 'email', 'sms_and_email'
    accepted_privacy_policy: bool | None
    accepted_email_marketing: bool | None
    accepted_sms_marketing: bool | None
    time_zone: str | None  # IANA


class Record(TypedDict):
    """What became of the record."""

    status: str  # 'active', 'archived', 'merged'
    merged_into_source_id: str | None
    created_at: datetime | None  # aware, UTC, like the next
    updated_at: datetime | None


class NormalizedContact(Origin, Name, Reach, Address, Preferences, Record):
    """One row of the table `normalized_contacts`, but for the organization. A plain dict, its keys in this order."""

    issues: list[str]  # what could not be used, as codes without personal data


def cliniko_patient_to_contact(
    patient: Mapping[str, object], *, region: str = "AU", today: date | None = None
) -> NormalizedContact:
    """One Cliniko patient as a normalized contact.

    `region` is where the clinic is: its numbers are read as dialled there unless the patient has a country. `today` bounds
    birth dates. Any JSON object with a usable id gives a row: what cannot be used is absent and named in `issues`
    (`name_missing`, `name_placeholder`, `two_people_in_name`, `date_of_birth_invalid`, `phone_invalid`,
    `phone_placeholder`, `email_invalid`, `email_placeholder`, `merged_without_survivor`). Without one it raises
    `UnusablePatientError`, a ValueError. Free text (notes, emergency_contact) and the payer's invoice_email are not read.
    """
    source_id = _source_id(patient)
    issues: dict[str, None] = {}
    name = _name(patient, today or date.today(), issues)
    address = _address(patient, region)
    return {
        "source": SOURCE,
        "source_id": source_id,
        "contact_type": CONTACT_TYPE,
        "cliniko_patient_id": source_id,
        **name,
        **_reach(patient, (address["address_country"] or region, region), issues),
        **address,
        **_preferences(patient),
        **_record(patient, source_id, issues),
        "issues": list(issues),
    }


def _source_id(patient: object) -> str:
    raw = patient.get("id") if isinstance(patient, Mapping) else None
    if isinstance(raw, int) and not isinstance(raw, bool) and 0 <= raw < 1 << 64:
        return str(raw)
    if isinstance(raw, str) and _ID.fullmatch(raw.strip()) is not None:
        return raw.strip()
    raise UnusablePatientError("a Cliniko patient has no usable id: it must be a number or a short text of digits")


def _name(patient: Mapping[str, object], today: date, issues: dict[str, None]) -> Name:
    first, last, birth = patient.get("first_name"), patient.get("last_name"), patient.get("date_of_birth")
    name = normalize_name(first, last, preferred=patient.get("preferred_first_name"), title=patient.get("title"))
    full_name = name.full_name
    born = normalize_birth_date(birth, today)
    if full_name is None:
        issues["name_missing"] = None
    elif is_placeholder_name(name.given_name, name.family_name):
        issues["name_placeholder"] = None
    if holds_two_people(first, last):
        issues["two_people_in_name"] = None
    if born is None and _is_filled(birth):
        issues["date_of_birth_invalid"] = None
    return {
        "name": full_name,
        "title": name.title,
        "given_name": name.given_name,
        "family_name": name.family_name,
        "preferred_name": name.preferred_name,
        "date_of_birth": born,
    }


def _reach(patient: Mapping[str, object], regions: tuple[str, str], issues: dict[str, None]) -> Reach:
    own_words = _words(*(patient.get(name) for name in ("first_name", "last_name", "preferred_first_name")))
    phones = _phones(patient.get("patient_phone_numbers"), regions, issues, own_words | _OF_A_LINE)
    typed = patient.get("email")
    emails: list[EmailEntry] = [
        {"address": address, "placeholder": is_placeholder_email(address)} for address in find_emails(typed)
    ]
    if not emails and _is_filled(typed):
        issues["email_invalid"] = None
    if any(email["placeholder"] for email in emails):
        issues["email_placeholder"] = None
    usable = [phone for phone in phones if not phone["placeholder"]]
    usable.sort(key=lambda phone: phone["type"] != "mobile")  # stable: in order otherwise
    return {
        "phone": usable[0]["number"] if usable else None,
        "email": next((email["address"] for email in emails if not email["placeholder"]), None),
        "phones": phones,
        "emails": emails,
    }


def _words(*texts: object) -> frozenset[str]:
    return frozenset(word for text in texts if isinstance(text, str) for word in _WORDS.findall(text.casefold()))


def _phones(entries: object, regions: tuple[str, str], issues: dict[str, None], harmless: frozenset[str]) -> list[PhoneEntry]:
    """The numbers of these PhoneNumber objects, faxes left out, each number once. `harmless`: words that may stand beside
    a number and leave it the patient's own."""
    phones: dict[str, PhoneEntry] = {}
    for entry in entries if isinstance(entries, list) else ():
        if not isinstance(entry, Mapping):
            continue
        filed = entry.get("phone_type")
        kind = filed.strip().lower() if isinstance(filed, str) else "other"
        if kind == _FAX:
            continue
        kind = kind if kind in _PHONE_TYPES else "other"
        numbers = _numbers(entry, regions)
        if not numbers and _is_filled(entry.get("number")):
            issues["phone_invalid"] = None
        others = not _words(entry.get("number")) <= harmless
        for number in numbers:
            placeholder = is_placeholder_phone(number)
            if placeholder:
                issues["phone_placeholder"] = None
            found: PhoneEntry = {"number": number, "type": kind, "mobile": is_mobile(number), "placeholder": placeholder}
            phones.setdefault(number, {**found, "others": True} if others else found)
    return list(phones.values())


def _numbers(entry: Mapping[str, object], regions: tuple[str, str]) -> list[str]:
    """What staff typed, read as dialled in the patient's country, then at the clinic; else Cliniko's own reading of it,
    whose rules are not documented."""
    typed = entry.get("number")
    for region in dict.fromkeys(regions):
        if found := find_phones(typed, region):
            return found
    normalized = entry.get("normalized_number")
    digits = str(normalized) if isinstance(normalized, (str, int)) and not isinstance(normalized, bool) else ""
    number = normalize_phone(f"+{digits.strip().removeprefix('+')}", regions[1]) if digits else None
    return [number] if number is not None else []


def _address(patient: Mapping[str, object], region: str) -> Address:
    country = normalize_country(patient.get("country_code") or patient.get("country"))
    address = normalize_address(
        patient.get("address_1"), patient.get("address_2"), patient.get("address_3"), patient.get("city"),
        patient.get("state"), patient.get("post_code"), country or region,
    )  # fmt: skip
    return {
        "address_street": address.street,
        "address_suburb": address.suburb,
        "address_state": address.state,
        "address_postcode": address.postcode,
        "address_country": country,  # not the clinic's, which is only how the rest was read
    }


def _preferences(patient: Mapping[str, object]) -> Preferences:
    reminder = patient.get("reminder_type")
    return {
        "reminder_preference": _REMINDERS.get(reminder.strip().lower()) if isinstance(reminder, str) else None,
        "accepted_privacy_policy": _answer(patient.get("accepted_privacy_policy")),
        "accepted_email_marketing": _answer(patient.get("accepted_email_marketing")),
        "accepted_sms_marketing": _answer(patient.get("accepted_sms_marketing")),
        "time_zone": _time_zone(clean_text(patient.get("time_zone"))),
    }


def _record(patient: Mapping[str, object], source_id: str, issues: dict[str, None]) -> Record:
    link = patient.get("merged_with_patient")
    survivor = _linked_id(link)
    status = "active"
    if _is_filled(patient.get("merged_at")) or _is_filled(link):
        status = "merged"
    elif _is_filled(patient.get("archived_at")) or _is_filled(patient.get("deleted_at")):
        status = "archived"
    if survivor == source_id:
        survivor = None
    if status == "merged" and survivor is None:
        issues["merged_without_survivor"] = None
    return {
        "status": status,
        "merged_into_source_id": survivor,
        "created_at": parse_timestamp(patient.get("created_at")),
        "updated_at": parse_timestamp(patient.get("updated_at")),
    }


def _linked_id(link: object) -> str | None:
    """The id at the end of {"links": {"self": URL}}; none in the URL of a filtered list."""
    links = link.get("links") if isinstance(link, Mapping) else None
    url = links.get("self") if isinstance(links, Mapping) else None
    match = _PATIENT_URL.fullmatch(url.strip()) if isinstance(url, str) else None
    return match[1] if match is not None else None


def _is_filled(value: object) -> bool:
    """Whether a field holds anything: Cliniko sends null, '' and blanks for nothing, and {} is no link."""
    if isinstance(value, str):
        return clean_text(value) is not None
    return value not in (None, False, [], {})


def _answer(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


@lru_cache(maxsize=1024)
def _time_zone(name: str | None) -> str | None:
    if name is None:
        return None
    try:
        return ZoneInfo(name).key
    except (ValueError, OSError, LookupError):  # not found, a path out of the database, a folder of it
        return None
