"""Templates: what is refused, with the line and the variable; and that what is not refused can always be filled in."""

import itertools
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contact_hub.context.built_in_templates import BUILT_IN
from contact_hub.context.cases import CASES, VARIABLES, Case
from contact_hub.context.languages import LANGUAGES
from contact_hub.context.template_check import MAX_REPLY, MAX_TEMPLATE
from contact_hub.context.templates import TemplateError, Templates, check_template, preview

VALUES = {name: f"<{name}>" for variables in VARIABLES.values() for name in variables.all}

# Columns: case; template; line, variable and words of the refusal.
REFUSED: list[tuple[Case, str, int, str, str]] = [
    ("neutral", "Hi!\nSee you {{ when }}", 2, "when", "has no variable 'when'; it has clinic"),
    ("neutral", "Hi {{ name }}", 1, "name", "has no variable 'name'"),
    ("stranger", "{% if practitioner %}You know whom{% endif %}", 1, "practitioner", "has no variable"),
    ("unconfirmed", "See you {{ when }}", 1, "when", "has no variable"),
    ("appointment", "{{ telehealth_url }}", 1, "telehealth_url", "has no variable"),
    ("appointment", "Hi {{ name }}, {{ when }}", 1, "name", "may have no value: write {% if name %}"),
    ("appointment", "{% if place %}{{ when }} with {{ practitioner }}{% endif %} ", 1, "practitioner", "may have no value"),
    ("appointment", "{% if not place %}{{ place }}{% endif %}{{ when }}", 1, "place", "may have no value"),
    ("appointment", "{{ name if place else when }}", 1, "name", "may have no value"),
    ("appointment", "{{ name or place }}{{ when }}", 1, "place", "may have no value"),
    ("appointment", "{% if name or place %}{{ name }}{% endif %}{{ when }}", 1, "name", "may have no value"),
    ("cancelled", "{{ was }} is off, {{ when }} is on", 1, "when", "may have no value"),
    ("appointment", "Hi!\n\nSee you { when }", 3, "when", "write {{ when }}, with two braces"),
    ("appointment", "See you {{ when", 1, "", "unexpected end"),
    ("appointment", "Hi\n{% if name %} {{ when }}", 2, "", "Unexpected end of template"),
    ("appointment", "{{ name if name }}{{ when }}", 1, "", "needs an `else`"),
    ("appointment", "{{ when | upper }}", 1, "", "No filter named 'upper'|the filter 'upper'"),
    ("appointment", "{{ when.__class__.__mro__ }}", 1, "", "an attribute cannot be used"),
    ("appointment", "{{ when['x'] }}", 1, "", "an item cannot be used"),
    ("appointment", "{{ when() }}", 1, "", "a call cannot be used"),
    ("appointment", "{{ range(9) }}", 1, "", "a call cannot be used"),
    ("appointment", "{% for one in when %}x{% endfor %}", 1, "", "a loop cannot be used"),
    ("appointment", "{% set when = 'never' %}", 1, "", "`set` cannot be used"),
    ("appointment", "{{ when == 'x' }}", 1, "", "a comparison cannot be used"),
    ("appointment", "{{ none }}", 1, "", "a word like none, cannot be used"),
    ("appointment", "{{ when ~ when }}", 1, "", "`concat` cannot be used"),
    ("appointment", "{{ 'x' * 999999999 }}", 1, "", "`mul` cannot be used"),
    ("appointment", "{% include 'x' %}", 1, "", "`include` cannot be used"),
    ("appointment", "{% macro x() %}{% endmacro %}", 1, "", "`macro` cannot be used"),
    ("appointment", "{% if when is defined %}x{% endif %}", 1, "", "No test named|`test` cannot be used"),
    ("appointment", "", 1, "", "it says nothing"),
    ("appointment", "{# later #}", 1, "", "it says nothing"),
    ("appointment", "{% if name %}Hi {{ name }}{% endif %}", 1, "", "it says nothing without name"),
    ("appointment", "x" * (MAX_TEMPLATE + 1), 1, "", "1501 characters; 1500 are allowed"),
    ("appointment", "{{ when }} " * 20, 1, "", "can come out at"),
    ("appointment", "{{ " + "(" * 700 + "when" + ")" * 700 + " }}", 1, "", "too much is nested"),
    ("appointment", "{% if name %}" * 50 + "x" + "{% endif %}" * 50, 1, "", "too much is nested"),
]


