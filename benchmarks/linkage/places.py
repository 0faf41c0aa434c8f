"""Addresses of the neighbourhood of a clinic; the larger the clinic, the more suburbs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from benchmarks.linkage.names import Codes, name_pool

Texts = npt.NDArray[np.object_]

_AU = """
Bondi 2026 NSW|Coogee 2034 NSW|Randwick 2031 NSW|Maroubra 2035 NSW|Newtown 2042 NSW|Marrickville 2204 NSW|Parramatta 2150 NSW
Cabramatta 2166 NSW|Penrith 2750 NSW|Manly 2095 NSW|Chatswood 2067 NSW|Hurstville 2220 NSW|St Leonards 2065 NSW|Orange 2800 NSW
Richmond 3121 VIC|Richmond 2753 NSW|Footscray 3011 VIC|Brunswick 3056 VIC|Box Hill 3128 VIC|Springvale 3171 VIC|Geelong 3220 VIC
Frankston 3199 VIC|St Kilda 3182 VIC|Glen Waverley 3150 VIC|Toowong 4066 QLD|Indooroopilly 4068 QLD|Southport 4215 QLD
Cairns City 4870 QLD|Sunnybank 4109 QLD|Ipswich 4305 QLD|Norwood 5067 SA|Glenelg 5045 SA|Mount Barker 5251 SA|Fremantle 6160 WA
Joondalup 6027 WA|Mount Lawley 6050 WA|Hobart 7000 TAS|Sandy Bay 7005 TAS|Belconnen 2617 ACT|Darwin City 0800 NT
"""
_GB = """
Croydon CR0 Greater London|Clapham SW4 Greater London|Ealing W5 Greater London|Harrow HA1 Greater London|Ilford IG1 Essex
Didsbury M20 Greater Manchester|Headingley LS6 West Yorkshire|Harborne B17 West Midlands|Clifton BS8 Bristol
Jesmond NE2 Tyne and Wear|Morningside EH10 Edinburgh|Hove BN3 East Sussex|Reading RG1 Berkshire|St Albans AL1 Hertfordshire
"""
STREET_TYPES = {
    "Street": "St", "Road": "Rd", "Avenue": "Ave", "Crescent": "Cres", "Place": "Pl", "Court": "Ct", "Drive": "Dr",
    "Lane": "Ln", "Parade": "Pde", "Close": "Cl", "Terrace": "Tce", "Highway": "Hwy",
}  # fmt: skip
_TYPE_WEIGHTS = (0.38, 0.17, 0.12, 0.05, 0.05, 0.06, 0.06, 0.03, 0.02, 0.03, 0.02, 0.01)
_STREETS = """
Church High Station Victoria George King Queen Park Railway Albert William Elizabeth Beach Ocean Mill Wattle
Banksia Acacia Grevillea Bridge Hill Grove York Kent Oxford Princes Main Pacific Anzac Campbell Military
Forest Lake River School
""".split()
STREETS_A_SUBURB = 50
UNITS = 0.28


@dataclass(frozen=True)
class Places:
    """Homes, one a row: number and unit (0 = none), street, type and suburb as text."""

    unit: Codes
    number: Codes
    street: Texts
    kind: Texts
    suburb: Texts
    postcode: Texts
    state: Texts


def homes(source: np.random.Generator, count: int, region: str) -> Places:
    """``count`` homes; suburbs near the clinic hold most of them, and neighbours share buildings."""
    suburbs = _suburbs(source, region, int(np.clip(np.sqrt(count) / 1.5, 8, 900)))
    where = (source.beta(1, 2.5, count) * len(suburbs)).astype(int)
    family = name_pool(region).family
    words = np.concatenate([np.array(_STREETS, dtype=object), family[source.integers(0, len(family), 1_500)]])
    table = source.integers(0, len(words), (len(suburbs), STREETS_A_SUBURB))
    table[:, :12] = source.integers(0, len(_STREETS), (len(suburbs), 12))
    types = np.array(list(STREET_TYPES), dtype=object)
    kinds = source.choice(len(types), (len(suburbs), STREETS_A_SUBURB), p=_TYPE_WEIGHTS)
    place = source.integers(0, STREETS_A_SUBURB, count)
    number = 1 + source.geometric(0.02, count) % 400
    unit = np.where(source.random(count) < UNITS, 1 + source.geometric(0.12, count), 0)
    columns = np.array(suburbs, dtype=object)
    postcode = columns[where, 1]
    if region == "GB":
        sectors = np.array([f"{digit}{a}{b}" for digit in range(1, 10) for a in "ABDEFGH" for b in "JLNPQ"], dtype=object)
        postcode = postcode + " " + sectors[(table[where, place] * 7 + number // 40) % len(sectors)]
    return Places(
        unit, number, words[table[where, place]], types[kinds[where, place]], columns[where, 0], postcode, columns[where, 2]
    )


def _suburbs(source: np.random.Generator, region: str, count: int) -> list[tuple[str, str, str]]:
    """Suburbs, nearest first: real ones of the clinic's state, made ones that share postcodes, and a few far away."""
    rows = [entry for line in (_AU if region == "AU" else _GB).strip().split("\n") for entry in line.split("|")]
    known = [_parts(row) for row in rows]
    family = name_pool(region).family
    _, centre, state = known[source.integers(len(known))]
    made = []
    for _ in range(count):
        ending = ("Park", "Hills", "Heights", "Vale", "North", "Bay", "Creek", "Gardens")[source.integers(8)]
        near = f"{int(centre) // 100 * 100 + int(source.integers(100)):04}" if region == "AU" else centre
        made.append((f"{family[source.integers(len(family))]} {ending}", near, state))
    local = [place for place in known if place[2] == state] + made
    far = [known[place] for place in source.permutation(len(known))[: max(2, count // 20)]]
    return list(dict.fromkeys(local[: max(6, count - len(far))] + far))


def _parts(row: str) -> tuple[str, str, str]:
    """Suburb, postcode and state: the postcode is the first word with a digit."""
    words = row.split()
    place = next(i for i, word in enumerate(words) if any(letter.isdigit() for letter in word))
    return " ".join(words[:place]), words[place], " ".join(words[place + 1 :])
