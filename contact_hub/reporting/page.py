"""The page: facts in, HTML out."""

from datetime import date
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from contact_hub.reporting.facts import WEEKS, ReportFacts

_ENVIRONMENT = Environment(
    loader=PackageLoader("contact_hub.reporting", "."),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_SHARES = {
    "coverage": ("patients_covered", "patients"),
    "matching": ("appointments_matched", "appointments"),
    "accuracy": ("patient_records_agreeing", "patient_records"),
    "completeness": ("patient_contacts_complete", "patient_contacts"),
}


def page(facts: ReportFacts) -> str:
    """One HTML page, complete in itself."""
    latest = facts.numbers[-1] if facts.numbers else None
    return _ENVIRONMENT.get_template("page.html.jinja").render(
        facts=facts,
        latest=latest,
        weeks=WEEKS,
        charts=_charts(facts) if latest else {},
        failing=[one for one in facts.judged if not one.passes],
    )


def _charts(facts: ReportFacts) -> dict[str, str]:
    from contact_hub.reporting import charts  # matplotlib is slow to import, and most that import this draw nothing

    days: list[date] = [row["as_of"] for row in facts.numbers]
    latest = facts.numbers[-1]
    return {
        "shares": charts.shares_over_time(
            days, {name: [_share(row, *columns) for row in facts.numbers] for name, columns in _SHARES.items()}
        ),
        "active": charts.counts_over_time(days, [row["active_patients"] for row in facts.numbers]),
        "sources": charts.bars(latest["contacts_by_source"]),
        "weeks": charts.stacked_weeks(facts.weeks, facts.day, WEEKS),
        "replies": charts.bars(facts.replies) if facts.replies else "",
        "duplicates": charts.bars(facts.duplicates, as_given=True),
        "synced": charts.day_strip(facts.synced),
    }


def _share(row: Any, numerator: str, denominator: str) -> float:
    return row[numerator] / row[denominator] if row[denominator] else float("nan")
