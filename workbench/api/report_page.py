"""A report as one HTML document that asks the network for nothing. Whatever people wrote is text in it.

Its policy (``Content-Security-Policy``) lets one script run, by its hash, and nothing be loaded but what
lies inside the document.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from pathlib import Path
from typing import Final

from workbench import __version__
from workbench.api.arms import Arm
from workbench.api.ranking import RankedArms, votes_on
from workbench.api.report_clips import Embedded, Reel
from workbench.api.report_tables import costs, reviewers, scrolling, standings, table, win_matrix
from workbench.api.standings import forest_svg
from workbench.player import MOST_CLIPS, PlayerClip, embedded
from workbench.prompting.diff import Piece, word_diff
from workbench.review import raters_of

METHOD: Final = (
    "People saw two clips side by side, in random order and on random sides, without being told which "
    "prompt, model or setting made them, and said which is better, that both are good, or that both are bad. "
    "Pairs that were shown to somebody a second time say how steady people are; they and skipped pairs are "
    "no votes.",
    "The votes are read with a hierarchical Davidson Bradley–Terry model: an arm is everything that its "
    "clips have in common but the seed, and each clip has its own luck around its arm. So intervals narrow "
    "with more clips, and with more votes only down to what that luck leaves. Both good and both bad count "
    "as ties; what the left side gains is measured and taken out.",
    "Effects are logits against the mean of the arms: +0.7 wins about two of three. Intervals hold 95 % of "
    "the posterior. Two arms are settled when the interval of their difference leaves out 0; P is how sure "
    "it is that the first is better. Shares of reviewers have Wilson’s 95 % interval.",
)
_CSS: Final = Path(__file__).with_name("report.css")
_MOST_LOADED: Final = 24  # browsers have a limit of videos that stand ready
_TAGS: Final = {"same": "{}", "added": "<ins>{}</ins>", "removed": "<del>{}</del>"}


@dataclass(frozen=True, slots=True)
class Contents:
    """``people`` says what reviewers are called; ``made_at`` is when the report was made."""

    found: RankedArms
    people: Mapping[str, str]
    made_at: datetime


def page(contents: Contents, reel: Reel) -> str:
    found = contents.found
    order = [found.arm(one.arm) for one in found.ranking.standings]
    first = [arm for arm in order if reel.clips.get(arm.label)][:MOST_CLIPS]
    played = [reel.clips[arm.label][0] for arm in first]
    player = None
    if played:
        clips = [_player_clip(arm, clip) for arm, clip in zip(first, played, strict=True)]
        player = embedded(clips, label="Clips of the arms, on one timeline")
    sections = [
        _section("How far apart they are", scrolling("Effects with intervals", _forest(found))),
        _player_section(player.markup, len(played), len(order)) if player else "",
        _section("Arms", table("Arms, the best first", *standings(found))),
        _section("Prompts and clips", *(_arm(arm, found.arms[0], reel, played) for arm in order)),
        _section("Between two", win_matrix(found)),
        _section("Reviewers", _reviewers(contents)),
        _section("Quality against cost and latency", costs(found)),
        _section("Method", *(f"<p>{escape(text)}</p>" for text in METHOD), _spread(found)),
    ]
    script = player.script if player else ""
    return _DOCUMENT.format(
        policy=_policy(script),
        title=escape(_title(found)),
        css=_CSS.read_text(encoding="utf-8"),
        header=_header(contents, reel),
        sections="\n".join(filter(None, sections)),
        footer=_footer(contents),
        script=f'<script type="module">{script}</script>' if script else "",
    )


def _title(found: RankedArms) -> str:
    return found.reviews[0].name if len(found.reviews) == 1 else "All reviews"


def _header(contents: Contents, reel: Reel) -> str:
    found, ranking = contents.found, contents.found.ranking
    questions = dict.fromkeys(review.plan.question for review in found.reviews)
    asked = "".join(f'<p class="question"><bdi>{escape(question)}</bdi></p>' for question in questions)
    people = len({pair.person for pair in found.judged})
    seen = [_count(ranking.votes, "vote"), _count(ranking.clips, "clip"), _count(people, "reviewer")]
    note = f'<p class="quiet">{escape(reel.left_out)}</p>' if reel.left_out else ""
    return (
        f'<h1><bdi>{escape(_title(found))}</bdi></h1>{asked}<p class="answer">{escape(found.sentence)}</p>'
        f'<p class="quiet">{", ".join(seen)} · {contents.made_at:%Y-%m-%d %H:%M} UTC</p>{note}'
    )


def _forest(found: RankedArms) -> str:
    return f'<figure class="forest">{forest_svg(found)}</figure>'


def _player_section(markup: str, shown: int, arms: int) -> str:
    which = "each arm" if shown == arms else f"each of the best {shown} arms that have one here"
    told = (
        f"The clip with the most votes of {which}. Click into it; then Space plays, comma and full stop step "
        "by a frame, and ? shows all keys."
    )
    return _section("Side by side", f"<p>{escape(told)}</p>{markup}", kind="played")


def _arm(arm: Arm, first: Arm, reel: Reel, played: Sequence[Embedded]) -> str:
    request = arm.request
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
    videos = "".join(_video(arm, one, "none" if is_long else "auto") for one in more)
    clips = f'<ul class="clips" aria-label="More clips of arm {arm.label}">{videos}</ul>' if videos else ""
    return (
        f'<article class="arm">{picture}<h3>{escape(arm.label)} · <bdi>{escape(arm.title)}</bdi></h3>'
        f"<dl>{rows}</dl>{clips}</article>"
    )


def _video(arm: Arm, one: Embedded, preload: str) -> str:
    told = f"{one.candidate.name}, {_count(one.candidate.votes, 'vote')}"
    return (
        f'<li><video src="{_url("video/mp4", one.content)}" controls loop playsinline preload="{preload}" '
        f'aria-label="Arm {arm.label}, {escape(told)}"></video>{escape(told)}</li>'
    )


def _reviewers(contents: Contents) -> str:
    found = contents.found
    told = raters_of(votes_on(found.reviews, found.judged, found.arms, repeats=True))
    if not told:
        return "<p>Nobody has voted yet.</p>"
    return table("Reviewers, and how they vote", *reviewers(told, contents.people))


def _spread(found: RankedArms) -> str:
    sigma, side = found.ranking.sigma, found.ranking.side
    text = (
        f"Spread of the clips of one arm: {sigma.value:.1f} [{sigma.low:.1f}, {sigma.high:.1f}] logits. The "
        f"left side gains {side.value:+.1f} [{side.low:.1f}, {side.high:.1f}]."
    )
    return f"<p>{escape(text.replace('-', '−'))}</p>"


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


def _section(title: str, *parts: str, kind: str = "") -> str:
    of_kind = f' class="{kind}"' if kind else ""
    return f"<section{of_kind}><h2>{escape(title)}</h2>\n{''.join(parts)}</section>"


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


def _count(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


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
