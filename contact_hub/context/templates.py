"""Reply templates: a text for each case and language, the clinic's own before those that contact_hub brings along."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache

from jinja2 import Template

from contact_hub.context.built_in_templates import BUILT_IN
from contact_hub.context.cases import CASES, EXAMPLE, VARIABLES, Case
from contact_hub.context.languages import FALLBACK, LANGUAGES, base, is_supported, language_tag
from contact_hub.context.preferences import in_words
from contact_hub.context.template_check import MAX_VALUE, TemplateError, compiled
from contact_hub.context.template_grammar import Problem
from contact_hub.context.wording import when
from contact_hub.identity.names import clean_text

__all__ = ["CASES", "VARIABLES", "Case", "Problem", "Reply", "TemplateError", "Templates", "check_template", "preview"]

_NOTHING = frozenset(("None", "undefined", "null", "NaN"))
"""What software writes where it has no value; as people's names these are capitalized or not another way."""
_NOW = datetime(2026, 12, 1, 1, tzinfo=UTC)
_EXAMPLE_TIMES = {"when": datetime(2026, 12, 1, 23, 30, tzinfo=UTC), "was": datetime(2026, 12, 3, 3, tzinfo=UTC)}


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply, ready to be sent: its words, their language, and the case that it is of."""

    text: str = field(repr=False)
    language: str
    template: Case

    def as_body(self) -> dict[str, str]:
        return {"text": self.text, "language": self.language, "template": self.template}


@dataclass(frozen=True)
class _Chosen:
    template: Template
    language: str


class Templates:
    """The templates of one clinic.

    Args:
        own: the clinic's texts by case and language tag (``de`` serves ``de-AT`` too).

    Raises:
        TemplateError: one of them cannot be used, or its language is none in which a day can be worded.
    """

    def __init__(self, own: Mapping[tuple[Case, str], str] | None = None) -> None:
        self._own: dict[tuple[Case, str], Template] = {}
        for (case, language), text in (own or {}).items():
            if not is_supported(language):
                message = f"the language '{language[:20]}' cannot be used; there are {', '.join(LANGUAGES)}"
                raise TemplateError(case, Problem(1, "", message))
            self._own[case, language_tag(language)] = compiled(case, text)

    def language_of(self, case: Case, language: str | None) -> str:
        """The language in which a reply of this case is given to somebody with that language; English where there is none."""
        return self._chosen(case, language).language

    def render(self, case: Case, language: str | None, values: Mapping[str, str | None]) -> Reply:
        """The reply of a case.

        Args:
            values: by variable; what the case does not know is not seen. What always has a value must have one here.

        Raises:
            ValueError: a variable that always has a value has none.
        """
        chosen, variables = self._chosen(case, language), VARIABLES[case]
        seen = {name: _value(values.get(name)) for name in variables.all}
        missing = sorted(name for name in variables.always if not seen[name])
        if missing:
            raise ValueError(f"a reply of '{case}' needs {', '.join(missing)}")
        return Reply(chosen.template.render(seen).strip(), chosen.language, case)

    def _chosen(self, case: Case, language: str | None) -> _Chosen:
        """The clinic's text in that language, of that territory rather than another; ours; the clinic's in English; ours."""
        tag, code = language_tag(language), base(language)
        for spoken, shown in ((code, tag), (FALLBACK, FALLBACK)):
            own = self._own_text(case, tag, spoken)
            if own is not None:
                return _Chosen(own, shown)
            if spoken in BUILT_IN:
                return _Chosen(_built_in(case, spoken), shown)
        raise AssertionError("there is English")

    def _own_text(self, case: Case, tag: str, code: str) -> Template | None:
        others = sorted(language for own, language in self._own if own == case and base(language) == code)
        return next(
            (self._own[case, one] for one in (tag, code, *others) if base(one) == code and (case, one) in self._own), None
        )


def check_template(case: Case, text: str) -> None:
    """Check a clinic's own template before it is saved.

    Raises:
        TemplateError: with every problem, its line and the variable concerned.
    """
    compiled(case, text)


def preview(case: Case, text: str | None = None, language: str | None = None) -> str:
    """How a template (None: the built-in one) comes out for John, whose appointment with Anna is tomorrow at 10:30.

    Raises:
        TemplateError: the template cannot be used.
    """
    own = {} if text is None else {(case, language_tag(language)): text}
    templates = Templates(own)
    spoken = templates.language_of(case, language)
    worded = {name: when(moment, _NOW, "Australia/Sydney", spoken) for name, moment in _EXAMPLE_TIMES.items()}
    return templates.render(case, language, {**EXAMPLE, **worded, "reminders": in_words("whatsapp", spoken)}).text


@cache
def _built_in(case: Case, language: str) -> Template:
    return compiled(case, BUILT_IN[language][case])


def _value(raw: str | None) -> str:
    """A value as it may be put in: one line, not too long; empty for none."""
    text = clean_text(raw) or ""
    return "" if text in _NOTHING else text[:MAX_VALUE].strip()
