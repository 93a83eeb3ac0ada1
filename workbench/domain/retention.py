"""Which clips may go, when, and what is said of one that went. Runs, prompts and judgements always stay."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from workbench.domain.errors import RequestError
from workbench.domain.media import Media

MOST_DAYS = 36_500
BYTES_A_GB = 1_000_000_000


class Rule(StrEnum):
    """By which rule something goes."""

    UNSEEN = "unseen"
    DISCARDED = "failed or deleted"
    CACHE = "cache"

    def words(self, after_days: int | None) -> str:
        """As a sentence or a table calls it; ``after_days`` is of clips."""
        if self is Rule.CACHE:
            return "cached copies that can be made again"
        whose = "clips nobody looked at" if self is Rule.UNSEEN else "clips of failed and deleted runs"
        return f"{whose} after {after_days or 0:,} day{'' if after_days == 1 else 's'}"


@dataclass(frozen=True, slots=True)
class Rules:
    """``None`` switches a rule off. Raises ``RequestError`` for a value that no rule takes."""

    unseen_clips_after_days: int | None = None
    failed_and_deleted_after_days: int | None = None
    cache_gb: float | None = None

    def __post_init__(self) -> None:
        for name in ("unseen_clips_after_days", "failed_and_deleted_after_days"):
            days = getattr(self, name)
            if days is not None and not 1 <= days <= MOST_DAYS:
                raise RequestError(f"{name} is {days}; it takes whole days from 1 to {MOST_DAYS:,}.")
        if self.cache_gb is not None and not 0 <= self.cache_gb < float("inf"):
            raise RequestError(f"cache_gb is {self.cache_gb}; it takes gigabytes from 0.")

    @property
    def is_empty(self) -> bool:
        return self == NO_RULES

    @property
    def cache_bytes(self) -> int | None:
        return None if self.cache_gb is None else int(self.cache_gb * BYTES_A_GB)

    def days(self, rule: Rule) -> int | None:
        """How old a clip has to be; ``None`` where the rule is off or is none of clips."""
        return {
            Rule.UNSEEN: self.unseen_clips_after_days,
            Rule.DISCARDED: self.failed_and_deleted_after_days,
        }.get(rule)

    def before(self, rule: Rule, now: datetime) -> datetime | None:
        """What is from before this may go by that rule."""
        days = self.days(rule)
        return None if days is None else now - timedelta(days=days)

    def over(self, **given: object) -> Rules:
        """With what is given in place of what was written; ``None`` leaves it."""
        return replace(self, **{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]


NO_RULES = Rules()


@dataclass(frozen=True, slots=True)
class Share:
    """What one rule takes: files, their bytes, and since when the oldest of them has lain here."""

    rule: Rule
    files: int = 0
    size_bytes: int = 0
    oldest: datetime | None = None

    def and_one(self, size_bytes: int, since: datetime) -> Share:
        oldest = since if self.oldest is None else min(self.oldest, since)
        return Share(self.rule, self.files + 1, self.size_bytes + size_bytes, oldest)


@dataclass(frozen=True, slots=True)
class Tidying:
    """What goes, or went, by each rule that is on, in the order of ``Rule``."""

    rules: Rules
    shares: tuple[Share, ...]

    @property
    def files(self) -> int:
        return sum(share.files for share in self.shares)

    @property
    def size_bytes(self) -> int:
        return sum(share.size_bytes for share in self.shares)


@dataclass(frozen=True, slots=True)
class DroppedClip:
    """What the log keeps of a clip whose file went: ``position`` as in ``Clip.index``."""

    run_id: str
    position: int
    sha256: str
    mime: str
    size_bytes: int
    rule: Rule
    after_days: int
    dropped_at: datetime
    poster: Media | None = None

    @property
    def told(self) -> str:
        """One sentence: that it went, when, by which rule; and how it comes back."""
        return (
            f"Clip {self.position + 1} was dropped on {self.dropped_at:%Y-%m-%d} by the rule “"
            f"{self.rule.words(self.after_days)}” ({self.size_bytes / 1e6:,.1f} MB, SHA-256 "
            f"{self.sha256}). All else of the run is kept; an archive that holds the clip brings it back."
        )
