import time
from collections import Counter
from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from immutabledict import immutabledict

from workbench.domain.capabilities import faults
from workbench.domain.errors import RequestError
from workbench.domain.media import Input, Media, Role
from workbench.domain.request import GenerationRequest
from workbench.prompting.planning import plan
from workbench.prompting.sweep import Design, References, Sweep, Wording, consecutive, crossed
from workbench.prompting.template import TemplateError
from workbench.providers.animatic.model import PREVIEW
from workbench.providers.vertex.models import VEO

LION = Wording("A lion, {camera=dolly:=slow dolly in|static}, {light=hard|soft}", "text", "lion")
TIGER = Wording("A tiger, {camera=dolly:=slow dolly in|static}, {light=hard|soft}", "", "tiger")
WIDE = Sweep(
    prompts=(LION, TIGER),
    models=("a/one", "b/two", "b/three"),
    slots={"camera": (), "light": ("hard", "soft", "candle:=lit by one candle")},
    varied={"duration_s": (4, 8), "resolution": ("720p", None)},
    seeds=consecutive(4, 10),
)


def media(name: str) -> Input:
    return Input(Role.REFERENCE, Media(name * 64, "image/png", 10))


def model_check(*models):  # type: ignore[no-untyped-def]
    known = {model.model: model for model in models}

    def check(request: GenerationRequest) -> str | None:
        model = known[request.model]
        found = faults(model.complete(request), model)
        return str(found[0]) if found else None

    return check


SWEEPS = st.builds(
    Sweep,
    prompts=st.sampled_from([(LION,), (LION, TIGER), (LION, TIGER, Wording("plain"))]),
    models=st.sampled_from([("a/one",), ("a/one", "b/two")]),
    slots=st.sampled_from([{}, {"camera": ()}, {"light": ("hard", None), "camera": ("static", "x:=crane")}]),
    settings=st.sampled_from([(), crossed({"duration_s": (4, 8), "fps": (24, 30)})]),
    varied=st.sampled_from([{}, {"negative_prompt": ("", "text"), "resolution": ("480p", None, "720p")}]),
    seeds=st.sampled_from([(), (7,), (7, None), consecutive(5)]),
    references=st.sampled_from([(), (References("none"), References("ring", (media("a"),)))]),
    seedless=st.sampled_from([frozenset(), frozenset({"b/two"})]),
)


