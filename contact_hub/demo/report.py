"""The demo's report: what came out of Cliniko, what the morning brought, one person's story, the checks. At a glance.

The clinic is invented, so people are named here; nothing else in contact_hub prints a name unasked.
"""

from collections.abc import Iterable, Sequence
from itertools import groupby

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from contact_hub.demo.asking import Answered, answered
from contact_hub.demo.clinic import NAME
from contact_hub.demo.facts import Writer, contacts_by_status, writers
from contact_hub.demo.results import Played, Run
from contact_hub.demo.story import print_story
from contact_hub.sandbox.morning import Outcome
from contact_hub.store.database import Database

WIDTH = 100
"""Where nobody looks at a terminal."""

_PROVIDERS = {
    "whatsapp": "WhatsApp",
    "instagram": "Instagram",
    "messenger": "Messenger",
    "twilio": "SMS, calls",
    "email": "Email",
    "web_form": "Web form",
    "generic": "n8n events",
    "chatwoot": "Chatwoot",
}
_JOBS = {
    "full_import": "all that Cliniko has: who is who, who comes",
    "channels": "what had landed: who is who, what was said",
    "daily": "what has changed since, her booking: all of it",
}


def print_report(console: Console, database: Database, played: Played, url: str, token: str) -> None:
    """Everything, top to bottom."""
    if not console.is_terminal:
        console = Console(file=console.file, width=WIDTH)
    wrote = writers(database, [event_id for outcome in played.outcomes for event_id in outcome.event_ids])
    _headline(console, f"{NAME}, out of Cliniko")
    _print_clinic(console, database, played.runs)
    _headline(console, f"The morning of {played.morning.day:%A %d %B}, through the gateway")
    console.print(_arrived(played.outcomes, wrote))
    console.print(Text(_afterword(played), style="dim"))
    console.print(_who(wrote))
    if played.settled_s is not None:
        said = f"the gateway had a contact for each of them within {max(0.1, played.settled_s):.1f} s of the last message"
        console.print(Text(said, style="dim"))
    _headline(console, "One person, three channels, one contact")
    print_story(console, database, played, url, token)
    _headline(console, "When am I booked? Asked through Chatwoot")
    console.print(_answers(answered(database)))
    _headline(console, "Dagster")
    console.print(_runs(played.runs))
    _print_checks(console, played.runs)


def _headline(console: Console, title: str) -> None:
    console.print()
    console.rule(f"[bold]{escape(title)}", align="left", style="cyan")


def _table(*columns: str, numbers: Sequence[str] = ()) -> Table:
    # Many numbers stand closer, so that all fit 80 columns.
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 0 if len(numbers) > 2 else 1, 0, 0), header_style="bold")
    for column in columns:
        table.add_column(column, justify="right" if column in numbers else "left", no_wrap=column in (*numbers, columns[0]))
    return table


def _print_clinic(console: Console, database: Database, runs: Sequence[Run]) -> None:
    imported, _, daily = runs
    received = [
        f"{count:,} {name.removeprefix('received_').replace('_', ' ')}"
        for metadata in imported.report.metadata.values()
        for name, count in metadata.items()
        if name.startswith("received_")
    ]
    by_status = contacts_by_status(database)
    in_use, archived, merged = (by_status.get(("cliniko_patient", status), 0) for status in ("active", "archived", "merged"))
    facts = Table(box=None, show_header=False, pad_edge=False)
    facts.add_row("fetched", f"{', '.join(received)}; in {imported.report.requests} requests")
    facts.add_row("patients", f"{in_use} contacts in use, {archived} archived, {merged} merged into another one")
    active = daily.report.metadata["active_patients"]["active_patients"]
    facts.add_row("active", f"{active} with an appointment in the 45 days before or after today")
    console.print(facts)


def _arrived(outcomes: Iterable[Outcome], wrote: Sequence[Writer]) -> Table:
    """By provider: what became of the deliveries, and who their senders are."""
    counted = ("sent", "accepted", "known", "ignored", "quaran-\ntined", "refused")
    people = ("patients", "house-\nholds", "new\npeople")
    table = _table("through", *counted, *people, numbers=(*counted, *people))
    by_provider = {provider: [one for one in outcomes if one.delivery.provider == provider] for provider in _PROVIDERS}
    for provider, label in _PROVIDERS.items():
        table.add_row(label, *_row(by_provider[provider], wrote))
    table.add_section()
    table.add_row("all", *_row([one for listed in by_provider.values() for one in listed], wrote), style="bold")
    return table


