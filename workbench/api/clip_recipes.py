"""``Recipes``: the part of the façade for clips that go out with their recipe, and for clips that come in."""

from __future__ import annotations

import contextlib
import json
from abc import abstractmethod
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from immutabledict import immutabledict
from ulid import ULID

from workbench.api.results import LoggedRun
from workbench.domain.errors import BadMedia, RequestError
from workbench.domain.media import Input, Media, Role
from workbench.domain.recipe import MOST_BYTES, SCHEMA, BadRecipe, Recipe, read_recipe
from workbench.domain.request import GenerationRequest
from workbench.domain.run import IMPORTED, Clip, Origin, Run
from workbench.domain.times import to_text
from workbench.media.files import MediaFiles
from workbench.media.room import check_room
from workbench.store import NewRun, Store
from workbench.store.imported import Imports, TakenClip

if TYPE_CHECKING:
    from workbench.runner.clock import Clock
    from workbench.settings import Settings

SIDECAR = ".json"  # behind the whole name of the clip
ELSEWHERE = "elsewhere"
UNKNOWN = f"{ELSEWHERE}/unknown"


@dataclass(frozen=True, slots=True)
class SavedClip:
    """``breaks_manifest`` says that the clip has a C2PA manifest, which does not validate in this copy."""

    path: Path
    sidecar: Path | None
    breaks_manifest: bool


@dataclass(frozen=True, slots=True)
class ImportedClip:
    """What an imported file became. ``missing`` are the inputs that this folder does not hold."""

    run: LoggedRun
    recipe: Recipe | None
    is_new: bool
    missing: tuple[str, ...] = ()


class Recipes:
    settings: Settings
    store: Store
    files: MediaFiles
    clock: Clock

    @abstractmethod
    def run(self, run_id: str) -> LoggedRun: ...

    @abstractmethod
    def mark_seen(self, *shown: Run | Media) -> None: ...

    def save_clip(
        self,
        run: Run | str,
        path: str | Path,
        *,
        clip: int = 0,
        recipe: bool = True,
        sidecar: bool = True,
        costs: bool = False,
    ) -> SavedClip:
        """Copy a run's clip to ``path``, with its recipe inside and in ``path.json``; both are read back.

        Nothing is coded anew, and the original in the data folder stays as it is. The copy without its
        recipe (``recipe=False``, or once it is imported again) is the original, byte for byte. ``costs``
        puts estimate and bill into the recipe. Raises ``RequestError`` where there is no such clip, or
        ``path`` exists or can't be written; then nothing is left there. Raises ``BadMedia``.
        """
        from workbench.media import recipe_box

        source, told = self._clip_and_recipe(run, clip, costs=costs)
        target = Path(path)
        beside = target.with_name(target.name + SIDECAR) if sidecar else None
        for one in (target, beside):
            if one and one.exists():
                raise RequestError(f"{one} exists already; give another name, or move it away first.")
        inside = recipe and source.media.is_video
        try:
            if inside:
                recipe_box.write_copy(source.path, target, told.to_json())
            else:
                recipe_box.replace_whole(target, source.path, source.media.size_bytes, b"")
            if beside:
                recipe_box.replace_whole(beside, None, 0, told.to_json())
        except OSError as error:
            with contextlib.suppress(OSError):
                target.unlink(missing_ok=True)
            reason = error.strerror or str(error)
            raise RequestError(f"{target} can't be written ({reason}). Name a place that can be.") from error
        self.mark_seen(source.media)
        return SavedClip(target, beside, inside and recipe_box.has_manifest(source.path))

    def recipe_of(self, run: Run | str, *, clip: int = 0, costs: bool = False) -> Recipe:
        """What ``save_clip`` writes into the copy of a clip, and beside it."""
        return self._clip_and_recipe(run, clip, costs=costs)[1]

    def _clip_and_recipe(self, run: Run | str, clip: int, *, costs: bool) -> tuple[Clip, Recipe]:
        from workbench import __version__

        found = self.run(run if isinstance(run, str) else run.id)
        source = next((one for one in found.clips if one.index == clip), None)
        if source is None:
            raise RequestError(f"Run {found.id} has no clip {clip}; it has {len(found.clips)}, from 0.")
        return source, Recipe.of(found, source, __version__, costs=costs)

    def read_recipe(self, path: str | Path) -> Recipe | None:
        """The recipe in an MP4, in the sidecar beside it, or in a sidecar; ``None`` where there is none.

        Raises ``BadMedia`` or ``BadRecipe``.
        """
        from workbench.media.recipe_box import read_box

        path = _file(path)
        if path.suffix == SIDECAR:
            return read_recipe(_start(path), path.name)
        if inside := read_box(path):
            return read_recipe(inside, path.name)
        beside = path.with_name(path.name + SIDECAR)
        return read_recipe(_start(beside), beside.name) if beside.is_file() else None

    def import_clip(
        self,
        path: str | Path,
        *,
        prompt: str = "",
        negative_prompt: str = "",
        model: str = "",
        note: str = "",
        again: bool = False,
    ) -> LoggedRun:
        """An MP4 (or its sidecar) as a run that was made elsewhere, to be compared, ranked and remixed.

        With a recipe, the run has its request; the words are for clips without one. A clip that was
        imported before with the same request is the same run, unless ``again``. Nothing is sent or
        charged. Raises ``BadMedia``, ``BadRecipe``, ``RequestError`` or ``FolderFull``; nothing is written
        to the log then.
        """
        return self.take_clip_in(
            path, prompt=prompt, negative_prompt=negative_prompt, model=model, note=note, again=again
        ).run

    def take_clip_in(
        self,
        path: str | Path,
        *,
        prompt: str = "",
        negative_prompt: str = "",
        model: str = "",
        note: str = "",
        again: bool = False,
    ) -> ImportedClip:
        """``import_clip``, telling what became of the file."""
        from workbench.media.intake import take_clip
        from workbench.media.probe import read_clip
        from workbench.media.recipe_box import clip_bytes, replace_whole

        path = _clip_of(_file(path))
        read_clip(path, path.name)
        recipe, words = self.read_recipe(path), bool(prompt or negative_prompt or model)
        if recipe and words:
            raise RequestError(
                f"{path.name} brings its own recipe; import it without prompt, negative prompt and model."
            )
        asked = recipe or _foreign(path.name, prompt, negative_prompt, model)
        check_room(self.settings.data)
        with self.files.workspace() as folder:
            copy = folder / "clip.mp4"
            replace_whole(copy, path, clip_bytes(path), b"")
            taken = TakenClip(*take_clip(self.files, copy))
        request, missing = self._recipe_request(asked, taken.clip)
        now = self.clock.now()
        new = NewRun(
            str(ULID.from_datetime(now)),
            request,
            IMPORTED,
            origin=Origin(template=asked.template, slots=asked.slots),
            adjustments=asked.adjustments,
        )

        def is_same(run: Run) -> bool:
            if again:
                return False
            if recipe is None and not words:
                return True  # nothing is said of it that the log does not know better
            hashes = {run.request.request_hash, run.report.get("request_hash")}
            return request.request_hash in hashes or (recipe is not None and recipe.request_hash in hashes)

        report = _provenance(path.name, recipe, taken.clip, missing, note)
        run_id = Imports(self.store.db).insert(new, taken, report, now, is_same)
        return ImportedClip(self.run(run_id), recipe, run_id == new.id, missing)

    def _recipe_request(self, asked: Recipe, clip: Media) -> tuple[GenerationRequest, tuple[str, ...]]:
        """With the inputs that lie in this folder, and which do not."""
        inputs: list[Input] = []
        missing: list[str] = []
        places: dict[Role, int] = defaultdict(int)
        for one in sorted(asked.inputs, key=lambda i: i.position):
            media = self.store.media.get(one.sha256)
            if media is None or media.is_video != one.role.is_clip or not self.files.path(media).is_file():
                missing.append(f"{one.role.label} {one.sha256[:12]} ({one.mime})")
                continue
            inputs.append(Input(one.role, media, places[one.role]))
            places[one.role] += 1
        # Clips of which nothing is known are not takes of one request.
        unknown = {} if asked.prompt or asked.settings else {"clip": clip.sha256[:8]}
        request = GenerationRequest(
            asked.model,
            asked.prompt,
            asked.negative_prompt,
            inputs=tuple(inputs),
            settings=immutabledict({**asked.settings, **unknown}),
            seed=asked.seed,
            take=asked.take,
        )
        return request, tuple(missing)


