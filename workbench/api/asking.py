"""Asking providers something beside the runs: is the endpoint there, which operations does it list?

Each question runs on a loop of its own in a thread of its own, so that it can be asked from anywhere –
a page, a notebook whose loop is running, the command line – and ends in time whatever the server does.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TypeVar

from workbench.domain.errors import Unavailable, WorkbenchError
from workbench.domain.run import Json, Run
from workbench.providers.base import Found, Probe, Provider

PROBE_S = 8.0
FIND_S = 60.0
CLOSE_S = 2.0
BEFORE = timedelta(minutes=2)  # the server's clock may be behind ours
T = TypeVar("T")
_log = logging.getLogger(__name__)


def probes(providers: Sequence[Provider], timeout_s: float = PROBE_S) -> dict[str, Probe]:
    """Endpoint → what it answers, all asked at the same time. Never raises, and costs nothing."""
    remote = [provider for provider in providers if type(provider).probe is not Provider.probe]
    told = {p.endpoint: Probe(True, "on this machine") for p in providers if p not in remote}
    if remote:

        async def all_of_them() -> Sequence[Probe]:
            return await asyncio.gather(*(_probe(provider, timeout_s) for provider in remote))

        answers = on_own_loop(all_of_them)
        told |= {provider.endpoint: answer for provider, answer in zip(remote, answers, strict=True)}
    return told


def found(provider: Provider, run: Run) -> Sequence[Found]:
    """Operations that may be this run's. Raises ``Unavailable`` or ``AuthLapsed``."""

    async def ask() -> Sequence[Found]:
        try:
            async with asyncio.timeout(FIND_S):
                return await provider.find(run.request, (run.submitted_at or run.created_at) - BEFORE)
        except TimeoutError as error:
            raise Unavailable(f"{provider.endpoint} did not list its operations in {FIND_S:g} s") from error
        finally:
            await _close(provider)

    return on_own_loop(ask)


def is_same(one: Json, other: Json) -> bool:
    """Whether two operations are one: whatever both of them say is alike."""
    shared = one.keys() & other.keys()
    return bool(shared) and all(one[name] == other[name] for name in shared)


def without(offered: Sequence[Found], held: Sequence[Mapping[str, object]]) -> list[Found]:
    """Those that no run of the log holds already."""
    return [one for one in offered if not any(is_same(one.operation, other) for other in held)]


async def _probe(provider: Provider, timeout_s: float) -> Probe:
    try:
        async with asyncio.timeout(timeout_s):
            return await provider.probe()
    except TimeoutError:
        hint = "Check its base URL, and whether the server is up."
        return Probe(False, f"no answer within {timeout_s:g} s", hint)
    except WorkbenchError as error:
        return Probe(False, str(error))
    except Exception as error:  # noqa: BLE001 - whatever an SDK raises
        _log.exception("probing %s", provider.endpoint)
        return Probe(False, f"asking it failed ({type(error).__name__})", "The log says more.")
    finally:
        await _close(provider)


async def _close(provider: Provider) -> None:
    """The connections belong to a loop that ends now."""
    try:
        async with asyncio.timeout(CLOSE_S):
            await provider.close()
    except Exception:  # noqa: BLE001 - whatever an SDK raises
        _log.exception("closing the connections of %s", provider.endpoint)


def on_own_loop(ask: Callable[[], Awaitable[T]]) -> T:
    async def whole() -> T:
        return await ask()

    with ThreadPoolExecutor(1, thread_name_prefix="asking") as thread:
        return thread.submit(lambda: asyncio.run(whole())).result()
