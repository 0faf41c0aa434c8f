"""The shared request limit: never more than allowed in any window, whoever asks and whatever Cliniko refused."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence

import pytest
from sqlalchemy import Engine, text

from contact_hub.store.database import Database
from contact_hub.store.request_slots import KEPT_FOR_ANSWERS, SharedRequestSlots

PROCESS = """
import sys, time
from sqlalchemy import create_engine
from contact_hub.store.request_slots import KEPT_FOR_ANSWERS, SharedRequestSlots

slots = SharedRequestSlots(create_engine(sys.argv[1]), sys.argv[2], requests=int(sys.argv[3]), seconds=float(sys.argv[4]))
print("ready", flush=True)
sys.stdin.readline()
for _ in range(int(sys.argv[5])):
    slots.acquire()
    print(time.time(), flush=True)
"""


@pytest.fixture
def account(organization_id: str) -> str:
    """A Cliniko account that no other test uses."""
    return f"account of {organization_id}"


@pytest.fixture(scope="module")
def history(database: Database) -> Iterator[None]:
    """While it is there, PostgreSQL notes every slot that is taken: exact times, whatever the scheduler does to us."""
    statements = [
        "CREATE TABLE slots_taken (account text, taken_at timestamptz)",
        """CREATE FUNCTION note_slot() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
               INSERT INTO slots_taken VALUES (NEW.account, NEW.sent_at); RETURN NEW;
           END $$""",
        """CREATE TRIGGER note_slot AFTER INSERT OR UPDATE ON cliniko_request_slots
           FOR EACH ROW EXECUTE FUNCTION note_slot()""",
    ]
    with database.transaction() as connection:
        for statement in statements:
            connection.execute(text(statement))
    yield
    with database.transaction() as connection:
        connection.execute(text("DROP FUNCTION note_slot CASCADE"))
        connection.execute(text("DROP TABLE slots_taken"))


class WatchedSlots(SharedRequestSlots):
    """Says when somebody has asked for a slot."""

    def __init__(self, engine: Engine, account: str, *, requests: int, seconds: float) -> None:
        super().__init__(engine, account, requests=requests, seconds=seconds)
        self.asked = threading.Event()

    def _take(self) -> float:
        wait = super()._take()
        self.asked.set()
        return wait


def taken(database: Database, account: str) -> list[float]:
    """When slots were taken, in order."""
    with database.reading() as connection:
        statement = "SELECT extract(epoch FROM taken_at)::float8 FROM slots_taken WHERE account = :account ORDER BY 1"
        return list(connection.execute(text(statement), {"account": account}).scalars())


def closest(times: Sequence[float], requests: int) -> float:
    """The shortest stretch that holds one more than ``requests``, to a tenth of a millisecond."""
    return round(min(later - earlier for earlier, later in zip(times, times[requests:], strict=False)), 4)


def in_processes(database: Database, account: str, *, processes: int, each: int, requests: int, seconds: float) -> list[float]:
    """When ``processes`` that start at once were allowed ``each`` requests, in order."""
    url = database.url.render_as_string(hide_password=False)
    command = [sys.executable, "-c", PROCESS, url, account, str(requests), str(seconds), str(each)]
    pipe = subprocess.PIPE
    running = [subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) for _ in range(processes)]
    for process in running:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    said = []
    for process in running:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in running:
        said += process.communicate(timeout=60)[0].split()
        assert process.returncode == 0
    return sorted(map(float, said))


@pytest.mark.usefixtures("history")
def test_processes_together_never_send_more_than_the_window_allows(database: Database, account: str) -> None:
    returned = in_processes(database, account, processes=3, each=7, requests=5, seconds=0.5)
    times = taken(database, account)
    assert len(returned) == len(times) == 21
    assert closest(times, 5) >= 0.5
    # Nobody is let go before its time; and nobody waits for nothing: four windows hold the sixteen that were not first.
    assert all(sent >= slot for sent, slot in zip(returned, times, strict=True))
    assert times[-1] - times[0] < 2 * 4 * 0.5


def test_the_first_requests_wait_for_nobody(database: Database, account: str) -> None:
    slots = SharedRequestSlots(database.engine, account, requests=5, seconds=60)
    began = time.monotonic()
    for _ in range(5):
        slots.acquire()
    assert time.monotonic() - began < 5


@pytest.mark.usefixtures("history")
@pytest.mark.parametrize("sent_before", [0, 2, 5])
def test_a_refusal_holds_for_all_however_many_slots_were_used(database: Database, account: str, sent_before: int) -> None:
    slots = SharedRequestSlots(database.engine, account, requests=5, seconds=0.3)
    for _ in range(sent_before):
        slots.acquire()
    until = time.time() + 0.8
    slots.refused_until(until)
    threads = [
        threading.Thread(target=SharedRequestSlots(database.engine, account, requests=5, seconds=0.3).acquire) for _ in range(7)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    after = taken(database, account)[-7:]
    assert after[0] >= until
    assert closest(after, 5) >= 0.3


@pytest.mark.usefixtures("history")
def test_a_refusal_holds_for_those_who_wait_already(database: Database, account: str) -> None:
    slots = WatchedSlots(database.engine, account, requests=1, seconds=0.6)
    slots.acquire()
    slots.asked.clear()
    waiting = threading.Thread(target=slots.acquire)
    waiting.start()
    assert slots.asked.wait(10)
    until = time.time() + 1.2
    slots.refused_until(until)
    waiting.join(timeout=30)
    assert not waiting.is_alive()
    assert taken(database, account)[-1] >= until
    assert time.time() >= until


def test_a_refusal_that_is_over_holds_nobody(database: Database, account: str) -> None:
    slots = SharedRequestSlots(database.engine, account, requests=2, seconds=60)
    slots.refused_until(time.time() - 1)
    began = time.monotonic()
    slots.acquire()
    slots.acquire()
    assert time.monotonic() - began < 5


@pytest.mark.usefixtures("history")
def test_a_lowered_limit_holds_where_more_slots_were_used(database: Database, account: str) -> None:
    generous = SharedRequestSlots(database.engine, account, requests=6, seconds=0.2)
    for _ in range(6):
        generous.acquire()
    strict = SharedRequestSlots(database.engine, account, requests=2, seconds=0.4)
    for _ in range(6):
        strict.acquire()
    assert closest(taken(database, account)[-6:], 2) >= 0.4


def test_accounts_do_not_wait_for_each_other(database: Database, account: str) -> None:
    SharedRequestSlots(database.engine, account, requests=1, seconds=600).refused_until(time.time() + 600)
    began = time.monotonic()
    SharedRequestSlots(database.engine, f"{account}, another", requests=1, seconds=600).acquire()
    assert time.monotonic() - began < 5


def test_an_import_leaves_some_for_who_asks_meanwhile(database: Database, account: str) -> None:
    """Both count the same minute, and together never send more than the account may."""
    allowed, minute = 6, 4.0
    imports = WatchedSlots(database.engine, account, requests=allowed - KEPT_FOR_ANSWERS, seconds=minute)
    for _ in range(allowed - KEPT_FOR_ANSWERS):
        imports.acquire()
    more = threading.Thread(target=imports.acquire, daemon=True)
    imports.asked.clear()
    more.start()
    assert imports.asked.wait(20)
    answers = SharedRequestSlots(database.engine, account, requests=allowed, seconds=minute)
    begun = time.monotonic()
    for _ in range(KEPT_FOR_ANSWERS):
        answers.acquire()
    assert time.monotonic() - begun < minute / 2
    with database.reading() as connection:
        statement = text("SELECT count(*) FROM cliniko_request_slots WHERE account = :account")
        assert connection.execute(statement, {"account": account}).scalar() == allowed
    more.join(60)
    assert not more.is_alive()
