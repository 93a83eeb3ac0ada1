"""``Gone``: when to believe a provider that says that it knows no such operation."""

from __future__ import annotations

from datetime import datetime

TIMES = 3
POLLS = 3


class Gone:
    """Believed after several such answers in a row, over the time of as many polls.

    A replica that has just started, or has not heard of the operation yet, says the same; ``expired`` is
    final, and the clip is paid for. ``poll_every_s`` is the provider's own.
    """

    def __init__(self, poll_every_s: float) -> None:
        self._for_s = POLLS * poll_every_s
        self._times = 0
        self._since: datetime | None = None

    def is_certain(self, now: datetime) -> bool:
        """One more such answer came ``now``."""
        self._times += 1
        self._since = self._since or now
        return self._times >= TIMES and (now - self._since).total_seconds() >= self._for_s

    def forget(self) -> None:
        """Another answer came."""
        self._times, self._since = 0, None
