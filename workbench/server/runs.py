"""``/api/runs``: the log over HTTP – making runs, reading them, rating them, the bin."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from workbench.api import DEFAULT_MODEL, Workbench
from workbench.api.record import record
from workbench.api.successors import heir
from workbench.domain.errors import RequestError
from workbench.domain.media import Media
from workbench.domain.query import RunFilter
from workbench.domain.rating import Rating
from workbench.domain.request import Scalar
from workbench.domain.run import Clip, Origin, Parenthood, Run, Status
from workbench.domain.times import to_text
from workbench.server import entering
from workbench.server.media import url
from workbench.server.operations import Asked, Operation, shown
from workbench.server.refusals import Refused
from workbench.server.shapes import RatingsShape, RunPage, RunShape, RunsMade
from workbench.server.video_bodies import Source

MOST_TAKES = 100


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NewRun(Body):
    """Files are given as in /v1/videos: a URL, a data: URL, the sha256 of a stored file, the id of a run."""

    prompt: str = ""
    model: str = DEFAULT_MODEL
    negative_prompt: str = ""
    seed: int | None = None
    settings: dict[str, Scalar] = Field(default_factory=dict, description="The model's own; see /api/models.")
    first_frame: Source = None
    last_frame: Source = None
    references: Source = None
    reference_clips: Source = None
    extend: Source = None
    edit: Source = None
    fold_negative_prompt: bool = False
    successor: bool = False
    takes: int = Field(1, ge=1, le=MOST_TAKES, description="So many runs: consecutive seeds.")
    parent: str | None = Field(None, description="The run that this is a variant of.")


class Selection(Body):
    text: str = Field("", max_length=1_000, description="Words in the prompts.")
    model: str = ""
    status: list[Status] = Field(default_factory=list)
    since: datetime | None = None
    until: datetime | None = None
    rating_least: float | None = Field(None, ge=1, le=5)
    experiment: str = ""
    deleted: bool = Field(False, description="The bin instead of the log.")

    @property
    def wanted(self) -> RunFilter:
        return RunFilter(
            text=self.text,
            model=self.model,
            status=tuple(self.status),
            since=_utc(self.since),
            until=_utc(self.until),
            rating_least=self.rating_least,
            experiment_id=self.experiment,
            deleted=self.deleted,
        )


class RunQuery(Selection):
    limit: int = Field(50, ge=1, le=200)
    before: int | None = Field(None, ge=0, lt=2**63, description="“older” of the page before.")


class NewRatings(Body):
    scores: dict[str, int] = Field(min_length=1, description="1 to 5 by criterion.")
    comment: str = Field("", max_length=4_000)
    person: str = Field("", max_length=200)
    position: int = Field(0, ge=0, le=1_000)
    blind: bool = False


def shape(bench: Workbench, run: Run) -> dict[str, object]:
    """A run as JSON: the words of ``record``, with addresses on this server in place of paths."""
    told = record(run, bench.path)
    given: Any = told["inputs"]
    clips: Any = told["clips"]
    return {
        **told,
        "inputs": [
            {**_without_paths(each), "url": url(i.media)}
            for each, i in zip(given, run.request.inputs, strict=True)
        ],
        "clips": [_clip(each, clip) for each, clip in zip(clips, run.clips, strict=True)],
        "progress": run.progress,
        "progress_note": run.progress_note,
        "deleted_at": to_text(run.deleted_at) if run.deleted_at else None,
        "cancel_requested": run.cancel_requested,
    }


def create(bench: Workbench, asked: Asked) -> Response:
    wish = entering.once(asked)
    if earlier := entering.made_before(bench, wish):
        return _made(bench, earlier)
    body: NewRun = asked.body
    found = heir(bench, body.model, wanted=body.successor)
    parent = bench.run(body.parent) if body.parent else None
    with TemporaryDirectory(prefix="workbench-upload-") as folder:
        checked = entering.drafted(
            bench,
            found.model,
            Path(folder),
            prompt=body.prompt,
            negative_prompt=body.negative_prompt,
            seed=body.seed,
            fold_negative_prompt=body.fold_negative_prompt,
            settings={**found.settings, **body.settings},
            files={name: getattr(body, name) for name in (*entering.SINGLE, *entering.MANY)},
        )
        request = bench.keep(checked, found.model)
    origin = Origin(parent.id, Parenthood.VARIANT) if parent else None
    return _made(bench, entering.entered(bench, request.takes(body.takes), origin, wish))


def list_runs(bench: Workbench, asked: Asked) -> Response:
    query: RunQuery = asked.query
    found = bench.store.runs.page(query.wanted, query.limit, query.before)
    return shown({"data": [shape(bench, run) for run in found.runs], "older": found.older})


def one(bench: Workbench, asked: Asked) -> Response:
    return shown(shape(bench, bench.run(asked.path["id"])))


def cancel(bench: Workbench, asked: Asked) -> Response:
    run = bench.run(asked.path["id"])
    try:
        return shown(shape(bench, bench.cancel(run.id)))
    except RequestError as error:
        raise Refused(409, "wrong_state", str(error)) from error


def delete(bench: Workbench, asked: Asked) -> Response:
    run = bench.run(asked.path["id"])
    try:
        bench.delete([run.id])
    except RequestError as error:
        raise Refused(409, "wrong_state", str(error)) from error
    return shown(shape(bench, bench.run(run.id)))


def undelete(bench: Workbench, asked: Asked) -> Response:
    run = bench.run(asked.path["id"])
    bench.undelete([run.id])
    return shown(shape(bench, bench.run(run.id)))


def rate(bench: Workbench, asked: Asked) -> Response:
    body: NewRatings = asked.body
    run = bench.run(asked.path["id"])
    bench.rate(
        run.id,
        body.scores,
        comment=body.comment,
        person=body.person,
        position=body.position,
        blind=body.blind,
    )
    return ratings(bench, asked)


def ratings(bench: Workbench, asked: Asked) -> Response:
    return shown({"data": [_rating(rating) for rating in bench.ratings(asked.path["id"])]})


def _made(bench: Workbench, runs: list[Run]) -> Response:
    return shown({"data": [shape(bench, run) for run in runs]}, 201)


def _rating(rating: Rating) -> dict[str, object]:
    return {
        "criterion": rating.criterion,
        "score": rating.score,
        "position": rating.position,
        "person": rating.person,
        "comment": rating.comment,
        "blind": rating.blind,
        "created_at": to_text(rating.created_at) if rating.created_at else None,
    }


def _clip(told: dict[str, object], clip: Clip) -> dict[str, object]:
    return {
        **_without_paths(told),
        "url": url(clip.media),
        "poster": _url(clip.poster),
        "last_frame": _url(clip.last_frame),
    }


def _without_paths(told: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in told.items() if name != "path"}


def _url(media: Media | None) -> str | None:
    return url(media) if media else None


def _utc(moment: datetime | None) -> datetime | None:
    """A time without a zone is meant in UTC, as the log's are."""
    return moment.replace(tzinfo=UTC) if moment and moment.tzinfo is None else moment


