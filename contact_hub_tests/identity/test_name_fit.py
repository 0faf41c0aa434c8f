"""Whether a profile's name chooses a member of a family."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contact_hub.identity.name_fit import PersonNames, name_fits

ANNA: PersonNames = ("Anna", "Smith", None)
MARY_ANNE: PersonNames = ("Mary-Anne", "Smith-Jones", "Minnie")
SEAN: PersonNames = ("Seán", "O'Brien", None)
JAN: PersonNames = ("Jan", "van der Berg", None)


@pytest.mark.parametrize(
    ("called", "person", "fits"),
    [
        ("Anna", ANNA, True),
        ("anna smith", ANNA, True),
        ("SMITH, Anna", ANNA, True),
        ("Anna 🌊🏄", ANNA, True),
        ("~ Anna ~", ANNA, True),
        ("Anna 2", ANNA, True),
        ("Smith", ANNA, False),
        ("Anna Jones", ANNA, False),
        ("Anna Maria Smith", ANNA, False),
        ("Ann", ANNA, False),
        ("A.", ANNA, False),
        ("A Smith", ANNA, False),
        ("Anna's mum", ANNA, False),
        ("Anna & Ben", ANNA, False),
        ("Anna/Ben", ANNA, False),
        ("Mum", ANNA, False),
        ("🌊🏄", ANNA, False),
        ("+61 412 345 678", ANNA, False),
        ("", ANNA, False),
        (None, ANNA, False),
        # Hyphens of every make, either part alone, and the name by which one is called
        ("Mary-Anne", MARY_ANNE, True),
        ("Mary Anne", MARY_ANNE, True),
        ("mary–anne smith—jones", MARY_ANNE, True),
        ("Mary‑Anne", MARY_ANNE, True),
        ("Anne Jones", MARY_ANNE, True),
        ("Minnie", MARY_ANNE, True),
        ("Minnie Smith", MARY_ANNE, True),
        ("Smith-Jones", MARY_ANNE, False),
        ("Maryanne", MARY_ANNE, False),
        # Accents and apostrophes
        ("Sean", SEAN, True),
        ("Sea\u0301n O’BRIEN", SEAN, True),
        ("sean obrien", SEAN, True),
        ("Sean Brien", SEAN, False),
        ("Zoë", ("Zoe", "Łuk", None), True),
        ("Zoe Luk", ("Zoë", "Łuk", None), True),
        ("Jurgen", ("Jürgen", "Groß", None), True),
        ("Jürgen GROSS", ("Jürgen", "Groß", None), True),
        ("Jan van der Berg", JAN, True),
        ("jan berg", JAN, True),
        ("van der Berg", JAN, False),
        # Other scripts; without spaces, given and family name cannot be told apart
        ("小龙 李", ("小龙", "李", None), True),
        ("李", ("小龙", "李", None), False),
        ("李小龙", ("小龙", "李", None), False),
        ("محمد علي", ("محمد", "علي", None), True),
        ("مُحَمَّد", ("محمد", "علي", None), True),
        ("σοφία", ("ΣΟΦΊΑ", "Παππά", None), True),
        ("Ольга", ("ОЛЬГА", "Иванова", None), True),
        ("Иванова", ("ОЛЬГА", "Иванова", None), False),
        ("Olga", ("Ольга", "Иванова", None), False),
        # A patient of whom little is known
        ("Smith", ("Smith", None, None), True),
        ("Smith", (None, "Smith", None), False),
        ("Anna", (None, None, "Anna"), True),
        ("Anna", (None, None, None), False),
    ],
)
def test_a_name_fits(called: str | None, person: PersonNames, fits: bool) -> None:
    assert name_fits((called, None, None), person) is fits


def test_what_someone_calls_themselves_may_come_in_parts() -> None:
    assert name_fits(("Anna", "Smith", None), ANNA)
    assert name_fits(("Anna", None, "Smith"), ANNA)
    assert not name_fits(("Anna", "Jones", None), ANNA)
    assert not name_fits((None, "Smith", None), ANNA)


names = st.none() | st.text(max_size=12) | st.sampled_from(["Anna", "Smith", "Mary-Anne", "O'Brien", "李", "🏄", "-"])
people = st.tuples(names, names, names)


@given(people, people)
def test_the_case_and_the_fields_of_a_profile_name_never_matter(called: PersonNames, person: PersonNames) -> None:
    written = " ".join(filter(None, called))
    assert name_fits((written, None, None), person) == name_fits(called, person)
    if written.isascii():
        assert name_fits((written.upper(), None, None), person) == name_fits(called, person)


@given(people)
def test_a_person_s_own_name_fits_if_it_has_a_letter(person: PersonNames) -> None:
    given_name, family, _ = person
    if given_name and any(map(str.isascii, filter(str.isalpha, given_name))):
        assert name_fits((given_name, family, None), person)
    assert not name_fits((None, None, None), person)
