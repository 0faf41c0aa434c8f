"""Callers beside a derivation: what they write between its snapshot and its lock is neither lost nor made old again."""

from collections.abc import Callable

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event

from contact_hub.assets.identity import channel_identity_links, contacts, normalized_contacts
from contact_hub.directory import ContactDirectory
from contact_hub.store.database import Database
from contact_hub_tests.directory.support import ClinicOfTests, patient, whatsapp
from contact_hub_tests.directory.test_derivation import Story, Told, assert_settled_is_derived, stories

_COMPARED = "DROP TABLE staging_"


def once_compared(database: Database, act: Callable[[], object]) -> Callable[..., None]:
    """Have ``act`` done when a derivation has compared its rows and not yet asked for the lock: a listener of the engine."""
    done = False

    def listen(_connection, _cursor, statement, _parameters, _context, _many) -> None:  # type: ignore[no-untyped-def]
        nonlocal done
        if not done and statement.startswith(_COMPARED):
            done = True
            act()

    event.listen(database.engine, "after_cursor_execute", listen)
    return listen


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(story=stories(), at=st.integers(0, 11), asset=st.sampled_from([normalized_contacts, channel_identity_links, contacts]))
def test_what_callers_settle_meanwhile_is_in_the_result(
    database: Database, directory: ContactDirectory, story: Story, at: int, asset: object
) -> None:
    told = Told(database, directory, story)
    before, meanwhile = story.arrival[: at % len(story.arrival)], story.arrival[at % len(story.arrival) :]
    for number in before:
        told.clinic.land(story.events[number])
    told.clinic.settle()

    def callers() -> None:
        for number in meanwhile:
            told.clinic.land(story.events[number])
        told.clinic.settle()
        told.link()
        told.decide()

    for one in (normalized_contacts, channel_identity_links, contacts):
        listener = once_compared(database, callers) if one is asset else None
        told.clinic.derive(one)
        if listener is not None:
            event.remove(database.engine, "after_cursor_execute", listener)
    told.clinic.settle()
    assert_settled_is_derived(told)


def test_under_the_lock_only_what_differs_is_touched(
    database: Database, directory: ContactDirectory, organization_id: str
) -> None:
    """A newcomer lands meanwhile: the derivation, which has not seen them, has nothing to write and writes nothing."""
    clinic = ClinicOfTests(database, directory, organization_id)
    clinic.patients(*(patient(str(number), "Anna", "Smith", f"+614123456{number:02}") for number in range(40)))
    clinic.derive()
    listener = once_compared(database, lambda: (clinic.land(whatsapp("new", "+61491570006", 5, "Ben")), clinic.settle()))
    written = clinic.derive(contacts)
    event.remove(database.engine, "after_cursor_execute", listener)
    assert written["contacts"] == (0, 0, 0)
    assert clinic.contact_of("new") is not None
    assert clinic.count("contacts") == 41
