"""Worlds made up by hypothesis: a few people, numbers and days, so that all meet all."""

from dataclasses import replace

from hypothesis import strategies as st

from contact_hub.identity.source_records import Decision
from contact_hub_tests.identity.attachment.worlds import Identifier, Key, Record, World

PHONES = [f"+6141234560{i}" for i in range(3)]
EMAILS = [f"{name}@mail.au" for name in "ab"]
FIRST_NAMES = ["Anna", "Ben", "Tim", None]
PROFILES = ["Anna", "Ben Smith", "Tim Jones", "Mum", "🏄", "Smith", None]
DAYS = ["2024-01-01", "2025-01-01", "2026-01-01"]

direct = st.one_of(
    st.tuples(st.just("phone"), st.sampled_from(PHONES)),
    st.tuples(st.just("email"), st.sampled_from(EMAILS)),
)
of_channels = st.tuples(st.sampled_from(["instagram", "chatwoot", "bsuid"]), st.sampled_from(["1", "2"]))


def statements(identifiers: st.SearchStrategy[Identifier], vouched: bool) -> st.SearchStrategy[list[tuple[str, str, bool]]]:
    return st.lists(identifiers.map(lambda one: (*one, vouched)), max_size=2)


patient_records = st.builds(
    lambda number, first, last, states, created, changed, born, in_use: Record(
        ("cliniko", f"p{number}"), (first, last, None), tuple(states), created, changed, born, in_use
    ),
    st.integers(0, 5),
    st.sampled_from(FIRST_NAMES),
    st.sampled_from(["Smith", "Jones"]),
    statements(direct, vouched=True),
    st.sampled_from([*DAYS, None]),
    st.sampled_from(DAYS),
    st.sampled_from([None, "1980-01-01", "2016-01-01"]),
    st.booleans(),
)
channel_records = st.builds(
    lambda source, number, profile, own, typed, created, changed, founds: Record(
        (source, f"c{number}"), (profile, None, None), (*own, *typed), created, changed, founds=founds
    ),
    st.sampled_from(["whatsapp", "instagram", "web_form"]),
    st.integers(0, 7),
    st.sampled_from(PROFILES),
    statements(direct | of_channels, vouched=True),
    statements(direct, vouched=False),
    st.sampled_from([*DAYS, None]),
    st.sampled_from(DAYS),
    st.booleans(),
)


@st.composite
def worlds(draw: st.DrawFn) -> World:
    patients = draw(st.lists(patient_records, unique_by=lambda record: record.key, max_size=5))
    accounts = draw(st.lists(channel_records, unique_by=lambda record: record.key, max_size=7))
    records = (*patients, *accounts)
    keys = [record.key for record in records]
    decisions = draw(st.lists(decisions_about(keys), max_size=6)) if keys else []
    numbered = [replace(one, number=number, decision_id=f"d{number}") for number, one in enumerate(decisions, start=1)]
    undone = draw(st.lists(st.sampled_from(numbered), max_size=2)) if numbered else []
    undos = [Decision("undo", one.survivor, one.absorbed, "a person", undoes=one.decision_id) for one in undone]
    return World(records, (*numbered, *undos), draw(st.sampled_from([2, 10])))


def decisions_about(keys: list[Key]) -> st.SearchStrategy[Decision]:
    one = st.sampled_from(keys)
    some = st.lists(one, min_size=1, max_size=3, unique=True).map(tuple)
    authority = st.sampled_from(["person", "person", "model", "rule"])
    pairs = st.builds(Decision, st.sampled_from(["link", "merge", "distinct"]), one, one, st.just("somebody"), authority)
    of_source = st.builds(Decision, st.just("merge"), one, one, st.just("cliniko"), st.just("source"))
    taking_along = st.builds(
        lambda survivor, absorbed, authority, moved: Decision("merge", survivor, absorbed, "somebody", authority, moved=moved),
        one,
        one,
        authority,
        some,
    )
    splits = st.builds(
        lambda moved, kept, authority: Decision(
            "split", kept[0], moved[0], "somebody", authority, moved=moved, kept=tuple(key for key in kept if key not in moved)
        ),
        some,
        some,
        authority,
    )
    return pairs | of_source | taking_along | splits
