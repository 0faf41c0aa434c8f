"""A record with a phone and no name belongs to whom the phone is known of, if that is one person."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from contact_hub.linkage import deduplicate, match
from contact_hub_tests.linkage.people import ANNA, clinic, model

_EMPTY = dict.fromkeys(ANNA)
_ASKED = {**_EMPTY, "record_id": "asked", "phone": ANNA["phone"]}
_OWNER = {"record_id": "owner", **ANNA}
_HUSBAND = {**_EMPTY, "record_id": "other", "phone": ANNA["phone"], "given_name": "Marco", "family_name": "Castellano"}
_AGAIN = {**_EMPTY, "record_id": "other", "phone": ANNA["phone"], "given_name": "Liz", "family_name": "Castellano"}


@pytest.mark.parametrize("asked", [_ASKED, {**_ASKED, "given_name": "Castellano"}], ids=["no name", "the family name alone"])
@pytest.mark.parametrize(
    ("others", "decision"),
    [([], "possible"), ([_AGAIN], "possible"), ([_HUSBAND], "none")],
    ids=["one record", "two records of one person", "two people"],
)
def test_of_how_many_people_the_phone_is(asked: dict[str, Any], others: list[dict[str, Any]], decision: str) -> None:
    holders = pd.DataFrame([_OWNER, *others])
    found = deduplicate(pd.concat([clinic(), holders, pd.DataFrame([asked])]), model=model())
    assert found.explain("asked", "owner").decision == decision
    assert (found.clusters["asked"] == found.clusters["owner"]) == (decision == "possible")

    one = {answer.right_id: answer for answer in match(asked, holders, model(), population=len(found.clusters))}["owner"]
    assert one.decision == decision
    assert one.weight == pytest.approx(found.explain("asked", "owner").weight)


def test_a_phone_of_many_names_is_of_several() -> None:
    many = [
        {**_EMPTY, "record_id": f"m{i:02}", "phone": ANNA["phone"], "given_name": "Liz", "family_name": "X" + "abc" * i}
        for i in range(40)
    ]
    found = deduplicate(pd.concat([clinic(), pd.DataFrame([_OWNER, _ASKED, *many])]), model=model())
    assert found.explain("asked", "owner").decision == "none"
