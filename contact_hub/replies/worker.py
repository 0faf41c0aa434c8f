"""The threads behind the gateway's answers that reply. As many processes as one likes: the store says who does what."""

import logging
import threading
import time
from collections.abc import Callable

from contact_hub.errors import stack_of
from contact_hub.replies.intake import organizations_behind, take_in
from contact_hub.replies.sender import Sender
from contact_hub.store.database import Database

_log = logging.getLogger(__name__)

THREADS = 4
LOOK_S = 1.0
"""How often is looked for what nobody has told of: what is due, and what other processes have landed."""
LONGEST_PAUSE_S = 30.0
STOP_S = 15.0


class ReplyWorker:
    """Takes in what has landed and sends what is due, in threads of its own.

    What is to be done is rows in the store: nothing is lost with these threads, and a poke only makes it sooner.
    """

    def __init__(self, database: Database, sender: Sender, *, threads: int = THREADS, look_s: float = LOOK_S) -> None:
        self._database = database
        self._sender = sender
        self._look_s = look_s
        self._stopping = threading.Event()
        self._landed = _Bell()
        self._made = _Bell()
        tasks: list[tuple[Callable[[], bool], _Bell]] = [(self._take_in, self._landed)]
        tasks += [(sender.send_next, self._made)] * threads
        self._threads = [
            threading.Thread(target=self._run, args=task, name=f"replies-{place}", daemon=True)
            for place, task in enumerate(tasks)
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def poke(self) -> None:
        """Something has landed."""
        self._landed.ring()

    def stop(self) -> None:
        """End after what is being sent; what is not done by then is taken up again by whoever comes next."""
        self._stopping.set()
        self._landed.ring()
        self._made.ring()
        end = time.monotonic() + STOP_S
        for thread in self._threads:
            if thread.is_alive():
                thread.join(max(0.0, end - time.monotonic()))

    def _take_in(self) -> bool:
        """Fill the outbox, and end what it is too late for."""
        with self._database.reading() as connection:
            behind = organizations_behind(connection)
        for organization_id in behind:
            try:
                if take_in(self._database, organization_id):
                    self._made.ring()
            except Exception as error:  # one organization's must hold up no other
                _log.error("%s: its messages were not taken in\n%s", organization_id, stack_of(error))
        self._sender.outbox.expire()
        return False

    def _run(self, work: Callable[[], bool], bell: "_Bell") -> None:
        """Work as long as there is some, then wait: for the bell, or for the next look."""
        pause = self._look_s
        while not self._stopping.is_set():
            rung = bell.rung
            try:
                is_more = work()
                pause = 0.0 if is_more else self._look_s
            except Exception as error:  # the store is away: the thread must go on
                _log.warning("replies wait: %s.%s", type(error).__module__, type(error).__qualname__)
                pause = min(LONGEST_PAUSE_S, max(self._look_s, 2 * pause))
            bell.wait(rung, pause)


class _Bell:
    """Wakes everybody who waits; who was at work hears that it has rung meanwhile."""

    def __init__(self) -> None:
        self.rung = 0
        self._condition = threading.Condition()

    def ring(self) -> None:
        with self._condition:
            self.rung += 1
            self._condition.notify_all()

    def wait(self, since: int, seconds: float) -> None:
        """Wait until it has rung since it had rung ``since`` times, or for so long."""
        with self._condition:
            self._condition.wait_for(lambda: self.rung != since, seconds)
