"""Contacts that Chatwoot merged or deleted: people stay who they are."""

import time

import pytest

from contact_hub_tests.assets.chatwoot.clinic import ChatwootClinic
from contact_hub_tests.assets.chatwoot.people import ANN, INSTAGRAM, JO, ago


@pytest.mark.parametrize("polled", [False, True])
def test_after_a_merge_both_addresses_are_one_person(hub: ChatwootClinic, polled: bool) -> None:
    """Whether the webhooks of before arrive or were polled."""
    hub.chatwoot.drop_webhooks = polled
    mail = hub.chatwoot.receive("email", "jo@example.com", "By mail", name="Jo Marsh", at=ago(minutes=2))
    jo = mail.conversation.contact
    twin = hub.chatwoot.receive("instagram", INSTAGRAM, "By Instagram", at=ago(minutes=1)).conversation.contact
    hub.reconcile()
    assert hub.who("email", "jo@example.com") != hub.who("instagram", INSTAGRAM)
    hub.chatwoot.merge_contacts(jo, twin)

    assert hub.reconcile().metadata["addresses_moved"] == 1
    one = hub.who("email", "jo@example.com")
    assert one is not None
    assert {hub.who(*of) for of in (("instagram", INSTAGRAM), ("chatwoot", jo.id), ("chatwoot", twin.id))} == {one}
    assert hub.history(one) == ["By mail", "By Instagram"]
    assert hub.reconcile().metadata["addresses_moved"] == 0


def test_a_silent_merge_is_noticed_by_the_sweep(hub: ChatwootClinic) -> None:
    long_ago = ago(days=100)
    jo = hub.chatwoot.receive("email", "jo@example.com", "By mail", at=long_ago).conversation.contact
    twin = hub.chatwoot.receive("instagram", INSTAGRAM, "By Instagram", at=long_ago).conversation.contact
    hub.reconcile()
    hub.chatwoot.merge_contacts(twin, jo)
    assert hub.reconcile().metadata["addresses_moved"] == 0
    assert hub.reconcile(job="chatwoot_full").metadata["addresses_moved"] == 1
    assert hub.who("email", "jo@example.com") == hub.who("instagram", INSTAGRAM) == hub.who("chatwoot", jo.id)


def test_a_message_after_the_merge_is_enough(hub: ChatwootClinic) -> None:
    jo = hub.chatwoot.receive("email", "jo@example.com", "By mail", at=ago(minutes=2)).conversation.contact
    twin = hub.chatwoot.receive("instagram", INSTAGRAM, "By Instagram", at=ago(minutes=1)).conversation.contact
    hub.chatwoot.merge_contacts(jo, twin)
    hub.chatwoot.drop_webhooks = True
    hub.chatwoot.receive("instagram", INSTAGRAM, "Again")
    outcome = hub.reconcile()
    assert outcome.metadata["addresses_moved"] == 0  # the new message has said so itself
    one = hub.who("email", "jo@example.com")
    assert one == hub.who("instagram", INSTAGRAM) == hub.who("chatwoot", twin.id)
    assert hub.history(one) == ["By mail", "By Instagram", "Again"]


def test_a_chain_of_merges(hub: ChatwootClinic) -> None:
    chatwoot = hub.chatwoot
    jo = chatwoot.receive("email", "jo@example.com").conversation.contact
    second = chatwoot.receive("instagram", INSTAGRAM).conversation.contact
    third = chatwoot.receive("web", "5a5b-uuid").conversation.contact
    hub.reconcile()
    chatwoot.merge_contacts(second, third)
    hub.reconcile()
    chatwoot.merge_contacts(jo, second)
    assert hub.reconcile().metadata["addresses_moved"] == 2
    asked = (("instagram", INSTAGRAM), *(("chatwoot", one.id) for one in (jo, second, third)))
    assert {hub.who(*of) for of in asked} == {hub.who("email", "jo@example.com")}


