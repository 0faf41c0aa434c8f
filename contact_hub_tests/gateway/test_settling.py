"""The thread behind the answers: coalesces, survives, retries, ends."""

import threading
import time
from collections import Counter

import pytest

from contact_hub.gateway.settling import Settler


def test_each_organization_is_settled_once_for_many_additions() -> None:
    gate, calls = threading.Event(), Counter[str]()

    def settle(organization_id: str) -> int:
        calls[organization_id] += 1
        gate.wait(10)
        return 0

    settler = Settler(settle)
    settler.start(["first"])
    while not calls:
        time.sleep(0.001)
    for _ in range(1000):
        settler.add("a")
        settler.add("b")
    settler.add("first")  # it is being settled: what landed meanwhile needs another time
    gate.set()
    assert settler.wait_until_idle(10)
    assert calls == {"first": 2, "a": 1, "b": 1}
    settler.stop()


def test_a_failing_organization_is_tried_again_and_holds_up_no_other(caplog: pytest.LogCaptureFixture) -> None:
    calls = Counter[str]()

    def settle(organization_id: str) -> int:
        calls[organization_id] += 1
        if organization_id == "bad" and calls["bad"] < 4:
            raise RuntimeError("Quillfeather, Zephyrina")
        return 1

    settler = Settler(settle, first_pause_s=0.02)
    settler.start(["bad", "good"])
    began = time.monotonic()
    while not calls["good"]:
        assert time.monotonic() - began < 5
        time.sleep(0.001)
    assert calls["bad"] <= 2
    assert settler.wait_until_idle(10)
    assert calls == {"bad": 4, "good": 1}
    assert "builtins.RuntimeError" in caplog.text
    assert "Quillfeather" not in caplog.text
    settler.stop()


def test_it_ends_while_something_waits_for_its_pause() -> None:
    def settle(organization_id: str) -> int:
        raise RuntimeError

    settler = Settler(settle, first_pause_s=60)
    settler.start(["a"])
    time.sleep(0.05)
    began = time.monotonic()
    settler.stop()
    assert time.monotonic() - began < 5
    assert not settler._thread.is_alive()


def test_one_that_was_never_started_can_be_stopped() -> None:
    Settler(lambda _: 0).stop()
