"""What phrases and settings do, by the votes: effects where slots tell them apart, else changes of words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final

from workbench.api.arms import Arm
from workbench.domain.run import Run
from workbench.prompting.diff import Piece, word_diff

if TYPE_CHECKING:
    from workbench.review import PhraseEffect, Ranking

FREE: Final = "free edits"  # how sentences call what differs between arms beyond slots, model and settings
_UNSET = "unset"


@dataclass(frozen=True, slots=True)
class Edit:
    """How the words of ``arm`` differ from those of ``base``; slots stand as slots."""

    arm: str
    base: str
    prompt: tuple[Piece, ...]
    negative_prompt: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class ArmPhrases:
    """``effects`` are of slots, of the model and of settings; ``refusals`` say in sentences what can't be
    told and why. ``edits``: of each other wording, its best arm against the best of all. Which word of an
    edit did it, no vote can tell: edits have no effects.
    """

    effects: tuple[PhraseEffect, ...]
    refusals: tuple[str, ...]
    edits: tuple[Edit, ...]


def arm_phrases(arms: Sequence[Arm], ranking: Ranking) -> ArmPhrases:
    from workbench.review import phrases_of

    levels = _levels(arms)
    found = phrases_of(ranking.fit, levels, aside=[FREE]) if levels.keys() - {FREE} else None
    effects, refusals = (found.effects, found.refusals) if found else ((), ())
    return ArmPhrases(effects, refusals, tuple(_edits(arms, ranking)))


def phrase_text(one: PhraseEffect) -> str:
    """“light: dusk instead of noon +1.2 [0.3, 2.1], p = 0.004, settled”, in logits; p is Holm's."""
    from workbench.review.sentence import effect

    p = "p < 0.001" if one.p_adjusted < 0.001 else f"p = {one.p_adjusted:.3f}"
    settled = "settled" if one.is_settled else "not settled"
    return f"{one.slot}: {one.level} instead of {one.base} {effect(one.effect)}, {p}, {settled}"


def phrases_record(found: ArmPhrases) -> dict[str, object]:
    """As JSON."""
    return {
        "effects": [{**asdict(one), "settled": one.is_settled} for one in found.effects],
        "refusals": list(found.refusals),
        "edits": [
            {
                "arm": one.arm,
                "base": one.base,
                "prompt": [asdict(piece) for piece in one.prompt],
                "negative_prompt": [asdict(piece) for piece in one.negative_prompt],
            }
            for one in found.edits
        ],
    }


def _levels(arms: Sequence[Arm]) -> dict[str, dict[str, str]]:
    """Factor → arm → its level. An arm whose runs differ in a factor has no level of it."""
    slots = _slots(arms)
    settings = dict.fromkeys(name for arm in arms for run in arm.runs for name in run.request.settings)
    of_run = {run.id: _of(run, slots, settings) for arm in arms for run in arm.runs}
    levels: dict[str, dict[str, str]] = {}
    for arm in arms:
        own = [of_run[run.id] for run in arm.runs]
        for name in dict.fromkeys(name for one in own for name in one):
            found = {one.get(name) for one in own}
            levels.setdefault(name, {})
            if len(found) == 1 and (level := found.pop()) is not None:
                levels[name][arm.label] = level
    told = {name: found for name, found in levels.items() if found and (name in slots or _varies(found))}
    return told if slots or told.keys() - {FREE} else {}


def _of(run: Run, slots: Sequence[str], settings: Mapping[str, None]) -> dict[str, str]:
    request, taken = run.request, run.origin.slots
    if any(name not in taken for name in slots):
        return {}
    wording = "\0".join((*_words(run), *sorted(each.media.sha256 for each in request.inputs)))
    found = {name: taken[name] for name in slots} | {"model": request.model}
    for name in settings:
        found[f"{name} (setting)" if name in found else name] = str(request.settings.get(name, _UNSET))
    return found | {FREE: wording}


def _varies(levels: Mapping[str, str]) -> bool:
    return len(set(levels.values())) > 1


def _slots(arms: Sequence[Arm]) -> tuple[str, ...]:
    """Those of most arms that have any: templates with other slots are another design."""
    kinds = Counter(tuple(sorted(run.origin.slots)) for arm in arms for run in arm.runs[:1])
    del kinds[()]
    return kinds.most_common(1)[0][0] if kinds else ()


def _edits(arms: Sequence[Arm], ranking: Ranking) -> list[Edit]:
    by_label = {arm.label: arm for arm in arms}
    best: dict[tuple[str, str], str] = {}
    for one in ranking.standings:
        best.setdefault(_words(by_label[one.arm].runs[0]), one.arm)
    (base, label), *others = best.items()
    return [
        Edit(arm, label, word_diff(base[0], words[0]), word_diff(base[1], words[1])) for words, arm in others
    ]


def _words(run: Run) -> tuple[str, str]:
    """Prompt and negative prompt, the prompt with its slots unfilled."""
    return run.origin.template or run.request.prompt, run.request.negative_prompt
