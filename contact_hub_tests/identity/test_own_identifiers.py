"""The clinic's own addresses identify nobody."""

import numpy as np

from contact_hub.identity.own_identifiers import own_identifiers, without_own
from contact_hub.identity.source_records import StatedIdentifiers

BUSINESSES = [
    {"email_reply_to": "Front@Clinic.au", "contact_information": "Ring 02 9333 4444 or write to hello@clinic.au"},
    {"email_reply_to": None, "contact_information": 7},
    {},
]


def test_emails_and_phones_are_found_in_what_businesses_state() -> None:
    assert own_identifiers(BUSINESSES, "AU") == {"front@clinic.au", "hello@clinic.au", "+61293334444"}


def test_they_are_taken_out_of_what_patients_state() -> None:
    values = np.array(["+61293334444", "+61412345678", "hello@clinic.au"], object)
    stated = StatedIdentifiers(np.array([0, 0, 1], np.intp), np.array(["phone", "phone", "email"], object), values)
    kept = without_own(stated, own_identifiers(BUSINESSES, "AU"))
    assert kept.value.tolist() == ["+61412345678"]
    assert kept.record.tolist() == [0]
