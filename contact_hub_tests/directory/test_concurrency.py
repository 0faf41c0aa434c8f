"""Many callers at once, in threads and processes, and the batch among them: nothing lost, nothing doubled, nobody refused."""

import itertools
import multiprocessing
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from multiprocessing.synchronize import Barrier
from typing import Any
from uuid import UUID

import dagster as dg
import pytest

from contact_hub.assets.activity import conversations
from contact_hub.assets.identity import channel_identity_links, contacts, normalized_contacts
from contact_hub.directory import ContactDirectory
from contact_hub.directory.clinic import clinic_of
from contact_hub.directory.settlement import settle_unsettled
from contact_hub.store.database import lock_space, open_database
from contact_hub.store.events import land
from contact_hub_tests.directory.support import ClinicOfTests, at, form, mail, patient, sms, timeless, whatsapp

pytestmark = pytest.mark.long

PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["contact_hub.directory", "contact_hub.store.database"])
NEWCOMER = "+61412345678"
FAMILY, WORK = "+61412345671", "+61412345672"


def callers(organization_id: str, threads: int, calls: int, everybody: Barrier, answers: Any) -> None:
    """One process of callers; the others begin at the same time."""
    database = open_database()
    directory = ContactDirectory(database)
    directory.lookup(organization_id, "phone", NEWCOMER)  # connected and warm, or the first process would be alone

    def call(_: int) -> list[tuple[UUID, bool]]:
        found = [directory.find_or_create(organization_id, "whatsapp", NEWCOMER, "Jo") for _ in range(calls)]
        return [(one.contact_id, one.created) for one in found]

    everybody.wait(60)
    with ThreadPoolExecutor(threads) as pool:
        answers.put([answer for each in pool.map(call, range(threads)) for answer in each])
    directory.close()
    database.close()


def assert_derived(clinic: ClinicOfTests) -> None:
    """The state equals that of a derivation of everything, and of one from nothing."""
    assert clinic.settle() == 0
    settled = clinic.rows()
    clinic.settle_everything()
    caught_up = clinic.rows()
    clinic.derive()
    derived = clinic.rows()
    assert timeless(settled) == timeless(derived)
    assert caught_up == derived
    clinic.forget_derived()
    clinic.derive()
    assert clinic.rows() == derived


def at_once(*work: Callable[[], Any]) -> list[Any]:
    """Run all of it in threads that begin together; what each returned."""
    everybody = threading.Barrier(len(work))

    def begin(one: Callable[[], Any]) -> Any:
        everybody.wait()
        return one()

    with ThreadPoolExecutor(len(work)) as pool:
        futures = [pool.submit(begin, one) for one in work]
        return [future.result() for future in futures]


def waits_for_turn(clinic: ClinicOfTests) -> bool:
    """Whether somebody waits for the organization's write lock."""
    statement = """
        SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
        AND classid::bigint = :space AND objid::bigint = hashtext(:organization_id)::bigint & 4294967295
    """
    return bool(clinic.query(statement, space=lock_space("write") % 2**32)[0][0])


