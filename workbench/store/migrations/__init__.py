"""The named, ordered, frozen changes of the log's schema. Add one: a new file, one line in ``ALL``."""

from __future__ import annotations

from workbench.store.migrations import (
    m0001_first_tables,
    m0002_limits_and_pauses,
    m0003_looking_and_writing,
    m0004_idempotency,
    m0005_run_events,
    m0006_metrics,
    m0007_who_asks,
    m0008_reviews,
    m0009_views,
    m0010_rating_items,
    m0011_prompt_library,
    m0012_view_of_ratings,
    m0013_seen,
)

ALL = (
    m0001_first_tables,
    m0002_limits_and_pauses,
    m0003_looking_and_writing,
    m0004_idempotency,
    m0005_run_events,
    m0006_metrics,
    m0007_who_asks,
    m0008_reviews,
    m0009_views,
    m0010_rating_items,
    m0011_prompt_library,
    m0012_view_of_ratings,
    m0013_seen,
)
VERSION = len(ALL)


def name(module: object) -> str:
    return str(module.__name__).rpartition(".")[2]  # type: ignore[attr-defined]
