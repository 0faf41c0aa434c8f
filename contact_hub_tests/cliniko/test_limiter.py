"""Never more than Cliniko allows, hardly less."""

import math
import threading
import time
from bisect import bisect_left

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contact_hub.cliniko import SlidingWindowLimiter, Unlimited


class VirtualTime:
    """A clock that only sleeping and working move."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def clock(self) -> float:
        return self.now

    def wall_clock(self) -> float:
        return self.now + 1_700_000_000.0

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.now = max(self.now + seconds, math.nextafter(self.now, math.inf))


def most_in_a_window(times: list[float], window_s: float) -> int:
    times = sorted(times)
    return max(index + 1 - bisect_left(times, moment - window_s + 1e-6) for index, moment in enumerate(times))


@settings(deadline=None, max_examples=60)
@given(
    works=st.lists(st.sampled_from([0.0, 0.001, 0.05, 0.25, 3.0, 45.0]), min_size=1, max_size=12),
    delays=st.lists(st.floats(0.0, 1.99), min_size=1, max_size=12),
)
def test_no_window_at_the_far_end_holds_more_than_the_limit(works: list[float], delays: list[float]) -> None:
    virtual = VirtualTime()
    limiter = SlidingWindowLimiter(clock=virtual.clock, wall_clock=virtual.wall_clock, sleep=virtual.sleep)
    arrivals = []
    for number in range(900):
        limiter.acquire()
        arrivals.append(virtual.now + delays[number % len(delays)])
        virtual.now += works[number % len(works)]
    assert most_in_a_window(arrivals, 60.0) <= 200


@pytest.mark.parametrize("work_s", [0.0, 0.1, 0.29])
def test_at_least_95_percent_of_the_allowed_rate_is_used(work_s: float) -> None:
    virtual = VirtualTime()
    limiter = SlidingWindowLimiter(clock=virtual.clock, wall_clock=virtual.wall_clock, sleep=virtual.sleep)
    started, requests = virtual.now, 6_000
    for _ in range(requests):
        limiter.acquire()
        virtual.now += work_s
    assert requests / (virtual.now - started) >= 0.95 * 200 / 60


def test_nobody_sends_before_the_end_of_a_refusal() -> None:
    virtual = VirtualTime()
    for limiter in (
        SlidingWindowLimiter(clock=virtual.clock, wall_clock=virtual.wall_clock, sleep=virtual.sleep),
        Unlimited(clock=virtual.clock, wall_clock=virtual.wall_clock, sleep=virtual.sleep),
    ):
        limiter.acquire()
        until = virtual.wall_clock() + 42.5
        limiter.refused_until(until)
        limiter.refused_until(until - 30)  # an earlier end does not shorten a later one
        limiter.acquire()
        assert until <= virtual.wall_clock() < until + 0.01


def test_a_refusal_that_outlasts_the_window_holds() -> None:
    virtual = VirtualTime()
    limiter = SlidingWindowLimiter(limit=2, clock=virtual.clock, wall_clock=virtual.wall_clock, sleep=virtual.sleep)
    limiter.acquire()
    limiter.acquire()
    limiter.refused_until(virtual.wall_clock() + 300)
    limiter.acquire()
    assert virtual.now >= 1_300.0


def test_a_refusal_in_the_past_delays_nothing() -> None:
    virtual = VirtualTime()
    limiter = SlidingWindowLimiter(clock=virtual.clock, wall_clock=virtual.wall_clock, sleep=virtual.sleep)
    limiter.refused_until(virtual.wall_clock() - 100)
    limiter.acquire()
    assert virtual.now == 1_000.0


def test_threads_share_the_limit() -> None:
    limiter = SlidingWindowLimiter(limit=5, window_s=0.1, margin_s=0.02)
    sent: list[float] = []

    def work() -> None:
        for _ in range(5):
            limiter.acquire()
            sent.append(time.monotonic())

    threads = [threading.Thread(target=work) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(sent) == 25
    assert max(sent) - min(sent) >= 4 * 0.12 - 0.02
