"""``EndpointSettings``: one configured address of a wire, from ``workbench.toml`` or from the environment."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EndpointSettings:
    """``name`` is the first half of its model names. ``key_env`` names the variable that holds its key.

    ``a_minute`` and ``at_once`` are its limits over all its models (``None``: the wire's own);
    ``timeout_s`` replaces the models' own. ``models`` are names that it serves beside those it lists.
    """

    name: str
    wire: str
    base_url: str = ""
    key_env: str = ""
    dialect: str = ""
    project: str = ""
    location: str = ""
    a_minute: int | None = None
    at_once: int | None = None
    timeout_s: float | None = None
    models: tuple[str, ...] = ()
