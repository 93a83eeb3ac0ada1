"""What is composed, as a value: drafts, remixes, extensions, and who follows from whom."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as some
from immutabledict import immutabledict

from workbench.domain.errors import RequestError
from workbench.domain.media import Input, Media, Role
from workbench.domain.request import GenerationRequest
from workbench.domain.run import Clip, Origin, Parenthood, Run, Status
from workbench.prompting.template import TemplateError
from workbench.providers.animatic.model import PREVIEW
from workbench.ui.compose.composition import (
    MOST_TAKES,
    Composition,
    another_take,
    extending,
    from_draft,
    remixed,
    settings_for,
    to_draft,
    with_clip_of,
)

PICTURES = [Media(letter * 64, "image/png", 10, 640, 360) for letter in "abc"]
FILM = Media("f" * 64, "video/mp4", 10, 640, 360, duration_s=4.0)
COMPOSITIONS = some.builds(
    Composition,
    prompt=some.text(),
    negative_prompt=some.text(),
    model=some.text(),
    settings=some.dictionaries(some.text(), some.integers() | some.booleans() | some.text()).map(
        immutabledict
    ),
    seed=some.none() | some.integers(0, 2**32 - 1),
    takes=some.integers(1, MOST_TAKES),
    inputs=some.lists(some.sampled_from(PICTURES), unique=True).map(
        lambda media: tuple(Input(Role.REFERENCE, m, n) for n, m in enumerate(media))
    ),
    slots=some.dictionaries(some.text(), some.text()).map(immutabledict),
    parent_id=some.none() | some.text(),
    brief_id=some.none() | some.text(),
)


def made(request: GenerationRequest, origin: Origin | None = None, *, clip: bool = True) -> Run:
    return Run(
        id="01J00000000000000000000001",
        rowid=1,
        request=request,
        status=Status.SUCCEEDED if clip else Status.FAILED,
        account="animatic:local",
        created_at=datetime(2026, 11, 21, tzinfo=UTC),
        origin=origin or Origin(),
        clips=(Clip(0, FILM, Path("film.mp4")),) if clip else (),
    )


@given(COMPOSITIONS)
def test_a_draft_comes_back_as_it_was(composition: Composition) -> None:
    known = {m.sha256: m for m in PICTURES}
    assert from_draft(to_draft(composition), known.get) == composition


def test_a_draft_forgets_files_that_are_gone() -> None:
    inputs = (Input(Role.REFERENCE, PICTURES[0]), Input(Role.REFERENCE, PICTURES[1], 1))
    draft = to_draft(Composition(inputs=inputs))
    assert from_draft(draft, {PICTURES[1].sha256: PICTURES[1]}.get).inputs == (
        Input(Role.REFERENCE, PICTURES[1], 0),
    )


def test_an_empty_draft_is_an_empty_composition() -> None:
    assert from_draft({}, lambda _: None) == Composition()


def test_settings_of_another_model_are_kept_where_they_may_stand() -> None:
    chosen = {"duration_s": 9, "resolution": "4k", "person_generation": "allow"}
    settings = settings_for(PREVIEW, chosen)
    assert settings == PREVIEW.defaults | {"duration_s": 9}


def test_an_empty_seed_is_drawn_in_the_range_of_the_model() -> None:
    request = Composition(prompt="a lake", model=PREVIEW.model).request(PREVIEW, drawn=2**40 + 5)
    assert request.seed == (2**40 + 5) % 2**32
    assert Composition(prompt="a lake", seed=7).request(PREVIEW, drawn=5).seed == 7
    unseeded = replace(PREVIEW, seed=None)
    assert Composition(prompt="a lake", seed=7).request(unseeded, drawn=5).seed is None


def test_slots_are_filled_and_what_filled_them_is_told() -> None:
    composition = Composition(
        prompt="a {animal} {pace=runs|walks} at {dawn|dusk}", slots=immutabledict(animal="fox"), seed=3
    )
    request = composition.request(PREVIEW, drawn=0)
    origin = composition.origin(request, 0, None)
    assert origin.template == composition.prompt
    assert origin.slots["animal"] == "fox"
    assert f"a fox {origin.slots['pace']} at d" in request.prompt
    plain = Composition(prompt="a fox")
    assert plain.origin(plain.request(PREVIEW, 0), 0, None) == Origin()


def test_a_prompt_draws_from_the_lists_of_the_team() -> None:
    lists = immutabledict(weather=("fog", "light rain"))
    composition = Composition(prompt="a {sky=__weather__} day", slots=immutabledict(sky="fog"), lists=lists)
    assert composition.request(PREVIEW, drawn=0).prompt == "a fog day"
    with pytest.raises(TemplateError, match="no shared list “weather”"):
        replace(composition, lists=immutabledict()).request(PREVIEW, drawn=0)


def test_a_remix_sends_the_very_same_request() -> None:
    composition = Composition(
        prompt="a {pace=runs|walks|sits} at {dawn|dusk}",
        negative_prompt="text",
        model=PREVIEW.model,
        seed=11,
        inputs=(Input(Role.FIRST_FRAME, PICTURES[0]),),
    )
    request = composition.request(PREVIEW, 0)
    run = made(request, composition.origin(request, 0, None))
    again = remixed(run)
    assert again.prompt == composition.prompt
    assert again.request(PREVIEW, 99) == request
    assert again.origin(request, 99, run).parenthood is Parenthood.TAKE
    changed = replace(again, prompt="a cat").request(PREVIEW, 0)
    assert again.origin(changed, 0, run).parenthood is Parenthood.VARIANT


def test_an_extension_goes_on_from_the_runs_own_clip_and_keeps_that_parent() -> None:
    run = made(Composition(prompt="waves", model=PREVIEW.model, seed=1).request(PREVIEW, 0))
    longer = extending(run)
    request = longer.request(PREVIEW, 5)
    origin = longer.origin(request, 5, run)
    assert (origin.parent_id, origin.parenthood) == (run.id, Parenthood.EXTENSION)
    assert request.inputs == (Input(Role.SOURCE_CLIP, FILM),)
    child = made(request, origin)
    assert remixed(child).parent_id == run.id
    assert another_take(child, PREVIEW)[1].parenthood is Parenthood.EXTENSION


def test_a_run_without_a_clip_cant_be_extended() -> None:
    run = made(Composition(prompt="waves").request(PREVIEW, 0), clip=False)
    with pytest.raises(RequestError, match="has no clip to go on from"):
        extending(run)


def test_going_on_from_a_clip_keeps_the_words_that_stand_there() -> None:
    run = made(Composition(prompt="waves", model=PREVIEW.model).request(PREVIEW, 0))
    assert with_clip_of(Composition(prompt="a storm", takes=3), run, Role.SOURCE_CLIP, 1).prompt == "a storm"
    assert with_clip_of(Composition(takes=3), run, Role.SOURCE_CLIP, 1).prompt == "waves"
    assert with_clip_of(Composition(takes=3), run, Role.SOURCE_CLIP, 1).takes == 3


def test_another_take_asks_for_a_new_seed_or_counts_on() -> None:
    run = made(Composition(prompt="waves", model=PREVIEW.model, seed=1).request(PREVIEW, 0))
    request, origin = another_take(run, PREVIEW)
    assert (request.seed, request.take, origin.parenthood) == (None, 1, Parenthood.TAKE)
    unseeded = replace(run, request=replace(run.request, seed=None, take=2))
    assert another_take(unseeded, replace(PREVIEW, seed=None))[0].take == 3


def test_a_role_for_one_file_replaces_it_and_a_role_for_more_collects() -> None:
    one = Composition().with_input(Role.FIRST_FRAME, PICTURES[0], 1)
    one = one.with_input(Role.FIRST_FRAME, PICTURES[1], 1)
    assert one.inputs == (Input(Role.FIRST_FRAME, PICTURES[1]),)
    more = one
    for picture in (*PICTURES, PICTURES[0]):
        more = more.with_input(Role.REFERENCE, picture, 3)
    assert [i.media for i in more.inputs[1:]] == [PICTURES[1], PICTURES[2], PICTURES[0]]
    assert [i.position for i in more.inputs[1:]] == [0, 1, 2]
    assert [i.position for i in more.without_input(more.inputs[1]).inputs[1:]] == [0, 1]


def test_what_the_words_were_written_from_goes_along() -> None:
    run = made(GenerationRequest(PREVIEW.model, "a lake", seed=1), Origin(brief_id="B1"))
    _, origin = another_take(run, PREVIEW)
    assert (origin.brief_id, origin.parent_id, origin.parenthood) == ("B1", run.id, Parenthood.TAKE)
    again = remixed(run)
    assert again.brief_id == "B1"
    assert again.origin(again.request(PREVIEW, 1), 1, run).brief_id == "B1"
    assert extending(run).brief_id == "B1"


def test_another_take_is_of_no_experiment() -> None:
    run = made(GenerationRequest(PREVIEW.model, "a lake", seed=1), Origin(experiment_id="E1"))
    assert another_take(run, PREVIEW)[1].experiment_id is None
