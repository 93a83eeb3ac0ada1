"""The command line: thin commands over the façade. Heavy modules are imported by the command that runs."""

from __future__ import annotations

from workbench.cli.main import main

__all__ = ["main"]
