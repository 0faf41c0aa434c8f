"""Postal addresses."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contact_hub.identity.addresses import PostalAddress, normalize_address, normalize_country

PIECES = st.sampled_from(
    ["Unit", "unit 3", "U3", "Apt 4B", "3/12", "12", "12a", "3 / 12", "-", "/", ",", ", ", "Smith", "SMITH", "smith", "St",
    "St.", "street",
     "Rd", "Kilda", "N", "North", "PO Box 12", "p.o. box", "GPO Box 5", "Level 2", ".", "n/a", "x", "No fixed address",
     "Lot 5", "The",
     "O'connor", "Île", "\x00", "flat a", "shop 1", "10-12", "1ST"]
)  # fmt: skip
FIELDS = st.one_of(st.none(), st.text(max_size=20), st.lists(PIECES, max_size=6).map(" ".join), st.integers(), st.floats())


@pytest.mark.parametrize(
    ("lines", "street"),
    [
        (("12 Smith St",), "12 Smith Street"),
        (("12 smith street",), "12 Smith Street"),
        (("12 SMITH ST.",), "12 Smith Street"),
        (("12  Smith   st ",), "12 Smith Street"),
        (("Unit 3/12 Smith St",), "3/12 Smith Street"),
        (("unit 3, 12 smith st",), "3/12 Smith Street"),
        (("U3 12 Smith St",), "3/12 Smith Street"),
        (("U3/12 Smith St",), "3/12 Smith Street"),
        (("3/12 Smith St",), "3/12 Smith Street"),
        (("3 / 12 Smith St",), "3/12 Smith Street"),
        (("Unit 3", "12 Smith St"), "3/12 Smith Street"),
        (("12 Smith St", "Unit 3"), "3/12 Smith Street"),
        (("Apt 4b, 99a Beach Rd",), "4B/99A Beach Road"),
        (("unit 3/12a o'connor cres",), "3/12A O'Connor Crescent"),
        (("12 St Kilda Rd",), "12 St Kilda Road"),
        (("1 High St N",), "1 High Street North"),
        (("10-12 Main Road",), "10-12 Main Road"),
        (("1 Ocean Av",), "1 Ocean Avenue"),
        (("1 Ocean Ave",), "1 Ocean Avenue"),
        (("PO BOX 123",), "PO Box 123"),
        (("p.o. box 12",), "PO Box 12"),
        (("G.P.O. Box 5",), "GPO Box 5"),
        (("The Oaks", "12 Smith Ave"), "The Oaks, 12 Smith Avenue"),
        (("12 Smith St", "12 Smith St"), "12 Smith Street"),
        (("12 Smith St", "Bondi"), "12 Smith Street"),
        (("No fixed address",), None),
        ((".",), None),
        (("n/a", "", None), None),
        (("xx",), None),
        ((None,), None),
        ((5, [], {}), None),
    ],
)
def test_streets(lines: tuple[object, ...], street: str | None) -> None:
    line1, line2, line3 = (*lines, None, None)[:3]
    assert normalize_address(line1, line2, line3, "Bondi").street == street


@pytest.mark.parametrize(
    ("state", "postcode", "country", "expected"),
    [
        ("New South Wales", "2000", "AU", ("NSW", "2000", "AU")),
        ("N.S.W.", "2000.0", None, ("NSW", "2000", None)),
        ("qld", 4000, "Australia", ("QLD", "4000", "AU")),
        ("NT", "800", "AU", ("NT", "0800", "AU")),
        ("Northern Territory", 800.0, "AU", ("NT", "0800", "AU")),
        ("NSW", "NSW 2000", "AU", ("NSW", "2000", "AU")),
        ("NSW", "20000", "AU", ("NSW", None, "AU")),
        ("NSW", ".", "AU", ("NSW", None, "AU")),
        ("Bavaria", "80331", "de", ("Bavaria", "80331", "DE")),
        ("", "sw1a 1aa", "United Kingdom", (None, "SW1A 1AA", "GB")),
        ("Victoria", "800", "CA", ("Victoria", "800", "CA")),
        (None, float("nan"), 7, (None, None, None)),
        (None, True, "Neverland", (None, None, None)),
    ],
)
def test_state_postcode_country(state: object, postcode: object, country: object, expected: tuple[str | None, ...]) -> None:
    address = normalize_address(state=state, postcode=postcode, country_code=country)
    assert (address.state, address.postcode, address.country_code) == expected


def test_suburbs() -> None:
    assert normalize_address(suburb="BONDI BEACH").suburb == "Bondi Beach"
    assert normalize_address(suburb="st ives").suburb == "St Ives"
    assert normalize_address(suburb="McMahons Point").suburb == "McMahons Point"
    assert normalize_address(suburb="unknown").suburb is None


def test_match_key_joins_spellings() -> None:
    one = normalize_address("Unit 3/12 O'Brien St", suburb="BONDI", postcode="2026")
    two = normalize_address("u3, 12 obrien street", suburb="Bondi", postcode=2026, country_code="AU")
    assert one.match_key == two.match_key == "3/12obrienstreet|bondi|2026"
    assert normalize_address(suburb="Bondi").match_key is None
    assert normalize_address("13 O'Brien St", suburb="Bondi").match_key != one.match_key


@pytest.mark.parametrize(
    ("raw", "code"),
    [("au", "AU"), ("AU", "AU"), ("Australia", "AU"), ("UK", "GB"), ("New Zealand", "NZ"), ("", None), (3, None)],
)
def test_countries(raw: object, code: str | None) -> None:
    assert normalize_country(raw) == code


@settings(max_examples=400, deadline=None)
@given(
    FIELDS,
    FIELDS,
    FIELDS,
    FIELDS,
    FIELDS,
    FIELDS,
    st.one_of(st.none(), st.sampled_from(["AU", "NZ", "Australia", "?"]), FIELDS),
)
def test_normalizing_again_changes_nothing(
    line1: object, line2: object, line3: object, suburb: object, state: object, postcode: object, country: object
) -> None:
    address = normalize_address(line1, line2, line3, suburb, state, postcode, country)
    again = normalize_address(address.street, None, None, address.suburb, address.state, address.postcode, address.country_code)
    assert again == address
    assert isinstance(address, PostalAddress)
    assert (address.match_key is None) == (address.street is None)
