"""The context of an identifier, and that nothing but the full case ever tells anything."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contact_hub.context import Appointment, Clinic, Context, Facts, Person, Templates, Told, assemble
from contact_hub.errors import ConfigurationError
from contact_hub_tests.context.support import NOW, anna, appointment, at, facts
from contact_hub_tests.context.test_disclosure import FACTS, NEARLY

CLINIC = Clinic("Surf Rehab", "en")
STRANGER = (
    "Hi! Thanks for your message to Surf Rehab. Please tell us your name and how we can help;"
    " someone from our team will get back to you shortly."
)
NEUTRAL = "Hi! Thanks for your message. Someone from Surf Rehab will get back to you shortly."


def context(*booked: Appointment, person: Person | None = None, clinic: Clinic = CLINIC, **but: Any) -> Context:
    told, live = but.pop("told", None), but.pop("freshness", "live")
    return assemble(clinic, person or anna(), facts(**but), booked, freshness=live, now=NOW, told=told)


def reply(*booked: Appointment, **but: Any) -> tuple[str, str]:
    said = context(*booked, **but).reply
    return said.template, said.text


def test_the_body() -> None:
    before = appointment("2026-11-24 03:00", "2026-11-24 03:45", id="99", practitioner=None)
    body = context(appointment(), before).as_body()
    assert body == {
        "contact_id": "00000000-0000-0000-0000-000000000001",
        "linked": True,
        "disclosure": "full",
        "reasons": [],
        "next_appointment": {
            "starts_at": "2026-12-02T03:00:00Z",
            "when": "tomorrow at 2 pm",
            "practitioner": "Quill",
            "type": "Kneeling",
            "place": "Bondi",
        },
        "last_appointment": {
            "starts_at": "2026-11-24T03:00:00Z",
            "when": "on Tuesday 24 November at 2 pm",
            "practitioner": None,
            "type": "Kneeling",
            "place": "Bondi",
        },
        "preferred_channel": "whatsapp",
        "reminders": "both",
        "freshness": "live",
        "reply": {
            "text": "Hi Annabel! I see you have an appointment tomorrow at 2 pm with Quill. How can we help?",
            "language": "en",
            "template": "appointment",
        },
    }
    json.dumps(body)


def test_nobody() -> None:
    nobody = context(person=Person(), link="none", freshness="unconfirmed")
    assert nobody.as_body() == {
        "contact_id": None,
        "linked": False,
        "disclosure": "none",
        "reasons": ["not_a_patient"],
        "next_appointment": None,
        "last_appointment": None,
        "preferred_channel": None,
        "reminders": None,
        "freshness": "unconfirmed",
        "reply": {"text": STRANGER, "language": "en", "template": "stranger"},
    }


FAMILY = {"link": "household", "holders": 3}
TOLD = Told("100", at("2026-12-02 03:00"))
CASES = {
    "nothing is booked": ([], {}, "no_appointment", "Hi Annabel! I can see no upcoming appointment of yours."),
    "a family's number": ([appointment()], FAMILY, "neutral", NEUTRAL),
    "her husband has it too": ([appointment()], {"holders": 2}, "neutral", NEUTRAL),
    "her file is archived": ([appointment()], {"patient_in_use": False}, "neutral", NEUTRAL),
    "a child with a mother's number": ([appointment()], {"minor": True}, "neutral", NEUTRAL),
    "an account that a person confirmed, and the policy is open": (
        [appointment()],
        {"channel": "instagram", "form": "account", "vouched_by": "person", "accepted_privacy_policy": None},
        "neutral",
        NEUTRAL,
    ),
    # That it is known would tell them something: they get the stranger's words.
    "somebody typed her number": ([appointment()], {"claim": "stated", "vouched_by": "statement"}, "stranger", STRANGER),
    "an account that states her number": (
        [appointment()],
        {"channel": "instagram", "form": "account", "vouched_by": "statement"},
        "stranger",
        STRANGER,
    ),
    "an account of her contact": ([appointment()], {"channel": "instagram", "form": "account"}, "stranger", STRANGER),
    "a visitor of the web site": ([appointment()], {"channel": "web", "form": "session"}, "stranger", STRANGER),
    "her old number": ([appointment()], {"changed_hands": True}, "stranger", STRANGER),
    "a WhatsApp account without a number": ([appointment()], {"form": "user_id"}, "stranger", STRANGER),
    "a withheld number": ([appointment()], {"channel": "phone", "form": "withheld"}, "stranger", STRANGER),
    "only perhaps she": ([appointment()], {"link": "possible"}, "stranger", STRANGER),
    # Not confirmed
    "Cliniko does not answer": (
        [appointment()],
        {"freshness": "unconfirmed", "told": TOLD},
        "unconfirmed",
        "Hi Annabel! Thanks for your message. I cannot look into our appointment book right now;",
    ),
    # Since she was last told
    "as she was told": ([appointment()], {"told": TOLD}, "appointment", "Hi Annabel! I see you have an appointment tomorrow"),
    "moved": (
        [appointment("2026-12-03 00:30")],
        {"told": TOLD},
        "moved",
        "Hi Annabel! Your appointment has moved: it is now on Thursday 3 December at 11:30 am with Quill,"
        " no longer tomorrow at 2 pm.",
    ),
    "moved into the past": ([appointment("2026-11-30 03:00")], {"told": TOLD}, "no_appointment", "Hi Annabel! I can see no"),
    "cancelled": (
        [appointment(cancelled=True)],
        {"told": TOLD},
        "cancelled",
        "Hi Annabel! Your appointment tomorrow at 2 pm has been cancelled. How can we help?",
    ),
    "cancelled, with another one ahead": (
        [appointment(cancelled=True), appointment("2026-12-03 03:00", id="101", practitioner=None)],
        {"told": TOLD},
        "cancelled",
        "Hi Annabel! Your appointment tomorrow at 2 pm has been cancelled. Your next one is on Thursday 3 December at 2 pm.",
    ),
    "cancelled after it was over": (
        [appointment("2026-11-24 03:00", cancelled=True)],
        {"told": Told("100", at("2026-11-24 03:00"))},
        "no_appointment",
        "Hi Annabel! I can see no",
    ),
    "no longer to be found": (
        [appointment("2026-12-03 03:00", id="101")],
        {"told": TOLD},
        "appointment",
        "Hi Annabel! I see you have an appointment on Thursday 3 December at 2 pm with Quill.",
    ),
    "cancelled, of which she never heard": ([appointment(cancelled=True)], {}, "no_appointment", "Hi Annabel! I can see no"),
}


@pytest.mark.parametrize(("booked", "but", "template", "text"), CASES.values(), ids=CASES)
def test_replies(booked: list[Appointment], but: dict[str, Any], template: str, text: str) -> None:
    case, said = reply(*booked, **but)
    assert (case, said[: len(text)]) == (template, text)


def test_a_time_that_is_not_confirmed_is_not_named_anywhere() -> None:
    body = context(appointment(), freshness="unconfirmed").as_body()
    assert (body["disclosure"], body["next_appointment"], body["last_appointment"]) == ("full", None, None)


def test_each_appointment_is_told_in_its_own_business_s_time() -> None:
    assert context(appointment(time_zone="Australia/Brisbane")).reply.text.startswith(
        "Hi Annabel! I see you have an appointment tomorrow at 1 pm"
    )
    gone = appointment(time_zone="Australia/Brisbane", cancelled=True)
    text = context(gone, appointment("2026-12-03 03:00", id="101"), told=TOLD).reply.text
    assert "tomorrow at 1 pm has been cancelled. Your next one is on Thursday 3 December at 2 pm" in text


def test_languages() -> None:
    german = context(appointment(), person=anna(language="de-AT"))
    assert german.reply.text.startswith("Hallo Annabel! Ich sehe, dass Sie morgen um 14:00 Uhr einen Termin bei Quill haben.")
    assert german.as_body()["next_appointment"]["when"] == "morgen um 14:00 Uhr"
    assert german.reply.language == "de-AT"
    italian = context(appointment(), person=anna(language="it"))
    assert (italian.reply.language, italian.as_body()["next_appointment"]["when"]) == ("en", "tomorrow at 2 pm")


def test_the_clinic_s_own_words() -> None:
    clinic = Clinic("Surf Rehab", "en", Templates({("appointment", "en"): "G'day! {{ place or clinic }}, {{ when }}."}))
    assert context(appointment(), clinic=clinic).reply.text == "G'day! Bondi, tomorrow at 2 pm."
    assert context(appointment(place=None), clinic=clinic).reply.text == "G'day! Surf Rehab, tomorrow at 2 pm."


@pytest.mark.parametrize("name", [None, "", ".", "🏄", "None"])
def test_a_name_that_nobody_can_say_is_left_out(name: str | None) -> None:
    assert context(appointment(), person=anna(name=name)).reply.text.startswith("Hi! I see")


def test_a_clinic_needs_a_name() -> None:
    with pytest.raises(ConfigurationError, match="no name"):
        Clinic(" ")


def test_without_a_patient_nothing_is_full() -> None:
    stray = context(appointment(), person=anna(patient_ids=frozenset()))
    assert (stray.linked, stray.disclosure.level, stray.disclosure.reasons) == (False, "none", ("link_unknown",))


# Whatever the facts, the family, the book and the order of events ---------------------------------------------------------

SECRETS = ("Quill", "Kneeling", "Bondi", "Zebulon", "Annabel", "Wombat")
"""What is Anna's: the words of her appointments and her name. Zebulon and Wombat are her brother's."""
WORDS_OF_TIME = (" am", " pm", "today", "tomorrow", "yesterday", "day ", "December", "November", ":30", ":00")

booked_ones = st.builds(
    lambda number, patient, hours, cancelled, arrived, missing, zone: appointment(
        id=str(100 + number),
        patient_id=str(patient),
        starts_at=NOW + timedelta(hours=hours),
        ends_at=NOW + timedelta(hours=hours, minutes=45),
        time_zone=zone,
        practitioner="Quill" if patient == 1 else "Zebulon",
        place="Bondi" if patient == 1 else "Wombat",
        cancelled=cancelled,
        arrived=arrived,
        did_not_arrive=missing,
    ),
    st.integers(0, 3),
    st.integers(1, 2),
    st.integers(-100, 100),
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.sampled_from(["Australia/Sydney", "Australia/Lord_Howe", "Europe/London"]),
)
books = st.lists(booked_ones, max_size=5)
tellings = st.none() | st.builds(
    Told, st.integers(100, 103).map(str), st.integers(-50, 50).map(lambda hours: NOW + timedelta(hours=hours))
)
people = st.builds(
    Person,
    contact_id=st.just(UUID(int=1)) | st.none(),
    patient_ids=st.sampled_from([frozenset(), frozenset("1"), frozenset(("1", "3"))]),
    name=st.sampled_from(["Annabel", None]),
    language=st.sampled_from([None, "de", "zh", "it"]),
    preferred_channel=st.sampled_from([None, "email"]),
)


@given(FACTS | NEARLY, people, books, tellings, st.sampled_from(["live", "unconfirmed"]))
def test_only_the_full_case_tells_anything(given_facts: Facts, person: Person, booked: Any, told: Any, freshness: Any) -> None:
    found = assemble(CLINIC, person, given_facts, booked, freshness=freshness, now=NOW, told=told)
    body = found.as_body()
    said = json.dumps(body, ensure_ascii=False)
    assert not any(word in said for word in ("Zebulon", "Wombat")), "her brother's appointments are nobody's but his"
    if found.disclosure.level == "none":
        assert body["reasons"]
        assert not any(word in said for word in SECRETS)
        assert not any(word in found.reply.text for word in WORDS_OF_TIME)
        assert found.reply.text in (NEUTRAL, STRANGER)
        assert body["next_appointment"] is body["last_appointment"] is None
    else:
        assert found.linked
        assert given_facts.link == "patient"
    if freshness == "unconfirmed":
        assert body["next_appointment"] is body["last_appointment"] is None
        assert not any(word in said for word in ("Quill", "Bondi", "Kneeling"))
        assert not any(word in found.reply.text for word in WORDS_OF_TIME)


@given(NEARLY, people, books, books, tellings)
def test_who_is_told_nothing_cannot_tell_what_is_booked(
    given_facts: Facts, person: Person, one: Any, other: Any, told: Any
) -> None:
    """The answer to somebody who may be told nothing does not depend on the book, the name or the patient's language."""
    found = [
        assemble(CLINIC, who, given_facts, booked, freshness="live", now=NOW, told=heard)
        for who, booked, heard in ((person, one, told), (replace(person, name="Ben", language="fr"), other, None))
    ]
    if found[0].disclosure.level == "none":
        assert found[0].reply == found[1].reply


@given(
    st.permutations([appointment(id=str(n), starts_at=NOW + timedelta(hours=n), cancelled=n == 3) for n in (-30, -5, 3, 9, 40)])
)
def test_the_order_of_the_book_never_matters(booked: list[Appointment]) -> None:
    body = context(*booked, told=Told("3", NOW + timedelta(hours=3))).as_body()
    assert body["next_appointment"]["starts_at"] == "2026-12-01T10:00:00Z"
    assert body["reply"]["template"] == "cancelled"
