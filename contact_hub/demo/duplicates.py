"""The demo's duplicates: what the search has found, what the weekly run merges, who is left to a person, and an undo."""

from typing import Any
from uuid import UUID

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from contact_hub.demo.clinic import ORGANIZATION_ID
from contact_hub.demo.report import WIDTH
from contact_hub.directory import ContactDirectory
from contact_hub.directory.deciding import Author
from contact_hub.duplicates.explaining import Compared, compare_contacts
from contact_hub.store.database import Database
from contact_hub.store.duplicates import DuplicateSettings, choose, listed_pairs

SHARE = 0.05
_SHOWN = 6
_DESK = Author("front desk of the demo", "two people after all")


def turn_on(database: Database) -> None:
    """The clinic lets certain duplicates be merged."""
    with database.transaction() as connection:
        choose(connection, ORGANIZATION_ID, DuplicateSettings(merges_automatically=True, share=SHARE))


def print_duplicates(console: Console, database: Database, merged: dict[str, Any]) -> None:
    """What ``contact_merges`` came to, the pairs for a person, why the first is not certain, and a merge undone."""
    if not console.is_terminal:
        console = Console(file=console.file, width=WIDTH)
    with database.reading() as connection:
        possible = listed_pairs(connection, ORGANIZATION_ID, decision="possible")
    console.print()
    console.rule("[bold]The same person twice", align="left", style="cyan")
    facts = Table(box=None, show_header=False, pad_edge=False)
    facts.add_row("merged", f"{merged.get('merged_groups', 0)} people who were certainly there twice")
    facts.add_row("possible", f"{len(possible)} pairs for a person to look at: contact-hub duplicates list {ORGANIZATION_ID}")
    facts.add_row("undone", _undo_one(database))
    console.print(facts)
    table = Table("likely", "one", "and the other", box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for pair in possible[:_SHOWN]:
        table.add_row(f"{pair.probability:.1%}", *(Text(_told(pair, side)) for side in ("left", "right")))
    console.print(table)
    if possible:
        console.print(_why(compare_contacts(database, ORGANIZATION_ID, possible[0].left_id, possible[0].right_id)))


def _told(pair: Any, side: str) -> str:
    parts = (getattr(pair, f"{side}_{field}") for field in ("name", "date_of_birth", "phone", "email"))
    return ", ".join(part for part in parts if part)


def _why(compared: Compared) -> Table:
    """The first pair's waterfall, in bits."""
    explanation = compared.explanation
    table = Table("why: field", "bits", "is", box=box.SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for step in explanation.steps:
        table.add_row(step.name.replace("_", " "), f"{step.weight:+.1f}", step.says)
    table.add_row("together", f"{explanation.weight:+.1f}", "; ".join(explanation.why_not_certain), style="bold")
    return table


def _undo_one(database: Database) -> str:
    """Undo a merge of the model, once: at a later start it is undone already, and stays so."""
    directory = ContactDirectory(database)
    try:
        made = [one for one in directory.decisions(ORGANIZATION_ID) if one["authority"] == "model" and one["kind"] == "merge"]
        if not made:
            return "nothing was merged"
        undone = [one for one in made if one["undone_by"]]
        decision: UUID = (undone or made)[0]["decision_id"]
        back = directory.undo(ORGANIZATION_ID, decision, _DESK)
        names = " and ".join(str(contact["name"]) for contact in back.contacts)
        return f"one of the merges: {names} are two contacts again, and stay so"
    finally:
        directory.close()
