"""Context: who wrote and what is booked -> what may be said, in which words. Pure: no Dagster, no SQL, no HTTP.

The way through it: :func:`~contact_hub.context.disclosure.judge` says from facts whether appointment detail may be told,
:func:`~contact_hub.context.context.assemble` makes the context and the reply from that, the person and their appointments.
"""

from contact_hub.context.appointments import Appointment, Practice, appointments_of, next_and_last
from contact_hub.context.context import Clinic, Context, Person, Told, assemble
from contact_hub.context.disclosure import REASONS, Disclosure, Facts, judge
from contact_hub.context.identifier_forms import identifier_form
from contact_hub.context.preferences import in_words, payload_of, understood
from contact_hub.context.profile_names import name_says
from contact_hub.context.templates import Reply, TemplateError, Templates, check_template, preview
from contact_hub.context.wording import when

__all__ = [
    "REASONS",
    "Appointment",
    "Clinic",
    "Context",
    "Disclosure",
    "Facts",
    "Person",
    "Practice",
    "Reply",
    "TemplateError",
    "Templates",
    "Told",
    "appointments_of",
    "assemble",
    "check_template",
    "identifier_form",
    "in_words",
    "judge",
    "name_says",
    "next_and_last",
    "payload_of",
    "preview",
    "understood",
    "when",
]
