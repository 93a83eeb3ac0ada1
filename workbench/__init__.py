"""Iterate video prompts, log every run, compare clips, see which prompt is better.

from workbench import Workbench
run = Workbench().generate("A lion walks through tall grass at dawn, slow dolly in")
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbench.api import Workbench
    from workbench.domain.errors import InvalidRequest, RunFailed, WorkbenchError

__version__ = "0.1.0"
__all__ = ["InvalidRequest", "RunFailed", "Workbench", "WorkbenchError"]


def __getattr__(name: str) -> Any:
    """Import on first use: ``workbench --help`` should not pay for SQLite, NumPy and the SDKs."""
    if name == "Workbench":
        from workbench.api import Workbench

        return Workbench
    if name in __all__:
        from workbench.domain import errors

        return getattr(errors, name)
    raise AttributeError(f"module 'workbench' has no attribute {name!r}")