@given(SWEEPS)
def test_the_count_is_what_iteration_gives_and_an_index_finds_the_same(sweep: Sweep) -> None:
    cells = list(sweep)
    assert len(cells) == len(sweep) == sweep.combinations
    assert [cell.index for cell in cells] == list(range(len(cells)))
    assert len({cell.levels for cell in cells}) == len(cells)
    assert [sweep[i] for i in (0, -1, len(sweep) // 2)] == [cells[i] for i in (0, -1, len(sweep) // 2)]
    for cell in cells:
        assert cell.coordinates.keys() == {f.name for f in sweep.factors}
    with pytest.raises(IndexError):
        sweep[len(sweep)]


@settings(deadline=None, max_examples=40)
@given(SWEEPS, st.integers(0, 3), st.sampled_from([Design.FRACTION, Design.RANDOM]), st.floats(0, 1))
def test_a_part_of_it_is_a_part_balanced_and_estimable(
    sweep: Sweep, seed: int, design: Design, share: float
) -> None:
    least = sweep.least_size
    size = round(least + share * (sweep.combinations - least))
    part = replace(sweep, design=design, size=size, design_seed=seed)
    levels = [cell.levels for cell in part]
    assert len(levels) == len(part) == size
    assert len(set(levels)) == size
    assert levels == sorted(levels)  # seeds go round outermost
    if design is Design.RANDOM:
        return
    rows = np.array(levels)
    columns = [np.ones((size, 1))]
    for j, f in enumerate(part.factors):
        assert np.ptp(np.bincount(rows[:, j], minlength=len(f))) <= 1
        columns += [rows[:, [j]] == np.arange(1, len(f))] if f.treated else []
    assert np.linalg.matrix_rank(np.concatenate(columns, axis=1).astype(float)) == least


@pytest.mark.parametrize(
    "changes", [{}, {"design": Design.FRACTION, "size": 20}, {"design": Design.RANDOM, "size": 20}]
)
def test_the_order_in_which_things_are_written_changes_nothing(changes: dict[str, object]) -> None:
    sweep = replace(WIDE, **changes)
    expected = Counter(cell.request for cell in sweep)
    for models in permutations(WIDE.models):
        other = replace(
            sweep,
            models=models,
            prompts=WIDE.prompts[::-1],
            slots={name: levels[::-1] for name, levels in reversed(list(WIDE.slots.items()))},
            varied={name: WIDE.varied[name][::-1] for name in reversed(list(WIDE.varied))},
            seeds=WIDE.seeds[::-1],
        )
        assert Counter(cell.request for cell in other) == expected


def test_a_cell_says_what_it_asks_where_it_stands_and_what_its_slots_took() -> None:
    assert len(WIDE) == 2 * 3 * 2 * 3 * 2 * 2 * 4
    cell = next(
        cell
        for cell in WIDE
        if cell.coordinates
        == {
            "seed": "11",
            "duration_s": "8",
            "resolution": "default",
            "model": "b/two",
            "{camera}": "dolly",
            "{light}": "candle",
            "prompt": "lion",
        }
    )
    assert cell.request == GenerationRequest(
        model="b/two",
        prompt="A lion, slow dolly in, lit by one candle",
        negative_prompt="text",
        settings=immutabledict(duration_s=8),
        seed=11,
    )
    origin = cell.origin("E")
    assert (origin.experiment_id, origin.template) == ("E", LION.prompt)
    assert dict(origin.slots) == {"camera": "dolly", "light": "candle"}


def test_seeds_go_round_outermost() -> None:
    first = [WIDE[i].request.seed for i in range(len(WIDE) // 4)]
    assert set(first) == {10}


def test_what_is_left_to_chance_is_the_same_in_every_arm() -> None:
    sweep = Sweep(
        prompts=(Wording("{fog|rain|sun}, {pace=slow|fast}"),), models=("a/x", "b/y"), seeds=consecutive(20)
    )
    said = {}
    for cell in sweep:
        assert said.setdefault(cell.request.seed, cell.request.prompt) == cell.request.prompt
        weather, pace = cell.slots["fog|rain|sun"], cell.slots["pace"]
        assert cell.request.prompt == f"{weather}, {pace}"
    assert len(set(said.values())) > 3


def test_shared_lists_and_slots_in_the_negative_prompt() -> None:
    sweep = Sweep(
        prompts=(Wording("{__weather__}", "{avoid}"),),
        models=("a/x",),
        slots={"avoid": ("none:=", "text:=text, watermark")},
        seeds=(1, 2),
        lists={"weather": ("fog:=in fog", "rain")},
    )
    assert {(c.request.negative_prompt, c.slots["avoid"]) for c in sweep} == {
        ("", "none"),
        ("text, watermark", "text"),
    }
    assert {cell.slots["__weather__"] for cell in sweep} <= {"fog", "rain"}


def test_a_model_without_seeds_gets_takes() -> None:
    sweep = Sweep(
        (Wording("A"),), ("a/seeded", "b/seedless"), seeds=(5, 9), seedless=frozenset({"b/seedless"})
    )
    assert [(c.request.model, c.request.seed, c.request.take) for c in sweep] == [
        ("a/seeded", 5, 1),
        ("b/seedless", None, 1),
        ("a/seeded", 9, 1),
        ("b/seedless", None, 2),
    ]


@pytest.mark.parametrize("design", [Design.FRACTION, Design.RANDOM])
def test_takes_are_counted_within_what_is_run(design: Design) -> None:
    sweep = Sweep(
        (Wording("A"), Wording("B")),
        ("a/x", "b/seedless"),
        seeds=consecutive(20),
        seedless=frozenset({"b/seedless"}),
        design=design,
        size=24,
    )
    for wording in sweep.prompts:
        arm = [c.request for c in sweep if c.request.prompt == wording.prompt]
        seedless = [request for request in arm if request.model == "b/seedless"]
        assert [(r.seed, r.take) for r in seedless] == [(None, n + 1) for n in range(len(seedless))]
        assert {r.take for r in arm if r not in seedless} == {1}
        assert seedless


def test_listed_rows_may_repeat() -> None:
    sweep = Sweep((Wording("A"), Wording("B")), ("a/x",), design=Design.LISTED, rows=((0, 1), (0, 0), (0, 1)))
    assert [(c.request.prompt, c.request.take) for c in sweep] == [("B", 1), ("A", 1), ("B", 2)]
    assert len(plan(sweep).cells) == 3


def test_settings_are_levels_of_several_fields() -> None:
    levels = crossed({"duration_s": (4, 8), "aspect_ratio": ("16:9",)})
    sweep = Sweep(
        (Wording("A", "text"),), ("a/x",), settings=(*levels, immutabledict(fold_negative_prompt=True))
    )
    assert [f.labels for f in sweep.factors if f.name == "settings"] == [
        (
            "duration_s 4, aspect_ratio 16:9",
            "duration_s 8, aspect_ratio 16:9",
            "fold_negative_prompt on",
        )
    ]
    assert [(dict(c.request.settings), c.request.fold_negative_prompt) for c in sweep] == [
        ({"duration_s": 4, "aspect_ratio": "16:9"}, False),
        ({"duration_s": 8, "aspect_ratio": "16:9"}, False),
        ({}, True),
    ]


def test_what_a_model_refuses_is_a_hole_with_the_reason() -> None:
    veo = VEO[0]
    sweep = Sweep(
        prompts=(Wording("A lion"), Wording("A tiger")),
        models=(veo.model, PREVIEW.model),
        varied={"duration_s": (2, 4, 6)},
        seeds=consecutive(3),
    )
    planned = plan(sweep, model_check(veo, PREVIEW))
    assert len(planned.cells) + len(planned.holes) == len(sweep) == 36
    (reason,) = planned.reasons
    assert "can't be 2" in reason and "Allowed: 4 s, 6 s, 8 s" in reason
    assert planned.reasons[reason] == len(planned.holes) == 6
    assert {(c.coordinates["model"], c.coordinates["duration_s"]) for c in planned.holes} == {
        (veo.model, "2")
    }
    assert (planned.gone, planned.lost) == ({}, ())


def test_holes_that_leave_an_effect_open_are_told() -> None:
    sweep = Sweep((Wording("A"),), ("a/x", "b/y"), varied={"duration_s": (4, 6, 8)}, seeds=(1, 2))

    def check(request: GenerationRequest) -> str | None:
        long = request.settings["duration_s"] == 8
        return "No." if long or (request.model == "a/x") != (request.settings["duration_s"] == 4) else None

    planned = plan(sweep, check)
    assert planned.gone == {"duration_s": ("8",)}
    assert planned.lost == ("duration_s", "model")  # one goes with the other
    assert plan(sweep, lambda _: "No.").lost == ("duration_s", "model")
    assert plan(sweep).lost == ()


def test_a_combination_that_the_template_forbids_is_a_hole() -> None:
    prompt = "A lion {time=at night|at noon}, {light=hard|?time=at night: moonlit}"
    sweep = Sweep((Wording(prompt),), ("a/x",), slots={"time": (), "light": ()})
    planned = plan(sweep)
    assert len(planned.cells) == 3
    (hole,) = planned.holes
    assert "“moonlit” of the slot {light} stands only where time is at night" in hole.hole
    assert hole.request.prompt == prompt


def test_what_asks_for_the_same_is_sent_once() -> None:
    sweep = Sweep((LION, Wording("A bare prompt")), ("a/x",), slots={"camera": (), "light": ("hard",)})
    planned = plan(sweep)
    assert [cell.request.prompt for cell in planned.cells] == [
        "A lion, slow dolly in, hard",
        "A bare prompt",
        "A lion, static, hard",
    ]
    assert planned.reasons == {"It asks for the same as run 2.": 1}
    assert planned.cells[1].coordinates["{camera}"] == "–"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"prompts": ()}, "no prompt. Write at least one"),
        ({"models": ()}, "no model. Choose at least one"),
        ({"models": ("a/x", "a/x")}, "Of “model”, numbers 1 and 2 are the same"),
        ({"prompts": (LION, replace(LION, name="other"))}, "Of “prompt”, numbers 1 and 2 are the same"),
        ({"seeds": (1, 2, 1)}, "Of “seed”, numbers 1 and 3 are the same"),
        ({"seeds": (True,)}, "Allowed: whole numbers"),
        ({"slots": {"lens": ("35mm",)}}, r"No prompt has the slot \{lens\}. Slots: camera, light"),
        ({"slots": {"camera": ("2::static",)}}, "has a weight or a condition"),
        ({"slots": {"camera": ("dolly:=x", "dolly:=x")}}, r"Of “\{camera\}”, numbers 1 and 2 are the same"),
        ({"varied": {"seed": (1,)}}, "“seed” is no setting"),
        ({"varied": {"fold_negative_prompt": ("no",)}}, "can't be 'no'. Allowed: true or false"),
        ({"settings": ({"negative_prompt": 1},)}, "negative_prompt can't be 1. Allowed: text"),
        ({"varied": {"fps": ()}}, "“fps” has no values"),
        ({"varied": {"fps": (24,)}, "settings": ({"fps": 24},)}, "stands among the settings and for itself"),
        ({"references": (References("a"), References("a", (media("b"),)))}, "have the same name"),
        ({"design": Design.FRACTION}, "A fraction design can't have no runs. Allowed: from 1 to 576"),
        ({"design": Design.RANDOM, "size": 577}, "can't have 577 runs"),
        (
            {"design": Design.FRACTION, "size": 8},
            "8 runs can't tell 2 × 2 × 2 × 2 × 3 × 3 levels apart. Choose at least 9",
        ),
        ({"design": Design.LISTED, "rows": ((0, 0),)}, "Row 1 of the sweep does not fit"),
        (
            {"prompts": (LION, Wording("A {x=a|b} {x=c|d}"))},
            "Prompt 2, character 11: The slot x has two different",
        ),
        ({"prompts": (LION, Wording("A {lens}"))}, r"Prompt 2, character 3: The slot \{lens\} has no value"),
        ({"varied": {f"f{i}": tuple(range(1_000)) for i in range(5)}}, "combinations. Allowed: up to 1e"),
    ],
)
def test_what_cannot_be_planned_is_told(changes: dict[str, object], message: str) -> None:
    with pytest.raises(RequestError, match=message):
        replace(WIDE, **changes)


