"""Several patients share what an account states: the profile's name chooses, or the account is the household's."""

from contact_hub_tests.identity.attachment.cases import FAMILY, Case, check, each

CASES = [
    Case(
        "the profile's name chooses in a family of two",
        patients=FAMILY,
        accounts="wa: whatsapp 'ben 🌊', own phone 1",
        belongs="wa to ben (name: anna/ben)",
        held="phone 1 of anna, shared by ben",
    ),
    Case(
        "a name that fits nobody of the family chooses nobody",
        patients=FAMILY,
        accounts="wa: whatsapp 'Carla', own phone 1",
        belongs="wa to wa (household: anna/ben)",
        held="phone 1 of anna, shared by ben wa",
    ),
    *(
        Case(
            f"'{name}' chooses nobody in a family",
            patients=FAMILY,
            accounts=f"wa: whatsapp '{name}', own phone 1",
            belongs="wa to wa (household: anna/ben)",
            held="phone 1 of anna, shared by ben wa",
        )
        for name in ("Mum", "Smith", "The Smiths", "🏄🌊", "Mum of Ben", "Ben Jones", "B.", "Anna Ben", "")
    ),
    Case(
        "a name that fits two of three chooses nobody",
        patients=FAMILY + "; cleo: Anna Jones, phone 1",
        accounts="w1: whatsapp 'Anna', own phone 1; cw: chatwoot 'Anna Jones', own phone 1",
        belongs="w1 to w1 (household: anna/ben/cleo); cw to cleo (name: anna/ben/cleo)",
        held="phone 1 of anna, shared by ben cleo w1",
    ),
    Case(
        "twins: the first name chooses, the family's name does not",
        patients="tim: Tim Lee, phone 1, child; tom: Tom Lee, phone 1, child",
        accounts="w1: whatsapp 'Tom Lee', own phone 1; w2: messenger 'Lee', own messenger m, typed phone 1",
        belongs="w1 to tom (name: tim/tom); w2 to w2 (household: tim/tom)",
        held="phone 1 of tim, shared by tom; messenger m of w2",
    ),
    Case(
        "a child owns the number before a household does",
        patients="tim: Tim Lee, phone 1, child; tom: Tom Lee, phone 1, child",
        accounts="wa: whatsapp 'Lee', own phone 1",
        belongs="wa to wa (household: tim/tom)",
        held="phone 1 of tim, shared by tom wa",
    ),
    Case(
        "the adult owns the family's number, the household is told nothing of it",
        patients="amy: Amy Smith, phone 1, child; zoe: Zoe Smith, phone 1, adult",
        accounts="wa: whatsapp 'Mum', own phone 1",
        belongs="wa to wa (household: amy/zoe)",
        held="phone 1 of zoe, shared by amy wa",
    ),
    Case(
        "a preferred name chooses too",
        patients="anna: Anna (Annie) Smith, phone 1; ben: Ben Smith, phone 1",
        accounts="wa: whatsapp 'Annie Smith', own phone 1",
        belongs="wa to anna (name: anna/ben)",
        held="phone 1 of anna, shared by ben",
    ),
    Case(
        "a form with the family's number and a name",
        patients=FAMILY,
        accounts="f: web_form 'Ben Smith', typed phone 1",
        belongs="f to ben (name: anna/ben)",
        held="phone 1 of anna, shared by ben",
    ),
    Case(
        "a form pointing at a household belongs to it",
        patients=FAMILY,
        accounts="wa: whatsapp 'Mum', own phone 1, own email fam; f: web_form 'Mum', typed email fam",
        belongs="wa to wa (household: anna/ben); f to wa (email_stated)",
        held="phone 1 of anna, shared by ben wa; email fam of wa",
    ),
    Case(
        "a household whose form came first is a household all the same",
        patients=FAMILY,
        accounts="f: web_form 'Mum', typed email fam; wa: whatsapp 'Mum', own phone 1, own email fam",
        belongs="f to f (household: anna/ben); wa to f (same_account: anna/ben)",
        held="phone 1 of anna, shared by ben f; email fam of f",
    ),
    Case(
        "a household that states somebody's email does not become theirs",
        patients=FAMILY,
        accounts="em: email, own email jo; wa: whatsapp 'Mum', own phone 1, typed email jo",
        belongs="em to em (source_record); wa to wa (household: anna/ben)",
        held="phone 1 of anna, shared by ben wa; email jo of em",
    ),
    Case(
        "one account of two families' numbers may be anybody's of them",
        patients=FAMILY + "; cleo: Cleo Lee, phone 2; dan: Dan Lee, phone 2",
        accounts="w1: whatsapp, own phone 1, own chatwoot 7; w2: whatsapp 'Mum', own phone 2, own chatwoot 7",
        belongs="w1 to w1 (household: anna/ben/cleo/dan); w2 to w1 (same_account: cleo/dan)",
        held="phone 1 of anna, shared by ben w1; phone 2 of cleo, shared by dan w1; chatwoot 7 of w1",
    ),
]


@each(CASES)
def test_case(case: Case) -> None:
    check(case)
