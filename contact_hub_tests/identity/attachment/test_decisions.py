"""What a person said about accounts; patients who were archived or merged."""

from contact_hub_tests.identity.attachment.cases import TWO, Case, check, each

CASES = [
    # Decisions
    Case(
        "a decision without evidence",
        patients="anna: Anna Smith, phone 1",
        accounts="ig: instagram, own instagram i",
        decisions="link ig to anna",
        belongs="ig to anna (decision)",
        held="phone 1 of anna; instagram i of anna",
    ),
    Case(
        "a decision against the evidence",
        patients=TWO,
        accounts="wa: whatsapp, own phone 1",
        decisions="link wa to ben",
        belongs="wa to ben (decision)",
        held="phone 1 of ben, shared by anna; phone 2 of ben; email anna of anna; email ben of ben",
        reviews=None,
    ),
    Case(
        "a decision within a family takes the number's ownership along",
        patients="amy: Amy Smith, phone 1, child; zoe: Zoe Smith, phone 1, adult",
        accounts="wa: whatsapp 'Mum', own phone 1",
        decisions="link wa to amy",
        belongs="wa to amy (decision)",
        held="phone 1 of amy, shared by zoe",
    ),
    Case(
        "of two decisions about one record the last counts",
        patients=TWO,
        accounts="ig: instagram, own instagram i",
        decisions="link ig to anna; link ig to ben",
        belongs="ig to ben (decision)",
        held="phone 1 of anna; phone 2 of ben; email anna of anna; email ben of ben; instagram i of ben",
    ),
    Case(
        "a decision about a form takes no number from a patient",
        patients=TWO,
        accounts="f: web_form, typed phone 1",
        decisions="link f to ben",
        belongs="f to ben (decision)",
        held="phone 1 of anna; phone 2 of ben; email anna of anna; email ben of ben",
        reviews=None,
    ),
    Case(
        "a decision counts for the whole account",
        patients=TWO,
        accounts="b: whatsapp, own bsuid b; p: whatsapp, own phone 1, own bsuid b",
        decisions="link b to ben",
        belongs="b to ben (decision); p to ben (decision)",
        held="phone 1 of ben, shared by anna; phone 2 of ben; email anna of anna; email ben of ben; bsuid b of ben",
        reviews=None,
    ),
    Case(
        "a decision about two accounts: one person",
        patients="",
        accounts="wa: whatsapp, own phone 1; ig: instagram, own instagram i",
        decisions="link ig to wa",
        belongs="wa to wa (source_record); ig to wa (decision)",
        held="phone 1 of wa; instagram i of wa",
    ),
    Case(
        "a decision about two accounts, one of which is a patient's",
        patients="anna: Anna Smith, phone 1",
        accounts="wa: whatsapp, own phone 1; ig: instagram, own instagram i",
        decisions="link ig to wa",
        belongs="wa to anna (phone); ig to anna (decision)",
        held="phone 1 of anna; instagram i of anna",
    ),
    Case(
        "the other way round: whose account it is, the other is too",
        patients="anna: Anna Smith, phone 1",
        accounts="wa: whatsapp, own phone 1; ig: instagram, own instagram i",
        decisions="link wa to ig",
        belongs="wa to anna (decision); ig to anna (phone)",
        held="phone 1 of anna; instagram i of anna",
    ),
    Case(
        "a decision about two patients' accounts: the first belongs to the second's patient",
        patients=TWO,
        accounts="w1: whatsapp, own phone 1; w2: whatsapp, own phone 2",
        decisions="link w1 to w2",
        belongs="w1 to ben (decision); w2 to ben (phone)",
        held="phone 1 of ben, shared by anna; phone 2 of ben; email anna of anna; email ben of ben",
        reviews=None,
    ),
    Case(
        "a decision that names a record which is not there",
        patients="anna: Anna Smith, phone 1",
        accounts="wa: whatsapp, own phone 1",
        decisions="link wa to gone; link gone to anna",
        belongs="wa to anna (phone)",
        held="phone 1 of anna",
    ),
    Case(
        "a merge joins patients; one that names an account is none",
        patients="anna: Anna Smith, phone 1",
        accounts="wa: whatsapp, own phone 2",
        decisions="merge anna into wa",
        belongs="wa to wa (source_record)",
        held="phone 1 of anna; phone 2 of wa",
    ),
    # Archived and merged patients
    Case(
        "an archived patient's number is still the patient's",
        patients="anna: Anna Smith, phone 1, archived",
        accounts="wa: whatsapp, own phone 1",
        belongs="wa to anna (phone)",
        held="phone 1 of anna",
    ),
    Case(
        "the number of a record that was merged away is the survivor's",
        patients="anna: Anna Smith, phone 2; old: Anna Smyth, phone 1, archived",
        accounts="wa: whatsapp, own phone 1",
        decisions="merge old into anna",
        belongs="wa to anna (phone); old to anna (cliniko_merge)",
        held="phone 1 of anna; phone 2 of anna",
    ),
    Case(
        "two merged records with one number are one person, not a family",
        patients="anna: Anna Smith, phone 1; old: Anna Smyth, phone 1, archived; mid: Anna Smith, archived",
        accounts="wa: whatsapp 'Mum', own phone 1; ig: instagram, own instagram i",
        decisions="merge old into mid; merge mid into anna; link ig to old",
        belongs="wa to anna (phone); ig to anna (decision); old to anna (cliniko_merge); mid to anna (cliniko_merge)",
        held="phone 1 of anna; instagram i of anna",
    ),
]


@each(CASES)
def test_case(case: Case) -> None:
    check(case)
