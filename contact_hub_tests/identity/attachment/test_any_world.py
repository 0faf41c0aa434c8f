"""What must hold for any records and decisions."""

import itertools
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from contact_hub.identity.decisions import standing
from contact_hub.identity.source_records import Decision
from contact_hub_tests.identity.attachment.generated import decisions_about, worlds
from contact_hub_tests.identity.attachment.worlds import (
    Identifier,
    Key,
    Outcome,
    Record,
    World,
    golden_rows,
    name_contact,
    outcome,
)


@given(worlds(), st.randoms(use_true_random=False))
def test_the_order_of_the_input_never_matters(world: World, random: Any) -> None:
    shuffled = [replace(record, states=tuple(random.sample(record.states, len(record.states)))) for record in world.records]
    random.shuffle(shuffled)
    decisions = random.sample(world.decisions, len(world.decisions))
    other = replace(world, records=tuple(shuffled), decisions=tuple(decisions))
    assert outcome(other) == outcome(world)
    assert golden_rows(other) == golden_rows(world)


@given(worlds())
def test_saying_it_twice_changes_nothing(world: World) -> None:
    doubled = tuple(replace(record, states=record.states + record.states) for record in world.records)
    assert outcome(replace(world, records=doubled)) == outcome(world)


@given(worlds())
def test_patients_are_joined_by_decisions_about_both_alone(world: World) -> None:
    result = outcome(world)
    group = merge_groups(world)
    for one in group:
        for other in group:
            together = result.belongs[one].founder == result.belongs[other].founder
            assert not together or group[one] == group[other]
    if not any(decision.kind in ("split", "distinct") for decision in world.decisions):
        assert all(len({result.belongs[one].founder for one in each}) == 1 for each in group.values())


def merge_groups(world: World) -> dict[Key, frozenset[Key]]:
    """Each patient with all whom chains of merges between patients join to it or take along, or splits keep with it."""
    group = {record.key: frozenset((record.key,)) for record in world.records if record.patient}
    for decision in standing(world.decisions):
        joining = (decision.absorbed, *decision.moved) if decision.kind == "merge" else ()
        pairs = [(decision.survivor, one) for one in joining]
        pairs += itertools.combinations([key for key in decision.kept if key in group], 2)
        for one, other in pairs:
            if one in group and other in group:
                joined = group[one] | group[other]
                group |= dict.fromkeys(joined, joined)
    return group


@given(worlds())
def test_what_was_said_to_be_apart_never_comes_together(world: World) -> None:
    """Neither by identifiers and names nor by way of a third record; only a stronger decision can do that."""
    kinds = ("distinct", "split")
    apart = tuple(one for one in world.decisions if one.kind in kinds)
    result = outcome(replace(world, decisions=tuple(one for one in world.decisions if one.kind in ("distinct", "undo"))))
    for one in standing(apart):
        if one.kind == "distinct" and one in standing(world.decisions) and one.survivor != one.absorbed:
            founder = result.belongs[one.survivor].founder
            assert founder is None or founder != result.belongs[one.absorbed].founder
    result = outcome(world)
    for one in standing(world.decisions)[:1]:
        moved, kept = (one.moved, one.kept) if one.kind == "split" else ((one.survivor,), (one.absorbed,))
        if one.kind in kinds and one.survivor != one.absorbed:
            parted = {result.belongs[key].founder for key in moved} & {result.belongs[key].founder for key in kept}
            assert parted <= {None}, "the strongest decision always holds"
            assert one.kind == "distinct" or len({result.belongs[key].founder for key in kept} - {None}) <= 1


@given(worlds(), st.data())
def test_what_is_undone_was_never_decided(world: World, data: st.DataObject) -> None:
    keys = [record.key for record in world.records]
    if keys:
        more = replace(data.draw(decisions_about(keys)), number=99, decision_id="more")
        undo = Decision("undo", more.survivor, more.absorbed, "somebody", undoes="more")
        assert outcome(replace(world, decisions=(*world.decisions, more, undo))) == outcome(world)


@given(worlds())
def test_what_is_typed_moves_nothing_of_a_patient(world: World) -> None:
    """Decisions about accounts aside: what is typed may bring an account to life that somebody decided about."""
    named = {one: (one.survivor, one.absorbed, *one.moved, *one.kept) for one in world.decisions}
    decisions = tuple(one for one, keys in named.items() if all(source == "cliniko" for source, _ in keys))
    world = replace(world, decisions=decisions)
    silent = tuple(replace(record, states=tuple(one for one in record.states if one[2])) for record in world.records)
    said, unsaid = outcome(world), outcome(replace(world, records=silent))
    assert patients_of(said) == patients_of(unsaid)


