"""Names: what staff type, and what is left of it."""

import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from contact_hub.identity.names import PersonName, clean_text, holds_two_people, match_key, normalize_name, proper_case

PIECES = st.sampled_from(
    ["Mr", "mrs.", "Dr", "&", "and", "John", "JOHN", "john", "van", "DER", "de la", "O'BRIEN", "McDonald", "mcdonald",
    "(Bob)", '"Bob"',
     "'Bob'", "(duplicate)", "DO NOT USE", "*", "1", "12", ".", "-", "x", "N/A", "unknown", ",", "Smith,", "李", "محمد",
     "Å", "é", "ß", "İ",
     "ŉ", "\u200b", "\u00a0", "\x00", "\ud800", "🙂", "III", "iii", "(", ")", "[", "]", "nil", "NA", "(Dr)", "a/prof",
     "Prof", "_", "~", "'"]
)  # fmt: skip
FIELDS = st.one_of(
    st.none(), st.text(max_size=20), st.lists(PIECES, max_size=5).map(" ".join), st.lists(PIECES, max_size=4).map("".join),
    st.integers()
)  # fmt: skip


def _name(given: str | None, family: str | None, preferred: str | None = None, title: str | None = None) -> PersonName:
    return PersonName(title=title, given_name=given, family_name=family, preferred_name=preferred)


@pytest.mark.parametrize(
    ("first", "last", "name"),
    [
        ("John", "Smith", _name("John", "Smith")),
        ("Mary Anne", "Smith-Jones", _name("Mary Anne", "Smith-Jones")),
        ("Mr John", "Smith", _name("John", "Smith", title="Mr")),
        ("Dr. Ann", "Lee", _name("Ann", "Lee", title="Dr")),
        ("Prof Dr Ann", "Lee", _name("Ann", "Lee", title="Prof")),
        ("Mr & Mrs", "Smith", _name("Smith", None)),
        ("Mr", "Smith", _name("Smith", None, title="Mr")),
        ("John", "Smith Mr", _name("John", "Smith", title="Mr")),
        ("Ann (Dr)", "Lee", _name("Ann", "Lee", title="Dr")),
        ("Mrinal", "Drew", _name("Mrinal", "Drew")),
        ("William (Bill)", "Smith", _name("William", "Smith", "Bill")),
        ('Robert "Bob"', "Smith", _name("Robert", "Smith", "Bob")),
        ("Robert “Bob”", "Smith", _name("Robert", "Smith", "Bob")),
        ("Robert 'Bob' James", "Smith", _name("Robert James", "Smith", "Bob")),
        ("Ann (mum)", "Smith", _name("Ann", "Smith")),
        ("Ann", "Smith (nee Jones)", _name("Ann", "Smith")),
        ("(Bob)", "Smith", _name("Bob", "Smith")),
        ("JOHN", "SMITH", _name("John", "Smith")),
        ("john", "mcdonald", _name("John", "McDonald")),
        ("IAN", "MACLEOD", _name("Ian", "MacLeod")),
        ("TOM", "MACHADO", _name("Tom", "Machado")),
        ("SEAN", "O'BRIEN", _name("Sean", "O'Brien")),
        ("anna", "d’angelo", _name("Anna", "D’Angelo")),
        ("JAN", "VAN DER BERG", _name("Jan", "van der Berg")),
        ("JUAN", "DE LA CRUZ", _name("Juan", "de la Cruz")),
        ("mary-jane", "smith-jones", _name("Mary-Jane", "Smith-Jones")),
        ("JOHN", "SMITH III", _name("John", "Smith III")),
        ("JOSÉ", "NÚÑEZ", _name("José", "Núñez")),
        ("LeBron", "deGroot", _name("LeBron", "deGroot")),
        ("AJ", "Smith", _name("AJ", "Smith")),
        ("JO", "SMITH", _name("Jo", "Smith")),
        ("Madonna", "", _name("Madonna", None)),
        (None, "Madonna", _name("Madonna", None)),
        ("Madonna", ".", _name("Madonna", None)),
        ("Madonna", "-", _name("Madonna", None)),
        ("Madonna", "x", _name("Madonna", None)),
        ("Madonna", "N/A", _name("Madonna", None)),
        ("Madonna", "Unknown", _name("Madonna", None)),
        ("Ji-woo", "Na", _name("Ji-woo", "Na")),
        ("Smith, John", "", _name("John", "Smith")),
        ("", "SMITH, JOHN", _name("John", "Smith")),
        ("Smith, Jr", "", _name("Smith, Jr", None)),
        ("John", "Smith*", _name("John", "Smith")),
        ("*John", "Smith1", _name("John", "Smith")),
        ("John", "Smith 2", _name("John", "Smith")),
        ("John", "Smith (duplicate)", _name("John", "Smith")),
        ("John (DUP)", "Smith", _name("John", "Smith")),
        ("John", "Smith DO NOT USE", _name("John", "Smith")),
        ("John", "Smith - do not use", _name("John", "Smith")),
        ("Test 1", "Test 1", _name("Test", "Test")),
        ("  John \t", "Smi\u200bth\u00a0 Lee", _name("John", "Smith Lee")),
        ("Jose\u0301", "Smith", _name("José", "Smith")),
        ("小龙", "李", _name("小龙", "李")),
        ("محمد", "علي", _name("محمد", "علي")),
        ("ИВАН", "ПЕТРОВ", _name("ИВАН", "ПЕТРОВ")),
        ("🙂", "Smith", _name("Smith", None)),
        ("John & Mary", "Smith", _name("John & Mary", "Smith")),
        (5, {"a": 1}, _name(None, None)),
        (None, None, _name(None, None)),
        ("J\x00ohn\ud800", "Smith", _name("J ohn", "Smith")),
    ],
)
def test_examples(first: object, last: object, name: PersonName) -> None:
    assert normalize_name(first, last) == name


