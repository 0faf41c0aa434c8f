"""Where the invented people live: suburbs with their postcodes and states, invented streets, a few homes abroad."""

import random
from dataclasses import dataclass

from contact_hub.sandbox.names import words

_SUBURBS = """
NSW 2026 Bondi;NSW 2022 Bondi Junction;NSW 2024 Bronte;NSW 2031 Randwick;NSW 2034 Coogee
NSW 2035 Maroubra;NSW 2010 Surry Hills;NSW 2042 Newtown;NSW 2204 Marrickville;NSW 2040 Leichhardt
NSW 2041 Balmain;NSW 2060 North Sydney;NSW 2088 Mosman;NSW 2095 Manly;NSW 2099 Dee Why
NSW 2107 Avalon Beach;NSW 2067 Chatswood;NSW 2077 Hornsby;NSW 2150 Parramatta;NSW 2170 Liverpool
NSW 2200 Bankstown;NSW 2220 Hurstville;NSW 2230 Cronulla;NSW 2250 Gosford;NSW 2300 Newcastle
NSW 2481 Byron Bay;NSW 2485 Tweed Heads;NSW 2500 Wollongong;NSW 2650 Wagga Wagga;NSW 2750 Penrith
NSW 2880 Broken Hill;QLD 4000 Brisbane City;QLD 4006 Fortitude Valley;QLD 4064 Paddington
QLD 4101 West End;QLD 4102 Woolloongabba;QLD 4121 Holland Park;QLD 4151 Coorparoo
QLD 4170 Morningside;QLD 4207 Beenleigh;QLD 4215 Southport;QLD 4217 Surfers Paradise
QLD 4218 Broadbeach;QLD 4220 Burleigh Heads;QLD 4221 Palm Beach;QLD 4223 Currumbin
QLD 4225 Coolangatta;QLD 4226 Robina;QLD 4227 Varsity Lakes;QLD 4350 Toowoomba;QLD 4551 Caloundra
QLD 4567 Noosa Heads;QLD 4870 Cairns;VIC 3000 Melbourne;VIC 3056 Brunswick;VIC 3065 Fitzroy
VIC 3182 St Kilda;VIC 3220 Geelong;VIC 3350 Ballarat;SA 5000 Adelaide;SA 5045 Glenelg;WA 6000 Perth
WA 6160 Fremantle;TAS 7000 Hobart;ACT 2601 Canberra;NT 0800 Darwin
"""
SUBURBS: list[tuple[str, str, str]] = [
    (suburb, postcode, state)
    for state, postcode, suburb in (entry.split(" ", 2) for entry in _SUBURBS.replace("\n", ";").split(";") if entry)
]
"""(suburb, postcode, state), the clinics' own neighbourhoods first in number."""

_STREETS = words("""Banksia Wattle Boronia Casuarina Kurrajong Jacaranda Grevillea Pandanus Bottlebrush Waratah Seaview
Lighthouse Headland Ocean Surf Dune Pipi Gannet Pelican Kookaburra Lorikeet Brolga Station Church Mill
Orchard Quarry Ferry""")
_STREET_KINDS = [
    ("Street", "St"),
    ("Road", "Rd"),
    ("Avenue", "Ave"),
    ("Parade", "Pde"),
    ("Crescent", "Cres"),
    ("Lane", "La"),
]


@dataclass(frozen=True, slots=True)
class Address:
    """A postal address as it would be written by a careful person."""

    line_1: str
    line_2: str | None
    city: str
    state: str | None
    post_code: str
    country_code: str


_ABROAD = {
    "NZ": ("14 Kowhai Terrace", "Auckland", "1010", "New Zealand"),
    "GB": ("3 Larch Mews", "Bristol", "BS1 4DJ", "United Kingdom"),
    "US": ("218 Sequoia Court", "San Francisco", "94110", "United States"),
    "IN": ("7 Gulmohar Marg", "Pune", "411001", "India"),
    "DE": ("Lindenweg 12", "Freiburg", "79098", "Germany"),
}
COUNTRIES = {"AU": "Australia", **{code: name for code, (_, _, _, name) in _ABROAD.items()}}
FOREIGN_COUNTRIES = sorted(_ABROAD)


def home_in_australia(rng: random.Random) -> Address:
    """An invented address in a real suburb."""
    suburb, postcode, state = rng.choice(SUBURBS)
    kind = rng.choice(rng.choice(_STREET_KINDS))
    street = f"{rng.randint(1, 180)} {rng.choice(_STREETS)} {kind}"
    if rng.random() < 0.2:
        street = f"{rng.randint(1, 40)}/{street}"
    return Address(street, "Unit 2" if rng.random() < 0.04 else None, suburb, state, postcode, "AU")


def home_abroad(country_code: str) -> Address:
    """The one address that this sandbox knows in a country."""
    line_1, city, post_code, _ = _ABROAD[country_code]
    return Address(line_1, None, city, None, post_code, country_code)
