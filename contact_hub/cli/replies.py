"""Answers that contact_hub gives by itself: whether, when, and what became of them."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from contact_hub.cli.arguments import OrganizationId
from contact_hub.cli.printing import out, say_note

if TYPE_CHECKING:
    from contact_hub.replies.settings import ReplySettings

commands = typer.Typer(help="Replies that contact_hub makes by itself, through Chatwoot.", no_args_is_help=True)


@commands.command("mode")
def mode(
    organization_id: OrganizationId,
    mode: Annotated[
        str | None,
        typer.Argument(
            metavar="[MODE]",
            help="off; private_note: what could be said, as a note for the clinic's team; reply: to the customer. Not given: "
            "shows what is set.",
        ),
    ] = None,
    expires_after: Annotated[
        float | None, typer.Option(metavar="MINUTES", help="A message older than this gets no answer (at first: 10).")
    ] = None,
    cool_down: Annotated[
        float | None,
        typer.Option(
            metavar="MINUTES", help="So long after a reply its conversation gets no other (at first: 60; 0: no wait)."
        ),
    ] = None,
    quiet: Annotated[
        float | None,
        typer.Option(metavar="SECONDS", help="A burst is answered when nothing more has come for so long (at first: 5)."),
    ] = None,
    ask_reminders: Annotated[
        bool | None, typer.Option(help="Ask patients, once, how they want their reminders (at first: no).")
    ] = None,
) -> None:
    """Turn replies on or off, or say when they are given. What is not given stays; a pause ends."""
    from dataclasses import replace

    from contact_hub.installation import prepare
    from contact_hub.replies.settings import reply_settings_of, set_reply_settings
    from contact_hub.store.organizations import organization

    given = {
        "mode": mode,
        "expires_after": None if expires_after is None else timedelta(minutes=expires_after),
        "cool_down": None if cool_down is None else timedelta(minutes=cool_down),
        "quiet": None if quiet is None else timedelta(seconds=quiet),
        "asks_reminders": ask_reminders,
    }
    wanted = {name: value for name, value in given.items() if value is not None}
    with prepare().transaction() as connection:
        organization(connection, organization_id)
        known = reply_settings_of(connection, organization_id)
        if wanted:
            set_reply_settings(connection, organization_id, replace(known, **wanted))  # type: ignore[arg-type]
            known = reply_settings_of(connection, organization_id)
    _show(organization_id, known)


def _show(organization_id: str, known: "ReplySettings") -> None:
    minutes = [f"{delta.total_seconds() / 60:g} min" for delta in (known.expires_after, known.cool_down)]
    out.print(
        f"{organization_id}: {known.mode}; a message is answered within {minutes[0]}, after {known.quiet.total_seconds():g} s "
        f"of quiet, and a conversation not again within {minutes[1]}"
        + ("; patients are asked how they want reminders" if known.asks_reminders else ""),
        highlight=False,
    )
    if known.paused_until is not None and known.paused_until > datetime.now(UTC):
        say_note(f"paused until {known.paused_until.astimezone(UTC):%Y-%m-%d %H:%M} UTC ({known.pause_reason})")


@commands.command("list")
def list_replies(
    organization_id: OrganizationId,
    state: Annotated[str | None, typer.Option(help="Only those: pending, sending, sent, skipped, expired or failed.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="The latest so many.")] = 20,
) -> None:
    """What was answered and what was not, with the reason: ids, times and codes; no texts, nothing of the people."""
    from contact_hub.context.answering import REASONS
    from contact_hub.installation import prepare
    from contact_hub.replies.history import counts, latest
    from contact_hub.store.organizations import organization

    table = Table("received", "channel", "conversation", "state", "template", "tells", "why")
    with prepare().reading() as connection:
        organization(connection, organization_id)
        total = counts(connection, organization_id)
        rows = latest(connection, organization_id, state=state, limit=limit)
    for row in rows:
        received = f"{row.received_at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
        why = REASONS.get(row.reason or "", ", ".join(row.disclosure_reasons or ()))
        table.add_row(received, row.channel, row.conversation_id, row.state, row.template, row.disclosure, why)
    out.print(table if rows else f"{organization_id}: no replies", highlight=False)
    if total:
        out.print(", ".join(f"{count} {name}" for name, count in total.items()), highlight=False)