def _file(path: str | Path) -> Path:
    found = Path(path)
    if not found.is_file():
        raise BadMedia(f"{found} is no file; give the path of an MP4, or of the JSON beside one.")
    return found


def _clip_of(path: Path) -> Path:
    """The MP4 that a sidecar stands beside; any other file is the clip."""
    return _file(path.with_name(path.name.removesuffix(SIDECAR))) if path.suffix == SIDECAR else path


def _start(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MOST_BYTES + 1)


def _foreign(name: str, prompt: str, negative_prompt: str, model: str) -> Recipe:
    """What a person says of a clip, as a recipe; checked as one."""
    named = "-".join(model.split())
    told = {
        "schema": SCHEMA,
        "model": (named if "/" in named else f"{ELSEWHERE}/{named}") if named else UNKNOWN,
        "prompt": prompt,
        "negative_prompt": negative_prompt,
    }
    try:
        return read_recipe(json.dumps(told).encode(), name)
    except BadRecipe as error:
        raise RequestError(f"What is said of {name} can't be kept. {error}") from error


def _provenance(
    name: str, recipe: Recipe | None, clip: Media, missing: tuple[str, ...], note: str
) -> dict[str, object]:
    """What the log keeps of where the clip came from; nothing of it is ours, so no column says it."""
    told: dict[str, object] = {"imported_from": name, "note": note}
    if recipe is None:
        return {**told, "provenance": "unknown: nothing in the file says how it was made"}
    return {
        **told,
        "provenance": "as its recipe says",
        "clip_is_as_made": recipe.clip_sha256 == clip.sha256,
        "made_at": to_text(recipe.made_at) if recipe.made_at else "",
        "made_in": f"{recipe.latency_s:.1f} s" if recipe.latency_s is not None else "",
        "made_by_an_emulator": recipe.emulated,
        "workbench": recipe.workbench,
        "run_there": recipe.run_id,
        "parent_there": recipe.parent_id,
        "request_hash": recipe.request_hash,
        "missing_inputs": list(missing),
    }
