"""The prompt library: named prompts with versions, what was made of them, and how that was judged."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from sqlite3 import Connection
from typing import TYPE_CHECKING, Any

from workbench.api.originals import as_written, csv_text
from workbench.api.ranking import RankingArms
from workbench.api.rows import TABLES, read_cells
from workbench.api.run_files import written
from workbench.domain.errors import Fault, InvalidRequest, RequestError
from workbench.domain.request import digest
from workbench.domain.run import Run
from workbench.domain.saved_prompt import (
    PromptVersion,
    SavedPrompt,
    as_tags,
    faults_of_name,
    faults_of_text,
    faults_of_words,
)
from workbench.store import prompts as prompt_rows

if TYPE_CHECKING:
    from workbench.review import Standing

COLUMNS = ("name", "prompt", "negative_prompt", "note", "tags", "notes")
MOST_RUNS = 1_000  # of one prompt, the newest


@dataclass(frozen=True, slots=True)
class PromptRank:
    """How one version stood among ``arms`` prompts of a review."""

    review_id: str
    review: str
    version: int
    standing: Standing
    arms: int

    @property
    def sentence(self) -> str:
        from workbench.review.sentence import effect

        standing = self.standing
        best, worst = standing.best_rank, standing.worst_rank
        place = f"place {best}" if best == worst else f"place {best} to {worst}"
        return (
            f"{place} of {self.arms}: {effect(standing.effect)} against the mean, "
            f"{standing.votes:,} votes on {standing.clips:,} clips"
        )


@dataclass(frozen=True, slots=True)
class ImportedPrompts:
    """``new`` versions were added; ``known`` ones were there already."""

    new: int
    known: int


@dataclass(frozen=True, slots=True)
class _Row:
    name: str
    prompt: str
    negative_prompt: str
    note: str
    tags: tuple[str, ...]
    notes: str

    @property
    def text_hash(self) -> str:
        return digest([self.prompt, self.negative_prompt])


class PromptLibrary(RankingArms):
    """``Workbench`` adds everything that makes runs."""

    def prompts(self, text: str = "", *, tag: str = "") -> list[SavedPrompt]:
        """By name; those whose name, newest words, tags or notes hold ``text``, and that have the tag."""
        return matching(self.store.prompts.all(), text, tag)

    def prompt(self, name: str) -> SavedPrompt:
        """Raises ``RequestError`` for an unknown name."""
        return self.store.prompts.get(name)

    def prompt_versions(self, name: str) -> list[PromptVersion]:
        """Newest first. Raises ``RequestError`` for an unknown name."""
        self.prompt(name)
        return self.store.prompts.history(name)

    def save_prompt(
        self, name: str, prompt: str, *, negative_prompt: str = "", note: str = ""
    ) -> PromptVersion:
        """A new version under ``name``; the newest one where it says just that. Raises ``RequestError``."""
        return self.store.prompts.save(name, prompt, negative_prompt, self.clock.now(), note.strip())

    def describe_prompt(
        self, name: str, *, tags: str | Iterable[str] | None = None, notes: str | None = None
    ) -> SavedPrompt:
        """Put these tags (a list, or a text with commas) and notes in place of the old; ``None`` leaves them.

        Raises ``RequestError`` for an unknown name, or what is too long.
        """
        known = self.prompt(name)
        kept_tags = known.tags if tags is None else as_tags(tags)
        kept_notes = known.notes if notes is None else notes.strip()
        if wrong := faults_of_words(kept_tags, kept_notes):
            raise RequestError(" ".join(wrong))
        self.store.prompts.describe(name, kept_tags, kept_notes)
        return self.prompt(name)

    def prompt_runs(self, name: str, most: int = MOST_RUNS) -> list[Run]:
        """Runs that were made of any version, or of a template that is one; newest first, without the bin."""
        return self.store.runs.get_many(self.store.prompts.run_ids(name, min(most, MOST_RUNS)))

    def prompt_ranks(self, name: str) -> list[PromptRank]:
        """How each version stood in the reviews of pairs that had clips of it, the newest first.

        Each review is ranked anew, by prompt. A template is not ranked: its runs have words of their own.
        """
        versions = reversed(self.prompt_versions(name))
        numbers = {digest([one.text, one.negative_text]): one.number for one in versions}
        found = []
        for review_id in self.store.prompts.reviews(name):
            ranked = self.rank(review=review_id, by="prompt")
            if ranked is None or not ranked.ranking.votes:
                continue
            found += [
                PromptRank(
                    review_id,
                    ranked.reviews[0].name,
                    numbers[arm.request.prompt_hash],
                    ranked.ranking.standing(arm.label),
                    len(ranked.arms),
                )
                for arm in ranked.arms
                if arm.request.prompt_hash in numbers
            ]
        return found

    def export_prompts(self, path: str | Path, names: Sequence[str] = ()) -> int:
        """Write every version of these prompts, or of all, as ``.csv`` or ``.json``; how many they are.

        ``import_prompts`` reads it back. Raises ``RequestError`` for another ending, an unknown name, or a
        place that can't be written.
        """
        target = Path(path)
        chosen = [self.prompt(name) for name in names] if names else self.prompts()
        table = [row for one in chosen for row in self._written(one)]
        match target.suffix.lower():
            case ".json":
                text = json.dumps(table, ensure_ascii=False, indent=2) + "\n"
            case ".csv":
                text = csv_text([{**row, "tags": ", ".join(row["tags"])} for row in table])
            case other:
                raise RequestError(
                    f"Prompts can't be written as {other or 'a file without ending'}. "
                    f"Allowed: .csv and .json."
                )
        written(target, partial(Path.write_text, data=text, encoding="utf-8", newline=""))
        return len(table)

    def import_prompts(self, path: str | Path) -> ImportedPrompts:
        """Take in a table or a JSON list with the columns ``COLUMNS``, of which name and prompt are needed.

        Rows of one name are its versions, the oldest first. A text that is there as often as the file has it
        is known, so that a second time adds nothing. Tags come on top of those that are there; notes stay
        where there are some. Raises ``InvalidRequest`` with every fault of every row before anything is
        written, ``RequestError`` where the file can't be read.
        """
        rows = _checked(Path(path))
        by_name: dict[str, list[_Row]] = {}
        for row in rows:
            by_name.setdefault(row.name, []).append(row)
        now = self.clock.now()
        with self.store.db.write() as connection:
            said = self.store.prompts.said()
            kept = {name: _together(said.get(name, ((), "")), told) for name, told in by_name.items()}
            faults = [
                Fault(name, wrong)
                for name, (tags, notes) in kept.items()
                for wrong in faults_of_words(tags, notes)
            ]
            if faults:
                raise InvalidRequest(faults)
            new = sum(self._take_in(connection, told, now) for told in by_name.values())
            for name, (tags, notes) in kept.items():
                prompt_rows.describe(connection, name, tags, notes)
        return ImportedPrompts(new, len(rows) - new)

    def _take_in(self, connection: Connection, rows: Sequence[_Row], now: datetime) -> int:
        """Add what is not there yet of one name's versions; how many they were."""
        history = self.store.prompts.history(rows[0].name)
        known = Counter(digest([one.text, one.negative_text]) for one in history)
        new = 0
        for row in rows:
            if known[row.text_hash]:
                known[row.text_hash] -= 1
                continue
            prompt_rows.append(connection, row.name, row.prompt, row.negative_prompt, now, row.note)
            new += 1
        return new

    def _written(self, one: SavedPrompt) -> list[dict[str, Any]]:
        return [
            {
                "name": one.name,
                "version": version.number,
                "prompt": version.text,
                "negative_prompt": version.negative_text,
                "note": version.note,
                "tags": list(one.tags),
                "notes": one.notes,
            }
            for version in reversed(self.store.prompts.history(one.name))
        ]


