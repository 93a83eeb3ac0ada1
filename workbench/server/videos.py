"""``/v1/videos`` in the shape of OpenAI's Videos API: its clients make logged runs on any model here.

Such a client sends a request again by itself when it hears nothing, or 408, 409, 429 or a 5xx – without a
key. So the row is in the log and answered before any provider hears of it, and from then on nothing
answers 5xx.
"""

from __future__ import annotations

import re
from pathlib import Path
from tempfile import TemporaryDirectory

from starlette.responses import Response

from workbench.api import LoggedRun, Workbench
from workbench.domain.errors import RequestError, UnknownRun
from workbench.domain.media import Role
from workbench.domain.run import Kind, Origin, Parenthood, Run, Status
from workbench.server import entering, sizes
from workbench.server.media import sent
from workbench.server.operations import Asked, Operation, shown
from workbench.server.refusals import Refused
from workbench.server.shapes import DeletedVideo, ModelNames, VideoPage, VideoShape
from workbench.server.video_bodies import Content, CreateVideo, EditVideo, ListVideos, RemixVideo, wanted

SHEETS = Path("cache") / "sheets"
_WORDS = {
    Status.QUEUED: "queued",
    Status.SUBMITTING: "in_progress",
    Status.GENERATING: "in_progress",
    Status.DOWNLOADING: "in_progress",
    Status.SUCCEEDED: "completed",
}
_CODES = {Status.FILTERED: "moderation_blocked"}
_REMIXES = (Parenthood.VARIANT, Parenthood.EDIT, Parenthood.EXTENSION)
_GOES_ON = {"edits": ("edit", Parenthood.EDIT), "extensions": ("extend", Parenthood.EXTENSION)}


def video(run: Run, note: str = "") -> dict[str, object]:
    """A run as a client of the Videos API reads it. What waits for a person counts as failed: it would
    be polled for ever otherwise."""
    word = _WORDS.get(run.status, "failed")
    parent = run.origin.parent_id if run.origin.parenthood in _REMIXES else None
    ended = run.finished_at if run.status.is_final else None
    code = _CODES.get(run.status, str(run.failure or run.status))
    return {
        "id": run.id,
        "object": "video",
        "status": word,
        "progress": _progress(run),
        "created_at": int(run.created_at.timestamp()),
        "completed_at": int(ended.timestamp()) if ended else None,
        "expires_at": None,
        "model": run.request.model,
        "prompt": run.request.unfolded(run.adjustments).prompt,
        "seconds": sizes.seconds_of(run),
        "size": sizes.size_of(run),
        "remixed_from_video_id": parent,
        "error": {"code": code, "message": run.outcome} if word == "failed" else None,
        "note": note or run.waits_for or run.progress_note,
    }


def create(bench: Workbench, asked: Asked) -> Response:
    wish = entering.once(asked)
    if earlier := entering.made_before(bench, wish):
        return shown(video(earlier[0]))
    with TemporaryDirectory(prefix="workbench-upload-") as folder:
        checked, model, note = wanted(bench, asked.body, Path(folder))
        request = bench.keep(checked, model)
    return shown(video(entering.entered(bench, [request], None, wish)[0], note))


def go_on(bench: Workbench, asked: Asked) -> Response:
    """``/edits`` and ``/extensions``: of a run here, with its model and settings, or of an upload."""
    wish = entering.once(asked)
    if earlier := entering.made_before(bench, wish):
        return shown(video(earlier[0]))
    field, parenthood = _GOES_ON[asked.request.url.path.rpartition("/")[2]]
    body: EditVideo = asked.body
    extra = body.model_extra or {}
    parent: Run | None = None
    if isinstance(body.video, dict) and isinstance(body.video.get("id"), str):
        parent = _finished(bench, body.video["id"])
    values = body.model_dump(exclude={"video"}, exclude_none=True) | extra
    values[field] = body.video
    if parent:
        values.setdefault("model", parent.request.model)
    origin = Origin(parent.id, parenthood) if parent else None
    with TemporaryDirectory(prefix="workbench-upload-") as folder:
        settings = dict(parent.request.settings) if parent else {}
        checked, model, note = wanted(bench, CreateVideo.model_validate(values), Path(folder), settings)
        request = bench.keep(checked, model)
    return shown(video(entering.entered(bench, [request], origin, wish)[0], note))