def wait_until(condition: Callable[[], bool], future: Future[Any]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert not future.done(), future.exception() or "it did not wait"
        assert time.monotonic() < deadline
        time.sleep(0.002)


def test_a_thousand_callers_in_processes_and_threads_make_one_contact(clinic: ClinicOfTests) -> None:
    processes, threads, calls = 3, 8, 42
    everybody, answers = PROCESSES.Barrier(processes), PROCESSES.Queue()
    children = [
        PROCESSES.Process(target=callers, args=(clinic.organization_id, threads, calls, everybody, answers))
        for _ in range(processes)
    ]
    for child in children:
        child.start()
    found = [answer for _ in children for answer in answers.get(timeout=90)]
    for child in children:
        child.join(30)
    assert len(found) == processes * threads * calls > 1000
    assert len({contact_id for contact_id, _ in found}) == 1
    assert sum(created for _, created in found) == 1
    assert [clinic.count(table) for table in ("contacts", "channel_events", "channel_records")] == [1, 1, 1]
    assert_derived(clinic)


def test_overlapping_families_and_emails_from_64_threads(clinic: ClinicOfTests) -> None:
    clinic.patients(
        patient("1", "Anna", "Smith", FAMILY, email="anna@example.com"),
        patient("2", "Ben", "Smith", FAMILY, WORK),
        patient("3", "Clara", "Jones", WORK, email="family@example.com"),
    )
    clinic.derive()
    asked = [
        ("whatsapp", FAMILY, "Anna", "family@example.com"),
        ("phone", FAMILY, "Ben", None),
        ("sms", WORK, None, "anna@example.com"),
        ("email", "family@example.com", "Clara", None),
        ("email", "stranger@example.com", None, None),
        ("phone", NEWCOMER, "Zoe", "stranger@example.com"),
        ("whatsapp", NEWCOMER, "Zoe", "anna@example.com"),
        ("instagram", "17841400001", "zoe", "stranger@example.com"),
    ]

    def ask(number: int) -> Callable[[], None]:
        def work() -> None:
            for place in range(3):
                clinic.directory.find_or_create(clinic.organization_id, *asked[(number + 3 * place) % len(asked)])

        def land_and_settle() -> None:
            for place in range(3):
                clinic.land(
                    whatsapp(f"{number} {place}", (FAMILY, WORK, NEWCOMER)[place], number, ("Anna", "Ben", None)[number % 3])
                )
                clinic.settle()

        return land_and_settle if number % 8 == 7 else work

    at_once(*(ask(number) for number in range(64)))
    assert clinic.count("channel_records") == 9
    assert_derived(clinic)


def test_the_batch_runs_in_a_loop_while_callers_create(clinic: ClinicOfTests) -> None:
    clinic.patients(*(patient(str(number), "Anna", "Smith", f"+614123400{number:02}") for number in range(20)))
    ended = threading.Event()
    numbers = itertools.count()
    created: Counter[UUID] = Counter()

    def batch() -> int:
        for rounds in itertools.count(1):
            clinic.patients(patient("5", "Anna", "Smith", f"+614123499{rounds % 100:02}", changed=rounds))
            clinic.derive(*(normalized_contacts, channel_identity_links, contacts, conversations))
            if ended.is_set():
                return rounds
        raise AssertionError

    def create() -> None:
        for _ in range(40):
            number = next(numbers)
            phone = f"+614123{40000 + number // 2:05}"
            found = clinic.directory.find_or_create(clinic.organization_id, "phone", phone, None, f"p{number % 7}@example.com")
            created[found.contact_id] += found.created
            earlier = random.choice(list(created))
            assert clinic.directory.contact(clinic.organization_id, earlier)["status"] == "active", "nothing is lost meanwhile"

    def deliver() -> None:
        for number in range(60):
            phone = f"+614123{40000 + number:05}"
            clinic.land(
                whatsapp(f"w{number}", phone, number),
                form(f"f{number}", number, None, phone),
                mail(f"m{number}", f"p{number % 9}@example.com", number),
            )
            if number % 3 == 0:
                clinic.settle()

    def work() -> None:
        try:
            at_once(create, create, deliver)
        finally:
            ended.set()

    rounds, _ = at_once(batch, work)
    assert rounds > 1
    assert max(created.values()) == 1
    clinic.settle()
    unlinked = clinic.query("""
        SELECT record.source, record.source_id FROM channel_records AS record
        LEFT JOIN source_record_links AS link USING (organization_id, source, source_id)
        WHERE organization_id = :organization_id AND link.contact_id IS NULL
    """)
    assert unlinked == []
    assert_derived(clinic)


@pytest.mark.parametrize("asset", [normalized_contacts, channel_identity_links, contacts, conversations])
@pytest.mark.parametrize("landed", ["before it read", "after it read"])
def test_what_is_settled_between_an_assets_reading_and_writing_is_not_lost(
    clinic: ClinicOfTests, asset: dg.AssetsDefinition, landed: str
) -> None:
    """If it had landed before the asset read, its number says nothing; but it was in no contact yet."""
    clinic.land(sms("first", FAMILY, 1))
    clinic.derive(normalized_contacts, channel_identity_links, contacts, conversations)
    second = sms("second", WORK, 2)
    if landed == "before it read":
        clinic.land(second)
    with ThreadPoolExecutor(1) as pool:
        with clinic.database.writing(clinic.organization_id) as connection:
            run = pool.submit(clinic.derive, asset)
            wait_until(lambda: waits_for_turn(clinic), run)
            land(connection, clinic.organization_id, [second], received_at=at(3))
            assert settle_unsettled(connection, clinic_of(clinic.database, clinic.organization_id)) == 1
        run.result(20)
    assert clinic.contact_of("second") is not None
    settled = clinic.rows()
    clinic.derive()
    assert clinic.rows() == settled


def test_what_lands_while_a_newcomer_is_made_is_the_same_persons(clinic: ClinicOfTests) -> None:
    """Landing waits for no turn: its message commits between the question whether somebody is new and the writing."""
    events = [whatsapp("hello", NEWCOMER, 1, "Jo")]
    with ThreadPoolExecutor(1) as pool:
        with clinic.database.transaction() as connection:
            land(connection, clinic.organization_id, events, received_at=at(2))
            run = pool.submit(clinic.directory.find_or_create, clinic.organization_id, "whatsapp", NEWCOMER)
            with pytest.raises(TimeoutError):
                run.result(0.3)
        found = run.result(20)
    assert clinic.said(found.contact_id) == ["hello"]
    assert clinic.count("contacts") == 1
    assert_derived(clinic)


class TestBetweenTheAssetsOfOneRun:
    """Records are normalized, links and contacts are not derived yet; somebody writes."""

    def test_from_the_number_of_a_new_patient(self, clinic: ClinicOfTests) -> None:
        stranger = clinic.directory.find_or_create(clinic.organization_id, "whatsapp", NEWCOMER, "Zoe").contact_id
        clinic.patients(patient("1", "Zoe", "Jones", NEWCOMER, WORK))
        clinic.derive(normalized_contacts)
        clinic.land(whatsapp("hello", NEWCOMER, 1, "Zoe J"))
        found = clinic.directory.find_or_create(clinic.organization_id, "whatsapp", NEWCOMER)
        assert (found.created, found.contact["cliniko_patient_id"]) == (False, "1")
        assert clinic.directory.contact(clinic.organization_id, stranger)["id"] == found.contact_id
        clinic.derive(channel_identity_links, contacts)
        assert_derived(clinic)

    def test_from_the_number_of_a_patient_who_was_just_merged(self, clinic: ClinicOfTests) -> None:
        clinic.patients(patient("1", "Zoe", "Jones", NEWCOMER, email="zoe@example.com"), patient("2", "Zoe", "Jones", WORK))
        clinic.derive()
        clinic.land(mail("mail", "zoe@example.com", 1), sms("sms", NEWCOMER, 2))
        clinic.settle()
        merged = patient("1", "Zoe", "Jones", NEWCOMER, email="zoe@example.com", merged_into="2", changed=3)
        clinic.patients(merged)
        clinic.derive(normalized_contacts)
        clinic.land(whatsapp("hello", NEWCOMER, 4, "Zoe"))
        found = clinic.directory.find_or_create(clinic.organization_id, "whatsapp", NEWCOMER)
        assert found.contact["cliniko_patient_id"] == "2"
        clinic.land(mail("mail 2", "zoe@example.com", 5, "Zoe"))
        clinic.settle()
        clinic.derive(channel_identity_links, contacts)
        assert clinic.said(found.contact_id) == ["mail", "sms", "hello", "mail 2"]
        assert_derived(clinic)

    def test_from_a_number_that_was_just_dropped(self, clinic: ClinicOfTests) -> None:
        clinic.patients(patient("1", "Zoe", "Jones", NEWCOMER), patient("2", "Ben", "Smith", WORK))
        clinic.derive()
        clinic.land(sms("before", NEWCOMER, 1))
        clinic.settle()
        clinic.patients(patient("1", "Zoe", "Jones", changed=10), patient("2", "Ben", "Smith", WORK, NEWCOMER, changed=10))
        clinic.derive(normalized_contacts)
        clinic.land(sms("after", NEWCOMER, 20))
        clinic.settle()
        assert clinic.said(clinic.contact_of_patient("2")) == ["after"]
        clinic.derive(channel_identity_links, contacts)
        assert clinic.said(clinic.contact_of_patient("1")) == ["before"]
        assert_derived(clinic)