def matching(every: Sequence[SavedPrompt], text: str = "", tag: str = "") -> list[SavedPrompt]:
    """Those of ``every`` that hold all words of ``text``, in any case of letters, and have the tag."""
    wanted = text.casefold().split()
    return [
        one for one in every if (not tag or tag in one.tags) and all(word in _words(one) for word in wanted)
    ]


def _together(said: tuple[tuple[str, ...], str], rows: Sequence[_Row]) -> tuple[tuple[str, ...], str]:
    """Tags and notes: those that are there, and what the rows add."""
    tags, notes = said
    added = (tag for row in rows for tag in row.tags)
    return as_tags([*tags, *added]), notes or next((row.notes for row in rows if row.notes), "")


def _words(one: SavedPrompt) -> str:
    newest = one.newest
    return " ".join([one.name, newest.text, newest.negative_text, *one.tags, one.notes]).casefold()


def _checked(file: Path) -> list[_Row]:
    faults: list[Fault] = []
    unguarded = as_written if file.suffix.lower() in TABLES else str
    rows = [_row(number, cells, unguarded, faults) for number, cells in read_cells(file)]
    if faults:
        raise InvalidRequest(faults)
    return rows


def _row(number: int, cells: Mapping[str, Any], unguarded: Callable[[str], str], faults: list[Fault]) -> _Row:
    def wrong(column: str, what: str) -> None:
        faults.append(Fault(f"row {number}, {column}", what))

    def text(column: str) -> str:
        value = cells.get(column)
        if value is None or isinstance(value, str):
            return unguarded(value or "")
        wrong(column, f"It can't be {value!r:.60}. Allowed: text.")
        return ""

    for column in cells:
        if column not in (*COLUMNS, "version"):
            wrong(str(column), f"There is no such column. Allowed: {', '.join(COLUMNS)}.")
    given = cells.get("tags")
    if isinstance(given, list) and all(isinstance(tag, str) for tag in given):
        tags = as_tags(given)
    else:
        tags = as_tags(text("tags"))
    name, prompt, negative_prompt = text("name").strip(), text("prompt"), text("negative_prompt")
    row = _Row(name, prompt, negative_prompt, text("note").strip(), tags, text("notes").strip())
    for fault in faults_of_name(row.name):
        wrong("name", fault)
    for fault in faults_of_text(row.prompt, row.negative_prompt):
        wrong("prompt", fault)
    for fault in faults_of_words(row.tags, row.notes):
        wrong("tags, notes", fault)
    return row