def remix(bench: Workbench, asked: Asked) -> Response:
    """The clip edited in words, where its model does that; else the same request with the new prompt."""
    wish = entering.once(asked)
    if earlier := entering.made_before(bench, wish):
        return shown(video(earlier[0]))
    parent = _finished(bench, asked.path["id"])
    model = bench.model(parent.request.model)
    request = parent.request.unfolded(parent.adjustments)
    is_edit = Role.EDITED_CLIP in model.roles
    inputs = {str(role): [i.media.sha256 for i in request.inputs_as(role)] for role in model.roles}
    files = {name: inputs[role] for name, role in entering.MANY.items() if inputs.get(role)}
    files |= {name: inputs[role] for name, role in entering.SINGLE.items() if inputs.get(role)}
    checked = entering.drafted(
        bench,
        model,
        Path(),
        prompt=asked.body.prompt,
        negative_prompt=request.negative_prompt,
        seed=request.seed,
        fold_negative_prompt=request.fold_negative_prompt,
        settings=dict(request.settings),
        files={"edit": parent.id} if is_edit else files,
    )
    origin = Origin(parent.id, Parenthood.EDIT if is_edit else Parenthood.VARIANT)
    made = entering.entered(bench, [bench.keep(checked, model)], origin, wish)
    return shown(video(made[0]))


def retrieve(bench: Workbench, asked: Asked) -> Response:
    run = _seen(bench, asked.path["id"])
    return shown(video(run))


def list_videos(bench: Workbench, asked: Asked) -> Response:
    query: ListVideos = asked.query
    after: int | None = None
    if query.after is not None:
        after = _any(bench, query.after, param="after").rowid
    found = bench.store.videos.page(after, query.limit + 1, newest_first=query.order == "desc")
    page = [video(run) for run in found[: query.limit]]
    return shown(
        {
            "object": "list",
            "data": page,
            "first_id": page[0]["id"] if page else None,
            "last_id": page[-1]["id"] if page else None,
            "has_more": len(found) > query.limit,
        }
    )


def delete(bench: Workbench, asked: Asked) -> Response:
    """What is finished goes to the bin. What is open is cancelled, and this client sees it no more."""
    run: Run = _seen(bench, asked.path["id"])
    if run.status.is_busy:
        try:
            run = bench.cancel(run.id)
        except RequestError:  # it has ended just now
            run = bench.run(run.id)
    if run.status.is_final:
        bench.delete([run.id])
    else:
        bench.store.videos.dismiss(run.id, bench.clock.now())
    return shown({"id": run.id, "object": "video.deleted", "deleted": True})


def content(bench: Workbench, asked: Asked) -> Response:
    query: Content = asked.query
    run = _seen(bench, asked.path["id"])
    if run.clip is None:
        if run.status.is_busy:
            raise Refused(
                404, "not_ready", f"{run.outcome} Its clip is not there yet.", hint="Ask again later."
            )
        raise Refused(422, "no_video", run.outcome)
    clip = run.clip
    name = f"{run.id}.{query.variant}"
    if query.variant == "thumbnail":
        if clip.poster is None:
            raise Refused(404, "no_thumbnail", f"Run {run.id} has no poster.")
        return sent(asked.request, bench.path(clip.poster), clip.poster, name)
    if query.variant == "spritesheet" and clip.path.is_file():
        from workbench.media.sheet import kept_sheet  # with NumPy, Pillow and PyAV

        drawn = kept_sheet(clip.path, clip.media.sha256, bench.settings.data / SHEETS)
        headers = {"Cache-Control": "private, max-age=86400", "X-Content-Type-Options": "nosniff"}
        return Response(drawn, media_type="image/jpeg", headers=headers)
    bench.mark_seen(clip.media)
    return sent(asked.request, clip.path, clip.media, name)


