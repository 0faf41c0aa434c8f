"""Work of many threads done together: nobody is left out or served twice, and an error is only its causer's."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from contact_hub.directory.together import Together


def test_who_comes_while_another_is_at_work_is_served_with_all_who_do() -> None:
    batches: list[Sequence[int]] = []
    begun, go_on = threading.Event(), threading.Event()

    def do(asked: Sequence[int]) -> list[int]:
        batches.append(asked)
        begun.set()
        go_on.wait(10)
        return [-one for one in asked]

    together = Together(do)
    with ThreadPoolExecutor(9) as pool:
        first = pool.submit(together.ask, 0)
        assert begun.wait(10)
        others = [pool.submit(together.ask, one) for one in range(1, 9)]
        while len(together._waiting) < len(others):
            pass
        go_on.set()
        answers = [one.result() for one in (first, *others)]
    assert answers == [-one for one in range(9)]
    assert [sorted(batch) for batch in batches] == [[0], list(range(1, 9))]


def test_an_error_reaches_only_who_caused_it() -> None:
    barrier = threading.Barrier(20)

    def do(asked: Sequence[int]) -> list[int]:
        if 13 in asked:
            raise ValueError("unlucky")
        return list(asked)

    together = Together(do)

    def ask(one: int) -> int:
        barrier.wait(10)
        if one == 13:
            with pytest.raises(ValueError, match="unlucky"):
                together.ask(one)
            return one
        return together.ask(one)

    with ThreadPoolExecutor(20) as pool:
        assert list(pool.map(ask, range(20))) == list(range(20))
