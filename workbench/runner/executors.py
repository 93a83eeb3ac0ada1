"""Who measures: a process of this machine, or a Dask cluster that ``WORKBENCH_EXECUTOR`` names."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass

from workbench.domain.errors import BadSetting
from workbench.media.hand import Hand
from workbench.settings.executor import LOCAL

CONNECT_S = 10


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
    try:
        from distributed import Client
        from distributed.security import Security
    except ImportError as error:
        raise BadSetting(
            f"WORKBENCH_EXECUTOR is {address!r}, but Dask is not installed. Install the extra with "
            f"pip install 'video-prompt-workbench[cluster]', or take WORKBENCH_EXECUTOR out."
        ) from error
    try:
        # Certificates of tls:// are those of Dask's own configuration (distributed.comm.tls).
        security = Security(require_encryption=True) if address.lower().startswith("tls:") else None
        client = Client(address, timeout=CONNECT_S, security=security, set_as_default=False)
    except (OSError, TimeoutError, TypeError, ValueError, RuntimeError) as error:
        raise BadSetting(
            f"No Dask scheduler answers at WORKBENCH_EXECUTOR = {address!r} ({error}). Start it, or take "
            f"WORKBENCH_EXECUTOR out to measure on this machine."
        ) from error
    threads = sum(client.nthreads().values())
    executor = client.get_executor(pure=False, retries=0)

    def close() -> None:
        executor.shutdown(wait=False)
        client.close(timeout=CONNECT_S)

    return Measurers(executor, max(1, 2 * threads), close, lambda: client.status != "running")