def patients_of(result: Outcome) -> tuple[dict[Key, Key | None], set[tuple[str, str, Key, str]]]:
    """The contact of each patient, and which patients hold and own the identifiers that patients' records link."""
    founders = {key: where.founder for key, where in result.belongs.items() if key[0] == "cliniko"}
    theirs = {row[:2] for row in result.links if row[4] == "stated"}
    rows = {(channel, value, result.keys[contact], role) for channel, value, contact, role, *_ in result.links}
    return founders, {row for row in rows if row[:2] in theirs and row[2][0] == "cliniko"}


@given(worlds())
def test_every_identifier_has_one_owner_and_every_record_one_contact(world: World) -> None:
    result = outcome(world)
    result.holders({row[0] for row in result.links})
    for record in world.records:
        founder, method, candidates, _ = result.belongs[record.key]
        assert (founder is None) == (method == "unreached")
        assert (founder == record.key) == (method in ("source_record", "household"))
        assert founder is None or result.belongs[founder].founder == founder
        assert not record.patient or (founder is not None and founder[0] == "cliniko")
        assert all(result.belongs[one].founder == one and one[0] == "cliniko" for one in candidates)
        assert method not in ("household", "name") or len(candidates) > 1
        assert method != "cliniko_merge" or record.patient
        assert founder is None or record.patient or founder[0] != "cliniko" or method not in ("same_account", "unreached")
    held_by = {(row[2], row[0]) for row in result.links}
    for record in world.records:
        founder = result.belongs[record.key].founder
        own = {kind for kind, value, vouched in record.states if vouched}
        if founder is not None and not record.patient:
            assert all((name_contact(*founder), kind) in held_by for kind in own), "an account's own stays with it"


@given(worlds())
def test_a_neighbourhood_resolves_alike_alone(world: World) -> None:
    """What the real-time path relies on: it reads one record and what it can reach, the batch reads everything."""
    whole = outcome(world)
    for record in world.records:
        if not record.patient:
            near = neighbourhood(world, record)
            accounts = [one for one in near.records if not one.patient]
            alone = outcome(near)
            assert alone.belongs == {one.key: whole.belongs[one.key] for one in near.records}
            theirs = set().union(*(one.identifiers for one in accounts))
            assert links_of(alone, theirs) == links_of(whole, theirs)
            keys = {one.key for one in accounts}
            assert alone.reviews == {row for row in whole.reviews if row[:2] in keys}


def links_of(result: Outcome, identifiers: set[Identifier]) -> set[tuple[Any, ...]]:
    kinds = {"whatsapp": "phone"}
    return {row for row in result.links if (kinds.get(row[0], row[0]), row[1]) in identifiers}


def neighbourhood(world: World, start: Record) -> World:
    """A channel record and all that it can reach.

    Channel records lead to all that state one of their identifiers and, either way, along the decisions about them; patients
    lead along merges, splits and what is distinct from them.
    """
    by_key = {record.key: record for record in world.records}
    group = merge_groups(world)
    reached: set[Key] = set()
    ahead = {start.key}
    while ahead:
        key = ahead.pop()
        reached.add(key)
        if by_key[key].patient:
            found = set(group[key])
        else:
            found = {one.key for one in world.records if one.identifiers & by_key[key].identifiers}
            pairs = [(one.survivor, one.absorbed) for one in world.decisions if one.kind == "link"]
            found |= {other for pair in pairs if key in pair for other in pair}
        for one in world.decisions:
            about = {one.survivor, one.absorbed, *one.moved, *one.kept}
            if one.kind in ("merge", "split", "distinct") and key in about:
                found |= about & by_key.keys()
        ahead |= found - reached
    return replace(world, records=tuple(record for record in world.records if record.key in reached))


def test_a_split_keeps_two_patients_together_whichever_record_it_names_first() -> None:
    whatsapp, patients = ("whatsapp", "c0"), [("cliniko", f"p{number}") for number in range(3)]
    records = tuple(Record(key, ("Anna", "Smith", None), ()) for key in (*patients, whatsapp))
    kept = (whatsapp, *patients[1:])
    split = Decision("split", whatsapp, patients[0], "somebody", number=1, decision_id="d1", moved=(patients[0],), kept=kept)
    belongs = outcome(World(records, (split,), 10)).belongs
    assert len({belongs[key].founder for key in kept}) == 1
    assert belongs[patients[0]].founder == patients[0]
