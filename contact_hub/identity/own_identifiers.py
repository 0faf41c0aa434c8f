"""The clinic's own phones and emails: staff type them where a patient has none, so they identify nobody."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from contact_hub.identity.emails import normalize_email
from contact_hub.identity.phones import find_phones
from contact_hub.identity.source_records import StatedIdentifiers

# Words of prose that hold an @; what they are is for the normalizer to say.
_ADDRESS = re.compile(r"[^\s<>,;:\"'()]+@[^\s<>,;:\"'()]+")
_STATED_IN = ("email_reply_to", "contact_information")


def own_identifiers(businesses: Iterable[Mapping[str, Any]], region: str) -> frozenset[str]:
    """E.164 phones and emails that the clinic's businesses state as theirs (Cliniko payloads of /businesses)."""
    texts = [business.get(field) for business in businesses for field in _STATED_IN]
    stated = [text for text in texts if isinstance(text, str)]
    phones = (phone for text in stated for phone in find_phones(text, region))
    emails = (normalize_email(word) for text in stated for word in _ADDRESS.findall(text))
    return frozenset(phones) | frozenset(email for email in emails if email is not None)


def without_own(identifiers: StatedIdentifiers, own: frozenset[str]) -> StatedIdentifiers:
    """The statements about identifiers that are not the clinic's own."""
    kept = np.fromiter((value not in own for value in identifiers.value), np.bool_, len(identifiers.value))
    return identifiers.where(kept)
