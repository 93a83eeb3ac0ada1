"""A number of seconds on the command line."""

from __future__ import annotations

import math

import click


class Seconds(click.FloatRange):
    """From 0 on. ``nan`` passes for a number elsewhere; nobody can wait for so long."""

    name = "seconds"

    def __init__(self) -> None:
        super().__init__(min=0)

    def convert(self, value: float, param: click.Parameter | None, ctx: click.Context | None) -> float:
        seconds = float(super().convert(value, param, ctx))
        if math.isnan(seconds):
            self.fail("nan is no number of seconds; it takes 0 and more.", param, ctx)
        return seconds
