"""Who may be told their appointments: a table to be read by whoever answers for it at a clinic.

Every case begins with Anna Smith, an adult patient in good standing, who writes on WhatsApp from the mobile in her own
Cliniko record, which nobody else holds (``support.ANNA``). Named is only what differs from that, and what she is told:
``everything``, or ``nothing`` with the reasons.
"""

from dataclasses import dataclass, field, fields
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contact_hub.channels.event import CLAIMS, IDENTIFIER_CHANNELS
from contact_hub.context.disclosure import REASONS, Facts, Link, NameSays, Unasked, Voucher, is_known_to_hold, judge
from contact_hub.context.identifier_forms import FORMS
from contact_hub_tests.context.support import ANNA, facts


@dataclass(frozen=True)
class Case:
    what: str
    but: dict[str, Any] = field(default_factory=dict)
    told: str = "everything"


CASES = [
    Case("she writes from the mobile in her own record"),
    Case("the same by SMS", {"channel": "sms"}),
    Case("by email, from the address in her own record", {"channel": "email", "form": "address"}),
    Case("her profile has no name, or an emoji for one", {"name": "silent"}),
    # The identifier is not hers alone
    Case(
        "a mother and her son have the same number in their records",
        {"link": "household", "holders": 3, "name": "silent"},
        "nothing: household, shared",
    ),
    Case("her husband's record has her number too, and the profile says Anna", {"holders": 2}, "nothing: shared"),
    Case("her archived duplicate has her number too", {"holders": 2}, "nothing: shared"),
    Case("how many hold the number is not known", {"holders": None}, "nothing: holders_unknown"),
    Case("a person linked the family's number to her", {"vouched_by": "person", "holders": 2}, "nothing: shared"),
    Case("an email with her plan manager copied in", {"read_by_others": True}, "nothing: read_by_others"),
    Case("a comment in public, or a group", {"read_by_others": True}, "nothing: read_by_others"),
    # The identifier is not vouched for
    Case(
        "a new number of hers that she stated in a message",
        {"claim": "stated", "vouched_by": "statement"},
        "nothing: merely_stated, not_in_patient_record",
    ),
    Case("her number, typed into the web form by whoever", {"claim": "stated"}, "nothing: merely_stated"),
    Case("an alias of the account that wrote", {"claim": "same_person"}, "nothing: not_the_reply_path"),
    Case("the number that she gave up", {"claim": "former"}, "nothing: former"),
    Case(
        "a number that only WhatsApp vouches for: she wrote from it, and her record has another",
        {"vouched_by": "channel"},
        "nothing: not_in_patient_record",
    ),
    Case("the same, and the front desk decided that it is hers", {"vouched_by": "person"}),
    Case(
        "an Instagram account that states her number",
        {"channel": "instagram", "form": "account", "vouched_by": "statement"},
        "nothing: merely_stated, account_unconfirmed",
    ),
    Case(
        "an Instagram account, though the contact's phone is in her record",
        {"channel": "instagram", "form": "account"},
        "nothing: account_unconfirmed",
    ),
    Case(
        "an Instagram account that a person confirmed as hers",
        {"channel": "instagram", "form": "account", "vouched_by": "person"},
    ),
    Case(
        "a chat on the web site with her email typed in",
        {"channel": "web", "form": "session", "vouched_by": "statement"},
        "nothing: unverified_web, merely_stated",
    ),
    Case(
        "a chat on the web site that a person confirmed: a browser is still anybody's",
        {"channel": "web", "form": "session", "vouched_by": "person"},
        "nothing: unverified_web",
    ),
    Case("her address, known only from the web site's chat", {"channel": "web", "form": "address"}, "nothing: unverified_web"),
    Case("a WhatsApp account without its number", {"form": "user_id", "vouched_by": "channel"}, "nothing: user_id_only"),
    Case("a WhatsApp account without its number that a person confirmed", {"form": "user_id", "vouched_by": "person"}),
    Case("a caller who withholds the number", {"channel": "phone", "form": "withheld"}, "nothing: withheld"),
    Case("the landline in her record: her home or her office", {"form": "landline"}, "nothing: landline"),
    Case("her practice's line, which a person confirmed as hers alone", {"form": "landline", "vouched_by": "person"}),
    Case("an id inside Chatwoot", {"channel": "chatwoot", "form": "other"}, "nothing: channel_unknown, form_unknown"),
    # It may be somebody else by now
    Case("her old number, sold to someone else", {"changed_hands": True}, "nothing: changed_hands"),
    Case(
        "sold to someone else who calls himself Ben",
        {"changed_hands": True, "name": "disagrees"},
        "nothing: changed_hands, name_disagrees",
    ),
    Case("her number, but the profile says Ben", {"name": "disagrees"}, "nothing: name_disagrees"),
    Case("her email linked them, and the phone is Ben's", {"disagreement": True}, "nothing: identifiers_disagree"),
    Case("perhaps she is the patient of that name", {"link": "possible"}, "nothing: possible_link"),
    Case("nobody whom the clinic treats", {"link": "none", "name": "silent", "patient_in_use": None}, "nothing: not_a_patient"),
    # The patient
    Case("her file is archived", {"patient_in_use": False}, "nothing: patient_not_in_use"),
    Case("a boy of ten, whose record has his mother's mobile", {"minor": True}, "nothing: minor_adults_number"),
    Case(
        "a boy of ten with a mobile of which nobody knows whose it is",
        {"minor": True, "adults_number": None},
        "nothing: minor_number_unknown",
    ),
    Case(
        "a boy of ten; the front desk linked his mother's WhatsApp to him",
        {"minor": True, "vouched_by": "person"},
        "nothing: minor_adults_number",
    ),
    Case("a girl of seventeen with a mobile of her own", {"minor": True, "adults_number": False}),
    Case("no birth date, and a mobile that is in her record and nobody else's", {"minor": None, "adults_number": None}),
    Case(
        "no birth date, and a mobile that is not in her record: she may be a child with a parent's number",
        {"minor": None, "adults_number": None, "vouched_by": "person"},
        "nothing: age_unknown",
    ),
    Case(
        "no birth date, and her mother's record has the mobile too",
        {"minor": None, "holders": 2},
        "nothing: shared, age_unknown",
    ),
    Case("she declined the privacy policy", {"accepted_privacy_policy": False}, "nothing: privacy_policy_refused"),
    Case(
        "she declined the privacy policy, and the clinic treats silence as consent",
        {"accepted_privacy_policy": False, "unasked_privacy_policy": "allow"},
        "nothing: privacy_policy_refused",
    ),
    Case("she was never asked", {"accepted_privacy_policy": None}, "nothing: privacy_policy_unasked"),
    Case(
        "she was never asked, and the clinic decided that this is fine",
        {"accepted_privacy_policy": None, "unasked_privacy_policy": "allow"},
    ),
    # Not known is no
    Case("where the answer would go is not known", {"channel": None}, "nothing: channel_unknown"),
    Case("what the identifier is, is not known", {"form": None}, "nothing: form_unknown"),
    Case("how it came is not known", {"claim": None}, "nothing: claim_unknown"),
    Case("who reads along is not known", {"read_by_others": None}, "nothing: readers_unknown"),
    Case("whose it is, is not known", {"link": None}, "nothing: link_unknown"),
    Case("who vouches is not known", {"vouched_by": None}, "nothing: not_in_patient_record"),
    Case("whether her identifiers agree is not known", {"disagreement": None}, "nothing: disagreement_unknown"),
    Case("whether the number changed hands is not known", {"changed_hands": None}, "nothing: tenure_unknown"),
    Case("her profile's name is not known", {"name": None}, "nothing: name_unknown"),
    Case("the state of her file is not known", {"patient_in_use": None}, "nothing: patient_state_unknown"),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.what)
