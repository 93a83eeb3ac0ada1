"""Time as the log writes it: UTC, ISO 8601 with milliseconds, fixed width, so that text sorts as time."""

from __future__ import annotations

from datetime import UTC, datetime


def to_text(moment: datetime) -> str:
    """``2026-11-21T07:14:00.123Z``."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def from_text(text: str) -> datetime:
    return datetime.fromisoformat(text)


def now() -> datetime:
    """The wall clock. Whatever has to be turned by tests takes a ``runner.clock.Clock`` instead."""
    return datetime.now(UTC)
