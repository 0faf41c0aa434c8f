"""Work of many threads, done together: whoever's turn it is does all that waits. One commit, one turn, for many callers."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Generic, TypeVar

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")


class Together(Generic[Asked, Answer]):
    """Hands what threads ask for to ``do``, all at once that has come while it was at work before.

    Args:
        do: an answer for each, or an error, which then concerns all; each is tried by itself after that.
    """

    def __init__(self, do: Callable[[Sequence[Asked]], Sequence[Answer]]) -> None:
        self._do = do
        self._waiting: list[tuple[Asked, Future[Answer]]] = []
        self._adding, self._turn = threading.Lock(), threading.Lock()

    def ask(self, asked: Asked) -> Answer:
        """The answer; waits for its turn."""
        answer: Future[Answer] = Future()
        with self._adding:
            self._waiting.append((asked, answer))
        with self._turn:
            if not answer.done():
                with self._adding:
                    all_waiting, self._waiting = self._waiting, []
                self._answer(all_waiting)
        return answer.result()

    def _answer(self, waiting: Sequence[tuple[Asked, "Future[Answer]"]]) -> None:
        try:
            answers = self._do([asked for asked, _ in waiting])
        except Exception as error:
            if len(waiting) == 1:
                waiting[0][1].set_exception(error)
                return
            for one in waiting:
                self._answer([one])
        else:
            for (_, answer), result in zip(waiting, answers, strict=True):
                answer.set_result(result)
