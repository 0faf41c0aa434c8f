"""Decisions at the terminal: who is who, said by a person, with their name and reason."""

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any
from uuid import UUID
from zoneinfo import ZoneInfo

import typer
from rich.table import Table
from rich.text import Text

from contact_hub.cli.arguments import OrganizationId
from contact_hub.cli.printing import out
from contact_hub.errors import ConfigurationError

By = Annotated[str, typer.Option("--by", help="Who decides (default: the user of this machine).")]
Reason = Annotated[str, typer.Option("--reason", help="Why; kept with the decision.")]
ContactId = Annotated[UUID, typer.Argument(metavar="CONTACT_ID", help="As `contacts find` prints it.")]


@contextmanager
def _deciding(by: str, reason: str) -> Iterator[tuple[Any, Any]]:
    from contact_hub.directory import ContactDirectory
    from contact_hub.directory.deciding import Author
    from contact_hub.installation import prepare

    directory = ContactDirectory(prepare())
    try:
        yield directory, Author(by or getpass.getuser(), reason or None)
    finally:
        directory.close()


def merge_contacts(
    organization_id: OrganizationId,
    contact_ids: Annotated[list[UUID], typer.Argument(metavar="CONTACT_ID CONTACT_ID...", help="Two or more contacts.")],
    by: By = "",
    reason: Reason = "",
) -> None:
    """Decide that contacts are one person. Their ids keep resolving; nothing of them is lost."""
    with _deciding(by, reason) as (directory, author):
        made = directory.merge(organization_id, contact_ids, author)
    _say(made, f"merged: the contact is now {made.contacts[0]['id']}")


def split_contact(
    organization_id: OrganizationId,
    contact_id: ContactId,
    record: Annotated[
        list[str],
        typer.Option("--record", help="SOURCE:ID of a record to split off, as `contacts show` lists them; may be repeated."),
    ],
    by: By = "",
    reason: Reason = "",
) -> None:
    """Decide that records of a contact are someone else's. Only a later decision joins them to it again."""
    records = [_record(one) for one in record]
    with _deciding(by, reason) as (directory, author):
        made = directory.split(organization_id, contact_id, records, author)
    kept, *apart = (str(contact["id"]) for contact in made.contacts)
    _say(made, f"split: {kept} keeps the rest; apart from it: {', '.join(apart)}")


def distinct_contacts(
    organization_id: OrganizationId,
    contact_id: ContactId,
    other_id: Annotated[UUID, typer.Argument(metavar="CONTACT_ID", help="The other one.")],
    by: By = "",
    reason: Reason = "",
) -> None:
    """Decide that two contacts are two people: never proposed again, never merged by itself."""
    with _deciding(by, reason) as (directory, author):
        made = directory.distinct(organization_id, contact_id, other_id, author)
    _say(made, "distinct: they stay two contacts")


def undo_decision(
    organization_id: OrganizationId,
    decision_id: Annotated[UUID, typer.Argument(metavar="DECISION_ID", help="As `contacts decisions` prints it.")],
    by: By = "",
    reason: Reason = "",
) -> None:
    """Take a decision away, as if it had never been made; what has changed since stays."""
    with _deciding(by, reason) as (directory, author):
        made = directory.undo(organization_id, decision_id, author)
    _say(made, f"undone: {', '.join(str(contact['id']) for contact in made.contacts)}")


def list_decisions(
    organization_id: OrganizationId,
    contact_id: Annotated[UUID | None, typer.Argument(metavar="[CONTACT_ID]", help="Only those about this contact.")] = None,
) -> None:
    """What was decided, by whom and why; the latest first."""
    from contact_hub.store.organizations import organization

    with _deciding("", "") as (directory, _):
        decided = directory.decisions(organization_id, contact_id)
        with directory.database.reading() as connection:
            zone = ZoneInfo(organization(connection, organization_id).time_zone)
    out.print(decisions_table(decided, zone))


def decisions_table(decided: list[dict[str, Any]], zone: ZoneInfo) -> Table:
    table = Table("decision", "when", "what", "records", "by", "why", "", title="Decisions", title_justify="left")
    for one in decided:
        table.add_row(
            Text(str(one["decision_id"]), overflow="fold"),
            f"{one['decided_at'].astimezone(zone):%Y-%m-%d %H:%M}",
            one["kind"],
            Text(f"{one['source']}:{one['source_id']}\n{one['target_source']}:{one['target_source_id']}", overflow="fold"),
            Text(one["decided_by"]),
            Text(one["reason"] or ""),
            "undone" if one["undone_by"] else "",
        )
    return table


def _say(made: Any, sentence: str) -> None:
    known = "" if made.created else " (that was decided already)"
    out.print(sentence + known, highlight=False, soft_wrap=True)
    for decision_id in made.decision_ids:
        out.print(f"decision {decision_id}", highlight=False, soft_wrap=True)


def _record(said: str) -> tuple[str, str]:
    source, colon, source_id = said.partition(":")
    if not (source and colon and source_id):
        raise ConfigurationError(f"a record is named SOURCE:ID (for example cliniko:123), not {said!r}")
    return source, source_id