def _row(outcomes: Sequence[Outcome], wrote: Iterable[Writer]) -> Iterable[str]:
    event_ids = {event_id for one in outcomes for event_id in one.event_ids}
    mine = [writer for writer in wrote if writer.event_ids & event_ids]
    people = (len({one.contact_id for one in mine if one.became == kind}) for kind in ("patient", "household", "contact"))
    counts = (
        len(outcomes),
        sum(one.accepted for one in outcomes),
        sum(one.known for one in outcomes),
        sum(one.ignored for one in outcomes),
        sum(one.quarantined for one in outcomes),
        sum(one.is_refused for one in outcomes),
        *people,
    )
    return (str(count) if count else "·" for count in counts)


def _afterword(played: Played) -> str:
    known = "known: delivered before"
    if played.was_played:
        known = "this morning was played at an earlier start: every event is known, nothing is doubled"
    return f"{known} · ignored: says nothing new · quarantined: unreadable, kept for a replay · refused: a bad signature"


_STYLES = {"patient": "green", "household": "yellow", "contact": "cyan", "nobody": "dim"}
_NOBODY = {"bounce": "a mail server's report", "auto_reply": "an automatic reply", "call": "a withheld number"}


def _who(wrote: Sequence[Writer]) -> Table:
    table = _table("on", "who wrote or called", "is", "because")
    for writer in wrote:
        table.add_row(writer.channel, _plain(_called(writer)), Text(_is(writer), _STYLES[writer.became]), _why(writer))
    return table


def _is(writer: Writer) -> str:
    if writer.became == "household":
        return f"a household: {' or '.join(writer.candidates)}"
    named = f" {writer.contact}" if writer.contact else ""
    return {"patient": f"patient{named}", "contact": f"a new contact{named}"}.get(writer.became, "nobody")


def _called(writer: Writer) -> str:
    if writer.called is not None:
        return f"“{writer.called}”"
    if writer.source_id is None:
        return _NOBODY.get(writer.kind, "")
    return "a visitor of the website" if writer.channel == "web" else writer.source_id


def _why(writer: Writer) -> str:
    reasons = {
        "phone": "the number is in the record",
        "email": "the address is in the record",
        "phone_stated": "only stated the number",
        "email_stated": "only stated the address",
        "name": f"{len(writer.candidates)} share it, the name fits one",
        "household": "they share it: told nothing private",
        "source_record": "nobody has this account yet",
    }
    return "no contact is made of it" if writer.became == "nobody" else reasons.get(writer.method or "", "")


_CASES = {
    "appointment": "is this patient, by a number of theirs alone",
    "moved": "was told another time, which Cliniko has no more",
    "cancelled": "was told a time, and Cliniko has it cancelled",
    "neutral": "a family's number: no word of anybody",
    "stranger": "nobody whom the clinic knows",
}


def _answers(asked: Iterable[Answered]) -> Table:
    """What people asked, what they were told, and why just that."""
    table = _table("who", "asks", "gets", "because")
    for one in asked:
        way = "a note for the team: " if one.mode == "private_note" else ""
        said = Text(f"{way}“{one.said}”" if one.said else one.reason or one.state)
        table.add_row(_plain(one.who), _plain(one.asked), said, _CASES.get(one.template or "", one.template or ""))
    return table


def _runs(runs: Iterable[Run]) -> Table:
    table = _table("job", "seconds", "rows written", "what it took in", numbers=("seconds", "rows written"))
    for run in runs:
        written = sum(
            int(metadata.get(name, 0))
            for metadata in run.report.metadata.values()
            for name in ("rows_inserted", "rows_updated", "rows_deleted")
        )
        table.add_row(run.job, f"{run.seconds:.1f}", f"{written:,}", _JOBS[run.job])
    return table


def _print_checks(console: Console, runs: Sequence[Run]) -> None:
    """The checks of the last run of each asset: a line an asset."""
    latest = {(check.asset, check.name): check for run in runs for check in run.report.checks}
    passed = sum(check.passed for check in latest.values())
    table = _table("asset", f"{passed} of {len(latest)} checks passed")
    for asset, checks in groupby(latest.values(), key=lambda check: check.asset):
        line = Text()
        for check in checks:
            line.append(" · " if line else "")
            line.append(f"{check.name.replace('_', ' ')} ")
            line.append(_share(check.share), style="green" if check.passed else "bold red")
            line.append("" if check.passed else " failed", style="bold red")
        table.add_row(asset, line)
    console.print(table)


def _share(share: float) -> str:
    return f"{share:.0%}" if share in (0.0, 1.0) else f"{share:.1%}"


def _plain(said: str) -> Text:
    """What people call themselves, as they do: brackets are no markup here."""
    return Text(said)
