"""Who measures: a process of this machine, or a Dask cluster that ``WORKBENCH_EXECUTOR`` names."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass

from workbench.media.cluster import CONNECT_S, connected
from workbench.media.hand import Hand
from workbench.settings.executor import LOCAL


@dataclass(frozen=True, slots=True)
class Measurers:
    """``at_once`` is how many clips are worth submitting together. ``close`` breaks off what goes on.

    ``is_lost``: nothing more will come of what was submitted, whatever the clips are like.
    """

    executor: Executor
    at_once: int
    close: Callable[[], None]
    is_lost: Callable[[], bool]


def measurers(address: str) -> Measurers:
    """``address`` as ``settings.executor`` gives it.

    Raises ``BadSetting`` where the cluster's library is not installed, or no scheduler answers.
    """
    if address == LOCAL:
        hand = Hand()
        return Measurers(hand, 1, lambda: hand.shutdown(wait=True, cancel_futures=True), lambda: False)
    return _cluster(address)


def _cluster(address: str) -> Measurers:
    client = connected(address)
    threads = sum(client.nthreads().values())
    executor = client.get_executor(pure=False, retries=0)

    def close() -> None:
        executor.shutdown(wait=False)
        client.close(timeout=CONNECT_S)

    return Measurers(executor, max(1, 2 * threads), close, lambda: client.status != "running")
