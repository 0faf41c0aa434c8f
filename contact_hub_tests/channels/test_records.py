"""Channel records: what events say about people, summed up the same in any order and however often each is told."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contact_hub.channels.event import ChannelEvent, Claim, IdentifierChannel, StatedIdentifier
from contact_hub.channels.records import (
    ChannelRecord,
    NumberMoved,
    Sighting,
    Statement,
    Summary,
    identifier_in,
    identifier_of,
    kind_of,
    latest_source_id,
    moves_of,
    sighting_of,
    source_id,
    sources_of,
)
from contact_hub_tests.channels.support import RECEIVED_AT, SENT_AT

NUMBER, OTHER = "+61412345671", "+61412345672"
MINUTE = timedelta(minutes=1)


def at(minute: int) -> datetime:
    return SENT_AT + minute * MINUTE


def said(channel: IdentifierChannel, value: str, claim: Claim = "sender") -> StatedIdentifier:
    return StatedIdentifier(channel, value, claim)


def seen(*identifiers: StatedIdentifier, minute: int = 0, **fields: object) -> Sighting:
    """A message of whoever has these identifiers."""
    event = {"kind": "message", "direction": "in", "channel": "whatsapp"} | fields
    one = ChannelEvent("whatsapp", external_id="m1", identifiers=identifiers, **event)  # type: ignore[arg-type]
    sighting = sighting_of(one, at(minute))
    assert sighting is not None
    return sighting


def summed(*sightings: Sighting) -> Summary:
    summary = Summary()
    for one in sightings:
        summary.add(one)
    return summary


CHANNELS: st.SearchStrategy[tuple[IdentifierChannel, str]] = st.sampled_from(
    [
        ("whatsapp", NUMBER),
        ("phone", NUMBER),
        ("whatsapp", OTHER),
        ("whatsapp", "AU.1"),
        ("email", "jo@example.com"),
        ("web", "v"),
    ]
)
SIGHTINGS = st.builds(
    lambda own, more, minute, name, username, direction, kind: seen(
        said(own[0], own[1]),
        *(said(one[0], one[1], claim) for one, claim in more),
        minute=minute,
        profile_name=name,
        username=username,
        direction=direction,
        kind=kind,
    ),
    CHANNELS,
    st.lists(st.tuples(CHANNELS, st.sampled_from(["same_person", "stated", "former"])), max_size=2),
    st.integers(0, 5),
    st.sampled_from([None, "Anna", "Ben"]),
    st.sampled_from([None, "anna", "ben"]),
    st.sampled_from(["in", "out"]),
    st.sampled_from(["message", "status"]),
)


@given(told=st.lists(SIGHTINGS, max_size=10), data=st.data(), changes=st.lists(st.integers(0, 5).map(at), max_size=2))
def test_any_order_and_any_doubling_gives_the_same(told: list[Sighting], data: st.DataObject, changes: list[datetime]) -> None:
    again = data.draw(st.permutations(told + data.draw(st.lists(st.sampled_from(told), max_size=5) if told else st.just([]))))
    summaries = []
    for order in (told, again):
        summary = Summary()
        for one in order:
            summary.add(one, changes)
        summaries.append((summary.records, summary.statements))
    assert summaries[0] == summaries[1]


@given(told=st.lists(SIGHTINGS, min_size=1, max_size=8), cut=st.integers(0, 8))
def test_a_summary_that_was_put_away_grows_on_and_what_is_known_is_no_news(told: list[Sighting], cut: int) -> None:
    whole, first = summed(*told), summed(*told[:cut])
    then = Summary(first.records, first.statements)
    for one in told[cut:]:
        then.add(one)
    assert (then.records, then.statements) == (whole.records, whole.statements)
    assert then.touched == {one.key() for one in told[cut:]}
    again = Summary(whole.records, whole.statements)
    for one in told:
        again.add(one)
    assert again.news == set()
    assert (again.records, again.statements) == (whole.records, whole.statements)


def test_the_later_name_counts_and_of_two_at_once_always_the_same() -> None:
    early, late = seen(said("phone", NUMBER), minute=1, name="Jo"), seen(said("phone", NUMBER), minute=2, profile_name="Joan")
    nameless = seen(said("phone", NUMBER), minute=3)
    tie = seen(said("phone", NUMBER), minute=2, profile_name="Ann")
    for order in ((early, late, nameless, tie), (tie, nameless, late, early)):
        record = summed(*order).records["phone", NUMBER]
        assert (record.name, record.named_at) == ("Joan", at(2))
        assert (record.first_at, record.last_at) == (at(1), at(3))


def test_a_stated_name_goes_before_the_profiles_and_the_clinics_own_messages_name_nobody() -> None:
    assert seen(said("phone", NUMBER), name="Jo Bloggs", profile_name="surfer").name == "Jo Bloggs"
    out = seen(said("phone", NUMBER), direction="out", kind="echo", name="Jo", profile_name="Jo", username="jo")
    assert (out.name, out.username, out.from_customer) == (None, None, False)


def test_what_is_news() -> None:
    known = summed(seen(said("whatsapp", NUMBER), minute=5, profile_name="Jo"))

    def news(*identifiers: StatedIdentifier, minute: int = 6, **fields: object) -> bool:
        summary = Summary(known.records, known.statements)
        summary.add(seen(*identifiers, minute=minute, **fields))
        return bool(summary.news)

    own = said("whatsapp", NUMBER)
    assert not news(own)
    assert not news(own, profile_name="Jo")
    assert not news(own, minute=5, profile_name="Jo")
    assert news(own, profile_name="Joan")
    assert not news(own, minute=5, profile_name="Al"), "of two names at once the greater one stays"
    assert news(own, username="jo")
    assert news(own, said("whatsapp", "AU.1", "same_person"))
    assert news(own, said("email", "jo@example.com", "stated"))
    assert news(said("phone", NUMBER)), "a record of its own"
    assert news(own, minute=4), "the first record of a person founds the contact"


def test_who_never_wrote_is_no_customer_until_they_do() -> None:
    delivered = seen(said("whatsapp", NUMBER), kind="status", direction="out", minute=9)
    reply = seen(said("whatsapp", NUMBER), minute=1)
    assert not summed(delivered).records["whatsapp", NUMBER].from_customer
    for order in ((delivered, reply), (reply, delivered)):
        assert summed(*order).records["whatsapp", NUMBER].from_customer


@pytest.mark.parametrize(
    ("claims", "claim"),
    [
        (["stated"], "stated"),
        (["stated", "same_person"], "account"),
        (["same_person", "stated"], "account"),
        (["sender"], "account"),
    ],
)
def test_the_stronger_claim_stays(claims: list[Claim], claim: str) -> None:
    sightings = [seen(said("web", "v"), said("email", "jo@example.com", one), minute=n) for n, one in enumerate(claims)]
    stated = summed(*sightings).statements["web", "v"]
    assert stated["email", "jo@example.com"] == Statement(claim, at(0), at(len(claims) - 1))  # type: ignore[arg-type]
    assert stated["web", "v"].claim == "account"


def test_phone_and_whatsapp_are_one_identity_and_two_records() -> None:
    summary = summed(seen(said("whatsapp", NUMBER)), seen(said("phone", NUMBER), channel="phone"))
    assert set(summary.records) == {("whatsapp", NUMBER), ("phone", NUMBER)}
    assert [set(stated) for stated in summary.statements.values()] == [{("phone", NUMBER)}] * 2
    assert identifier_of(said("whatsapp", "AU.1")) == ("whatsapp", "AU.1")
    assert identifier_of(said("whatsapp", "123456@lid")) == ("whatsapp", "123456@lid")
    assert (kind_of("whatsapp", NUMBER), kind_of("whatsapp", "AU.1"), kind_of("email", "a@b.c")) == (
        "phone",
        "whatsapp",
        "email",
    )
    assert (sources_of("phone"), sources_of("email")) == (("phone", "whatsapp"), ("email",))


@pytest.mark.parametrize(("channel", "source"), [("web", "web_form"), ("email", "email")])
def test_each_submission_without_a_sender_is_a_record_of_its_own(channel: str, source: str) -> None:
    one = seen(said("phone", NUMBER, "stated"), channel=channel, kind="form")
    assert (one.source, one.identifier, one.from_customer) == (source, "m1", True)
    assert summed(one).statements[source, "m1"]["phone", NUMBER].claim == "stated"


@pytest.mark.parametrize("identifiers", [(), (said("whatsapp", NUMBER, "former"),), (said("whatsapp", "AU.1", "same_person"),)])
def test_who_leaves_no_identifier_is_nobody(identifiers: tuple[StatedIdentifier, ...]) -> None:
    event = ChannelEvent("whatsapp", "whatsapp", "message", "in", "m1", RECEIVED_AT, identifiers)
    assert sighting_of(event, RECEIVED_AT) is None


class TestNumbersThatMove:
    MOVE = seen(
        said("whatsapp", OTHER), said("whatsapp", NUMBER, "former"), said("whatsapp", "AU.1", "former"), kind="identity_change"
    )

    def test_only_numbers_are_left_for_others(self) -> None:
        assert list(moves_of(self.MOVE, self.MOVE.key())) == [NumberMoved("phone", NUMBER, at(0), ("whatsapp", OTHER))]

    def test_a_number_that_was_left_is_not_stated_but_a_former_user_id_is_still_the_accounts(self) -> None:
        assert set(summed(self.MOVE).statements["whatsapp", OTHER]) == {("phone", OTHER), ("whatsapp", "AU.1")}

    def test_what_comes_after_a_change_is_a_record_of_its_own(self) -> None:
        changes = [at(5), at(9)]
        assert [source_id(NUMBER, at(minute), changes) for minute in (0, 5, 6, 9, 10)] == [
            NUMBER,
            NUMBER,
            f"{NUMBER}~2025-06-02T04:05:00+00:00",
            f"{NUMBER}~2025-06-02T04:05:00+00:00",
            f"{NUMBER}~2025-06-02T04:09:00+00:00",
        ]
        assert latest_source_id(NUMBER, changes) == f"{NUMBER}~2025-06-02T04:09:00+00:00"
        assert latest_source_id(NUMBER) == NUMBER

    def test_the_moment_is_named_alike_in_every_time_zone(self) -> None:
        sydney = at(5).astimezone(ZoneInfo("Australia/Sydney"))
        assert source_id(NUMBER, at(6), [sydney]) == source_id(NUMBER, at(6), [at(5).astimezone(UTC)])

    @pytest.mark.parametrize(
        ("source", "key", "identifier"),
        [
            ("whatsapp", f"{NUMBER}~2025-06-02T04:05:00+00:00", NUMBER),
            ("phone", NUMBER, NUMBER),
            ("web", "visitor~1", "visitor~1"),
            ("email", "a~b@example.com", "a~b@example.com"),
        ],
    )
    def test_the_identifier_in_a_records_id(self, source: str, key: str, identifier: str) -> None:
        assert identifier_in(source, key) == identifier


def test_a_record_says_no_more_than_another_whatever_its_last_time() -> None:
    one = ChannelRecord(NUMBER, at(0), at(1), True, "Jo", at(1))
    assert one.says_no_more_than(ChannelRecord(NUMBER, at(0), at(9), True, "Jo", at(8)))
    assert not one.says_no_more_than(ChannelRecord(NUMBER, at(0), at(1), False, "Jo", at(1)))
