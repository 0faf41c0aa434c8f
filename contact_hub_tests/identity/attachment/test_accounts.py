"""Whose an account is: the patient's who states what the account vouches for. Cases as in cases.py."""

from contact_hub_tests.identity.attachment.cases import Case, check, each

CASES = [
    Case(
        "a WhatsApp from the number of one patient is hers, whatever the profile is called",
        patients="anna: Anna Smith, phone 1",
        accounts="wa: whatsapp 'Surfer 🏄', own phone 1",
        belongs="wa to anna (phone)",
        held="phone 1 of anna",
    ),
    Case(
        "a WhatsApp from nobody's number is a contact",
        patients="anna: Anna Smith, phone 2",
        accounts="wa: whatsapp 'Anna Smith', own phone 1",
        belongs="wa to wa (source_record)",
        held="phone 1 of wa; phone 2 of anna",
    ),
    Case(
        "a name alone finds nobody",
        patients="anna: Anna Smith",
        accounts="ig: instagram 'Anna Smith', own instagram i; cw: chatwoot 'Anna Smith', own chatwoot 7",
        belongs="ig to ig (source_record); cw to cw (source_record)",
        held="instagram i of ig; chatwoot 7 of cw",
    ),
    Case(
        "an email from the address of one patient is hers",
        patients="anna: Anna Smith, email anna",
        accounts="em: email 'A.', own email anna",
        belongs="em to anna (email)",
        held="email anna of anna",
    ),
    Case(
        "two numbers of one patient",
        patients="anna: Anna Smith, phone 1, phone 2",
        accounts="w1: whatsapp, own phone 1; w2: whatsapp, own phone 2",
        belongs="w1 to anna (phone); w2 to anna (phone)",
        held="phone 1 of anna; phone 2 of anna",
    ),
    Case(
        "an archived duplicate of a patient makes no family",
        patients="anna: Anna Smith, phone 1; old: Anna Smith, phone 1, archived",
        accounts="wa: whatsapp 'Surfer', own phone 1",
        belongs="wa to anna (phone)",
        held="phone 1 of anna, shared by old",
    ),
    Case(
        "who has a number of their own does not become the one whose number they mention",
        patients="anna: Anna Smith, phone 1",
        accounts="wa: whatsapp 'Ben', own phone 2, typed phone 1; w3: whatsapp 'Cy', own phone 3, typed phone 2",
        belongs="wa to wa (source_record); w3 to w3 (source_record)",
        held="phone 1 of anna; phone 2 of wa; phone 3 of w3",
    ),
]


@each(CASES)
def test_case(case: Case) -> None:
    check(case)