def test_a_merge_with_a_patient_joins_them_to_the_patient(hub: ChatwootClinic) -> None:
    hub.has_patients({"id": "1", "first_name": "Jo", "last_name": "Marsh", "email": "jo@example.com"})
    jo = hub.chatwoot.receive("email", "jo@example.com", "By mail").conversation.contact
    twin = hub.chatwoot.receive("instagram", INSTAGRAM, "By Instagram").conversation.contact
    hub.reconcile()
    patient = hub.who("email", "jo@example.com")
    assert hub.who("instagram", INSTAGRAM) != patient
    hub.chatwoot.merge_contacts(jo, twin)
    hub.reconcile()
    assert hub.who("instagram", INSTAGRAM) == hub.who("chatwoot", twin.id) == patient
    assert hub.history(patient) == ["By mail", "By Instagram"]


def patients(hub: ChatwootClinic) -> None:
    """One with an email, two with a phone each."""
    hub.has_patients(
        {"id": "1", "first_name": "Jo", "last_name": "Marsh", "email": "jo@example.com"},
        {
            "id": "2",
            "first_name": "Ann",
            "last_name": "Reed",
            "patient_phone_numbers": [{"number": f"+{ANN}", "phone_type": "Mobile"}],
        },
        {
            "id": "3",
            "first_name": "Kim",
            "last_name": "Lau",
            "patient_phone_numbers": [{"number": f"+{JO}", "phone_type": "Mobile"}],
        },
    )


def owners(hub: ChatwootClinic) -> dict[tuple[str, str], str | None]:
    """Of each channel record, the patient whose contact it belongs to."""
    rows = hub.query("""
        SELECT link.source, link.source_id, contact.cliniko_patient_id AS patient FROM source_record_links AS link
        JOIN contacts AS contact ON contact.organization_id = link.organization_id AND contact.id = link.contact_id
        WHERE link.organization_id = :organization_id AND link.source <> 'cliniko'
    """)
    return {(row.source, row.source_id): row.patient for row in rows}


@pytest.mark.parametrize(
    "places",
    [
        (("whatsapp", JO), ("whatsapp", ANN)),
        (("email", "jo@example.com"), ("whatsapp", ANN)),
    ],
)
def test_two_patients_stay_two_whatever_chatwoot_merges(hub: ChatwootClinic, places: tuple[tuple[str, str], ...]) -> None:
    patients(hub)
    first, second = (hub.chatwoot.receive(*place, f"By {place[0]}").conversation.contact for place in places)
    hub.reconcile()
    before = owners(hub)
    hub.chatwoot.merge_contacts(first, second)
    assert hub.reconcile().metadata["addresses_moved"] == 1
    after = owners(hub)
    assert {place: after[place] for place in before if place[0] != "chatwoot"} == {
        place: patient for place, patient in before.items() if place[0] != "chatwoot"
    }


def test_after_a_deletion_history_stays_and_the_same_address_is_the_same_person(hub: ChatwootClinic) -> None:
    jo = hub.chatwoot.receive("whatsapp", JO, "Before", name="Jo Marsh").conversation.contact
    hub.reconcile()
    person = hub.who("whatsapp", JO)
    hub.chatwoot.delete_contact(jo)
    assert hub.reconcile().success
    assert hub.reconcile(job="chatwoot_full").success
    assert hub.who("chatwoot", jo.id) == person
    assert hub.history(person) == ["Before"]

    hub.chatwoot.drop_webhooks = True
    time.sleep(1.0 - time.time() % 1.0)  # the API tells whole seconds, webhooks tell milliseconds
    again = hub.chatwoot.receive("whatsapp", JO, "After").conversation.contact
    assert again.id != jo.id
    hub.reconcile()
    assert {hub.who("whatsapp", JO), hub.who("chatwoot", jo.id), hub.who("chatwoot", again.id)} == {person}
    assert hub.history(person) == ["Before", "After"]