_TAG = "Runs"
_KEY = {"Idempotency-Key": "The same key never makes a second set of runs."}
_ID = "An id, or a unique beginning of one."
OPERATIONS = (
    Operation("GET", "/api/runs", list_runs, "The log, newest first", _TAG, RunPage, query=RunQuery),
    Operation(
        "POST",
        "/api/runs",
        create,
        "Make runs",
        _TAG,
        RunsMade,
        201,
        body=NewRun,
        headers=_KEY,
        refuses=(402, 404, 410, 413, 415, 422, 424),
        about="They are logged and answered at once; follow them at /api/events.",
    ),
    Operation("GET", "/api/runs/{id}", one, "One run", _TAG, RunShape, refuses=(404,), about=_ID),
    Operation(
        "DELETE", "/api/runs/{id}", delete, "Into the bin, for 30 days", _TAG, RunShape, refuses=(404, 409)
    ),
    Operation("POST", "/api/runs/{id}/undelete", undelete, "Out of the bin", _TAG, RunShape, refuses=(404,)),
    Operation(
        "POST",
        "/api/runs/{id}/cancel",
        cancel,
        "Ask for an end",
        _TAG,
        RunShape,
        refuses=(404, 409),
        about="What was not sent is cancelled at once; else the provider is asked.",
    ),
    Operation("GET", "/api/runs/{id}/ratings", ratings, "Its ratings", _TAG, RatingsShape, refuses=(404,)),
    Operation(
        "POST",
        "/api/runs/{id}/ratings",
        rate,
        "Rate a clip",
        _TAG,
        RatingsShape,
        body=NewRatings,
        refuses=(404, 413, 415),
    ),
)
