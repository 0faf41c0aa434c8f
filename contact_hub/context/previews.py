"""Previews: how a template comes out for made-up people, in the ways that come up at a front desk."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from contact_hub.context.cases import EXAMPLE, VARIABLES, Case
from contact_hub.context.preferences import in_words
from contact_hub.context.templates import Reply, Templates
from contact_hub.context.wording import when

_NOW = datetime(2026, 12, 29, 1, tzinfo=UTC)
_ZONE = "Australia/Sydney"
_TIMES: Mapping[str, datetime] = {
    "today": datetime(2026, 12, 29, 5, tzinfo=UTC),
    "tomorrow": datetime(2026, 12, 29, 23, 30, tzinfo=UTC),
    "next year": datetime(2027, 1, 5, 3, tzinfo=UTC),
}
_WAS = datetime(2026, 12, 31, 0, 30, tzinfo=UTC)


def examples(templates: Templates, case: Case, language: str, clinic: str) -> Iterator[tuple[str, Reply]]:
    """(what is known, the reply): with everything, at each time; and with no more than there must be."""
    spoken = templates.language_of(case, language)
    variables = VARIABLES[case]
    known = {**EXAMPLE, "clinic": clinic, "reminders": in_words("whatsapp", spoken), "was": when(_WAS, _NOW, _ZONE, spoken)}
    for name, moment in _TIMES.items() if "when" in variables.all else [("everything known", None)]:
        timed = {} if moment is None else {"when": when(moment, _NOW, _ZONE, spoken)}
        yield name, templates.render(case, language, {**known, **timed})
    if variables.perhaps:
        least = {**known, "when": when(_TIMES["tomorrow"], _NOW, _ZONE, spoken)}
        yield "as little as can be", templates.render(case, language, {name: least[name] for name in variables.always})
