"""Which field of a form is which, by the label that people gave it, in seven languages.

A label is read as a set of words: lower case, without accents and punctuation, camel case and underscores split
('emailAddress', 'E-mail Address *', 'your_email'). The words of one alternative must all be in it. What belongs to somebody
else ('Emergency contact phone', 'Name of your GP') is no field of the sender's.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Literal

Field = Literal["email", "phone", "given_name", "family_name", "full_name", "message"]

# Alternatives in the order of how sure they are.
_LABELS: Mapping[Field, str] = {
    "email": """
        email | e mail | mail address | emailadresse | mailadresse | mail adresse | courriel | adresse electronique
        | correo electronico | correo | posta elettronica | indirizzo mail | mail
        """,
    "phone": """
        mobile phone | mobile number | phone number | contact number | best number | mobile | phone | cell | cellphone
        | telephone | tel | whatsapp | telefonnummer | handynummer | mobilnummer | rufnummer | handy | telefon | mobil
        | numero telephone | portable | gsm | numero telefono | telefono movil | celular | movil | telefono | cellulare
        | telefone | telemovel | telefoonnummer | mobiel nummer | telefoon | mobiel | phonenumber | mobilenumber
        """,
    "given_name": """
        first name | given name | given names | forename | fname | firstname | givenname | vorname | prenom | nombres
        | primer nombre | primeiro nome | voornaam | christian name
        """,
    "family_name": """
        last name | family name | surname | lname | lastname | familyname | nachname | familienname | nom famille
        | apellidos | apellido | cognome | sobrenome | apelido | achternaam
        """,
    "full_name": """
        full name | your name | patient name | client name | contact name | fullname | vollstandiger name
        | vor nachname | nom complet | nombre completo | nombre y apellidos | nombre apellidos | nome completo
        | nome e cognome | volledige naam | name | ihr name | nom | nombre | nome | naam
        """,
    "message": """
        your message | message | enquiry | inquiry | how can we help | comments | comment | questions | question
        | reason for visit | reason for appointment | details | nachricht | ihre nachricht | anliegen | mitteilung
        | frage | bemerkung | votre message | commentaire | demande | mensaje | consulta | comentario | comentarios
        | messaggio | richiesta | mensagem | bericht | opmerking | vraag | body | text
        """,
}
_OTHERS = frozenset(
    """
    emergency notfall notfallkontakt urgence emergencia emergenza referrer referring referral referred gp doctor dr
    physician arzt hausarzt uberweisender medecin medico insurer insurance company business practice employer firma
    entreprise empresa azienda school partner spouse parent parents parental guardian carer mother father mum dad
    mom eltern mutter vater representative kin next friend amigo freund agent user username login file event product
    service clinic practitioner therapist location subject method preferred prefer preference how street suburb city
    fax middle maiden nickname domain site website page form host utm campaign
    """.split()
)
# These hold one of the words above and ask for the sender's own all the same.
_EXEMPT = re.compile(r"\b(?:how can we help|preferred (?:contact )?(?:phone|mobile|email|number))\b")
_AGAIN = frozenset("confirm confirmation repeat again retype verify wiederholen bestatigen confirmez confirmar".split())
_FILLERS = frozenset(
    """
    your the a an of my de du la le des votre ihre ihr su tu din deine required optional pflichtfeld obligatoire please
    enter bitte preferred best patient client input field what is are to on at reach you we can us with by s and for
    number address type
    """.split()
)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_MAX_LABEL = 120
_MAX_WORDS = 12

_ALTERNATIVES: list[tuple[Field, int, str, frozenset[str]]] = [
    (field, rank, phrase, frozenset(phrase.split()))
    for field, phrases in _LABELS.items()
    for rank, phrase in enumerate(" ".join(part.split()) for part in phrases.split("|"))
]


def field_of(label: str) -> tuple[Field, int] | None:
    """The field that a label names, and how far the label is from the plainest one (0 is best); None if it names none."""
    words = _words(label)
    phrase, present = " ".join(words), frozenset(words)
    if not words or len(words) > _MAX_WORDS or (not _OTHERS.isdisjoint(present) and _EXEMPT.search(phrase) is None):
        return None
    found = [
        (len(present - wanted - _FILLERS), -len(wanted), rank, field)
        for field, rank, _, wanted in _ALTERNATIVES
        if wanted <= present
    ]
    if not found:
        return None
    extra, _, rank, field = min(found)
    if field != "message" and extra > 2:
        return None
    return field, extra * 100 + rank + (10_000 if not _AGAIN.isdisjoint(present) else 0)


def asks_for_contact(label: str) -> bool:
    """Whether a label asks for an address or a number at the writer's choice: 'Contact', 'Phone or email', 'Kontakt'."""
    words = frozenset(_words(label))
    asked = words & {"contact", "kontakt", "contacto", "contatto", "email", "mail", "phone", "mobile", "telefon", "telephone"}
    return bool(asked) and _OTHERS.isdisjoint(words)


def _words(label: str) -> list[str]:
    split = _CAMEL.sub(" ", label[:_MAX_LABEL])
    folded = unicodedata.normalize("NFKD", split).replace("ß", "ss").lower()
    return "".join(char if char.isalnum() else " " for char in folded if not unicodedata.combining(char)).split()
