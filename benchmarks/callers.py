"""Callers: threads in processes of their own that do one thing over and over for some seconds; how many, how long each took."""

import multiprocessing
import random
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from multiprocessing.connection import Connection
from typing import Any

_SPAWN = multiprocessing.get_context("spawn")
START_SECONDS = 0.2
"""All callers begin at one moment, for which this leaves them time to get ready."""

Call = Callable[[], object]
"""Does the thing once."""


@dataclass(frozen=True)
class Caller:
    """What one thread may use.

    Attributes:
        lane: its number among all callers of a benchmark, so that two never make the same newcomer.
        random: its own.
    """

    lane: int
    random: random.Random


CallMaker = Callable[[Caller, Any], Mapping[str, Call]]
"""The calls of one thread by name; a function of a module, for another process has to find it."""


@dataclass(frozen=True)
class Measured:
    """What callers did in so many seconds: the time of each call, in order of length."""

    took: Sequence[float]
    seconds: float

    @property
    def rate(self) -> float:
        """Calls a second."""
        return len(self.took) / self.seconds

    def percentile(self, share: float) -> float:
        """Milliseconds within which this share of the calls ended."""
        return 1000 * self.took[min(len(self.took) - 1, int(share * len(self.took)))]


class Callers:
    """Threads in processes, ready to call.

    Args:
        make: makes each thread's calls, from its :class:`Caller` and ``argument``.
        first_lane: the lane of the first thread.
    """

    def __init__(self, make: CallMaker, argument: Any, *, processes: int, threads: int, first_lane: int = 0) -> None:
        self.lanes = processes * threads
        self._pipes: list[Connection] = []
        self._processes = []
        for place in range(processes):
            ours, theirs = _SPAWN.Pipe()
            lanes = range(first_lane + place * threads, first_lane + (place + 1) * threads)
            process = _SPAWN.Process(target=_serve, args=(theirs, make, argument, lanes), daemon=True)
            process.start()
            theirs.close()
            self._pipes.append(ours)
            self._processes.append(process)
        for pipe in self._pipes:
            pipe.recv()

    def measure(self, name: str, seconds: float, pause: float = 0) -> Measured:
        """Have all threads make the call ``name`` for some seconds; see :meth:`begin`."""
        self.begin(name, seconds, pause)
        return self.end()

    def begin(self, name: str, seconds: float, pause: float = 0) -> None:
        """Begin to call.

        Args:
            pause: seconds from one call of a thread to its next; a call that is due while the one before is under way is
                late, and its time counts from when it was due. 0: as fast as they can.
        """
        start = time.time() + START_SECONDS
        for pipe in self._pipes:
            pipe.send((name, start, seconds, pause))

    def end(self) -> Measured:
        """What they did since they began; calls that were due and late are waited for, and their time counts."""
        answers = [pipe.recv() for pipe in self._pipes]
        took = chain.from_iterable(one for one, _ in answers)
        return Measured(sorted(took), max(elapsed for _, elapsed in answers))

    def __enter__(self) -> "Callers":
        return self

    def __exit__(self, *error: object) -> None:
        for pipe in self._pipes:
            pipe.close()
        for process in self._processes:
            process.join()


def _serve(pipe: Connection, make: CallMaker, argument: Any, lanes: Sequence[int]) -> None:
    calls = [make(Caller(lane, random.Random(lane)), argument) for lane in lanes]
    pipe.send("ready")
    while True:
        try:
            name, start, seconds, pause = pipe.recv()
        except EOFError:
            return
        took: list[list[float]] = [[] for _ in lanes]
        arguments = [(made[name], start, seconds, pause, into) for made, into in zip(calls, took, strict=True)]
        threads = [threading.Thread(target=_call, args=each) for each in arguments]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        pipe.send((list(chain.from_iterable(took)), time.time() - start))


def _call(call: Call, start: float, seconds: float, pause: float, took: list[float]) -> None:
    time.sleep(max(0.0, start - time.time()))
    now = due = time.perf_counter() + pause * random.random()
    end = time.perf_counter() + seconds
    while due < end:
        if due > now:
            time.sleep(due - now)
        call()
        now = time.perf_counter()
        took.append(now - due)
        due = due + pause if pause else now