@pytest.mark.parametrize(("case", "text", "line", "variable", "message"), REFUSED)
def test_refused(case: Case, text: str, line: int, variable: str, message: str) -> None:
    with pytest.raises(TemplateError) as refused:
        check_template(case, text)
    problem = refused.value.problems[0]
    assert (problem.line, problem.variable) == (line, variable)
    assert re.search("|".join(map(re.escape, message.split("|"))), problem.message)
    assert f"line {line}: " in str(refused.value)
    assert len(str(refused.value)) < 1000


def test_all_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(TemplateError) as refused:
        check_template("neutral", "Hi {{ name }}\n{{ when }} {{ when }}\n{{ clinic() }}")
    assert [(problem.line, problem.variable) for problem in refused.value.problems] == [(1, "name"), (2, "when"), (3, "")]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Hi {{ name or 'there' }}, {{ when }}", "Hi there, <when>"),
        ("Hi {{ name | default('there') }}, {{ when }}", "Hi there, <when>"),
        ("{% if name %}{{ name }}{% elif place %}{{ place }}{% else %}You{% endif %}: {{ when }}", "You: <when>"),
        ("{% if name and place %}{{ name }} {{ place }}{% endif %}{{ when }}", "<when>"),
        ("{% if not name %}You{% else %}{{ name }}{% endif %} {{ when }}", "You <when>"),
        ("{% if not (name or place) %}x{% elif name %}{{ name }}{% else %}{{ place }}{% endif %}", "x"),
        ("{{ name if name else 'You' }} {{ when }}", "You <when>"),
        ("{{ name or place or when }}", "<when>"),
        ("{{ name or '' }}{{ when }}", "<when>"),
        ("{{ '' or name or when }}", "<when>"),
        ("{% if name or place %}{{ name or place }}, {% endif %}{{ when }}", "<when>"),
        ("{# for John #}{{ when }} {single} {braces}", "<when> {single} {braces}"),
        ("\n {{ when }} \n", "<when>"),
    ],
)
def test_parts_may_be_left_out(text: str, said: str) -> None:
    templates = Templates({("appointment", "en"): text})
    assert templates.render("appointment", "en", {"clinic": "<clinic>", "when": "<when>"}).text == said
    templates.render("appointment", "en", VALUES)


@pytest.mark.parametrize(("language", "case"), list(itertools.product(BUILT_IN, CASES)))
def test_built_in_templates(language: str, case: Case) -> None:
    """They pass the check and show all that they promise, and none of the Latin languages ends without a full stop."""
    check_template(case, BUILT_IN[language][case])
    shown = preview(case, language=language)
    assert shown.endswith((".", "?", "!", "。", "？", "！"))
    assert "{" not in shown
    spoken = re.sub(r"{[{%].*?[%}]}", "", BUILT_IN[language][case])
    if case in ("neutral", "stranger"):
        assert not re.search(r"appointment|patient|record|file|Termin|Akte|cita|ficha|rendez|dossier|预约|患者|病", spoken)


def test_previews() -> None:
    assert preview("appointment") == "Hi John! I see you have an appointment tomorrow at 10:30 am with Anna. How can we help?"
    assert preview("appointment", "{{ when }}", "de") == "morgen um 10:30 Uhr"
    assert preview("preference_question") == "Would you prefer reminders via WhatsApp or email?"
    with pytest.raises(TemplateError):
        preview("neutral", "Hi {{ name }}")


def test_which_text_is_taken() -> None:
    own = Templates({("neutral", "en"): "E", ("neutral", "de-AT"): "A", ("neutral", "de"): "D", ("stranger", "en-GB"): "G"})
    said = {
        language: own.render("neutral", language, {"clinic": "S"})
        for language in ("de", "de_at", "de-CH", "en-GB", "it", "vi", None)
    }
    assert {language: (reply.text, reply.language) for language, reply in said.items()} == {
        "de": ("D", "de"),
        "de_at": ("A", "de-AT"),
        "de-CH": ("D", "de-CH"),
        "en-GB": ("E", "en-GB"),
        "it": ("E", "en"),
        "vi": ("E", "en"),
        None: ("E", "en"),
    }
    assert own.render("neutral", "fr", {"clinic": "S"}).text.startswith("Bonjour")
    assert own.render("stranger", "en-AU", {"clinic": "S"}).text == "G"
    assert own.render("stranger", "it", {"clinic": "S"}).language == "en"


