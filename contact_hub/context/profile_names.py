"""What the name on a profile says about whether the patient writes. It never finds anybody; it can only raise doubt."""

import re

from contact_hub.context.disclosure import NameSays
from contact_hub.identity.name_fit import PersonNames
from contact_hub.identity.names import match_key

_BETWEEN_WORDS = re.compile(r"[\s\-‐‑–—_.]+")
_TITLES = frozenset("mr mrs ms miss mx dr prof herr frau señor señora sr sra m mme monsieur madame".split())


def name_says(called: str | None, patient: PersonNames) -> NameSays:
    """Whether somebody called so can be the patient (given, family, preferred name).

    'Anna', 'Smith Anna' and 'Dr Anna S.' agree with Anna Smith. No name, an emoji, a number, 'Smith' and 'A. Smith' say
    nothing. Any word that is not hers disagrees: 'Ben', 'Mum', 'Anna Jones', 'The Smiths', 'Surfer'.
    """
    words = [key for word in _BETWEEN_WORDS.split(called or "") if (key := match_key(word))]
    said = [word for word in words if word not in _TITLES]
    given, family, preferred = (_words(text) for text in patient)
    first, own = given | preferred, given | preferred | family
    initials = {word[0] for word in own}
    if any(word not in own and word not in initials for word in said):
        return "disagrees"
    return "agrees" if any(word in first for word in said) else "silent"


def _words(text: str | None) -> set[str]:
    return {key for word in _BETWEEN_WORDS.split(text or "") if (key := match_key(word))}
