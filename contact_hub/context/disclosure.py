"""Disclosure: may an answer name the patient and their appointments? Facts in, verdict out.

What is said goes to whoever holds the identifier that the answer is sent to (DESIGN §9). So detail needs an identifier of
which the patient's own Cliniko record says that it is theirs, or of which a person decided so, and which nobody else holds.
Everything else is a reason to say nothing, and so is every fact that is not known: the rules below are the whole of it.

Nobody's word about themselves counts. What is typed into a form or a message may link for the clinic's eyes; and that
somebody is a patient at all is as private as the appointment.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from contact_hub.channels.event import Claim
from contact_hub.context.identifier_forms import FORMS, REPLY_PATHS, Form

Link = Literal["patient", "household", "possible", "none"]
"""Whose identifier it is: one patient's, a family's, perhaps a patient's, or nobody's whom the clinic treats."""
Voucher = Literal["patient_record", "person", "channel", "statement"]
"""Who says that the identifier is the patient's: their Cliniko record, a person of the clinic who decided it; only the
channel, or someone who typed it."""
NameSays = Literal["agrees", "silent", "disagrees"]
Unasked = Literal["refuse", "allow"]
Level = Literal["full", "none"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    """What is known about an identifier and the patient behind it; None: it is not known.

    Attributes:
        channel: on which the answer would go.
        form: what the identifier is; see :func:`~contact_hub.context.identifier_forms.identifier_form`.
        claim: how the identifier came with the message: the ``sender``'s own (the answer goes there), or only an alias of
            it, ``stated``, or ``former``. Asked about an identifier by itself, without a message: ``sender``.
        read_by_others: others would read the answer too: copied in, a group, a public comment.
        link: whose it is.
        vouched_by: who says so; the strongest. Of a family's identifier: that one of their records states it.
        holders: contacts that hold the identifier, archived ones and other members of a family included.
        disagreement: another identifier of the same sender (or the phone, where the email linked them) points at someone else.
        changed_hands: the identifier left one person for another, or its account was set up anew, since it was vouched for.
        name: whether the sender's profile name can be the patient's; see :func:`~contact_hub.context.profile_names.name_says`.
        patient_in_use: the patient's file is in use: not archived, merged away, deleted or erased.
        minor: the patient is under 18.
        adults_number: an adult uses the identifier, as parents do for their children.
        accepted_privacy_policy: as the patient's record has it; None: never asked.
        unasked_privacy_policy: what this clinic does where nobody asked.
    """

    channel: str | None = None
    form: Form | None = None
    claim: Claim | None = None
    read_by_others: bool | None = None
    link: Link | None = None
    vouched_by: Voucher | None = None
    holders: int | None = None
    disagreement: bool | None = None
    changed_hands: bool | None = None
    name: NameSays | None = None
    patient_in_use: bool | None = None
    minor: bool | None = None
    adults_number: bool | None = None
    accepted_privacy_policy: bool | None = None
    unasked_privacy_policy: Unasked = "refuse"


@dataclass(frozen=True, slots=True)
class Disclosure:
    """The verdict.

    Attributes:
        level: ``full``: the patient may be greeted by name and told their appointments; ``none``: nothing of the kind.
        reasons: what speaks against it, as codes of :data:`REASONS`; none where the level is ``full``.
    """

    level: Level
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class _Rule:
    code: str
    sentence: str
    applies: Callable[[Facts], bool]


def _by_person(facts: Facts) -> bool:
    return facts.vouched_by == "person"


_STRANGER = _Rule("not_a_patient", "No patient of the clinic has this identifier.", lambda facts: facts.link == "none")

_LINK_RULES = (
    _Rule(
        "household", "A family shares this identifier; it is not known which of them writes.", lambda f: f.link == "household"
    ),
    _Rule("possible_link", "This is perhaps a patient; nobody has confirmed it.", lambda f: f.link == "possible"),
    _Rule(
        "link_unknown",
        "It is not known whose identifier this is.",
        lambda f: f.link not in ("patient", "household", "possible"),
    ),
    _Rule("shared", "Several people hold this identifier.", lambda f: f.holders is not None and f.holders > 1),
    _Rule(
        "holders_unknown", "It is not known how many people hold this identifier.", lambda f: f.holders is None or f.holders < 1
    ),
    _Rule("identifiers_disagree", "Another identifier of the sender points at someone else.", lambda f: f.disagreement is True),
    _Rule(
        "disagreement_unknown",
        "It is not known whether the sender's identifiers agree.",
        lambda f: f.disagreement not in (True, False),
    ),
    _Rule("changed_hands", "This number or account has gone from one person to another.", lambda f: f.changed_hands is True),
    _Rule(
        "tenure_unknown",
        "It is not known whether this number or account has changed hands.",
        lambda f: f.changed_hands not in (True, False),
    ),
)

_PATH_RULES = (
    _Rule("channel_unknown", "It is not known where the answer would go.", lambda f: f.channel not in REPLY_PATHS),
    _Rule(
        "withheld", "The caller withheld the number, or a made-up value stands in its place.", lambda f: f.form == "withheld"
    ),
    _Rule(
        "unverified_web",
        "A visitor of the web site: whoever sits at that browser, with whatever address they typed.",
        lambda f: f.form == "session" or f.channel == "web",
    ),
    _Rule(
        "form_unknown",
        "It is not known what kind of identifier this is.",
        lambda f: f.form not in FORMS or f.form == "other",
    ),
    _Rule(
        "merely_stated",
        "Someone typed this identifier into a form, a message or a card; that proves nothing.",
        lambda f: f.claim == "stated" or f.vouched_by == "statement",
    ),
    _Rule("former", "This identifier was given up.", lambda f: f.claim == "former"),
    _Rule("not_the_reply_path", "The answer would go to another identifier than this one.", lambda f: f.claim == "same_person"),
    _Rule("claim_unknown", "It is not known how this identifier came with the message.", lambda f: f.claim is None),
    _Rule("read_by_others", "Others would read the answer too.", lambda f: f.read_by_others is True),
    _Rule(
        "readers_unknown",
        "It is not known who else would read the answer.",
        lambda f: f.read_by_others not in (True, False),
    ),
)

_VOUCHING_RULES = (
    _Rule(
        "user_id_only",
        "WhatsApp gives no number for this account, and nobody has confirmed whose it is.",
        lambda f: f.form == "user_id" and not _by_person(f),
    ),
    _Rule(
        "account_unconfirmed",
        "The patient's record does not hold accounts like this one, and nobody has confirmed whose it is.",
        lambda f: f.form == "account" and not _by_person(f),
    ),
    _Rule(
        "landline",
        "A landline: a home, an office or an institution may answer it.",
        lambda f: f.form == "landline" and not _by_person(f),
    ),
    _Rule(
        "not_in_patient_record",
        "The patient's own record does not hold this identifier, and nobody has confirmed it.",
        lambda f: f.form in ("mobile", "landline", "address") and f.vouched_by not in ("patient_record", "person"),
    ),
    _Rule("name_disagrees", "The sender goes by a name that is not the patient's.", lambda f: f.name == "disagrees"),
    _Rule(
        "name_unknown",
        "It is not known by what name the sender goes.",
        lambda f: f.name not in ("agrees", "silent", "disagrees"),
    ),
)

_PATIENT_RULES = (
    _Rule("patient_not_in_use", "The patient's file is archived, merged or deleted.", lambda f: f.patient_in_use is False),
    _Rule(
        "patient_state_unknown", "It is not known whether the file is in use.", lambda f: f.patient_in_use not in (True, False)
    ),
    _Rule(
        "minor_adults_number",
        "The patient is a child, and the identifier is an adult's.",
        lambda f: f.minor is True and f.adults_number is True,
    ),
    _Rule(
        "minor_number_unknown",
        "The patient is a child; whose the identifier is, is not known.",
        lambda f: f.minor is True and f.adults_number not in (True, False),
    ),
    _Rule(
        "age_unknown",
        "It is not known whether the patient is a child, nor is the identifier one person's by their own record.",
        lambda f: (
            f.minor not in (True, False)
            and f.link != "household"  # of a family no one patient is meant
            and not (f.holders == 1 and f.vouched_by == "patient_record")
        ),
    ),
    _Rule(
        "privacy_policy_refused",
        "The patient has not accepted the privacy policy.",
        lambda f: f.accepted_privacy_policy is False,
    ),
    _Rule(
        "privacy_policy_unasked",
        "The patient was never asked about the privacy policy, and this clinic takes that for a no.",
        lambda f: f.accepted_privacy_policy not in (True, False) and f.unasked_privacy_policy != "allow",
    ),
)

_RULES = (*_LINK_RULES, *_PATH_RULES, *_VOUCHING_RULES, *_PATIENT_RULES)

REASONS: Mapping[str, str] = {rule.code: rule.sentence for rule in (_STRANGER, *_RULES)}
"""Every reason with a plain sentence."""


def judge(facts: Facts) -> Disclosure:
    """What may be said on these facts. Of somebody who is no patient, that is the one reason."""
    if _STRANGER.applies(facts):
        return Disclosure("none", (_STRANGER.code,))
    reasons = tuple(rule.code for rule in _RULES if rule.applies(facts))
    return Disclosure("none" if reasons else "full", reasons)


def is_known_to_hold(facts: Facts) -> bool:
    """Whether the clinic's own records or people hold the identifier, so that an answer as to one of their patients tells
    its holder nothing new.

    To everybody else the answer must be a stranger's, word for word: that it is another one would tell whoever typed a
    patient's number into a form that this person is a patient.
    """
    return (
        facts.link in ("patient", "household")
        and facts.vouched_by in ("patient_record", "person")
        and facts.claim == "sender"
        and facts.channel in REPLY_PATHS - {"web"}
        and facts.changed_hands is False
        and (facts.form in ("mobile", "address") or (facts.form in ("account", "user_id") and _by_person(facts)))
    )
