"""Entries that two patients share, and numbers that too many state."""

from contact_hub_tests.identity.attachment.cases import TWO, Case, check, each

OFFICE = "; ".join(f"p{i:02}: Pat{i} Lee, phone 1" for i in range(11))
FORMS = "; ".join(f"f{i:02}: web_form 'Name{chr(97 + i)}', typed phone 1" for i in range(11))
EACH_FORM = "; ".join(f"f{i:02} to f{i:02} (source_record)" for i in range(11))

CASES = [
    Case(
        "two patients whose accounts Chatwoot took for one stay two",
        patients=TWO,
        accounts="w1: whatsapp, own phone 1, own chatwoot 7; w2: whatsapp, own phone 2, own chatwoot 7",
        belongs="w1 to anna (phone); w2 to ben (phone)",
        held="phone 1 of anna; phone 2 of ben; email anna of anna; email ben of ben; chatwoot 7 of anna, shared by ben",
    ),
    Case(
        "and what only the shared entry says may be either's",
        patients=TWO,
        accounts="w1: whatsapp, own phone 1, own chatwoot 7; w2: whatsapp, own phone 2, own chatwoot 7;"
        " cw: chatwoot 'Ben', own chatwoot 7; ig: instagram 'surf', own chatwoot 7",
        belongs="w1 to anna (phone); w2 to ben (phone); cw to ben (name: anna/ben); ig to ig (household: anna/ben)",
        held="phone 1 of anna; phone 2 of ben; email anna of anna; email ben of ben; chatwoot 7 of anna, shared by ben ig",
    ),
    Case(
        "a number on ten patients is a family's",
        patients=OFFICE.rpartition("; ")[0],
        accounts="wa: whatsapp, own phone 1",
        belongs=f"wa to wa (household: {'/'.join(f'p{i:02}' for i in range(10))})",
        held=f"phone 1 of p00, shared by {' '.join(f'p{i:02}' for i in range(1, 10))} wa",
    ),
    Case(
        "a number on more is a switchboard's: who writes from it is a contact, and nobody else",
        patients=OFFICE,
        accounts="wa: whatsapp 'Pat1 Lee', own phone 1; f: web_form 'Pat1 Lee', typed phone 1",
        belongs="wa to wa (source_record); f to f (source_record)",
        held="phone 1 of wa",
    ),
    Case(
        "a number typed under more than ten names links none of the forms",
        patients="",
        accounts=FORMS,
        belongs=EACH_FORM,
        held="",
    ),
    Case(
        "and takes nothing from the patient whose number it is",
        patients="anna: Anna Smith, phone 1",
        accounts=FORMS + "; wa: whatsapp, own phone 1",
        belongs=EACH_FORM + "; wa to anna (phone)",
        held="phone 1 of anna",
    ),
]


@each(CASES)
def test_case(case: Case) -> None:
    check(case)
