"""Who may come from elsewhere: ``WORKBENCH_TOKEN`` and ``WORKBENCH_ALLOWED_HOSTS``."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field

from workbench.domain.errors import BadSetting

SHORTEST_TOKEN = 16
_FEWEST_CHARACTERS = 5  # different ones; of random tokens, even of digits, hardly any has fewer
_FITS_A_HEADER = re.compile(r"[!-~]+")
_HOST = re.compile(
    r"(?P<name>\[[0-9a-f:.]+\]|[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?)(?::(?P<port>[0-9]{1,5}))?", re.I
)
_BROWSERS_LEAVE_OUT = frozenset({"80", "443"})


@dataclass(frozen=True, slots=True)
class AccessSettings:
    """Without a token the workbench is open to its own machine only. ``hosts`` are names, lower case.

    A name without a port allows any port of it.
    """

    token: str = field(default="", repr=False)
    hosts: tuple[str, ...] = ()

    def allows(self, host: str) -> bool:
        """Whether a ``Host`` header, with or without a port, is one of ``hosts``."""
        match = _HOST.fullmatch(host)
        if match is None:
            return False
        name, port = match["name"].lower(), match["port"]
        ports = {port} if port else _BROWSERS_LEAVE_OUT
        return name in self.hosts or any(f"{name}:{each}" in self.hosts for each in ports)


THIS_MACHINE_ONLY = AccessSettings()


def read_access(environment: Mapping[str, str]) -> AccessSettings:
    """Raises ``BadSetting``, which never repeats the token."""
    return AccessSettings(
        _token(environment.get("WORKBENCH_TOKEN", "").strip()),
        tuple(
            _host(entry.strip())
            for entry in environment.get("WORKBENCH_ALLOWED_HOSTS", "").split(",")
            if entry.strip()
        ),
    )


def offered() -> str:
    """A token that nobody can guess, as a line for ``.env``."""
    return f"WORKBENCH_TOKEN={secrets.token_urlsafe(24)}"


def _token(text: str) -> str:
    if not text:
        return ""
    if len(text) < SHORTEST_TOKEN:
        wrong = f"has {len(text)} characters, which can be guessed; it takes {SHORTEST_TOKEN} or more"
    elif len(set(text)) < _FEWEST_CHARACTERS:
        wrong = "repeats a few characters, which can be guessed; it takes a random one"
    elif not _FITS_A_HEADER.fullmatch(text):
        wrong = "has blanks or letters that no header can carry; it takes plain letters, digits and signs"
    else:
        return text
    raise BadSetting(f"WORKBENCH_TOKEN {wrong}. A good one, made just now: {offered()}")


def _host(entry: str) -> str:
    if _HOST.fullmatch(entry):
        return entry.lower()
    raise BadSetting(
        f"WORKBENCH_ALLOWED_HOSTS has {entry!r:.200}; it takes names as they stand in the browser's address, "
        f"with a port or without, between commas, such as workbench.example.com, 10.0.0.5:8501."
    )
