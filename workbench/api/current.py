"""The one ``Workbench`` of an app process: the launcher sets it, pages and routes use it."""

from __future__ import annotations

import threading

from workbench.api.workbench import Workbench

_bench: Workbench | None = None
_guard = threading.Lock()


def current() -> Workbench:
    """The process's workbench, opened (with the app's runner) when nobody has yet.

    Raises a ``FolderError`` where the folder can't be used, or not any more.
    """
    global _bench
    with _guard:
        if _bench is None:
            _bench = Workbench(app=True)
            _bench.runner()
            _bench.measure_in_background()
            _bench.workflows.adopt()
            _bench.refresh()
        else:
            _bench.check_folder()
        return _bench


def use(bench: Workbench | None) -> None:
    """Set the process's workbench; ``None`` closes the one there was."""
    global _bench
    with _guard:
        if _bench is not None and bench is None:
            _bench.close()
        _bench = bench
