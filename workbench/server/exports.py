"""What leaves the folder over HTTP: runs as a table or an archive, a clip with its recipe.

A file is made when it is asked for, beside what else can be made again, and is gone once it was sent.
"""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Literal

from immutabledict import immutabledict
from pydantic import Field
from starlette.background import BackgroundTask
from starlette.responses import FileResponse, Response

from workbench.api import Workbench, run_files
from workbench.domain.errors import BadMedia
from workbench.domain.metric import MetricRange
from workbench.domain.query import RunFilter
from workbench.media import cache
from workbench.media.room import check_room
from workbench.server.media import SAFE, attachment
from workbench.server.operations import Asked, Operation
from workbench.server.refusals import Refused
from workbench.server.runs import Body, Selection

FOLDER = Path(cache.FOLDER, "exports")  # in the data folder
TYPES = immutabledict(
    {
        "csv": "text/csv",
        "jsonl": "application/jsonl",
        "parquet": "application/vnd.apache.parquet",
        "zip": "application/zip",
    }
)
_TABLES = {"csv": run_files.write_csv, "jsonl": run_files.write_jsonl, "parquet": run_files.write_parquet}


class Exported(Selection):
    measured: list[str] = Field(
        default_factory=list, description="Only where a metric's value is within bounds: “name~least~most”."
    )

    @property
    def wanted(self) -> RunFilter:
        """Raises ``RequestError`` for a range that is none."""
        return replace(super().wanted, measured=tuple(MetricRange.parse(text) for text in self.measured))


class WithRecipe(Body):
    clip: int = Field(1, ge=1, le=1_000, description="Which of its clips, from 1.")
    form: Literal["mp4", "json"] = Field(
        "mp4", alias="as", description="The recipe in the clip, or beside it."
    )
    download: str = Field("", max_length=200, description="To be saved under that name.")


def export(bench: Workbench, asked: Asked) -> Response:
    kind, query = asked.path["kind"], asked.query
    if kind not in TYPES:
        raise Refused(
            404, "unknown_format", f"Runs are not exported as {kind}.", hint=f"Allowed: {', '.join(TYPES)}."
        )
    wanted = query.wanted

    def write(path: Path) -> None:
        if kind == "zip":
            bench.export_archive(path, wanted)
        else:
            _TABLES[kind](bench.store, wanted, path)

    return _made(bench, f"runs.{kind}", TYPES[kind], f"runs.{kind}", write)


def with_recipe(bench: Workbench, asked: Asked) -> Response:
    run, query = bench.run(asked.path["id"]), asked.query
    if query.clip > len(run.clips):
        raise Refused(404, "no_clip", f"Run {run.id} has no clip {query.clip}; it has {len(run.clips)}.")
    clip = run.clips[query.clip - 1]
    if not clip.path.is_file():
        raise BadMedia(f"{clip.path.name} is no longer in the data folder. Put it back from a backup.")
    name = query.download or f"{run.id}-{query.clip}.{clip.media.extension}"
    if query.form == "json":
        told = bench.recipe_of(run, clip=clip.index).to_json()
        headers = {"Content-Disposition": attachment(f"{name}.json"), **SAFE}
        return Response(told, media_type="application/json", headers=headers)
    if not clip.media.is_video:
        raise Refused(422, "no_video", "A picture has no room for a recipe.", hint="Ask for it with as=json.")
    save = partial(bench.save_clip, run, clip=clip.index, sidecar=False)
    return _made(bench, f"clip.{clip.media.extension}", clip.media.mime, name, save)


def _made(bench: Workbench, name: str, mime: str, download: str, write: Callable[[Path], object]) -> Response:
    """The file that ``write`` makes under ``name``, to be saved as ``download``."""
    exports = bench.settings.data / FOLDER
    cache.remove(cache.surplus(exports, 0))  # what was left by somebody who went away
    check_room(bench.settings.data)
    folder = exports / secrets.token_hex(8)
    folder.mkdir(parents=True)
    try:
        write(folder / name)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return FileResponse(
        folder / name,
        media_type=mime,
        headers={"Content-Disposition": attachment(download), "Cache-Control": "no-store", **SAFE},
        background=BackgroundTask(shutil.rmtree, folder, ignore_errors=True),
    )


OPERATIONS = (
    Operation(
        "GET",
        "/api/exports/runs.{kind}",
        export,
        "Runs as a file: csv, jsonl, parquet, or zip for another folder",
        "Runs",
        query=Exported,
        binary=tuple(TYPES.values()),
        refuses=(404,),
        about="All that match. A zip holds the settled ones, their media and all that was said of them.",
    ),
    Operation(
        "GET",
        "/api/runs/{id}/recipe",
        with_recipe,
        "A clip with its recipe inside, or the recipe alone",
        "Runs",
        query=WithRecipe,
        binary=("video/mp4", "application/json"),
        refuses=(404, 422),
        about="The pictures and sound are the original's, byte for byte; `workbench import` reads it back.",
    ),
)
