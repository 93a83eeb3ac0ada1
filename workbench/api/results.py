"""What the façade gives back: a run that shows itself in a notebook, and how far one is."""

from __future__ import annotations

import base64
import html
from dataclasses import dataclass, fields

from workbench.domain.media import Media
from workbench.domain.run import Run, Status
from workbench.media.files import MediaFiles

PREVIEW_BYTES = 400_000


class LoggedRun(Run):
    """A ``Run`` as the log holds it, which a notebook shows as poster, small preview and request."""

    __slots__ = ()

    @classmethod
    def of(cls, run: Run) -> LoggedRun:
        return cls(**{field.name: getattr(run, field.name) for field in fields(run)})

    def _repr_html_(self) -> str:
        return _card(self)

    def __str__(self) -> str:
        return self.outcome


@dataclass(frozen=True, slots=True)
class Progress:
    """What ``on_progress`` is called with. ``fraction`` is 0 to 1 where the provider tells it.

    ``waits_for`` says what holds the run up: a full disk, a key that has lapsed.
    """

    run_id: str
    status: Status
    fraction: float | None = None
    note: str = ""
    waits_for: str = ""

    def __str__(self) -> str:
        if self.waits_for:
            return f"{self.run_id} {self.status}; it waits: {self.waits_for}"
        share = f" {self.fraction:.0%}" if self.fraction is not None else ""
        note = f" – {self.note}" if self.note else ""
        return f"{self.run_id} {self.status}{share}{note}"


def _card(run: Run) -> str:
    request = run.request
    settings = ", ".join(f"{name} {value}" for name, value in request.settings.items() if value != "")
    rows = [
        ("Prompt", request.prompt),
        ("Negative prompt", request.negative_prompt),
        ("Model", request.model),
        ("Settings", settings),
        ("Seed", "" if request.seed is None else str(request.seed)),
        ("Status", run.outcome),
        ("Emulated", "by a server on this machine; nothing was charged" if run.is_emulated else ""),
        ("What to do", _decisions(run) if run.status is Status.UNCERTAIN else ""),
        ("Adjusted", "; ".join(run.adjustments)),
        ("Estimate", _usd(run.estimate_micros) if run.estimate_micros else ""),
        ("Billed", "" if run.billed_micros is None else _usd(run.billed_micros)),
        ("Latency", "" if run.latency_s is None else f"{run.latency_s:.1f} s"),
        ("File" if len(run.clips) == 1 else "Files", "\n".join(str(clip.path) for clip in run.clips)),
    ]
    table = "".join(
        f"<tr><th style='text-align:left;vertical-align:top'>{label}</th>"
        f"<td style='text-align:left;white-space:pre-wrap'>{html.escape(value)}</td></tr>"
        for label, value in rows
        if value
    )
    return f"<div style='display:flex;gap:1em;flex-wrap:wrap'>{_player(run)}<table>{table}</table></div>"


def _decisions(run: Run) -> str:
    """The calls by which a person settles an uncertain run."""
    return (
        f"wb.find({run.id!r}) lists what the provider has, where it lists its operations; then "
        f"wb.adopt_operation({run.id!r}, found[0].operation) collects it, "
        f"wb.send_again({run.id!r}) sends it once more, wb.close_uncertain({run.id!r}) calls it failed"
    )


def _usd(micros: int) -> str:
    return f"${micros / 1e6:.2f}"


def _player(run: Run) -> str:
    """A preview small enough to live inside a notebook file."""
    if run.clip is None:
        return ""
    poster = _poster_url(run.clip.poster, MediaFiles(run.clip.path.parent.parent))
    if not run.clip.media.is_video:
        return f"<img width='320' src='{poster}' alt='Still of run {run.id}'>"
    from workbench.media.poster import preview

    video = data_url(preview(run.clip.path, max_bytes=PREVIEW_BYTES), "video/mp4")
    return (
        f"<video controls loop muted playsinline width='320' poster='{poster}' src='{video}' "
        f"aria-label='Clip of run {run.id}'></video>"
    )


def _poster_url(poster: Media | None, files: MediaFiles) -> str:
    return data_url(files.path(poster).read_bytes(), poster.mime) if poster else ""


def data_url(data: bytes, mime: str) -> str:
    return f"data:{mime};base64,{base64.b64encode(data).decode()}"
