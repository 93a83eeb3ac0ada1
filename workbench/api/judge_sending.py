"""Asking a model about pairs: a few side by side, each failure a sentence, an end where all would fail."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.api.reading import Asked, Reading
from workbench.api.viewing import Clips, PairAsked, opened
from workbench.domain.errors import (
    BadMedia,
    FailureReason,
    NotAccepted,
    OutcomeUnknown,
    Rejected,
    WorkbenchError,
)

if TYPE_CHECKING:
    from workbench.providers.readers import Question
    from workbench.runner.clock import Clock

AT_ONCE = 3
TRIES = 3  # of a question that was certainly not accepted
WAIT_S, LONGEST_WAIT_S = 1.0, 60.0
MOST_IN_A_ROW = 5  # failures, before nothing more is sent
_OF_ONE_PAIR = (FailureReason.INVALID_REQUEST, FailureReason.SAFETY)


@dataclass(frozen=True, slots=True)
class Sent:
    """``answers`` came just now, for about ``cost_micros`` (``None``: no price is known).

    ``failures``: what did not come, in sentences; asking again goes on with that.
    """

    answers: int = 0
    cost_micros: int | None = 0
    failures: tuple[str, ...] = ()


class Sending:
    """One errand. ``on_answer`` gets the number of questions that are done with, from any thread."""

    def __init__(
        self,
        reading: Reading,
        clock: Clock,
        purpose: str,
        clips: Clips,
        on_answer: Callable[[int], None] | None = None,
    ) -> None:
        self._reading = reading
        self._clock = clock
        self._purpose = purpose
        self._clips = clips
        self._on_answer = on_answer
        self._guard = threading.Lock()
        self._ended = threading.Event()
        self._came: list[Asked] = []
        self._failures: list[str] = []
        self._in_a_row = self._left_out = 0

    def send(self, asked: Sequence[PairAsked]) -> Sent:
        """Interrupted, it waits for what is under way and sends nothing more."""
        with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="judge") as pool:
            try:
                list(pool.map(self._pair, asked))
            except BaseException:
                self._ended.set()
                raise
        if self._left_out:
            self._failures.append(f"{self._left_out} more were not asked after that. Ask again to go on.")
        costs = [one.cost_micros for one in self._came if one.is_new]
        cost = None if None in costs else sum(filter(None, costs))
        return Sent(len(costs), cost, tuple(self._failures))

    def _pair(self, asked: PairAsked) -> None:
        if self._is_over(len(asked.unanswered)):
            return
        try:
            with self._clips.files.workspace() as folder:
                viewings = asked.unanswered
                for question, viewing in zip(opened(viewings, folder, self._clips), viewings, strict=True):
                    self._question(asked, question, viewing.contents)
        except WorkbenchError as error:  # of its files
            self._failed(asked, error)

    def _question(self, asked: PairAsked, question: Question, contents: Sequence[str]) -> None:
        if self._is_over(1):
            return
        try:
            answer = self._tried(question, contents)
        except WorkbenchError as error:
            self._failed(asked, error)
            return
        with self._guard:
            self._in_a_row = 0
            self._came.append(answer)
            self._tell()

    def _is_over(self, questions: int) -> bool:
        """Whether so many are left out, as nothing more is sent."""
        with self._guard:
            if self._ended.is_set():
                self._left_out += questions
            return self._ended.is_set()

    def _tried(self, question: Question, contents: Sequence[str]) -> Asked:
        wait_s = WAIT_S
        for _ in range(TRIES - 1):
            try:
                return self._reading.ask(self._purpose, question, contents)
            except NotAccepted as error:
                self._clock.pause(min(error.retry_after_s or wait_s, LONGEST_WAIT_S))
                wait_s *= 2
        return self._reading.ask(self._purpose, question, contents)

    def _failed(self, asked: PairAsked, error: WorkbenchError) -> None:
        with self._guard:
            self._failures.append(f"{asked.name}: {error}")
            self._in_a_row += 1
            if not _is_of_one_pair(error) or self._in_a_row >= MOST_IN_A_ROW:
                self._ended.set()
            self._tell()

    def _tell(self) -> None:
        if self._on_answer:
            self._on_answer(len(self._came) + len(self._failures))


def _is_of_one_pair(error: WorkbenchError) -> bool:
    """Else the next question would fail alike: the budget, the key, the folder."""
    match error:
        case BadMedia() | OutcomeUnknown():
            return True
        case Rejected():
            return error.reason in _OF_ONE_PAIR
    return False
