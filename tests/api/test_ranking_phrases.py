"""What a ranking says of phrases and of its reviewers; the same in Python and as JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

import pytest
from immutabledict import immutabledict

from workbench.api import Workbench
from workbench.api.phrases import phrase_text
from workbench.api.ranking import RankedArms
from workbench.api.standings import record, undominated
from workbench.domain.request import GenerationRequest
from workbench.domain.review import ReviewPlan
from workbench.domain.run import Origin
from workbench.providers.fake import Fake

TEMPLATE = "A lion, {camera}, {light}"
CELLS = [{"camera": camera, "light": light} for camera in ("static", "dolly") for light in ("noon", "dusk")]
GRID = [(TEMPLATE, cell) for cell in CELLS]
TAKES = 2


@pytest.fixture
def bench(tmp_path: Path) -> Workbench:
    return Workbench(tmp_path / "log", providers=[Fake(tmp_path / "journal")])


def judged(
    bench: Workbench, asked: list[tuple[str, dict[str, str]]], seconds: tuple[int, ...] = (4,)
) -> RankedArms:
    """Dusk beats noon, all else is left to the left side; by two people who see every pair."""
    requests: list[GenerationRequest] = []
    origins = []
    for seed in range(TAKES):
        for template, slots in asked:
            for duration_s in seconds:
                prompt = template
                for name, level in slots.items():
                    prompt = prompt.replace(f"{{{name}}}", level)
                requests.append(bench.request(prompt, model="fake/clip", seed=seed, duration_s=duration_s))
                origins.append(Origin(template=template if slots else "", slots=immutabledict(slots)))
    runs = bench.wait(bench.submit_many(requests, origins), progress_bar=False)
    review = bench.review("Dusk", runs, plan=ReviewPlan(overlap=1, repeats=0))
    for person in ("Ana", "Bo"):
        for _ in range(24):
            pairs = bench.asked(review.id, person).pairs
            if not pairs:
                break
            left, right = (
                "dusk" in bench.run(review.clips[place].run_id).request.prompt
                for place in (pairs[0].left, pairs[0].right)
            )
            bench.vote(pairs[0].id, person, "right" if right and not left else "left")
    return bench.rank() or pytest.fail()


def test_slots_have_effects(bench: Workbench) -> None:
    found = judged(bench, GRID).phrases()
    assert (found.refusals, found.edits) == ((), ())
    effects = {one.slot: one for one in found.effects}
    assert effects.keys() == {"camera", "light"}
    dusk = effects["light"]
    sign = 1 if (dusk.level, dusk.base) == ("dusk", "noon") else -1
    assert sign * dusk.effect.value > abs(effects["camera"].effect.value)
    assert dusk.is_settled
    assert not effects["camera"].is_settled
    assert dusk.p <= dusk.p_adjusted


def test_a_setting_is_told_as_a_slot_is(bench: Workbench) -> None:
    found = judged(bench, [GRID[0], GRID[1]], seconds=(4, 6)).phrases()
    assert {one.slot for one in found.effects} == {"light", "duration_s"}
    (refusal,) = found.refusals
    assert refusal == "Every arm with votes has the same level of “camera”, static: its effect can't be told."


@pytest.mark.parametrize(
    ("asked", "refusal"),
    [
        ([GRID[0], GRID[3]], "The levels of “camera” and “light” change only together"),
        (
            [GRID[0], ("A lion at dusk, {camera}, {light}", CELLS[1])],
            "“light” and “free edits” change only together",
        ),
        ([*GRID, ("A lion at night", {})], "Left out, as they have no level of every slot: E."),
    ],
)
def test_what_can_t_be_told_is_refused(
    bench: Workbench, asked: list[tuple[str, dict[str, str]]], refusal: str
) -> None:
    found = judged(bench, asked).phrases()
    assert any(refusal in one for one in found.refusals), found.refusals


def test_free_edits_are_changes_and_no_effects(bench: Workbench) -> None:
    ranking = judged(bench, [("A lion at noon", {}), ("A lion at dusk", {})])
    found = ranking.phrases()
    assert (found.effects, found.refusals) == ((), ())
    (edit,) = found.edits
    assert ranking.arm(edit.base).request.prompt == "A lion at dusk"
    assert [(one.kind, one.text) for one in edit.prompt] == [
        ("same", "A lion at "),
        ("removed", "dusk"),
        ("added", "noon"),
    ]
    assert edit.negative_prompt == ()


def test_a_model_or_setting_counts_beside_free_edits(bench: Workbench) -> None:
    found = judged(bench, [("A lion at noon", {}), ("A lion at dusk", {})], seconds=(4, 6)).phrases()
    (one,) = found.effects
    assert (one.slot, {one.level, one.base}, one.arms) == ("duration_s", {"4", "6"}, 2)


def test_reviewers_agree_where_they_see_the_same(bench: Workbench) -> None:
    ranking = judged(bench, GRID[:2])
    found = ranking.agreement()
    assert found.accord.pairs == 4
    assert found.accord.alpha is not None
    assert found.accord.alpha.value == 1
    (both,) = found.together
    assert ({both.one, both.other}, both.same.count, both.same.of) == ({"Ana", "Bo"}, 4, 4)
    assert [one.rater for one in found.raters] == ["Ana", "Bo"]


def test_json_has_the_same_figures(bench: Workbench) -> None:
    ranking = judged(bench, [*GRID, ("A lion at night", {})])
    told = json.loads(json.dumps(record(ranking)))
    phrases, agreement = ranking.phrases(), ranking.agreement()
    effects: list[Mapping[str, object]] = told["phrases"]["effects"]
    assert effects == [{**asdict(one), "settled": one.is_settled} for one in phrases.effects]
    assert told["phrases"]["refusals"] == list(phrases.refusals)
    assert [one["arm"] for one in told["phrases"]["edits"]] == [one.arm for one in phrases.edits]
    assert agreement.accord.alpha is not None
    assert told["agreement"]["alpha"] == asdict(agreement.accord.alpha)
    assert told["agreement"]["sentence"] == agreement.accord.sentence


def test_nothing_is_both_better_and_cheaper(bench: Workbench) -> None:
    ranking = judged(bench, [("A lion at noon", {}), ("A lion at dusk", {})], seconds=(4, 6))
    kept = undominated(ranking, "latency_s")
    best = ranking.ranking.standings[0].arm
    assert best in kept
    points = {
        one.arm: (ranking.arm(one.arm).latency_s, one.effect.value) for one in ranking.ranking.standings
    }
    for arm, (price, value) in points.items():
        beaten = any(p <= price and v >= value and (p, v) != (price, value) for p, v in points.values())
        assert (arm in kept) != beaten


def test_an_effect_in_words(bench: Workbench) -> None:
    effects = judged(bench, GRID).phrases().effects
    light = next(one for one in effects if one.slot == "light")
    assert re.fullmatch(
        r"light: (dusk instead of noon \+|noon instead of dusk −)\d\.\d \[.+, .+\], p [=<] 0\.\d{3}, settled",
        phrase_text(light),
    )
