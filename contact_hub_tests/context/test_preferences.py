"""'Would you prefer reminders via WhatsApp or email?': what people answer."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contact_hub.context.languages import LANGUAGES
from contact_hub.context.preference_words import VOCABULARY
from contact_hub.context.preferences import ANSWERS, in_words, payload_of, understood

TABLE = {
    "whatsapp": """
        WhatsApp / whatsapp please / Whats app! / WhatsApp 👍 / I'd prefer WhatsApp, thanks
        Could you send them via WhatsApp please
        No email, WhatsApp please / whatsapp not email / WhatsApp and not email / I’d rather WhatsApp / Just WhatsApp
        I like WhatsApp more than email / email no, whatsapp yes / no email but whatsapp / whatsapp reminders please
        I don't want email, whatsapp is fine / email is not good, whatsapp is better / No, WhatsApp please
        Lieber WhatsApp als E-Mail / Nicht per E-Mail, sondern WhatsApp / keine E-Mail bitte, WhatsApp
        Par WhatsApp s’il vous plaît / pas d'email, whatsapp / por WhatsApp, gracias / 请用WhatsApp / 不要邮件，用WhatsApp
    """,
    "email": """
        email / E-mail please / by e mail / Emails only thanks / email rather than whatsapp / Email instead of WhatsApp
        I prefer email over WhatsApp / email, email! / not both, just email / reminders by email please / EMAIL.
        Ich möchte lieber E-Mail / per Mail bitte / Je préfère l’e-mail / prefiero correo electrónico
        no quiero whatsapp, prefiero email / 邮件，谢谢 / 电子邮件
    """,
    "sms": "SMS / sms please / text message please / 短信",
    "both": """
        both / Both please! / WhatsApp and email / both, whatsapp and email / Yes, both / both email and whatsapp please
        beide / WhatsApp und E-Mail / les deux / ambos / los dos / whatsapp y correo / 两个都要
    """,
    "neither": """
        neither / Neither, thanks / none / no reminders / Don't send me any reminders / no more reminders please
        neither WhatsApp nor email / no email or whatsapp / no whatsapp and no email / not email, not whatsapp
        keins von beiden / weder WhatsApp noch E-Mail / ni l'un ni l'autre / ninguno / ni whatsapp ni email / 都不要
    """,
    "stop": "STOP / Stop. / please stop / Stop messaging me / unsubscribe / opt out / stopp / 退订",
}
NO_ANSWER = """
    yes / no / ok / thanks / hello / 👍 / . / whatsapp or email / WhatsApp, email / WhatsApp, or email / either / either is fine
    I don't mind / egal / not email / no whatsapp / don't use email / not email whatsapp / not whatsapp please use email
    no whatsapp and email / whatsapp yes email no / not just whatsapp but email / just not whatsapp / SMS and email
    email or sms, not whatsapp / stop email / don't stop / I'll stop by tomorrow / I got your email yesterday / cancel
    my wife prefers email / email me at jo@mail.au / 微信 / plus de mails / WhatsApp was down, did you get my email / call me
    no, whatsapp or email and thanks / no longer whatsapp / neither, whatsapp please
"""


def answers(text: str) -> list[str]:
    return [answer.strip() for line in text.strip().splitlines() for answer in line.split(" / ")]


@pytest.mark.parametrize("meant", TABLE)
def test_understood(meant: str) -> None:
    said = answers(TABLE[meant])
    assert {answer: understood(answer) for answer in said} == dict.fromkeys(said, meant)


def test_no_answer_or_two() -> None:
    said = [*answers(NO_ANSWER), "WhatsApp or email?", "email？", "WhatsApp?", "", " ", "email " * 100]
    assert {answer: understood(answer) for answer in said} == dict.fromkeys(said)
    assert understood(None) is None


def test_buttons() -> None:
    assert {understood(payload_of(answer)) for answer in ANSWERS} == set(ANSWERS)
    assert understood("contact_hub.reminders.pigeon") is None


@pytest.mark.parametrize("language", [*LANGUAGES, "it"])
def test_what_is_confirmed_is_understood(language: str) -> None:
    for answer in ("whatsapp", "email", "both"):
        if language != "vi" or answer != "both":
            assert understood(in_words(answer, language)) == answer
    assert in_words("stop", language) is None


@given(st.text() | st.lists(st.sampled_from([" ".join(words) for words in VOCABULARY] + [",", ".", "'"])).map(" ".join))
def test_any_text_is_an_answer_or_none(text: str) -> None:
    assert understood(text) in (*ANSWERS, None)


@given(st.sampled_from(["whatsapp", "email", "sms", "both"]), st.text("bcfghjqvwxz", min_size=4, max_size=8))
def test_one_word_that_is_not_understood_makes_it_none(answer: str, word: str) -> None:
    assert understood(f"{answer} {word}") is None
