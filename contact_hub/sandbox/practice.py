"""The clinic itself: its two places in zones that part company every summer, its staff, its services."""

import random
from datetime import datetime
from zoneinfo import ZoneInfo

from contact_hub.sandbox.clinic import Clinic, IdSequence
from contact_hub.sandbox.registration import CLINIC_EMAIL
from contact_hub.sandbox.rows import AppointmentType, Business, Practitioner

SYDNEY = ZoneInfo("Australia/Sydney")
BRISBANE = ZoneInfo("Australia/Brisbane")

# The second place says its zone by the Rails label alone, as accounts without "advanced time zone support" do.
_BUSINESSES = (
    (
        SYDNEY,
        "Surf Rehab Bondi",
        "Bondi",
        "NSW",
        "2026",
        {"time_zone": "Sydney", "time_zone_identifier": "Australia/Sydney"},
    ),
    (
        BRISBANE,
        "Surf Rehab Burleigh",
        "Burleigh Heads",
        "QLD",
        "4220",
        {"time_zone": "Brisbane", "time_zone_identifier": None},
    ),
)
_STAFF = (
    (0, "Ms", "Anna", "Lindqvist", "Physiotherapist", True),
    (0, "Dr", "Ravi", "Iyer", "Sports physician", True),
    (0, "", "Siobhán", "O'Dwyer", "Exercise physiologist", True),
    (1, "Mr", "Tom", "Tuilagi", "Physiotherapist", True),
    (1, None, "Mei", "Chan", "Podiatrist", True),
    (0, "Mr", "Gary", "Pascoe", "Massage therapist", False),
    (1, "Mrs", "Lyn", "Larkin", "Physiotherapist", False),
)
_SERVICES = (
    ("Initial consultation", "Physiotherapy", 1, 60, False),
    ("Standard consultation", "Physiotherapy", 1, 45, False),
    ("Review by video", "Telehealth", 1, 30, False),
    ("Sports massage", None, 1, 60, False),
    ("Shoulder screening (2023)", "Physiotherapy", 1, 20, True),
    ("Reformer Pilates", "Classes", 12, 50, False),
    ("Hydrotherapy class", "Classes", 12, 60, False),
)


def open_practice(clinic: Clinic, opened_at: datetime) -> None:
    """Give the clinic its businesses, practitioners and appointment types."""
    _open_businesses(clinic, opened_at)
    _hire(clinic, opened_at)
    _offer(clinic, opened_at)


def _open_businesses(clinic: Clinic, opened_at: datetime) -> None:
    ids = IdSequence(random.Random(f"{clinic.seed}:business ids"), legacy=1)
    for zone, name, city, state, postcode, time_zone in _BUSINESSES:
        fields = {
            "business_name": name, "display_name": name, "label": name, "address_1": "1 Headland Parade", "city": city,
            "state": state, "post_code": postcode, "country": "Australia", "country_code": "AU",
            "contact_information": "Ring (02) 5550 0001 or write to us", "email_reply_to": CLINIC_EMAIL,
            "website_address": "https://surfrehab.example.com", "show_in_online_bookings": True, **time_zone,
        }  # fmt: skip
        clinic.tables.businesses.add(
            Business(id=ids.next(), created_at=opened_at, updated_at=opened_at, zone=zone, fields=fields)
        )


def _hire(clinic: Clinic, opened_at: datetime) -> None:
    ids = IdSequence(random.Random(f"{clinic.seed}:practitioner ids"), legacy=4)
    user_ids = IdSequence(random.Random(f"{clinic.seed}:user ids"), legacy=4)
    businesses = list(clinic.tables.businesses.rows)
    for place, title, first_name, last_name, designation, active in _STAFF:
        label = " ".join(word for word in (title, first_name, last_name) if word)
        fields = {
            "title": title, "first_name": first_name, "last_name": last_name, "label": label,
            "display_name": f"{first_name} {last_name}", "designation": designation, "description": None,
            "reference_number": None, "show_in_online_bookings": active,
        }  # fmt: skip
        clinic.tables.practitioners.add(
            Practitioner(
                id=ids.next(),
                created_at=opened_at,
                updated_at=opened_at,
                active=active,
                user_id=user_ids.next(),
                business_id=businesses[place],
                fields=fields,
            )
        )


def _offer(clinic: Clinic, opened_at: datetime) -> None:
    ids = IdSequence(random.Random(f"{clinic.seed}:appointment type ids"), legacy=3)
    for name, category, max_attendees, minutes, archived in _SERVICES:
        fields = {
            "name": name, "category": category, "duration_in_minutes": minutes, "description": None, "color": "#0a7ea4",
            "telehealth_enabled": category == "Telehealth", "show_in_online_bookings": not archived,
            "deposit_price": None, "online_bookings_lead_time_hours": 1,
        }  # fmt: skip
        clinic.tables.appointment_types.add(
            AppointmentType(
                id=ids.next(),
                created_at=opened_at,
                updated_at=opened_at,
                archived_at=opened_at if archived else None,
                max_attendees=max_attendees,
                minutes=minutes,
                fields=fields,
            )
        )