def test_a_language_in_which_no_day_can_be_worded_is_refused() -> None:
    with pytest.raises(TemplateError, match="'it' cannot be used; there are en, de"):
        Templates({("neutral", "it"): "Ciao"})


def test_a_case_that_is_none_is_refused() -> None:
    with pytest.raises(TemplateError, match="no such case"):
        check_template("reminder", "x")  # type: ignore[arg-type]


def test_what_always_has_a_value_must_have_one() -> None:
    with pytest.raises(ValueError, match="'appointment' needs clinic, when"):
        Templates().render("appointment", "en", {"when": " ", "name": "Anna"})


@pytest.mark.parametrize("junk", ["None", "undefined", "null", "NaN", " ", "\u200b", "\x00"])
def test_what_software_writes_for_nothing_is_nothing(junk: str) -> None:
    said = Templates().render("appointment", "en", {"clinic": "S", "when": "today", "name": junk, "practitioner": junk})
    assert said.text == "Hi! I see you have an appointment today. How can we help?"


def test_a_value_is_never_a_template() -> None:
    said = Templates().render("appointment", "en", {"clinic": "S", "when": "today", "name": "{{ clinic }}{% if x %}\n"})
    assert said.text.startswith("Hi {{ clinic }}{% if x %}! I see")


# Any template that passes, any values -----------------------------------------------------------------------------------

NAMES = sorted({*VALUES, "telehealth_url", "none", "x"})
expressions = st.recursive(
    st.sampled_from([*NAMES, "'there'", "''", "1"]),
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(lambda two: f"({two[0]} or {two[1]})"),
        st.tuples(inner, inner, inner).map(lambda three: f"({three[0]} if {three[1]} else {three[2]})"),
        inner.map(lambda one: f"{one}|default('you')"),
        inner.map(lambda one: f"not {one}"),
        st.tuples(inner, inner).map(lambda two: f"({two[0]} and {two[1]})"),
    ),
    max_leaves=4,
)
texts = st.recursive(
    st.one_of(
        expressions.map(lambda one: f"{{{{ {one} }}}}"), st.sampled_from(["Hi ", ".", "\n", "{ when }", "{% set a=1 %}"])
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4).map("".join),
        st.tuples(expressions, inner, inner).map(lambda it: f"{{% if {it[0]} %}}{it[1]}{{% else %}}{it[2]}{{% endif %}}"),
    ),
    max_leaves=6,
)
guarded = st.lists(
    st.one_of(
        st.sampled_from(NAMES).map(lambda name: f"{{% if {name} %}}{{{{ {name} }}}}{{% endif %}}"),
        st.sampled_from(["Hi ", "{{ clinic }} ", "{{ name or 'you' }}"]),
    )
).map("".join)
values = st.dictionaries(
    st.sampled_from(NAMES), st.one_of(st.none(), st.text(max_size=200), st.just("None"), st.just("{{ x }}"))
)


def made(case: Case, text: str) -> Templates | None:
    try:
        return Templates({(case, "en"): text})
    except TemplateError:
        return None


@given(
    st.sampled_from(CASES),
    st.one_of(texts, guarded, st.text(alphabet="{%} abif#'\n|")),
    values,
    st.sampled_from([*LANGUAGES, "it"]),
)
def test_what_passes_the_check_can_be_filled_in(
    case: Case, text: str, given_values: dict[str, str | None], language: str
) -> None:
    templates = made(case, text)
    if templates is None:
        return
    certain = {name: f"<{name}>" for name in VARIABLES[case].always}
    reply = templates.render(case, language, {**given_values, **certain})
    assert reply.text
    assert len(reply.text) <= MAX_REPLY
    assert "undefined" not in reply.text.lower()
    assert "None" not in reply.text
