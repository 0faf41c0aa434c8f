"""Bodies of requests and answers (DESIGN §11). More members may come; none of these goes."""

from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any, Literal, Self, TypeVar
from uuid import UUID

from fastapi import Response
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from contact_hub.channels.event import CHANNELS, IDENTIFIER_CHANNELS
from contact_hub.gateway.payloads import payload_of
from contact_hub.gateway.problems import Refused, invalid

_SAFE_INTEGER = 2**53


def _storable(value: str) -> str:
    """
    Raises:
        ValueError: PostgreSQL cannot store it.
    """
    if "\x00" in value or any("\ud800" <= character <= "\udfff" for character in value):
        raise ValueError("NUL and lone surrogates are no text")
    return value


def _digits(value: object) -> object:
    """Workflows send numbers as numbers; beyond 2^53 they have been rounded on the way, and are refused."""
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return str(value) if is_number and abs(value) <= _SAFE_INTEGER else value  # type: ignore[arg-type]


Text = Annotated[str, AfterValidator(_storable)]
Key = Annotated[Text, BeforeValidator(_digits), Field(min_length=1, max_length=255)]
ChannelName = Annotated[Text, Field(max_length=32, json_schema_extra={"enum": sorted(CHANNELS | IDENTIFIER_CHANNELS)})]
_LOOKED_UP = sorted(CHANNELS | IDENTIFIER_CHANNELS | {"cliniko"})
LookUpChannel = Annotated[Text, Field(max_length=32, json_schema_extra={"enum": _LOOKED_UP})]


class FindOrCreate(BaseModel):
    """Who is reached at this identifier: found, or made."""

    channel: ChannelName
    identifier: Key
    name: Annotated[Text, Field(max_length=255)] | None = None
    email: Annotated[Text, Field(max_length=254)] | None = None


class Link(BaseModel):
    """A person's statement that a contact is a Cliniko patient."""

    cliniko_patient_id: Key
    reason: Annotated[Text, Field(max_length=1000)] | None = None


Name = Annotated[Text, Field(max_length=255)]
Why = Annotated[Text, Field(max_length=1000)]


class Statement(BaseModel):
    """Who says so, beside the token, and why."""

    by: Name | None = None
    reason: Why | None = None


class Merge(Statement):
    contact_ids: Annotated[list[UUID], Field(min_length=2, max_length=100)]


class Distinct(Statement):
    contact_ids: Annotated[list[UUID], Field(min_length=2, max_length=2)]


class RecordName(BaseModel):
    source: Key
    source_id: Key


class Split(Statement):
    records: Annotated[list[RecordName], Field(min_length=1, max_length=1000)]


FieldValue = Annotated[Text, BeforeValidator(_digits), Field(max_length=500)]


class Person(BaseModel):
    """What is known of a person, as people type it; at least one of the fields."""

    given_name: FieldValue | None = None
    family_name: FieldValue | None = None
    date_of_birth: FieldValue | None = None
    phone: FieldValue | None = None
    email: FieldValue | None = None
    address: FieldValue | None = None
    suburb: FieldValue | None = None
    postcode: FieldValue | None = None
    state: FieldValue | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not any((value or "").strip() for value in vars(self).values()):
            raise PydanticCustomError("nothing_known", "at least one field is needed")
        return self


class Contact(BaseModel):
    """The columns of table ``contacts``."""

    model_config = ConfigDict(extra="allow")

    id: UUID
    organization_id: str
    name: str | None
    email: str | None
    phone: str | None
    source: str
    first_contact_source: str
    primary_source: str
    source_systems: list[str]
    cliniko_patient_id: str | None
    status: Literal["active", "archived", "merged", "erased"]
    contact_type: Literal["contact", "cliniko_patient", "household"]
    metadata: dict[str, Any]
    external_ids: dict[str, Any]
    created_at: datetime | None
    updated_at: datetime | None


class MadeDecision(BaseModel):
    """What a decision has brought about; the same again gives the same."""

    decision_ids: list[UUID]
    created: bool = Field(description="False: that was decided already")
    contacts: list[Contact] = Field(description="As they now are; the survivor, or what was kept, first")


class OneDecision(BaseModel):
    model_config = ConfigDict(extra="allow")

    decision_id: UUID
    kind: Literal["link", "merge", "split", "distinct", "undo"]
    source: str
    source_id: str
    target_source: str
    target_source_id: str
    authority: Literal["person", "model", "rule"]
    decided_by: str
    reason: str | None
    decided_at: datetime
    undone_by: UUID | None


