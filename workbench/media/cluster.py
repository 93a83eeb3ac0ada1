"""Connecting to the Dask cluster that ``WORKBENCH_EXECUTOR`` names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.domain.errors import BadSetting

if TYPE_CHECKING:
    from distributed import Client

CONNECT_S = 10


def connected(address: str) -> Client:
    """A client of the scheduler at ``address``; whoever takes it closes it.

    Raises ``BadSetting`` where the cluster's library is not installed, or no scheduler answers.
    """
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
        return Client(address, timeout=CONNECT_S, security=security, set_as_default=False)
    except (OSError, TimeoutError, TypeError, ValueError, RuntimeError) as error:
        raise BadSetting(
            f"No Dask scheduler answers at WORKBENCH_EXECUTOR = {address!r} ({error}). Start it, or take "
            f"WORKBENCH_EXECUTOR out to work on this machine."
        ) from error
