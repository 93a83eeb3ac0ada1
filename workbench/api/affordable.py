"""Whether an experiment may be sent as a whole: half of one is no answer to its question.

The log checks again, chunk by chunk, while nobody else can write; others may have spent meanwhile.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from workbench.api.forecast import Planned
from workbench.domain.errors import BudgetExceeded, RequestError
from workbench.store.budget import over_day

if TYPE_CHECKING:
    from workbench.api.workbench import Workbench


def check_affordable(
    bench: Workbench,
    found: Planned,
    costs: Sequence[int | None],
    cap_micros: int | None,
    experiment_id: str = "",
) -> None:
    """Raise where not all of it can be sent: half an experiment is no answer to its question."""
    if not found.plan.cells:
        why = next(iter(found.plan.reasons), "It has no runs.")
        raise RequestError(f"Nothing of this experiment can be sent: {why}")
    total, budget = sum(cost or 0 for cost in costs), bench.settings.budget_usd
    day_micros = None if budget is None else int(budget * 1_000_000)
    if found.unpriced and (cap_micros is not None or day_micros is not None):
        why = "The experiment has a cap" if cap_micros is not None else "A budget is set"
        raise BudgetExceeded(
            f"{why}, but no price is known for {found.unpriced[0]}, so it can't be kept. Give its "
            f"price in workbench.toml; nothing was sent."
        )
    spent = bench.store.experiments.cells.spent(experiment_id).micros if experiment_id else 0
    if cap_micros is not None and spent + total > cap_micros:
        before = f", beside {_usd(spent)} that are spent or reserved" if spent else ""
        raise BudgetExceeded(
            f"This would cost about {_usd(total)}{before}; the experiment may cost {_usd(cap_micros)}. "
            f"Take levels out, or raise the cap; nothing was sent."
        )
    if day_micros is None:
        return
    if why := over_day(bench.store.db.read(), total, bench.clock.now(), day_micros):
        raise BudgetExceeded(why)


def _usd(micros: int) -> str:
    return f"${micros / 1e6:,.2f}"