def models(bench: Workbench, _: Asked) -> Response:
    """Those that make videos and are set up."""
    ready = [m for m in bench.models() if m.kind is Kind.VIDEO and not bench.missing(m.model)]
    data = [
        {"id": m.model, "object": "model", "created": 0, "owned_by": m.model.partition("/")[0]} for m in ready
    ]
    return shown({"object": "list", "data": data})


def _progress(run: Run) -> int:
    if run.status is Status.SUCCEEDED:
        return 100
    if run.status is Status.DOWNLOADING:
        return 99
    return min(99, max(0, int(100 * (run.progress or 0.0))))


def _any(bench: Workbench, video_id: str, param: str | None = None) -> LoggedRun:
    """By its whole id; runs in the bin too."""
    try:
        if re.fullmatch(r"[0-9A-Z]{26}", video_id):
            return bench.run(video_id)
    except UnknownRun:
        pass
    raise Refused(404, "unknown_video", f"There is no video {video_id!r:.60}.", param=param)


def _seen(bench: Workbench, video_id: str) -> LoggedRun:
    run = _any(bench, video_id)
    if run.deleted_at or run.kind is not Kind.VIDEO or bench.store.videos.is_dismissed(run.id):
        raise Refused(404, "unknown_video", f"There is no video {video_id!r:.60}.")
    return run


def _finished(bench: Workbench, video_id: str) -> LoggedRun:
    run = _seen(bench, video_id)
    if run.clip is None:
        raise Refused(400, "no_video", f"{run.outcome} Only a completed video can be gone on from.")
    return run


_TAG = "Videos (OpenAI's shape)"
OPERATIONS = (
    Operation(
        "POST",
        "/v1/videos",
        create,
        "Make a video",
        _TAG,
        VideoShape,
        body=CreateVideo,
        takes_form=True,
        headers={"Idempotency-Key": "The same key never makes a second run."},
        refuses=(402, 410, 413, 415, 422, 424),
        about="The run is logged and answered before any provider hears of it.",
    ),
    Operation(
        "GET", "/v1/videos", list_videos, "List videos", _TAG, VideoPage, query=ListVideos, refuses=(404,)
    ),
    Operation("GET", "/v1/videos/{id}", retrieve, "One video", _TAG, VideoShape, refuses=(404,)),
    Operation(
        "DELETE", "/v1/videos/{id}", delete, "Delete or cancel a video", _TAG, DeletedVideo, refuses=(404,)
    ),
    Operation(
        "GET",
        "/v1/videos/{id}/content",
        content,
        "Its file, poster or contact sheet",
        _TAG,
        query=Content,
        binary=("video/mp4", "image/jpeg"),
        refuses=(404, 422),
    ),
    Operation(
        "POST",
        "/v1/videos/{id}/remix",
        remix,
        "The same with another prompt",
        _TAG,
        VideoShape,
        body=RemixVideo,
        takes_form=True,
        headers={"Idempotency-Key": "The same key never makes a second run."},
        refuses=(402, 404, 410, 413, 415, 422, 424),
    ),
    *(
        Operation(
            "POST",
            f"/v1/videos/{name}",
            go_on,
            summary,
            _TAG,
            VideoShape,
            body=EditVideo,
            takes_form=True,
            headers={"Idempotency-Key": "The same key never makes a second run."},
            refuses=(402, 404, 410, 413, 415, 422, 424),
        )
        for name, summary in (("edits", "Edit a video in words"), ("extensions", "Extend a video"))
    ),
    Operation("GET", "/v1/models", models, "Models that are ready", _TAG, ModelNames),
)