def test_an_error_within_a_prompt_has_its_place() -> None:
    with pytest.raises(TemplateError) as caught:
        replace(WIDE, prompts=(LION, Wording("A lion {__nope__}")))
    assert caught.value.position == 7


def test_more_than_ten_thousand_runs_are_counted_and_not_planned() -> None:
    sweep = replace(WIDE, seeds=consecutive(100_000))
    assert len(sweep) == 14_400_000
    with pytest.raises(RequestError, match=r"14,400,000 runs. Allowed: up to 10,000"):
        plan(sweep)
    assert len(plan(replace(sweep, design=Design.FRACTION, size=500)).cells) == 500


@pytest.mark.parametrize("design", [Design.FULL, Design.FRACTION, Design.RANDOM])
def test_ten_thousand_runs_are_planned_within_a_second(design: Design) -> None:
    veo = VEO[0]

    def cpu_seconds() -> float:  # others may be at work on this machine
        start = time.process_time()
        sweep = Sweep(
            prompts=tuple(
                Wording(f"A {animal}, {{camera=dolly:=slow dolly in|static}}, {{fog|rain}}", "text")
                for animal in ("lion", "tiger", "fox", "heron", "horse")
            ),
            models=(veo.model, PREVIEW.model),
            slots={"camera": ()},
            varied={"duration_s": (4, 6, 8, 2, 5), "resolution": ("720p", "1080p")},
            seeds=consecutive(50 if design is Design.FULL else 200),
            design=design,
            size=None if design is Design.FULL else 10_000,
        )
        planned = plan(sweep, model_check(veo, PREVIEW))
        assert len(planned.cells) + len(planned.holes) == 10_000
        return time.process_time() - start

    assert min(cpu_seconds() for _ in range(3)) < 1.0


@pytest.mark.parametrize(
    ("count", "base", "seeds"), [(3, 1, (1, 2, 3)), (0, 5, ()), (2, 2**32 - 1, (2**32 - 1, 0))]
)
def test_consecutive_seeds(count: int, base: int, seeds: tuple[int, ...]) -> None:
    assert consecutive(count, base) == seeds


@pytest.mark.parametrize(("count", "base"), [(-1, 1), (1, -1), (1, 2**32)])
def test_seeds_that_cannot_be(count: int, base: int) -> None:
    with pytest.raises(RequestError, match="can't be"):
        consecutive(count, base)
