"""``Reporting``: the part of the façade that writes a review into one file, which plays offline."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

from workbench.api.meant import Sentences, meant
from workbench.api.ranking import RankedArms, RankingArms
from workbench.api.rated import RatedArms, RatingArms
from workbench.domain.errors import RequestError
from workbench.domain.review import Review
from workbench.settings import Settings

if TYPE_CHECKING:
    from workbench.api.report_contents import Contents

MOST_BYTES: Final = 25_000_000
_REVIEW = Sentences(
    several="{count} reviews fit {wanted!r:.60}: {ids}. Say which, by its id.",
    none="The log holds no review {wanted!r:.60}. {there}",
    empty="There is none yet; make one on the Review page.",
)


def report_html(
    bench: Reporting, found: RankedArms | RatedArms, *, most_bytes: int = MOST_BYTES, names: bool = False
) -> str:
    """One HTML document of at most ``most_bytes``: what was said, the clips made small, a player for them.

    Fewer and smaller clips go in where it would be larger, at last stills only; the document says so. Only
    its text is never cut. ``names`` tells reviewers by name rather than as “Reviewer 1”.
    """
    return _html(_contents(found, bench.clock.now(), names=names), bench.settings.executor, most_bytes)


class Reporting(RankingArms, RatingArms):
    """``Workbench`` adds everything that makes runs."""

    settings: Settings

    def report(
        self,
        review: str = "",
        *,
        path: str | Path,
        originals: bool = False,
        names: bool = False,
        overwrite: bool = False,
        most_bytes: int = MOST_BYTES,
    ) -> Path:
        """Write the report of a review (``find_review`` says how it is named; of all without) to ``path``.

        ``originals`` puts a ``.zip`` beside it: the clips as they were made; of votes ``ranking.csv`` and
        ``.json``, ``preferences.jsonl``; of ratings ``means.csv``, ``ratings.csv`` and ``.json``. ``names``
        tells reviewers by name, and in the zip runs by id. Raises ``RequestError`` where a file of that name
        is there and not to be overwritten, can't be written, or where there is nothing to report.
        """
        target = Path(path).expanduser()
        beside = target.with_suffix(".zip")
        _check(target, overwrite=overwrite)
        if originals:
            if beside == target:
                raise RequestError("A report is an HTML file, and the zip stands beside it; name it .html.")
            _check(beside, overwrite=overwrite)
        asked = self.find_review(review) if review else None
        is_rated = asked is not None and bool(asked.plan.criteria)
        found = (self.rated if is_rated else self.rank)(review=asked.id if asked else "")
        if found is None:
            raise RequestError(
                "There is nothing to report: no review has a clip any more whose run is outside the bin."
            )
        contents = _contents(found, self.clock.now(), names=names)
        text = _html(contents, self.settings.executor, most_bytes)
        if originals:
            from workbench.api.originals import write_originals

            _write(beside, lambda file: write_originals(contents, file))
        _write(target, lambda file: _put(file, text))
        return target

    def find_review(self, told: str) -> Review:
        """By id, by the beginning of one, or by name. Raises ``RequestError`` for none, or several."""
        known = {one.id: one for one in self.store.reviews.all()}
        return known[meant(told, {one.id: one.name for one in known.values()}, _REVIEW)]


def _contents(found: RankedArms | RatedArms, made_at: datetime, *, names: bool) -> Contents:
    from workbench.api.report_ratings import of_ratings
    from workbench.api.report_votes import of_votes

    if isinstance(found, RatedArms):
        return of_ratings(found, made_at, names=names)
    return of_votes(found, made_at, names=names)


def _html(contents: Contents, executor: str, most_bytes: int) -> str:
    from workbench.api.report_clips import Reel, making, reel
    from workbench.api.report_page import page

    room = most_bytes - _size(page(contents, Reel()))
    with making(executor) as make:
        while True:
            shown = reel(contents.clips, room, make, unit=contents.unit, limit=_megabytes(most_bytes))
            text = page(contents, shown)
            over = _size(text) - most_bytes
            if over <= 0 or not (shown.clips or shown.posters):
                return text
            room = shown.in_page - over  # less than this one took, so it comes to an end


def _size(text: str) -> int:
    return len(text.encode(errors="replace"))


def _megabytes(count: int) -> str:
    return f"{count / 1e6:,.3g} MB"


def _put(file: BinaryIO, text: str) -> None:
    file.write(text.encode(errors="replace"))


def _check(path: Path, *, overwrite: bool) -> None:
    """Before any work. Raises ``RequestError``."""
    with _telling(path):
        if path.is_dir():
            raise RequestError(f"{path} is a folder; give the name of a file in it, such as report.html.")
        if path.exists() and not overwrite:
            raise RequestError(
                f"{path} is there already; give another name, or allow that it is overwritten."
            )
        if not path.parent.is_dir():
            raise RequestError(f"The folder {path.parent} is not there; make it, or give another.")


def _write(path: Path, write: Callable[[BinaryIO], None]) -> None:
    """All of it or nothing. Raises ``RequestError``."""
    with _telling(path):
        part = path.with_name(f".{secrets.token_hex(8)}.part")
        try:
            with part.open("xb") as file:
                write(file)
            part.replace(path)
        finally:
            with suppress(OSError):
                part.unlink(missing_ok=True)


@contextmanager
def _telling(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise RequestError(
            f"{path} can't be written ({error.strerror or error}); make room there, open the folder for "
            "writing, or give another place."
        ) from error
