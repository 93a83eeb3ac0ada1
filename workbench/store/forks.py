"""A fork finds no thread of ours inside SQLite.

SQLite has locks of its own, of the whole process. A child that is forked while another thread holds one
finds it locked for ever, and waits for ever at its first statement: seen within 50 forks beside a thread
that reads without a pause. So what goes on in the background goes through ``inside``, and a fork waits
until all of that is outside.
"""

from __future__ import annotations

import os
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

PATIENCE_S = 10.0  # for a long write; then rather a child that may hang than a parent that does

_gate = threading.Condition()
_inside: Counter[int] = Counter()  # thread → how deep
_forking = False  # who is outside waits then: among busy threads there may never be a moment without any


@contextmanager
def inside() -> Iterator[None]:
    """This thread works with SQLite; a fork by another one waits for the end of it."""
    me = threading.get_ident()
    with _gate:
        _gate.wait_for(lambda: me in _inside or not _forking)
        _inside[me] += 1
    try:
        yield
    finally:
        with _gate:
            _inside[me] -= 1
            if not _inside[me]:
                del _inside[me]
                _gate.notify_all()


def _before() -> None:
    global _forking
    _gate.acquire()
    _gate.wait_for(lambda: not _forking)  # one fork after another
    _forking = True
    _gate.wait_for(lambda: not _inside.keys() - {threading.get_ident()}, PATIENCE_S)


def _in_parent() -> None:
    global _forking
    _forking = False
    _gate.notify_all()
    _gate.release()


def _in_child() -> None:
    """Of all threads only this one is here."""
    for thread in _inside.keys() - {threading.get_ident()}:
        del _inside[thread]
    _in_parent()


os.register_at_fork(before=_before, after_in_parent=_in_parent, after_in_child=_in_child)
