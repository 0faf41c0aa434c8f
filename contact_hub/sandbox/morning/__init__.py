"""A morning at a sandbox clinic: what its patients, and people who are none yet, send on every channel.

As data: :func:`morning_of` makes the same deliveries for the same clinic and day, :func:`play` posts them as the providers
would. Only :func:`book` and :func:`book_visit` change the clinic.

    morning = morning_of(clinic, day)
    outcomes = play(f"{gateway_url}/v1/{organization_id}", token, secrets, morning.deliveries)
    book(clinic, morning.cast.stranger)
"""

from contact_hub.sandbox.morning.booking import Booking, at_moment, book, book_visit
from contact_hub.sandbox.morning.cast import Cast, Patient, Stranger, cast_of
from contact_hub.sandbox.morning.deliveries import PUBLIC_URL, Delivery
from contact_hub.sandbox.morning.playing import Outcome, play
from contact_hub.sandbox.morning.script import FIRST_MESSAGE, OVER_AT, Morning, morning_of

__all__ = [
    "FIRST_MESSAGE",
    "OVER_AT",
    "PUBLIC_URL",
    "Booking",
    "Cast",
    "Delivery",
    "Morning",
    "Outcome",
    "Patient",
    "Stranger",
    "at_moment",
    "book",
    "book_visit",
    "cast_of",
    "morning_of",
    "play",
]
