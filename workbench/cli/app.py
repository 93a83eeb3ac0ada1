"""``workbench`` alone: starts the app."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module


def start_app(folder: str | None, host: str | None, port: int | None, *, open_browser: bool) -> None:
    """Serve until Ctrl+C. Raises ``BadSetting`` where the address can't be used."""
    from workbench.settings import load

    settings = load(folder)
    if host:
        settings = replace(settings, host=host)
    if port is not None:
        settings = replace(settings, port=port)
    # By name: the launcher stands above the command line, and brings Streamlit with it.
    import_module("workbench.app.serve").serve(settings, open_browser=open_browser)
