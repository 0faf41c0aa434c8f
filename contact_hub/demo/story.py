"""One person's story, as the gateway tells it: found by each of her identifiers, and everything that was said."""

from datetime import datetime
from typing import Any

import requests
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from contact_hub.demo.clinic import ZONE
from contact_hub.demo.facts import records_of
from contact_hub.demo.results import Played
from contact_hub.store.database import Database

_TIMEOUT_S = 20
_WHY = {
    "phone_stated": "stated her number: filed under her name, told nothing",
    "phone": "is that number, and the one in Cliniko",
    "source_record": "her patient record: the contact is this patient",
}


def print_story(console: Console, database: Database, played: Played, url: str, token: str) -> None:
    """Who she is by each identifier, the timeline, and what holds it together."""
    stranger = played.morning.cast.stranger
    asked = {"instagram": stranger.instagram, "whatsapp": f"+{stranger.mobile}"}
    found = {channel: _get(url, token, "/contacts/lookup", channel=channel, identifier=one) for channel, one in asked.items()}
    contact = found["instagram"]["contact"]
    history = _get(url, token, f"/contacts/{contact['id']}/timeline")
    console.print(_timeline(history, played.booked_at))
    same = {one["contact"]["id"] for one in found.values() if one["contact"]}
    records = records_of(database, contact["id"])
    summary = Table(box=None, show_header=False, pad_edge=False)
    summary.add_row(
        "contact", Text(f"{contact['name']}, {contact['id']}" if len(same) == 1 else "NOT ONE CONTACT", style="bold green")
    )
    for source, source_id, method in records:
        summary.add_row(source, Text(f"{source_id}: {_WHY.get(method, method)}"))
    console.print(summary)


def _timeline(history: dict[str, Any], booked_at: datetime) -> Table:
    table = Table("when", "where", "", "what", box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    rows = [
        (
            datetime.fromisoformat(event["occurred_at"]),
            event["channel"],
            "->" if event["direction"] == "in" else "<-",
            event["text"],
        )
        for event in history["events"]
    ]
    booked = [f"{one['type']} with {one['practitioner']}, {_local(one['starts_at'])}" for one in history["appointments"]]
    rows.append((booked_at, "cliniko", "->", f"becomes a patient and books: {'; '.join(booked)}"))
    for moment, channel, arrow, said in sorted(rows, key=lambda row: row[0]):
        table.add_row(f"{moment.astimezone(ZONE):%a %H:%M}", channel, arrow, Text(said or ""))
    return table


def _local(moment: str) -> str:
    return f"{datetime.fromisoformat(moment).astimezone(ZONE):%a %d %b %H:%M}"


def _get(url: str, token: str, path: str, **query: str) -> dict[str, Any]:
    answer = requests.get(url + path, params=query, headers={"Authorization": f"Bearer {token}"}, timeout=_TIMEOUT_S)
    answer.raise_for_status()
    found: dict[str, Any] = answer.json()
    return found
