"""Web forms -> events: n8n's Form Trigger and the JSON of other forms.

Shapes (APIS §3.5): ``{"<label>": value, "submittedAt", "formMode"}``, whose labels are people's words in any language; plain
``{"name": ..., "email": ...}``; the same under ``data``, ``fields`` and the like; a list of ``{"label", "value"}``, or an
object of ``{"id", "title", "value"}`` by id. A visitor types what he likes, so all identifiers are but stated.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from contact_hub.channels.event import ChannelEvent, Parsed, StatedIdentifier
from contact_hub.channels.form_labels import Field, asks_for_contact, field_of
from contact_hub.channels.identifiers import email, phone
from contact_hub.channels.reading import Reading, read_bodies
from contact_hub.channels.values import digest, hints, identity, label, said, word

_CONTAINERS = frozenset(
    """
    data fields form formfields form_fields answers payload formdata form_data values submission contact customer lead
    visitor person
    """.split()
)
_LABEL_MEMBERS = ("label", "title", "question", "name", "key", "id", "ref")
_VALUE_MEMBERS = ("value", "answer", "text", "raw_value")
# An id of the submission, not of the form: the latter is the same for everybody.
_SUBMISSION_IDS = (
    "submission_id",
    "submissionId",
    "submissionID",
    "entry_id",
    "entryId",
    "response_id",
    "responseId",
    "external_id",
)
_TIMES = ("submittedAt", "submitted_at", "created_at", "createdAt", "timestamp")
_META = frozenset(("formMode", "formQueryParameters", *_SUBMISSION_IDS, *_TIMES))
_NAME_FIELDS: tuple[Field, ...] = ("given_name", "family_name", "full_name")
_DEPTH = 4
_MAX_FIELDS = 500

_Fields = list[tuple[str, object]]


def parse(payload: object, *, region: str = "AU", received_at: datetime) -> Parsed:
    """The events of one or more submissions. Never raises."""
    return read_bodies(payload, region, received_at, _body)


def _body(body: Mapping[str, Any], path: str, reading: Reading) -> None:
    fields = list(_fields(body, _DEPTH))[:_MAX_FIELDS]
    found = _recognised(fields)
    address, number = _address(found, fields), _number(found, fields, reading.region)
    name, message = _name(found), _first(found, "message")
    if address is None and number is None and name is None and message is None:
        reading.problem("no_form_fields", path)
        return
    is_test = body.get("formMode") == "test"  # the editor's own trial
    reading.event(
        ChannelEvent(
            provider="web_form",
            channel="web",
            kind="system" if is_test else "form",
            direction="in",
            external_id=_external_id(body),
            occurred_at=reading.moment(*(body.get(member) for member in _TIMES)),
            identifiers=_stated(address, number),
            account=identity(body.get("form_id")) or identity(body.get("formId")),
            name=name,
            email=address,
            phone=number,
            text=said(message),
            content_type="form",
            hints=hints(mode=body.get("formMode")),
        )
    )


def _stated(address: str | None, number: str | None) -> tuple[StatedIdentifier, ...]:
    """The email first: it is what a form is answered by."""
    by_email = (StatedIdentifier("email", address, "stated"),) if address is not None else ()
    by_phone = (StatedIdentifier("phone", number, "stated"),) if number is not None else ()
    return (*by_email, *by_phone)


def _external_id(body: Mapping[str, Any]) -> str:
    """The submission's id, else a hash of all that was submitted: a retry posts the same."""
    stated = next((found for name in _SUBMISSION_IDS if (found := identity(body.get(name))) is not None), None)
    return stated or digest("web_form", body)


def _fields(value: object, depth: int) -> Iterator[tuple[str, object]]:
    """(label, value) of every field, however the form's software nests them."""
    if depth <= 0:
        return
    if isinstance(value, list):
        for entry in value:
            yield from _labelled(entry, None)
    elif isinstance(value, dict):
        for name, inner in value.items():
            if isinstance(inner, dict | list) and name.lower() in _CONTAINERS:
                yield from _fields(inner, depth - 1)
            elif isinstance(inner, dict):
                yield from _labelled(inner, name)
            elif name not in _META:
                yield name, next(iter(inner), None) if isinstance(inner, list) else inner


def _labelled(entry: object, key: str | None) -> Iterator[tuple[str, object]]:
    """A field as {"label": ..., "value": ...}; its key names it too, where the label says nothing."""
    if not isinstance(entry, dict) or not any(name in entry for name in _VALUE_MEMBERS):
        return
    value = next(entry[name] for name in _VALUE_MEMBERS if name in entry)
    names = [found for member in _LABEL_MEMBERS if (found := word(entry.get(member))) is not None]
    names += [key] if key is not None else []
    known = next((name for name in names if field_of(name) is not None), None)
    if known or names:
        yield known or names[0], next(iter(value), None) if isinstance(value, list) else value


def _recognised(fields: _Fields) -> dict[Field, list[object]]:
    """The values of each kind of field, the plainest label first."""
    ranked: dict[Field, list[tuple[int, int, object]]] = {}
    for position, (name, value) in enumerate(fields):
        match = field_of(name)
        if match is not None and said(value) is not None:
            ranked.setdefault(match[0], []).append((match[1], position, value))
    return {field: [value for _, _, value in sorted(found, key=lambda one: one[:2])] for field, found in ranked.items()}


def _address(found: Mapping[Field, list[object]], fields: _Fields) -> str | None:
    by_label = next((address for value in found.get("email", ()) if (address := email(value)) is not None), None)
    return by_label or next((address for value in _choices(fields) if (address := email(value)) is not None), None)


def _number(found: Mapping[Field, list[object]], fields: _Fields, region: str) -> str | None:
    by_label = next((number for value in found.get("phone", ()) if (number := phone(value, region)) is not None), None)
    return by_label or next((number for value in _choices(fields) if (number := phone(value, region)) is not None), None)


def _choices(fields: _Fields) -> Iterator[object]:
    """The values where a form asks for either: 'Phone or email'."""
    return (value for name, value in fields if asks_for_contact(name))


def _name(found: Mapping[Field, list[object]]) -> str | None:
    """The parts joined. Beside a first name, 'Name' and 'Nom' ask for the last one, and beside a surname for the first."""
    given, family, full = (label(_first(found, field)) for field in _NAME_FIELDS)
    if full is not None and (given is None or given not in full) and (family is None or family not in full):
        given, family = (given, family or full) if given is not None else (full, family)
        full = None
    return full or " ".join(part for part in (given, family) if part is not None) or None


def _first(found: Mapping[Field, list[object]], field: Field) -> object:
    return next(iter(found.get(field, ())), None)