def test_case(case: Case) -> None:
    verdict = judge(facts(**case.but))
    told = "everything" if verdict.level == "full" else f"nothing: {', '.join(verdict.reasons)}"
    assert told == case.told


def test_every_reason_has_a_case_and_a_sentence() -> None:
    shown = {code for case in CASES for code in case.told.removeprefix("nothing: ").split(", ")} - {"everything"}
    assert shown == set(REASONS)
    assert all(sentence[0].isupper() and sentence.endswith(".") for sentence in REASONS.values())


def test_nothing_known_is_nothing_told() -> None:
    assert judge(Facts()).level == "none"


FACTS = st.builds(
    Facts,
    channel=st.sampled_from([*sorted(IDENTIFIER_CHANNELS), "sms", "pigeon", None]),
    form=st.sampled_from([*sorted(FORMS), None]),
    claim=st.sampled_from([*sorted(CLAIMS), None]),
    read_by_others=st.sampled_from([False, True, None]),
    link=st.sampled_from([*get_args(Link), None]),
    vouched_by=st.sampled_from([*get_args(Voucher), None]),
    holders=st.sampled_from([1, None, 0, 2, 11]),
    disagreement=st.sampled_from([False, True, None]),
    changed_hands=st.sampled_from([False, True, None]),
    name=st.sampled_from([*get_args(NameSays), None]),
    patient_in_use=st.sampled_from([True, False, None]),
    minor=st.sampled_from([False, True, None]),
    adults_number=st.sampled_from([False, True, None]),
    accepted_privacy_policy=st.sampled_from([True, False, None]),
    unasked_privacy_policy=st.sampled_from(get_args(Unasked)),
)
"""Any facts."""

NAMES = [one.name for one in fields(Facts)]
NEARLY = st.builds(
    lambda other, changed: Facts(**{name: getattr(other, name) if name in changed else ANNA[name] for name in NAMES}),
    FACTS,
    st.sets(st.sampled_from(NAMES), max_size=3),
)
"""Anna's facts, but for a few."""


@given(FACTS | NEARLY)
def test_everything_is_told_only_beyond_doubt(given_facts: Facts) -> None:
    verdict = judge(given_facts)
    assert (verdict.level == "full") == (verdict.reasons == ())
    if verdict.level == "full":
        assert given_facts.link == "patient"
        assert given_facts.holders == 1
        assert given_facts.claim == "sender"
        assert given_facts.vouched_by == "person" or given_facts.vouched_by == "patient_record"
        assert given_facts.vouched_by == "person" or given_facts.form in ("mobile", "address")
        assert given_facts.changed_hands is False
        assert given_facts.disagreement is False
        assert given_facts.patient_in_use is True
        assert given_facts.accepted_privacy_policy is not False
        assert is_known_to_hold(given_facts) or given_facts.form == "landline"


@given(NEARLY, st.sampled_from([name for name in NAMES if name not in ("unasked_privacy_policy", "adults_number")]))
def test_knowing_less_never_tells_more(given_facts: Facts, forgotten: str) -> None:
    known = {name: getattr(given_facts, name) for name in NAMES}
    if judge(given_facts).level == "none":
        child = forgotten == "minor" and known["minor"] is True
        verdict = judge(Facts(**{**known, forgotten: None}))
        assert verdict.level == "none" or known["accepted_privacy_policy"] is False or child
