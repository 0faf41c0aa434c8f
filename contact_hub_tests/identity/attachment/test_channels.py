"""One person on several channels, over time; accounts that no customer has used."""

from contact_hub_tests.identity.attachment.cases import FAMILY, Case, check, each

CASES = [
    # One person, several channels, over time
    Case(
        "an Instagram account states the phone of a WhatsApp account",
        patients="",
        accounts="wa: whatsapp, own phone 1; ig: instagram, own instagram i, typed phone 1",
        belongs="wa to wa (source_record); ig to wa (phone_stated)",
        held="phone 1 of wa; instagram i of wa",
    ),
    Case(
        "the same, Instagram first",
        patients="",
        accounts="ig: instagram, own instagram i, typed phone 1; wa: whatsapp, own phone 1",
        belongs="ig to ig (source_record); wa to ig (same_account)",
        held="phone 1 of ig; instagram i of ig",
    ),
    Case(
        "the same, once the patient is registered: the id is the patient's",
        patients="anna: Anna Smith, phone 1",
        accounts="ig: instagram, own instagram i, typed phone 1; wa: whatsapp, own phone 1",
        belongs="ig to anna (phone_stated); wa to anna (phone)",
        held="phone 1 of anna; instagram i of anna",
    ),
    Case(
        "the same, when the patient is known by the WhatsApp account's email alone",
        patients="anna: Anna Smith, email anna",
        accounts="ig: instagram, own instagram i, typed phone 1; wa: whatsapp, own phone 1, own email anna",
        belongs="ig to anna (phone_stated); wa to anna (email)",
        held="phone 1 of anna; instagram i of anna; email anna of anna",
    ),
    Case(
        "a WhatsApp user without a number, and a number: strangers",
        patients="",
        accounts="b: whatsapp, own bsuid b; p: whatsapp, own phone 1",
        belongs="b to b (source_record); p to p (source_record)",
        held="bsuid b of b; phone 1 of p",
    ),
    Case(
        "seen together: one account",
        patients="",
        accounts="b: whatsapp, own bsuid b; p: whatsapp, own phone 1, own bsuid b",
        belongs="b to b (source_record); p to b (same_account)",
        held="bsuid b of b; phone 1 of b",
    ),
    Case(
        "seen together, and the number is a patient's",
        patients="anna: Anna Smith, phone 1",
        accounts="b: whatsapp, own bsuid b; p: whatsapp, own phone 1, own bsuid b",
        belongs="b to anna (phone); p to anna (phone)",
        held="bsuid b of anna; phone 1 of anna",
    ),
    # Accounts that no customer has used
    Case(
        "an address book's entry that nobody wrote from is no contact",
        patients="",
        accounts="cw: chatwoot 'Jo', own chatwoot 7, own phone 1, unused",
        belongs="cw to nobody (unreached)",
        held="",
    ),
    Case(
        "but it is a patient's where it says so",
        patients="anna: Anna Smith, phone 1",
        accounts="cw: chatwoot 'Jo', own chatwoot 7, own phone 1, unused",
        belongs="cw to anna (phone)",
        held="phone 1 of anna; chatwoot 7 of anna",
    ),
    Case(
        "and it joins what it vouches for together, without founding it",
        patients="",
        accounts="cw: chatwoot, own bsuid b, own phone 1, unused; p: whatsapp, own phone 1; b: whatsapp, own bsuid b",
        belongs="cw to p (same_account); p to p (source_record); b to p (same_account)",
        held="bsuid b of p; phone 1 of p",
    ),
    Case(
        "two that only point at each other are no contact",
        patients="",
        accounts="c1: chatwoot, own phone 1, unused; c2: chatwoot, own email a, typed phone 1, unused",
        belongs="c1 to nobody (unreached); c2 to nobody (unreached)",
        held="",
    ),
    Case(
        "an unused entry of a family's number is no household",
        patients=FAMILY,
        accounts="cw: chatwoot, own phone 1, unused",
        belongs="cw to nobody (unreached: anna/ben)",
        held="phone 1 of anna, shared by ben",
    ),
    Case(
        "what nobody wrote from does not keep a form from having its numbers",
        patients="",
        accounts="c1: chatwoot, own phone 1, unused; c2: chatwoot, own phone 2, unused;"
        " f: web_form, typed phone 1, typed phone 2",
        belongs="c1 to nobody (unreached); c2 to nobody (unreached); f to f (source_record)",
        held="phone 1 of f; phone 2 of f",
    ),
]


@each(CASES)
def test_case(case: Case) -> None:
    check(case)