def test_a_given_preferred_name_and_title_win() -> None:
    name = normalize_name("Mr William (Bill)", "SMITH", preferred="WILL ", title="dr.")
    assert name == _name("William", "Smith", "Will", "Dr")
    assert normalize_name("Will", "Smith", preferred="n/a", title=" ").preferred_name is None
    assert normalize_name("Will", "Smith", title="Elder").title == "Elder"


@pytest.mark.parametrize(
    ("name", "full_name"),
    [(_name("John", "Smith"), "John Smith"), (_name("John", None), "John"), (_name(None, None), None)],
)
def test_full_name(name: PersonName, full_name: str | None) -> None:
    assert name.full_name == full_name


@settings(max_examples=500, deadline=None)
@given(FIELDS, FIELDS, FIELDS, FIELDS)
@example("Smith1 2", "*3", None, None)
@example("ŉA", "ǄA", None, None)
@example(None, "Aa", "0()ŉ", None)
def test_normalizing_again_changes_nothing(first: object, last: object, preferred: object, title: object) -> None:
    name = normalize_name(first, last, preferred=preferred, title=title)
    again = normalize_name(name.given_name, name.family_name, preferred=name.preferred_name, title=name.title)
    assert again == name
    for text in (name.title, name.given_name, name.family_name, name.preferred_name):
        assert text is None or (text == clean_text(text) and any(map(str.isalpha, text)))
    assert name.family_name is None or name.given_name is not None


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("O'Brien", "obrien"), ("OBRIEN", "obrien"), ("Núñez", "nunez"), ("Nu\u0301n\u0303ez", "nunez"), ("Søren", "soren"),
        ("Łukasz", "lukasz"), ("Straße", "strasse"), ("Mary-Anne ", "maryanne"), ("李", "李"), ("", ""), (None, ""), (7, ""),
    ],
)  # fmt: skip
def test_match_key(text: object, key: str) -> None:
    assert match_key(text) == key


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=30))
def test_match_key_folds_once_and_for_all(text: str) -> None:
    key = match_key(text)
    assert match_key(key) == key
    assert match_key(unicodedata.normalize("NFD", text)) == key


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=30))
def test_clean_text_can_be_stored(text: str) -> None:
    clean = clean_text(text)
    if clean is not None:
        assert clean_text(clean) == clean
        assert "\x00" not in clean
        clean.encode("utf-8")


@pytest.mark.parametrize(
    ("first", "last", "two"),
    [
        ("John & Mary", "Smith", True), ("John and Mary", "Smith", True), ("John/Mary", None, True),
        ("John+Mary", None, True),
        ("Sandy", "Anderson", False), ("Mary Anne", "Smith-Jones", False), ("John &", None, False), (None, 5, False),
    ],
)  # fmt: skip
def test_holds_two_people(first: object, last: object, two: bool) -> None:
    assert holds_two_people(first, last) is two


def test_proper_case_leaves_mixed_case_alone() -> None:
    assert proper_case("iPhone") == "iPhone"
    assert proper_case("VAN DYK") == "Van Dyk"
    assert proper_case("VAN DYK", particles=True) == "van Dyk"
