"""Environment variables, ``.env`` and ``workbench.toml`` → one frozen ``Settings``, read once, passed in."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path

from immutabledict import immutabledict

from workbench.domain.errors import BadSetting
from workbench.settings.access import THIS_MACHINE_ONLY, AccessSettings, read_access
from workbench.settings.endpoints import EndpointSettings
from workbench.settings.executor import LOCAL, read_executor
from workbench.settings.toml import NOTHING_WRITTEN, ModelSettings, Written, read

__all__ = ["AccessSettings", "EndpointSettings", "ModelSettings", "Settings", "load", "load_access"]


@dataclass(frozen=True, slots=True)
class Settings:
    """How this process runs. ``environment`` keeps what providers look up (keys, addresses).

    ``written`` is what stands in ``workbench.toml``: named endpoints, models and prices. Secrets stay in
    ``environment``, which ``repr`` leaves out. ``executor`` is where clips are measured and the
    embedded engine draws: ``local``, or the address of a Dask scheduler.
    """

    data: Path
    host: str = "127.0.0.1"
    port: int = 8501
    log_level: str = "info"
    budget_usd: Decimal | None = None
    environment: Mapping[str, str] = immutabledict()
    written: Written = NOTHING_WRITTEN
    access: AccessSettings = THIS_MACHINE_ONLY
    executor: str = LOCAL

    def endpoints(self, wire: str) -> tuple[EndpointSettings, ...]:
        """The endpoints of ``workbench.toml`` that speak ``wire``."""
        return tuple(endpoint for endpoint in self.written.endpoints if endpoint.wire == wire)

    def secret(self, variable: str) -> str:
        """What stands in the environment under ``variable``, without stray blanks; empty when not set."""
        return self.environment.get(variable, "").strip()

    def __repr__(self) -> str:
        return f"Settings(data={str(self.data)!r}, host={self.host!r}, port={self.port})"


def load(folder: str | Path | None = None, environ: Mapping[str, str] | None = None) -> Settings:
    """Settings of this process. ``folder`` goes before ``WORKBENCH_DATA``.

    A ``.env`` file in the working folder fills in what the environment does not set.
    """
    found = immutabledict(_with_dotenv(environ))
    data = _data(folder or found.get("WORKBENCH_DATA") or _nearest_data())
    return Settings(
        data=data,
        host=found.get("WORKBENCH_HOST", "127.0.0.1"),
        port=_port(found.get("WORKBENCH_PORT", "8501")),
        log_level=_log_level(found.get("WORKBENCH_LOG", "info")),
        budget_usd=_budget(found.get("WORKBENCH_BUDGET_USD", "")),
        environment=found,
        written=read(data / "workbench.toml"),
        access=read_access(found),
        executor=read_executor(found),
    )


def load_access(environ: Mapping[str, str] | None = None) -> AccessSettings:
    """What the gate needs, also where the data folder or its ``workbench.toml`` can't be used."""
    return read_access(_with_dotenv(environ))


def _with_dotenv(environ: Mapping[str, str] | None) -> dict[str, str]:
    if environ is not None:
        return dict(environ)
    from dotenv import dotenv_values

    file = {k: v for k, v in dotenv_values(Path.cwd() / ".env").items() if v is not None}
    return {**file, **os.environ}


def _data(folder: str | Path) -> Path:
    try:
        return Path(folder).expanduser().resolve()
    except (OSError, RuntimeError, ValueError) as error:  # no such user's home, links in a circle, a NUL
        raise BadSetting(
            f"The data folder can't be {str(folder)!r:.300} ({error}). "
            f"Set WORKBENCH_DATA to the path of a folder that you may write to."
        ) from error


def _nearest_data() -> Path:
    """``data`` in the nearest folder upwards with ``data/workbench.db`` or ``pyproject.toml``."""
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / "data" / "workbench.db").exists() or (folder / "pyproject.toml").exists():
            return folder / "data"
    return here / "data"


def _port(text: str) -> int:
    if text.isdecimal() and 0 <= int(text) <= 65535:
        return int(text)
    raise BadSetting(f"WORKBENCH_PORT is {text!r}; it takes a number from 0 to 65535.")


def _log_level(text: str) -> str:
    levels = ("debug", "info", "warning", "error")
    if text.lower() in levels:
        return text.lower()
    raise BadSetting(f"WORKBENCH_LOG is {text!r}; it takes one of {', '.join(levels)}.")


def _budget(text: str) -> Decimal | None:
    if not text:
        return None
    try:
        amount = Decimal(text)
        if amount.is_finite() and amount >= 0:
            return amount
    except InvalidOperation:
        pass
    raise BadSetting(f"WORKBENCH_BUDGET_USD is {text!r}; it takes an amount in US dollars, such as 12.50.")
