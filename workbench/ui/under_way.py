"""Many runs in one line: how many are done, failed, under way, and what they cost together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from workbench.api import Workbench
from workbench.domain.run import BUSY, Run, Status
from workbench.ui import figures

MOST = 500  # runs that are counted; more are told as "more than"


@dataclass(frozen=True, slots=True)
class UnderWay:
    """Everything since the oldest run that is still open. ``is_cut``: there is more than was counted."""

    runs: tuple[Run, ...]
    is_cut: bool = False

    @property
    def open(self) -> int:
        return sum(run.status.is_busy for run in self.runs)

    @property
    def share(self) -> float:
        """How much of it has settled, 0 to 1."""
        return 1 - self.open / len(self.runs) if self.runs else 1.0

    def __str__(self) -> str:
        """``60 runs: 12 done, 1 failed, 47 under way (4 generating, 43 queued) · ≈ $24.00``."""
        states = Counter(run.status for run in self.runs)
        done = states.pop(Status.SUCCEEDED, 0)
        busy = [f"{states.pop(s)} {s}" for s in _STEPS if states[s]]
        rest = [f"{count} {status}" for status, count in sorted(states.items()) if count]
        said = [
            f"{done} done" if done else "",
            *rest,
            f"{self.open} under way ({', '.join(busy)})" if busy else "",
        ]
        count = f"More than {MOST:,}" if self.is_cut else f"{len(self.runs):,}"
        cost = _cost(self.runs)
        return f"{count} runs: {', '.join(part for part in said if part)}" + (f" · {cost}" if cost else "")


_STEPS = (Status.DOWNLOADING, Status.GENERATING, Status.SUBMITTING, Status.QUEUED)


def under_way(bench: Workbench) -> UnderWay:
    """Empty while nothing is open."""
    busy = bench.runs(status=sorted(BUSY)).page(MOST)
    if not busy.runs:
        return UnderWay(())
    page = bench.runs(since=min(run.created_at for run in busy.runs)).page(MOST)
    return UnderWay(page.runs, page.older is not None)


def _cost(runs: Sequence[Run]) -> str:
    """What they cost together as far as it is known; what was given back or emulated costs nothing."""
    paid = [run for run in runs if not run.is_emulated and figures.counts_as_spent(run)]
    total = sum(
        run.billed_micros if run.billed_micros is not None else run.estimate_micros or 0 for run in paid
    )
    unknown = sum(run.billed_micros is None and run.estimate_micros is None for run in paid)
    told = f"≈ {figures.money(total)}" if total else ""
    return ", ".join(part for part in (told, f"{unknown} without a known price" if unknown else "") if part)
