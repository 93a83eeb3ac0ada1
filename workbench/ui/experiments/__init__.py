"""The Experiments page: a new experiment as a form, all of them as a list, one of them as a grid."""

from __future__ import annotations

from pathlib import Path

STYLESHEET = Path(__file__).with_name("experiments.css")
