"""Calls that arrive while others run are done together in the next run, as a database commits many transactions by one write."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from threading import BoundedSemaphore
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")


class Together(Generic[T, R]):
    """Gives what is called for to `do`, in the order of arrival, in at most `lanes` runs at once; a run takes all that waits.

    Whoever waits for a turn and gets one runs `do` for everybody who waits then, in its own thread; who is alone waits for nobody.
    A run that raises raises in each of its calls, so what is one call's own fault belongs in its result.
    """

    def __init__(self, do: Callable[[Sequence[T]], Sequence[R]], *, lanes: int) -> None:
        self._do = do
        self._turns = BoundedSemaphore(lanes)
        self._waiting: deque[tuple[T, Future[R]]] = deque()

    def __call__(self, item: T) -> R:
        """Have `item` done and return its result."""
        future: Future[R] = Future()
        self._waiting.append((item, future))
        with self._turns:
            if batch := self._take():
                self._run(batch)
        return future.result()

    def _take(self) -> list[tuple[T, Future[R]]]:
        taken = []
        while self._waiting:
            try:
                taken.append(self._waiting.popleft())
            except IndexError:  # another run was quicker
                break
        return taken

    def _run(self, batch: Sequence[tuple[T, Future[R]]]) -> None:
        try:
            results = self._do([item for item, _ in batch])
        except BaseException as error:
            for _, future in batch:
                future.set_exception(error)
            return
        for (_, future), result in zip(batch, results, strict=True):
            future.set_result(result)
