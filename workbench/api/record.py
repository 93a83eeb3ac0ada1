"""A run as one JSON object: the same words on the command line, over HTTP and in exports."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from workbench.domain.media import Input, Media
from workbench.domain.run import Clip, Run
from workbench.domain.times import to_text


def record(run: Run, path: Callable[[Media], Path]) -> dict[str, object]:
    """Times are ISO 8601 in UTC, money is millionths of a US dollar, ``path`` says where media lie."""
    request, origin = run.request, run.origin
    return {
        "id": run.id,
        "status": run.status,
        "outcome": run.outcome,
        "kind": run.kind,
        "emulated": run.is_emulated,
        "model": request.model,
        "prompt": request.prompt,
        "negative_prompt": request.negative_prompt,
        "seed": request.seed,
        "take": request.take,
        "settings": dict(request.settings),
        "inputs": [_input(i, path) for i in request.inputs],
        "clips": [_clip(clip, path) for clip in run.clips],
        "created_at": to_text(run.created_at),
        "submitted_at": _time(run.submitted_at),
        "accepted_at": _time(run.accepted_at),
        "ready_at": _time(run.ready_at),
        "finished_at": _time(run.finished_at),
        "queue_s": run.queue_s,
        "latency_s": run.latency_s,
        "download_s": run.download_s,
        "failure": run.failure,
        "message": run.message,
        "blocked_reason": run.blocked_reason,
        "waits_for": run.waits_for,
        "overdue": run.overdue,
        "held_until": _time(run.held_until),
        "filtered": list(run.filtered),
        "adjustments": list(run.adjustments),
        "report": dict(run.report),
        "estimate_micros": run.estimate_micros,
        "billed_micros": run.billed_micros,
        "charge": run.charge,
        "rating": run.rating,
        "parent_id": origin.parent_id,
        "parenthood": origin.parenthood,
        "experiment_id": origin.experiment_id,
    }


def _input(i: Input, path: Callable[[Media], Path]) -> dict[str, object]:
    return {"role": i.role, "position": i.position, **_media(i.media), "path": str(path(i.media))}


def _clip(clip: Clip, path: Callable[[Media], Path]) -> dict[str, object]:
    return {
        **_media(clip.media),
        "path": str(clip.path),
        "poster": str(path(clip.poster)) if clip.poster else None,
        "last_frame": str(path(clip.last_frame)) if clip.last_frame else None,
    }


def _media(media: Media) -> dict[str, object]:
    facts: dict[str, object] = {
        "sha256": media.sha256,
        "mime": media.mime,
        "size_bytes": media.size_bytes,
        "width": media.width,
        "height": media.height,
    }
    if media.is_video:
        facts |= {"duration_s": media.duration_s, "fps": media.fps, "has_audio": media.has_audio}
    return facts


def _time(moment: datetime | None) -> str | None:
    return to_text(moment) if moment else None
