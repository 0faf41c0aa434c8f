"""Preferences: what somebody answers to 'Would you prefer reminders via WhatsApp or email?'

A wrong guess sends someone's reminders where they do not look, so an answer counts only if every word of it is understood:
'I got your email yesterday' is about an email and no answer. Understood are the payloads of our buttons and plain words in
English, German, Spanish, French and Chinese, whatever language was asked in.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Literal, get_args

from contact_hub.context.languages import base
from contact_hub.context.preference_words import VOCABULARY, Sense

Answer = Literal["whatsapp", "email", "sms", "both", "neither", "stop"]
"""``both``: WhatsApp and email. ``neither``: no reminders. ``stop``: no messages of any kind."""

ANSWERS: tuple[Answer, ...] = get_args(Answer)
_PAYLOAD = "contact_hub.reminders."
_MAX_LENGTH = 200  # characters; whoever writes more says more than this

_NOT = re.compile(r"n[’']t\b")
_TOKEN = re.compile(r"[,;.:!\n，。；！、]+|[^\W_]+")
_UNHEARD = re.compile(r"[‘’']")
_PAUSE: Sense = "pause"
_LONGEST = max(len(phrase) for phrase in VOCABULARY)
_CHANNELS: Mapping[Sense, Answer] = {"whatsapp": "whatsapp", "email": "email", "sms": "sms"}
_THINGS = frozenset((*_CHANNELS, "both", "reminders"))
_CJK = re.compile(r"[\u4e00-\u9fff]")


def payload_of(answer: Answer) -> str:
    """What a button with this answer sends back."""
    return _PAYLOAD + answer


def understood(text: str | None) -> Answer | None:
    """The answer, or None where it is none or could mean two things."""
    said = (text or "").strip()
    if said.startswith(_PAYLOAD):
        return next((answer for answer in ANSWERS if said == payload_of(answer)), None)
    if not said or len(said) > _MAX_LENGTH or "?" in said or "？" in said:
        return None
    senses = _senses(said)
    return None if senses is None else _meaning(senses)


def in_words(answer: Answer, language: str | None) -> str | None:
    """'WhatsApp', 'email', 'WhatsApp and email'; None for no reminders."""
    words = {"en": "email", "de": "E-Mail", "es": "correo electrónico", "fr": "e-mail", "vi": "email", "zh": "电子邮件"}
    ands = {"en": " and ", "de": " und ", "es": " y ", "fr": " et ", "vi": " và ", "zh": "和"}
    code = base(language)
    both = f"WhatsApp{ands[code]}{words[code]}"
    return {"whatsapp": "WhatsApp", "email": words[code], "sms": "SMS", "both": both}.get(answer)


def _senses(said: str) -> list[Sense] | None:
    """What each word or phrase means, in their order; None where one is not known."""
    tokens = [token for word in _TOKEN.findall(_UNHEARD.sub(" ", _NOT.sub(" not", said.casefold()))) for token in _split(word)]
    senses: list[Sense] = []
    at = 0
    while at < len(tokens):
        if _TOKEN.fullmatch(tokens[at]) and not tokens[at][0].isalnum():
            senses.append(_PAUSE)
            at += 1
            continue
        length = next((n for n in range(_LONGEST, 0, -1) if tuple(tokens[at : at + n]) in VOCABULARY), 0)
        if not length:
            return None
        senses.append(VOCABULARY[tuple(tokens[at : at + length])])
        at += length
    return senses


def _split(word: str) -> Iterator[str]:
    """Chinese has no spaces: a character is a word, and a run of other letters is one."""
    return iter(re.findall(r"[\u4e00-\u9fff]|[^\u4e00-\u9fff]+", word)) if _CJK.search(word) else iter((word,))


def _meaning(senses: list[Sense]) -> Answer | None:
    if "stop" in senses:
        return "stop" if {"stop", "filler", "reminders", "pause"}.issuperset(senses) else None
    wanted: set[Sense] = set()
    unwanted: set[Sense] = set()
    for clause in _clauses(senses):
        sides = _sides([sense for sense in clause if sense != "filler"])
        if sides is None:
            return None
        wanted |= sides[0]
        unwanted |= sides[1]
    return _decided(wanted, unwanted, together="and" in senses)


def _clauses(senses: list[Sense]) -> Iterator[list[Sense]]:
    clause: list[Sense] = []
    for sense in senses:
        if sense in ("pause", "but"):
            yield clause
            clause = []
        else:
            clause.append(sense)
    yield clause


def _sides(said: list[Sense]) -> tuple[set[Sense], set[Sense]] | None:
    """What a clause asks for, and what it refuses; None where it leaves that open.

    A 'not' refuses what follows, and at the end the one thing before it; 'not this or that' refuses both, 'not this and
    that' and 'not this that' may mean anything.
    """
    if "neither" in said:
        return set(), {"whatsapp", "email"}
    turn = next((at for at, sense in enumerate(said) if sense in ("not", "than")), len(said))
    before, after = said[:turn], said[turn + 1 :]
    if before and not after and turn < len(said):
        before, after = [], before
        if len(after) > 1:
            return None
    wanted, refused = _joined(before, "and"), _joined(after, "or", "than", "not")
    return None if wanted is None or refused is None else (wanted, refused)


def _joined(said: list[Sense], *joiners: Sense) -> set[Sense] | None:
    """The things named, where each but the first follows one of these words; None where they are joined otherwise."""
    named: set[Sense] = set()
    joined = True
    for at, sense in enumerate(said):
        if sense == "and" and said[at + 1 : at + 2] == ["not"]:
            continue
        if sense in joiners:
            joined = True
        elif sense in _THINGS:
            if not joined and sense in _CHANNELS:
                return None
            named.add(sense)
            joined = joined and sense not in _CHANNELS
        else:
            return None
    return named


def _decided(wanted: set[Sense], unwanted: set[Sense], *, together: bool) -> Answer | None:
    channels = wanted & set(_CHANNELS)
    if channels & unwanted:
        return None
    if "both" in wanted or (together and channels == {"whatsapp", "email"}):
        return "both" if not channels - {"whatsapp", "email"} and not unwanted & {"whatsapp", "email", "both"} else None
    if channels:
        return _CHANNELS[channels.pop()] if len(channels) == 1 else None
    refused = unwanted - {"sms"}
    return "neither" if refused >= {"whatsapp", "email"} or refused in ({"reminders"}, {"reminders", "both"}) else None
