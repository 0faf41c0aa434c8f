"""A person at the terminal: who it is, what was said, and what somebody decides about it."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

import typer
from rich.table import Table
from rich.text import Text

from contact_hub.cli import deciding
from contact_hub.cli.arguments import OrganizationId, day_option
from contact_hub.cli.deciding import decisions_table
from contact_hub.cli.printing import out
from contact_hub.errors import ConfigurationError

commands = typer.Typer(help="The people of an organization.", no_args_is_help=True)

Channel = Annotated[str, typer.Option("--channel", help="whatsapp, phone, sms, email, instagram, messenger, web, ...")]
Identifier = Annotated[str, typer.Option("--identifier", help="As the channel writes it, or as people do: 0412 345 678.")]
ContactId = Annotated[UUID, typer.Argument(metavar="CONTACT_ID", help="As `contacts find` prints it.")]


@contextmanager
def _directory() -> Iterator[Any]:
    from contact_hub.directory import ContactDirectory
    from contact_hub.installation import prepare

    directory = ContactDirectory(prepare())
    try:
        yield directory
    finally:
        directory.close()


@commands.command("find")
def find_contact(organization_id: OrganizationId, channel: Channel, identifier: Identifier) -> None:
    """Who an identifier belongs to; exits 1 if nobody has it."""
    with _directory() as directory:
        found = directory.lookup(organization_id, channel, identifier)
        people = [directory.contact(organization_id, candidate) for candidate in found.candidates]
    if found.match == "none":
        raise ConfigurationError(f"nobody in {organization_id} has this identifier")
    table = Table("contact", "name", "type", "status", "patient", title=f"match: {found.match}", title_justify="left")
    known = {person["id"]: person for person in [*([found.contact] if found.contact else []), *people]}
    for person in known.values():
        table.add_row(str(person["id"]), person["name"], person["contact_type"], person["status"], person["cliniko_patient_id"])
    out.print(table)


@commands.command("context")
def context_of_identifier(organization_id: OrganizationId, channel: Channel, identifier: Identifier) -> None:
    """What a reply to an identifier may say now, and why not more; asks Cliniko."""
    from contact_hub.answers import Answers
    from contact_hub.directory import ContactDirectory
    from contact_hub.installation import prepare

    database = prepare()
    with closing(ContactDirectory(database)) as directory, closing(Answers(database, directory)) as answers:
        found = answers.context_of(organization_id, channel, identifier)
    out.print(_context(found))


def _context(found: Any) -> Table:
    from contact_hub.context import REASONS

    body = found.as_body()
    table = Table(show_header=False, title="Context", title_justify="left")
    for field in ("contact_id", "linked", "disclosure", "preferred_channel", "reminders", "freshness"):
        table.add_row(field.replace("_", " "), _plain(body[field]))
    for code in body["reasons"]:
        table.add_row(_plain(code), REASONS[code])
    for field in ("next_appointment", "last_appointment"):
        told = body[field] or {}
        said = (told.get(part) for part in ("when", "practitioner", "type", "place"))
        table.add_row(field.replace("_", " "), _plain(", ".join(one for one in said if one)))
    table.add_row(f"reply ({body['reply']['template']}, {body['reply']['language']})", _plain(body["reply"]["text"]))
    return table


@commands.command("show")
def show_contact(
    organization_id: OrganizationId,
    contact_id: ContactId,
    limit: Annotated[int, typer.Option(help="How many events and appointments to show.")] = 50,
) -> None:
    """One person: identifiers by channel, the history over all channels, and the appointments."""
    from contact_hub.directory.preferences import reminders_of
    from contact_hub.installation import prepare

    zone = _zone(organization_id)
    with _directory() as directory:
        person = directory.contact(organization_id, contact_id)
        history = directory.timeline(organization_id, person["id"], limit=limit)
        preference = reminders_of(prepare(), directory, organization_id, person["id"])
        decided = directory.decisions(organization_id, contact_id)
        records = directory.records(organization_id, contact_id)
    out.print(_person(person, preference, records))
    if decided:
        out.print(decisions_table(decided, zone))
    out.print(_events(history.events, zone))
    out.print(_appointments(history.appointments, zone))


def _zone(organization_id: str) -> ZoneInfo:
    from contact_hub.installation import prepare
    from contact_hub.store.organizations import organization

    with prepare().reading() as connection:
        return ZoneInfo(organization(connection, organization_id).time_zone)


def _person(person: dict[str, Any], preference: Any, records: list[tuple[str, str]]) -> Table:
    table = Table(show_header=False, title="Contact", title_justify="left")
    for field in ("id", "name", "contact_type", "status", "phone", "email", "cliniko_patient_id", "first_contact_source"):
        table.add_row(field.replace("_", " "), _plain(person[field]))
    for channel, identifiers in sorted(person["external_ids"]["channels"].items()):
        table.add_row(channel, _plain(", ".join(identifiers)))
    if preference is not None:
        said = f" ({preference.said_by}, {preference.said_at:%Y-%m-%d})" if preference.said_at else f" ({preference.said_by})"
        table.add_row("reminders", preference.reminders.replace("_", " ") + said)
    table.add_row("records", Text("\n".join(":".join(record) for record in records), overflow="fold"))
    return table


def _events(events: list[dict[str, Any]], zone: ZoneInfo) -> Table:
    table = Table("when", "channel", "", "what", title="History, latest first", title_justify="left")
    for event in events:
        said = event["text"] or f"[{', '.join(event['attachments']) or event['kind']}]"
        arrow = "<-" if event["direction"] == "in" else "->"
        table.add_row(_local(event["occurred_at"], zone), event["channel"], arrow, _plain(said))
    return table


def _appointments(appointments: list[dict[str, Any]], zone: ZoneInfo) -> Table:
    table = Table("when", "what", "with", "where", "", title="Appointments, as last synced", title_justify="left")
    for one in appointments:
        state = "cancelled" if one["cancelled"] else "did not arrive" if one["did_not_arrive"] else ""
        values = (one["type"], one["practitioner"], one["place"])
        table.add_row(_local(one["starts_at"], zone), *(_plain(value) for value in values), state)
    return table


def _local(moment: datetime, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M}"


def _plain(value: object) -> Text:
    """What people wrote, as they wrote it: brackets are no markup here."""
    return Text("" if value is None else str(value))


@commands.command("prefer")
def prefer(
    organization_id: OrganizationId,
    contact_id: ContactId,
    reminders: Annotated[
        str,
        typer.Argument(
            metavar="REMINDERS", help="whatsapp, email, sms, both (WhatsApp and email), none, or stop: no messages."
        ),
    ],
) -> None:
    """Note how somebody wants reminders. It counts until they, or somebody for them, say otherwise."""
    from contact_hub.directory.preferences import note_reminders
    from contact_hub.installation import prepare
    from contact_hub.store.answer_tables import REMINDERS

    if reminders not in REMINDERS:
        raise ConfigurationError(f"reminders go by one of {', '.join(REMINDERS)}")
    with _directory() as directory:
        noted = note_reminders(prepare(), directory, organization_id, contact_id, reminders, said_by="command line")
    out.print(f"reminders: {noted.reminders}", highlight=False)


@commands.command("link")
def link_contact(
    organization_id: OrganizationId,
    contact_id: ContactId,
    patient: Annotated[str, typer.Option("--patient", help="The Cliniko patient's id.")],
    reason: Annotated[str | None, typer.Option(help="Why; kept with the decision.")] = None,
) -> None:
    """Decide that a contact is a Cliniko patient. Kept as a decision: no later sync undoes it."""
    with _directory() as directory:
        linked = directory.link_to_cliniko_patient(
            organization_id, contact_id, patient, decided_by="command line", reason=reason
        )
    out.print(f"linked: the contact is now {linked['id']}", highlight=False)


@commands.command("release")
def release_identifier(
    organization_id: OrganizationId,
    channel: Channel,
    identifier: Identifier,
    since: Annotated[date | None, day_option("--since", help="From this day on (default: from now on).")] = None,
) -> None:
    """Say that a number has changed hands: what comes from now on is from someone else; history stays where it was."""
    moment = None if since is None else datetime(since.year, since.month, since.day, tzinfo=_zone(organization_id))
    with _directory() as directory:
        released = directory.release(organization_id, channel, identifier, since=moment)
    out.print("released: who writes from it next is somebody new" if released else "that was known already")


commands.command("merge")(deciding.merge_contacts)
commands.command("split")(deciding.split_contact)
commands.command("distinct")(deciding.distinct_contacts)
commands.command("undo")(deciding.undo_decision)
commands.command("decisions")(deciding.list_decisions)
