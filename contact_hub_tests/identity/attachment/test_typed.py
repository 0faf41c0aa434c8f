"""Phone before email, and what is typed against what a channel vouches for."""

from contact_hub_tests.identity.attachment.cases import TWO, Case, check, each

CASES = [
    Case(
        "the phone beats the email, and a person looks at it",
        patients=TWO,
        accounts="cw: chatwoot 'Ben', own phone 1, own email ben",
        belongs="cw to anna (phone)",
        held="phone 1 of anna; phone 2 of ben; email anna of anna; email ben of ben, shared by anna",
        reviews="cw email ben",
    ),
    Case(
        "phone and email that agree are nothing to look at",
        patients=TWO,
        accounts="cw: chatwoot, own phone 1, own email anna",
        belongs="cw to anna (phone)",
        held="phone 1 of anna; phone 2 of ben; email anna of anna; email ben of ben",
    ),
    Case(
        "an email of the family that the patient holds too is nothing to look at",
        patients="anna: Anna Smith, phone 1, email fam; ben: Ben Smith, email fam",
        accounts="cw: chatwoot, own phone 1, own email fam",
        belongs="cw to anna (phone)",
        held="phone 1 of anna; email fam of anna, shared by ben",
    ),
    Case(
        "the phone beats the email in a form too; what is typed is neither shared nor owned",
        patients=TWO,
        accounts="f: web_form 'Ben Jones', typed phone 1, typed email ben",
        belongs="f to anna (phone_stated)",
        held="phone 1 of anna; phone 2 of ben; email anna of anna; email ben of ben",
        reviews="f email ben",
    ),
    Case(
        "what a channel vouches for beats what is typed: an email before a phone",
        patients=TWO,
        accounts="em: email, own email ben, typed phone 1",
        belongs="em to ben (email)",
        held="phone 1 of anna; phone 2 of ben; email anna of anna; email ben of ben",
        reviews="em phone anna",
    ),
    # What is typed
    Case(
        "a phone typed into a direct message links the account, and stays the patient's",
        patients="anna: Anna Smith, phone 1",
        accounts="ig: instagram 'surf', own instagram i, typed phone 1",
        belongs="ig to anna (phone_stated)",
        held="phone 1 of anna; instagram i of anna",
    ),
    Case(
        "an email typed into a form links the form",
        patients="anna: Anna Smith, email anna",
        accounts="f: web_form 'Anna', typed email anna, typed phone 1",
        belongs="f to anna (email_stated)",
        held="email anna of anna; phone 1 of anna",
    ),
    Case(
        "a form whose phone is nobody's does not make a patient's email its own",
        patients="anna: Anna Smith, email anna",
        accounts="wa: whatsapp, own phone 1; f: web_form, typed phone 1, typed email anna",
        belongs="wa to wa (source_record); f to anna (email_stated)",
        held="email anna of anna; phone 1 of wa",
    ),
    Case(
        "two forms with one phone and no patient are one contact",
        patients="",
        accounts="f1: web_form 'Jo', typed phone 1; f2: web_form 'Jo Lee', typed phone 1",
        belongs="f1 to f1 (source_record); f2 to f1 (phone_stated)",
        held="phone 1 of f1",
    ),
    Case(
        "whose is first is the time's to say, not the name's",
        patients="",
        accounts="z: web_form 'Jo', typed phone 1; a: web_form 'Jo Lee', typed phone 1",
        belongs="z to z (source_record); a to z (phone_stated)",
        held="phone 1 of z",
    ),
    Case(
        "two forms with one phone, after the patient is registered",
        patients="jo: Jo Lee, phone 1",
        accounts="f1: web_form 'Jo', typed phone 1; f2: web_form 'Jo Lee', typed phone 1",
        belongs="f1 to jo (phone_stated); f2 to jo (phone_stated)",
        held="phone 1 of jo",
    ),
    Case(
        "a chain of forms, each of which points at the one before",
        patients="",
        accounts="f1: web_form, typed phone 1; f2: web_form, typed phone 1, typed email a; f3: web_form, typed email a",
        belongs="f1 to f1 (source_record); f2 to f1 (phone_stated); f3 to f1 (email_stated)",
        held="phone 1 of f1; email a of f1",
    ),
    Case(
        "a form that points at two accounts joins neither",
        patients="",
        accounts="w1: whatsapp, own phone 1; w2: whatsapp, own phone 2; f: web_form, typed phone 1, typed phone 2",
        belongs="w1 to w1 (source_record); w2 to w2 (source_record); f to f (source_record)",
        held="phone 1 of w1; phone 2 of w2",
    ),
    Case(
        "a form that points at one account by phone and another by email goes with the phone",
        patients="",
        accounts="em: email, own email jo; wa: whatsapp, own phone 1; f: web_form, typed email jo, typed phone 1",
        belongs="em to em (source_record); wa to wa (source_record); f to wa (phone_stated)",
        held="phone 1 of wa; email jo of em",
    ),
    Case(
        "a form that points at two patients by phone is a household's, for a person to look at",
        patients=TWO,
        accounts="f: web_form, typed phone 1, typed phone 2",
        belongs="f to f (household: anna/ben)",
        held="phone 1 of anna; phone 2 of ben; email anna of anna; email ben of ben",
    ),
]


@each(CASES)
def test_case(case: Case) -> None:
    check(case)
