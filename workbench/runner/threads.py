"""``Threads``: where a loop puts what would block it, for as long as there is work – to the very end."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any


class Threads(ThreadPoolExecutor):
    """A pool that still works while the interpreter ends.

    A script that ends closes every pool before it calls ``Workbench.close``; the answer to a paid request
    that comes in then has to be read and kept all the same. It is done in the caller's own thread.
    """

    def submit(self, call: Callable[..., Any], /, *arguments: Any, **named: Any) -> Future[Any]:
        try:
            return super().submit(call, *arguments, **named)
        except RuntimeError:
            done: Future[Any] = Future()
            try:
                done.set_result(call(*arguments, **named))
            except BaseException as error:
                done.set_exception(error)
            return done
