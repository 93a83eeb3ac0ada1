"""Work that may outlast a page's patience: done in a thread, found again by its token after a reload.

No thread calls Streamlit. What was asked of a model stands in the log by then, so that an errand whose
process is gone is no loss: doing it again gives the same answer.
"""

from __future__ import annotations

import logging
import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import TypeVar

from workbench.domain.errors import WorkbenchError

PATIENCE_S = 4.0  # as long as a spinner is better than coming back
_MOST = 64  # errands that are remembered; nobody comes back for older ones
_errands: OrderedDict[str, Future[object]] = OrderedDict()
_guard = threading.Lock()
_log = logging.getLogger(__name__)
T = TypeVar("T")


def send(work: Callable[[], object]) -> str:
    """Begin; returns the token by which ``found`` knows it."""
    token, errand = secrets.token_hex(8), Future[object]()
    with _guard:
        _errands[token] = errand
        while len(_errands) > _MOST:
            _errands.popitem(last=False)
    threading.Thread(target=_run, args=(errand, work), name=f"errand-{token}", daemon=True).start()
    return token


def is_known(token: str) -> bool:
    """False for one of a process that is gone."""
    return token in _errands


def is_done(token: str, patience_s: float = 0.0) -> bool:
    """Whether it has ended, waiting for it a little."""
    errand = _errands.get(token)
    return errand is not None and bool(wait([errand], patience_s).done)


def outcome(token: str, kind: type[T]) -> T:
    """What came of one that is done. Raises what it raised."""
    found = _errands[token].result()
    if not isinstance(found, kind):
        raise TypeError(f"An errand brought a {type(found).__name__}, not a {kind.__name__}.")
    return found


def _run(errand: Future[object], work: Callable[[], object]) -> None:
    try:
        errand.set_result(work())
    except WorkbenchError as error:
        errand.set_exception(error)
    except Exception as error:  # noqa: BLE001 - whoever comes for it must not wait for good
        _log.exception("an errand failed")
        errand.set_exception(WorkbenchError(f"It failed ({type(error).__name__}). The log says more."))
