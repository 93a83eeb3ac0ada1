"""Where clips are measured: ``WORKBENCH_EXECUTOR``."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping

from workbench.domain.errors import BadSetting

LOCAL = "local"
_ADDRESS = re.compile(
    r"(?P<scheme>tls|tcp)://(?P<host>\[[0-9a-f:.]+\]|[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?):(?P<port>[0-9]{1,5})",
    re.I,
)


def read_executor(environment: Mapping[str, str]) -> str:
    """``local``, or the address of a Dask scheduler. Raises ``BadSetting``."""
    text = environment.get("WORKBENCH_EXECUTOR", "").strip()
    if not text or text.lower() == LOCAL:
        return LOCAL
    match = _ADDRESS.fullmatch(text)
    if match is None or not 0 < int(match["port"]) <= 65_535:
        raise BadSetting(
            f"WORKBENCH_EXECUTOR is {text!r:.200}; it takes {LOCAL}, or the address of a Dask scheduler such "
            f"as tls://10.0.0.5:8786."
        )
    if match["scheme"].lower() == "tcp" and not is_loopback(match["host"]):
        raise BadSetting(
            f"WORKBENCH_EXECUTOR is {text!r:.200}; tcp:// is taken on this machine only (127.0.0.1, ::1 or "
            f"localhost), since a scheduler runs whatever it is sent. Start it with TLS and write tls://."
        )
    return text


def is_loopback(host: str) -> bool:
    """Whether a host, by name or address, is this machine itself."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
