"""The cases of a reply, and what the template of each can see.

A template of a case that tells nothing cannot even name what is not told: its variables do not exist there.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

Case = Literal[
    "appointment",
    "moved",
    "cancelled",
    "no_appointment",
    "unconfirmed",
    "neutral",
    "stranger",
    "preference_question",
    "preference_confirmed",
    "reminders_off",
]

CASES: tuple[Case, ...] = get_args(Case)


@dataclass(frozen=True)
class Variables:
    """What a template can see.

    Attributes:
        description: when the case arises.
        always: variables that always have a value.
        perhaps: variables that may have none, so that a template must say what then.
    """

    description: str
    always: frozenset[str]
    perhaps: frozenset[str] = frozenset()

    @property
    def all(self) -> frozenset[str]:
        return self.always | self.perhaps


_VISIT = frozenset(("practitioner", "type", "place"))
_NAME = frozenset(("name",))


def _with(*names: str) -> frozenset[str]:
    return frozenset(("clinic", *names))


VARIABLES: Mapping[Case, Variables] = {
    "appointment": Variables("A patient with an appointment ahead.", _with("when"), _NAME | _VISIT),
    "moved": Variables(
        "The appointment that they were last told of is at another time now.", _with("when", "was"), _NAME | _VISIT
    ),
    "cancelled": Variables(
        "The appointment that they were last told of is off; `when` and what follows is the next one, if any.",
        _with("was"),
        _NAME | _VISIT | {"when"},
    ),
    "no_appointment": Variables("A patient without an appointment ahead.", _with(), _NAME),
    "unconfirmed": Variables("A patient, while Cliniko does not answer: no time can be named.", _with(), _NAME),
    "neutral": Variables("Somebody whom the clinic knows, but to whom nothing may be told: a family's number.", _with()),
    "stranger": Variables("Anybody else.", _with()),
    "preference_question": Variables("Asks how reminders should come.", _with(), _NAME),
    "preference_confirmed": Variables(
        "Says how reminders will come; `reminders` is WhatsApp, email or both.", _with("reminders"), _NAME
    ),
    "reminders_off": Variables("Says that no reminders will come.", _with(), _NAME),
}

EXAMPLE: Mapping[str, str] = {
    "clinic": "Surf Rehab",
    "name": "John",
    "practitioner": "Anna",
    "type": "Follow-up",
    "place": "Surf Rehab Bondi",
}
"""What a preview shows, made-up; times and channels are worded in the template's language."""
