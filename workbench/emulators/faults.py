"""A plan of what goes wrong: which step, what, how often."""

from __future__ import annotations

import random
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Step(StrEnum):
    CREATE = "create"
    POLL = "poll"
    FETCH = "fetch"
    LIST = "list"
    CANCEL = "cancel"
    PROBE = "probe"
    UPLOAD = "upload"
    TOKEN = "token"  # noqa: S105 - the name of a step


# Played by the server itself, alike on every wire. A number is a status with the wire's own error body.
HTTP_FAULTS = {
    "retry_info": "429 with google.rpc.RetryInfo and Retry-After; value: seconds (1)",
    "html_502": "502 with a page of HTML",
    "slow_headers": "no answer for a while, the request read and carried out; value: seconds (5)",
    "slow_body": "headers at once, the body in drops; value: seconds (5)",
    "drop_before": "the connection is cut before the request is read",
    "drop_after": "the request is carried out, then the connection is cut",
    "truncated": "the right length is announced, half of it is sent, then the connection is cut",
    "wrong_length": "a longer length than the body is announced",
    "redirect": "302 to another address; value: the address",
    "bad_json": "200 with something that is no JSON",
}
# Played by the wire: they change what an answer says.
SAID_FAULTS = {
    "done_empty": "done, without a response",
    "done_error": "done, with an error",
    "filtered": "every clip is taken by the safety filter",
    "filtered_part": "one clip of several is taken by the safety filter (ask for more than one)",
    "refused_safety": "400 at create: the prompt is refused",
    "unknown_status": "a status word that nobody knows (once more in progress)",
    "string_times": "timestamps as ISO text instead of integers",
    "clock_skew": "timestamps an hour ahead",
    "gone": "the operation is no longer known",
}
# Played where a model reads, beside those above.
READING_FAULTS = {
    "refusal": "the model declines in its own words",
    "blocked": "the question is taken by the safety filter",
    "incomplete": "the model stops half-way at its limit of tokens",
    "wrong_shape": "the model answers in another shape than was asked for",
    "file_failed": "a file that was uploaded can't be prepared (probe)",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """``times`` answers of ``step`` go wrong, after ``after`` that went well, each with ``chance``."""

    step: Step
    kind: str
    times: int = 1
    after: int = 0
    value: str = ""
    chance: float = 1.0

    def __post_init__(self) -> None:
        known_kinds = {**HTTP_FAULTS, **SAID_FAULTS, **READING_FAULTS}
        if not (self.kind in known_kinds or self.status):
            known = ", ".join(known_kinds)
            raise ValueError(f"{self.kind!r} is no fault. Allowed: an HTTP status from 400 to 599, {known}.")

    @property
    def status(self) -> int:
        """The HTTP status that ``kind`` names; 0 for the others."""
        is_status = self.kind.isdecimal() and 400 <= int(self.kind) <= 599
        return int(self.kind) if is_status else 0

    @property
    def seconds(self) -> float:
        return float(self.value or (1 if self.kind == "retry_info" else 5))

    @classmethod
    def parse(cls, text: str) -> Fault:
        """``step:kind[=value][*times]``, as ``poll:503*3`` or ``fetch:redirect=http://…``."""
        step, _, rest = text.partition(":")
        often = rest.rpartition("*")
        rest, times = (often[0], often[2]) if often[2].isdecimal() and often[1] else (rest, "1")
        kind, _, value = rest.partition("=")
        if step not in list(Step):
            raise ValueError(f"{step!r} is no step. Allowed: {', '.join(Step)}.")
        return cls(Step(step), kind, int(times), value=value)


@dataclass(slots=True)
class _Left:
    fault: Fault
    after: int
    times: int


class FaultPlan:
    """Hands out the faults one answer at a time, in the order given. Safe from any thread."""

    def __init__(self, faults: Sequence[Fault] = ()) -> None:
        self._left = [_Left(fault, fault.after, fault.times) for fault in faults]
        self._guard = threading.Lock()
        self._dice = random.Random(20261121)  # noqa: S311 - chance, not a secret

    def add(self, *faults: Fault) -> None:
        with self._guard:
            self._left += [_Left(fault, fault.after, fault.times) for fault in faults]

    def take(self, step: Step) -> Fault | None:
        """The fault of the next answer of ``step``, ``None`` where it goes well."""
        with self._guard:
            for left in self._left:
                if left.fault.step is not step or left.times <= 0:
                    continue
                if left.after > 0:
                    left.after -= 1
                    return None
                if self._dice.random() >= left.fault.chance:
                    continue
                left.times -= 1
                return left.fault
        return None
