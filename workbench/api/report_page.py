"""A report as one HTML document that asks the network for nothing. Whatever people wrote is text in it.

Its policy (``Content-Security-Policy``) lets one script run, by its hash, and nothing be loaded but what
lies inside the document.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Final

from workbench import __version__
from workbench.api.arms import Arm
from workbench.api.report_clips import Embedded, Reel
from workbench.api.report_contents import Contents, Section, count
from workbench.player import MOST_CLIPS, PlayerClip, embedded
from workbench.prompting.diff import Piece, word_diff

_CSS: Final = Path(__file__).with_name("report.css")
_MOST_LOADED: Final = 24  # browsers have a limit of videos that stand ready
_TAGS: Final = {"same": "{}", "added": "<ins>{}</ins>", "removed": "<del>{}</del>"}


def page(contents: Contents, reel: Reel) -> str:
    first = [arm for arm in contents.arms if reel.clips.get(arm.label)][:MOST_CLIPS]
    played = [reel.clips[arm.label][0] for arm in first]
    player = None
    if played:
        clips = [_player_clip(arm, clip) for arm, clip in zip(first, played, strict=True)]
        player = embedded(clips, label="Clips of the arms, on one timeline")
    prompts = "".join(_arm(arm, contents, reel, played) for arm in contents.arms)
    sections = [
        _section(contents.picture),
        _player_section(player.markup, len(played), contents) if player else "",
        *map(_section, contents.before),
        _section(Section("Prompts and clips", prompts)),
        *map(_section, contents.after),
    ]
    script = player.script if player else ""
    return _DOCUMENT.format(
        policy=_policy(script),
        title=escape(contents.title),
        css=_CSS.read_text(encoding="utf-8"),
        header=_header(contents, reel),
        sections="\n".join(filter(None, sections)),
        footer=_footer(contents),
        script=f'<script type="module">{script}</script>' if script else "",
    )


def _header(contents: Contents, reel: Reel) -> str:
    questions = dict.fromkeys(review.plan.question for review in contents.reviews)
    asked = "".join(f'<p class="question"><bdi>{escape(question)}</bdi></p>' for question in questions)
    note = f'<p class="quiet">{escape(reel.left_out)}</p>' if reel.left_out else ""
    return (
        f"<h1><bdi>{escape(contents.title)}</bdi></h1>{asked}"
        f'<p class="answer">{escape(contents.sentence)}</p>'
        f'<p class="quiet">{", ".join(contents.seen)} · {contents.made_at:%Y-%m-%d %H:%M} UTC</p>{note}'
    )


def _player_section(markup: str, shown: int, contents: Contents) -> str:
    are_all = shown == len(contents.arms)
    which = "each arm" if are_all else f"each of the best {shown} arms that have one here"
    told = (
        f"The clip with the most {contents.unit}s of {which}. Click into it; then Space plays, comma and "
        "full stop step by a frame, and ? shows all keys."
    )
    return _section(Section("Side by side", f"<p>{escape(told)}</p>{markup}"), kind="played")


def _arm(arm: Arm, contents: Contents, reel: Reel, played: Sequence[Embedded]) -> str:
    request, first = arm.request, contents.first
    facts = [
        ("Prompt", _text(request.prompt)),
        (f"Against {first.label}", _diff(first.request.prompt, request.prompt) if arm is not first else ""),
        ("Negative prompt", _text(request.negative_prompt) if request.negative_prompt else ""),
        (
            f"Against {first.label}",
            _diff(first.request.negative_prompt, request.negative_prompt)
            if request.negative_prompt != first.request.negative_prompt
            else "",
        ),
        ("Model", escape(request.model)),
        ("Settings", escape(", ".join(f"{name} {v}" for name, v in request.settings.items() if v != ""))),
        ("References", f"{len(request.inputs)}" if request.inputs else ""),
        ("Emulated", _EMULATED if any(run.is_emulated for run in arm.runs) else ""),
    ]
    rows = "".join(f"<dt>{escape(name)}</dt><dd>{value}</dd>" for name, value in facts if value)
    still = reel.posters.get(arm.label)
    picture = f'<img src="{_url("image/jpeg", still)}" alt="A still of arm {arm.label}">' if still else ""
    more = [one for one in reel.clips.get(arm.label, ()) if one not in played]
    is_long = sum(map(len, reel.clips.values())) > _MOST_LOADED
    videos = "".join(_video(one, contents.unit, "none" if is_long else "auto") for one in more)
    clips = f'<ul class="clips" aria-label="More clips of arm {arm.label}">{videos}</ul>' if videos else ""
    return (
        f'<article class="arm">{picture}<h3>{escape(arm.label)} · <bdi>{escape(arm.title)}</bdi></h3>'
        f"<dl>{rows}</dl>{clips}</article>"
    )


def _video(one: Embedded, unit: str, preload: str) -> str:
    told = f"{one.candidate.name}, {count(one.candidate.judged, unit)}"
    return (
        f'<li><video src="{_url("video/mp4", one.content)}" controls loop playsinline preload="{preload}" '
        f'aria-label="Arm {one.candidate.arm}, {escape(told)}"></video>{escape(told)}</li>'
    )


def _footer(contents: Contents) -> str:
    made = f"{contents.made_at:%Y-%m-%d %H:%M} UTC"
    return (
        f"Made on {made} by video prompt workbench {escape(__version__)}. The clips in this file are small "
        "copies; nothing in it is loaded from anywhere."
    )


def _diff(old: str, new: str) -> str:
    if old == new:
        return "the same"
    pieces = "".join(map(_piece, word_diff(old, new)))
    return f'<div class="text" dir="auto">{pieces}</div>'


def _piece(piece: Piece) -> str:
    """White space around changed words stays unmarked, unless it is all that changed."""
    words = piece.text.strip() or piece.text
    before, _, after = piece.text.partition(words)
    return before + _TAGS[piece.kind].format(escape(words)) + after


def _text(text: str) -> str:
    return f'<div class="text" dir="auto">{escape(text)}</div>'


def _section(section: Section, kind: str = "") -> str:
    of_kind = f' class="{kind}"' if kind else ""
    return f"<section{of_kind}><h2>{escape(section.title)}</h2>\n{section.markup}</section>"


def _player_clip(arm: Arm, one: Embedded) -> PlayerClip:
    facts = one.facts
    return PlayerClip(
        _url("video/mp4", one.content),
        f"{arm.label} · {arm.title} · {one.candidate.name}",
        facts.fps,
        facts.duration_s,
        facts.width,
        facts.height,
        has_audio=facts.has_audio,
    )


def _url(mime: str, content: bytes) -> str:
    return f"data:{mime};base64,{b64encode(content).decode()}"


def _policy(script: str) -> str:
    digest = b64encode(hashlib.sha256(script.encode()).digest()).decode()
    allowed = f"'sha256-{digest}'" if script else "'none'"
    return (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data:; "
        "media-src data:; base-uri 'none'; form-action 'none'"
    )


_EMULATED = "by a server on that machine; nothing was charged"
_DOCUMENT: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
{css}</style>
</head>
<body>
<header>{header}</header>
<main>
{sections}
</main>
<footer>{footer}</footer>
{script}
</body>
</html>
"""
