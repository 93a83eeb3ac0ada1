"""``Retaining``: the part of the façade that lets go of what nobody needs: clips by rules, cached copies.

A clip goes in two steps. First its row, in one transaction that looks once more whether it may; then its
file. A crash between leaves a file that no row promises, and the next ``tidy`` removes it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import TypeVar

from workbench.api.keeping import ORPHAN_AGE_S, Keeping
from workbench.domain.errors import FolderError, RequestError
from workbench.domain.media import Media
from workbench.domain.retention import DroppedClip, Rule, Rules, Share, Tidying
from workbench.domain.run import Run
from workbench.media import cache
from workbench.settings import Settings
from workbench.store.retention import Going

AT_A_TIME = 200  # clips that go in one transaction, for which others wait
T = TypeVar("T")


class Retaining(Keeping):
    """``Workbench`` adds everything that makes runs."""

    settings: Settings

    def mark_seen(self, *shown: Run | Media) -> None:
        """Somebody looks at these clips, or those of these runs: no rule of unseen clips takes them.

        The app does so for each clip that it shows or sends; whoever plays files by their path may. Where
        the log can't be written just now, nothing is: that is no reason not to show a clip.
        """
        media = [
            m for one in shown for m in ([one] if isinstance(one, Media) else [c.media for c in one.clips])
        ]
        with suppress(FolderError):
            self.store.retention.see([one.sha256 for one in media if one.is_video], self.clock.now())

    def dropped_clips(self, run_id: str) -> list[DroppedClip]:
        """What is still known of a run's clips that went by a rule."""
        return self.store.retention.dropped_of(self.store.runs.resolve(run_id))

    def would_tidy(self, rules: Rules | None = None) -> Tidying:
        """What ``tidy`` would remove just now; nothing is changed.

        ``rules`` are those of ``workbench.toml`` unless given. Raises ``RequestError`` where there is none.
        """
        rules = self._rules(rules)
        return _told(rules, self.store.retention.going(rules, self.clock.now()), self._surplus(rules))

    def tidy(self, rules: Rules | None = None) -> Tidying:
        """Drop the clips that the rules let go, and make the cache as small as they say.

        Run, prompt, recipe, poster, metrics, ratings, notes and votes stay. What somebody looks at, rates or
        uses while this goes on stays too. Doing it again does nothing more. Returns what went. Raises
        ``RequestError`` where there is no rule, or a ``FolderError``; what went by then is gone.
        """
        rules, store = self._rules(rules), self.store.retention
        self._remove(store.left())  # of one that was broken off
        dropped: list[Going] = []
        for some in _batches(store.going(rules, self.clock.now())):
            went = store.drop(rules, [one.sha256 for one in some], self.clock.now())
            self._remove([(one.sha256, one.mime) for one in went])
            dropped += went
        return _told(rules, dropped, cache.remove(self._surplus(rules)))

    def _remove(self, files: Sequence[tuple[str, str]]) -> None:
        """Files of dropped clips, by hash and type."""
        for some in _batches(files):
            gone = [
                sha256
                for sha256, mime in some
                if self.files.discard(sha256, mime, self._is_known, ORPHAN_AGE_S)
            ]
            self.store.retention.gone(gone)

    def _surplus(self, rules: Rules) -> list[cache.CachedFile]:
        if rules.cache_bytes is None:
            return []
        return cache.surplus(self.settings.data / cache.FOLDER, rules.cache_bytes)

    def _rules(self, rules: Rules | None) -> Rules:
        rules = self.settings.written.retention if rules is None else rules
        if rules.is_empty:
            raise RequestError(
                "No rule says what may go. Write one under [retention] in workbench.toml, such as "
                "unseen_clips_after_days = 90, or give one with the command."
            )
        return rules


def _told(rules: Rules, clips: Iterable[Going], files: Iterable[cache.CachedFile]) -> Tidying:
    shares = {rule: Share(rule) for rule in Rule if rules.days(rule) is not None}
    if rules.cache_bytes is not None:
        shares[Rule.CACHE] = Share(Rule.CACHE)
    for clip in clips:
        shares[clip.rule] = shares[clip.rule].and_one(clip.size_bytes, clip.since)
    for file in files:
        used_at = datetime.fromtimestamp(file.used_at, UTC)
        shares[Rule.CACHE] = shares[Rule.CACHE].and_one(file.size_bytes, used_at)
    return Tidying(rules, tuple(shares.values()))


def _batches(items: Sequence[T]) -> Iterator[Sequence[T]]:
    for at in range(0, len(items), AT_A_TIME):
        yield items[at : at + AT_A_TIME]