class RecordOfContact(BaseModel):
    """What a split names."""

    source: str
    source_id: str


class Decisions(BaseModel):
    """Latest first; and the records that the contact has now."""

    decisions: list[OneDecision]
    records: list[RecordOfContact]


class FoundContact(BaseModel):
    contact_id: UUID
    created: bool
    match: Literal["owner", "shared", "new"]
    candidates: list[UUID] = Field(description="Other people whom the identifier may mean")
    contact: Contact


class LookedUpContact(BaseModel):
    match: Literal["owner", "shared", "none"]
    contact: Contact | None
    candidates: list[UUID] = Field(description="People whom the identifier may mean")


class MatchCandidate(BaseModel):
    contact_id: UUID
    probability: float = Field(description="That the contact is this person")
    weight: float = Field(description="The same as log2 odds")
    decision: Literal["certain", "possible"]
    fields: dict[str, float] = Field(description="What each field adds to the weight, in bits")
    why_not_certain: list[str] = Field(description="In words")


class MatchedContacts(BaseModel):
    decision: Literal["certain", "possible", "none"]
    contact_id: UUID | None = Field(description="Where it is certain")
    candidates: list[MatchCandidate] = Field(description="Likeliest first")


class TimelineEvent(BaseModel):
    model_config = ConfigDict(extra="allow")

    channel: str
    direction: Literal["in", "out"]
    occurred_at: datetime
    text: str | None
    external_id: str


class ContactTimeline(BaseModel):
    """Latest first; ``before`` the last one's ``occurred_at`` comes the next page."""

    contact_id: UUID
    events: list[TimelineEvent]
    appointments: list[dict[str, Any]]


class ToldAppointment(BaseModel):
    model_config = ConfigDict(extra="allow")

    starts_at: datetime
    when: str = Field(description="In words, in the reply's language and the business's time zone")
    practitioner: str | None
    type: str | None
    place: str | None


class Reply(BaseModel):
    text: str
    language: str
    template: str


class ContextOfIdentifier(BaseModel):
    """What an answer to this identifier may say."""

    model_config = ConfigDict(extra="allow")

    contact_id: UUID | None
    linked: bool = Field(description="Whether it is one Cliniko patient's")
    disclosure: Literal["full", "none"] = Field(description="none: neither a name nor an appointment may be told")
    reasons: list[str] = Field(description="What speaks against it, as codes")
    next_appointment: ToldAppointment | None
    last_appointment: ToldAppointment | None
    preferred_channel: str | None
    reminders: str | None
    freshness: Literal["live", "unconfirmed"] = Field(description="live: read from Cliniko for this answer")
    reply: Reply


class Reminders(BaseModel):
    """How somebody wants reminders from now on."""

    model_config = ConfigDict(extra="forbid")

    reminders: Literal["whatsapp", "email", "sms", "both", "none", "stop"] = Field(
        description="both: WhatsApp and email; none: no reminders; stop: no messages of any kind"
    )


class ContactReminders(BaseModel):
    """How a contact wants reminders, and by whose word."""

    contact_id: UUID
    reminders: str | None
    said_by: str | None = Field(description="message: the person; cliniko: the patient's file; else who noted it")
    said_at: datetime | None


class Receipt(BaseModel):
    """What became of a delivery; all of it is durable."""

    accepted: int = Field(description="Events that are new")
    ignored: int = Field(description="Items that were understood and mean nothing here")
    quarantined: int = Field(description="Items that could not be read; the delivery is kept and can be replayed")
    event_ids: list[UUID] = Field(description="Of all events of the delivery, known ones too")


class ProblemError(BaseModel):
    location: str
    code: str


class ProblemDocument(BaseModel):
    """RFC 9457."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    errors: list[ProblemError] | None = None


def answer(model: BaseModel, status: int = HTTPStatus.OK) -> Response:
    """The answer with this body. Made here, for the framework would check it again, in another thread."""
    return Response(model.model_dump_json(), status, media_type="application/json")


Body = TypeVar("Body", bound=BaseModel)


def read_as(model: type[Body], body: bytes, content_type: str) -> Body:
    """The body as this model.

    Raises:
        Refused: it is not JSON, or does not fit.
    """
    payload = payload_of(body, content_type)
    if not isinstance(payload, Mapping):
        raise Refused(HTTPStatus.UNPROCESSABLE_ENTITY, "not_an_object", "the body is JSON, but no object")
    try:
        return model.model_validate(payload)
    except ValidationError as error:
        raise invalid(error, within="body") from None
