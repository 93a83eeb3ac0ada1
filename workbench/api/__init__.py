"""The façade: what pages, the command line, HTTP routes and notebooks call."""

from __future__ import annotations

from workbench.api.results import LoggedRun, Progress
from workbench.api.run_set import RunSet
from workbench.api.workbench import DEFAULT_MODEL, Workbench
from workbench.store.experiments import Experiment

__all__ = ["DEFAULT_MODEL", "Experiment", "LoggedRun", "Progress", "RunSet", "Workbench"]
