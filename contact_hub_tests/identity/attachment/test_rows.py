"""What single rows of links and reviews say."""

from typing import Any

import pytest

from contact_hub_tests.identity.attachment.worlds import Record, World, name_contact, outcome

LANDLINE = "+61293334444"


def rows_of(world: World) -> dict[tuple[str, str, str], tuple[Any, ...]]:
    """(channel, identifier, contact) -> role, method, confidence, source id, first and last seen."""
    result = outcome(world)
    return {
        (channel, value, result.keys[contact][1]): (role, method, confidence, source_id, first[:10], last[:10])
        for channel, value, contact, role, method, confidence, _, source_id, first, last in result.links
    }


def test_a_link_says_how_the_identifier_came_to_the_contact() -> None:
    world = World(
        (
            Record(("cliniko", "anna"), states=(("phone", "+61412345601", True),), changed="2026-02-01"),
            Record(("whatsapp", "wa"), states=(("phone", "+61412345601", True),), created="2019-01-01", changed="2026-05-01"),
            Record(
                ("instagram", "ig"),
                states=(("instagram", "i", True), ("phone", "+61412345601", False), ("email", "a@mail.au", False)),
                created="2018-01-01",
                changed="2026-07-01",
            ),
        )
    )
    phone = ("owner", "stated", 1.0, "anna", "2019-01-01", "2026-05-01")
    assert rows_of(world) == {
        ("cliniko", "anna", "anna"): ("owner", "source_record", 1.0, "anna", "2020-01-01", "2026-02-01"),
        ("phone", "+61412345601", "anna"): phone,
        ("whatsapp", "+61412345601", "anna"): phone,
        ("instagram", "i", "anna"): ("owner", "account", 1.0, "ig", "2018-01-01", "2026-07-01"),
        ("email", "a@mail.au", "anna"): ("owner", "claimed", 1.0, "ig", "2018-01-01", "2026-07-01"),
    }


def test_a_landline_is_on_whatsapp_where_whatsapp_delivered_for_it() -> None:
    account = Record(("whatsapp", "wa"), states=(("phone", LANDLINE, True),))
    assert ("whatsapp", LANDLINE, "wa") in rows_of(World((account,)))


def test_a_landline_that_someone_typed_into_whatsapp_is_not_on_whatsapp() -> None:
    account = Record(("whatsapp", "wa"), states=(("phone", "+61412345601", True), ("phone", LANDLINE, False)))
    patient = Record(("cliniko", "anna"), states=(("phone", LANDLINE, True),))
    assert ("whatsapp", LANDLINE, "wa") not in rows_of(World((account,)))
    assert ("whatsapp", LANDLINE, "anna") not in rows_of(World((account, patient)))


@pytest.mark.parametrize("order", [slice(None), slice(None, None, -1)])
def test_the_strongest_kind_of_disagreement_is_the_one_row(order: slice) -> None:
    """Ben's phone and email both point away from where the account belongs: one row, for the phone."""
    states = (("phone", "+61412345602", True), ("email", "ben@mail.au", True))
    anna = Record(("cliniko", "anna"), states=(("email", "anna@mail.au", True),))
    ben = Record(("cliniko", "ben"), states=states)
    stated = [("email", "anna@mail.au", True), ("email", "ben@mail.au", False), ("phone", "+61412345602", False)]
    account = Record(("email", "em"), states=tuple(stated[order]))
    assert outcome(World((anna, ben, account))).reviews == {("email", "em", name_contact("cliniko", "ben"), "phone")}
