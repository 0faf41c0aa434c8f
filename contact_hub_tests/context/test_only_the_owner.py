"""Whatever the facts, whoever the person and whosever appointments are at hand: no answer names those of anybody else."""

from collections.abc import Sequence
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from contact_hub.context import Appointment, Clinic, Facts, Told, assemble, judge
from contact_hub_tests.context.support import ANNA, NOW, anna, appointment
from contact_hub_tests.context.test_disclosure import FACTS, NEARLY

PATIENTS = ("1", "2", "3", "4")
CANARIES = {"1": "Quagga", "2": "Tarpan", "3": "Moa", "4": "Dodo"}
"""Whose practitioner is whose."""


@st.composite
def books(draw: st.DrawFn) -> Sequence[Appointment]:
    """Up to three appointments of each of four people, past and ahead, cancelled and not, in any order."""
    found = []
    for patient in PATIENTS:
        for place in range(draw(st.integers(0, 3))):
            starts = NOW + timedelta(hours=draw(st.integers(-200, 200)), minutes=int(patient))
            found.append(
                appointment(
                    starts_at=starts, id=f"{patient}{place}", patient_id=patient, practitioner=CANARIES[patient], type=None,
                    place=None, cancelled=draw(st.booleans()),
                )
            )  # fmt: skip
    return draw(st.permutations(found))


TOLD = st.none() | st.builds(
    Told,
    st.sampled_from([f"{patient}{place}" for patient in PATIENTS for place in range(3)]),
    st.integers(-50, 50).map(lambda hours: NOW + timedelta(hours=hours)),
)


@given(
    FACTS | NEARLY | st.just(Facts(**ANNA)),
    st.frozensets(st.sampled_from(PATIENTS), max_size=2),
    books(),
    st.sampled_from(["live", "unconfirmed"]),
    TOLD,
)
def test_an_answer_names_the_owners_appointments_only(
    facts: Facts, owner: frozenset[str], book: Sequence[Appointment], freshness: str, told: Told | None
) -> None:
    person = anna(patient_ids=owner, name="Annabel")
    context = assemble(Clinic("Surf Rehab"), person, facts, book, freshness=freshness, now=NOW, told=told)  # type: ignore[arg-type]
    body = str(context.as_body())
    named = {patient for patient, practitioner in CANARIES.items() if practitioner in body}
    may_be_told = judge(facts).level == "full" and freshness == "live"
    assert named <= (owner if may_be_told else frozenset())
    assert "Annabel" not in body or judge(facts).level == "full"
    if not may_be_told:
        assert not any(char.isdigit() for char in context.reply.text)
    for one in (context.next_appointment, context.last_appointment):
        assert one is None or one.patient_id in owner
