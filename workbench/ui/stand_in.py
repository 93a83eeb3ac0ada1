"""What stands where a clip is not, or not yet: how far it is, or why there is none."""

from __future__ import annotations

from html import escape

from workbench.domain.run import Run, Status
from workbench.ui import figures

_WHY = {
    Status.FAILED: "Failed.",
    Status.FILTERED: "The safety filter took every clip.",
    Status.EXPIRED: "The provider no longer holds it.",
    Status.UNCERTAIN: "No answer came back. What became of it needs your decision.",
    Status.CANCELLED: "Cancelled before there was a clip.",
}


def stand_in_html(run: Run, *, short: bool = False) -> str:
    """The inside of a ``wb-frame``. ``short`` where the page says beside it what the run waits for."""
    return _waiting(run, short) if run.status.is_busy else f"<span>{escape(_why(run))}</span>"


def _waiting(run: Run, short: bool) -> str:
    """A bar once somebody works on it; a run that waits has nothing to show yet."""
    word = "cancelling" if run.cancel_requested else str(run.status)
    waits = "waits" if short and run.waits_for else run.waits_for
    told = escape(waits or run.progress_note or word)
    if run.status is Status.QUEUED or waits:
        return f"<span>{told}</span>"
    share = f" · {run.progress:.0%}" if run.progress is not None else ""
    value = f' value="{run.progress:.3f}"' if run.progress is not None else ""
    return f'<label>{told}{share}<progress max="1"{value}></progress></label>'


def _why(run: Run) -> str:
    """Short enough for its place; the details say the rest."""
    if run.status is Status.FAILED and run.message:
        return figures.first_line(run.message, 140)
    return _WHY.get(run.status, "No clip.")
