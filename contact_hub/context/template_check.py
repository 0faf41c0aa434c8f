"""The check of a template, before it is used or saved; what may be in one says
:mod:`~contact_hub.context.template_grammar`."""

import itertools
import re
from collections.abc import Iterator

from jinja2 import StrictUndefined, Template, TemplateSyntaxError, nodes
from jinja2.sandbox import SandboxedEnvironment

from contact_hub.context.cases import VARIABLES, Case
from contact_hub.context.template_gaps import gaps
from contact_hub.context.template_grammar import Problem, refused
from contact_hub.errors import ContactHubError

MAX_TEMPLATE = 1500
"""Characters of a template."""
MAX_REPLY = 1600
"""Characters of a reply: what Twilio takes for one message; WhatsApp takes more."""
MAX_VALUE = 100
"""Characters of a variable's value; longer ones are cut."""

_SINGLE_BRACES = re.compile(r"(?<![{%\w])\{\s*(\w+)\s*\}(?!\})", re.ASCII)


class TemplateError(ContactHubError):
    """A template cannot be used. ``problems`` has all that is wrong with it, by line."""

    def __init__(self, case: str, *problems: Problem) -> None:
        self.case, self.problems = case, problems
        listed = "; ".join(f"line {problem.line}: {problem.message}" for problem in problems)
        super().__init__(f"the template for '{case}' cannot be used: {listed}")


def compiled(case: Case, text: str) -> Template:
    """The template of a case, checked.

    Raises:
        TemplateError: it does what none may, names what its case does not know, or would come out empty or too long.
    """
    if case not in VARIABLES:
        raise TemplateError(case, Problem(1, "", "there is no such case; the cases are " + ", ".join(VARIABLES)))
    if len(text) > MAX_TEMPLATE:
        raise TemplateError(case, Problem(1, "", f"it has {len(text)} characters; {MAX_TEMPLATE} are allowed"))
    try:
        tree = _JINJA.parse(text)
        problems = sorted({*refused(case, tree), *_single_braces(case, text)}) or sorted(_gaps(case, tree))
        if problems:
            raise TemplateError(case, *problems)
        template = _JINJA.from_string(text)
    except TemplateSyntaxError as error:
        raise TemplateError(case, Problem(error.lineno, "", error.message or "it cannot be read")) from None
    except (RecursionError, SyntaxError, MemoryError):
        raise TemplateError(case, Problem(1, "", "too much is nested in it")) from None
    _try_out(case, template)
    return template


def _or_instead(value: str, instead: str) -> str:
    """Jinja's ``default`` filter, which here takes the place of what is empty."""
    return value or instead


def _environment() -> SandboxedEnvironment:
    """Jinja without anything that a template could reach; its texts are plain, so nothing is escaped."""
    environment = SandboxedEnvironment(undefined=StrictUndefined, autoescape=False)
    environment.globals.clear()
    environment.filters = {"default": _or_instead}
    environment.tests = {}
    return environment


_JINJA = _environment()


def _single_braces(case: Case, text: str) -> Iterator[Problem]:
    for match in _SINGLE_BRACES.finditer(text):
        if (name := match[1].lower()) in VARIABLES[case].all:
            yield Problem(text.count("\n", 0, match.start()) + 1, name, f"write {{{{ {name} }}}}, with two braces")


def _ways(case: Case) -> Iterator[frozenset[str]]:
    """Every set of variables that may have a value together, all of them first."""
    variables = VARIABLES[case]
    for there in itertools.product((True, False), repeat=len(variables.perhaps)):
        yield variables.always | {name for name, is_there in zip(sorted(variables.perhaps), there, strict=True) if is_there}


def _gaps(case: Case, tree: nodes.Template) -> set[Problem]:
    return {problem for there in _ways(case) for problem in gaps(tree, there)}


def _try_out(case: Case, template: Template) -> None:
    """Fill the template in every way in which its variables can be there or not, with the longest values."""
    for there in _ways(case):
        text = template.render({name: "x" * MAX_VALUE if name in there else "" for name in VARIABLES[case].all})
        missing = ", ".join(sorted(VARIABLES[case].all - there))
        if not text.strip():
            raise TemplateError(case, Problem(1, "", "it says nothing" + (f" without {missing}" if missing else "")))
        if len(text) > MAX_REPLY:
            raise TemplateError(case, Problem(1, "", f"it can come out at {len(text)} characters; {MAX_REPLY} are allowed"))
