from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from immutabledict import immutabledict

from workbench.domain.capabilities import (
    CLIPS,
    IMAGES,
    PROMPT_LIMIT_BYTES,
    Capabilities,
    Choice,
    Lifecycle,
    RoleLimit,
    Rule,
    SeedRange,
    Setting,
    Stage,
    Text,
    Toggle,
    Whole,
    faults,
    validate,
)
from workbench.domain.errors import Fault, InvalidRequest, RequestError
from workbench.domain.media import Input, Media, Role
from workbench.domain.request import GenerationRequest

DURATION = Choice("duration_s", "Duration", 4, unit="s", values=(4, 8))
SOUND = Toggle("sound", "Sound", True)
STEPS = Whole("steps", "Steps", 20, least=1, most=50)
NOTE = Text("note", "Note", "", longest=10)
MODEL = Capabilities(
    model="test/one",
    label="Test One",
    summary="",
    settings=(DURATION, SOUND, STEPS, NOTE),
    roles=immutabledict({Role.FIRST_FRAME: RoleLimit(1, IMAGES), Role.SOURCE_CLIP: RoleLimit(1, CLIPS)}),
    rules=(
        Rule(
            "duration_s",
            "An extension lasts 8s.",
            "Set the duration to 8s.",
            lambda r: bool(r.inputs_as(Role.SOURCE_CLIP)) and r.settings.get("duration_s") != 8,
        ),
    ),
    seed=SeedRange(0, 1_000),
    prompt_limit_chars=100,
)
GOOD = GenerationRequest("test/one", "a lion walks")


def image(role: Role, mime: str = "image/png") -> Input:
    return Input(role, Media("0" * 64, mime, 1))


def settings(**values: Any) -> GenerationRequest:
    return GOOD.with_settings(values)


def test_a_good_request_comes_back_complete() -> None:
    complete = validate(settings(duration_s=8), MODEL)
    assert complete.settings == {"duration_s": 8, "sound": True, "steps": 20, "note": ""}
    assert validate(complete, MODEL) == complete
    assert MODEL.defaults == {"duration_s": 4, "sound": True, "steps": 20, "note": ""}
    assert MODEL.setting("steps") is STEPS
    assert MODEL.setting("other") is None


@pytest.mark.parametrize(
    ("request_", "model", "field", "says"),
    [
        (replace(GOOD, prompt=" \n"), MODEL, "prompt", "empty"),
        (replace(GOOD, prompt="a\0b"), MODEL, "prompt", "NUL"),
        (replace(GOOD, prompt="a\ud800b"), MODEL, "prompt", "character pair"),
        (replace(GOOD, prompt="x" * 101), MODEL, "prompt", "101 characters"),
        (replace(GOOD, negative_prompt="x" * 101), MODEL, "negative_prompt", "101 characters"),
        (replace(GOOD, negative_prompt="a\0"), MODEL, "negative_prompt", "NUL"),
        (
            replace(GOOD, negative_prompt="x"),
            replace(MODEL, negative_prompt=False),
            "negative_prompt",
            "no negative",
        ),
        (replace(GOOD, seed=1_001), MODEL, "seed", "0 to 1000"),
        (replace(GOOD, seed=-1), MODEL, "seed", "0 to 1000"),
        (replace(GOOD, seed=True), MODEL, "seed", "whole numbers"),
        (replace(GOOD, seed=1.5), MODEL, "seed", "whole numbers"),
        (replace(GOOD, seed="7"), MODEL, "seed", "whole numbers"),
        (replace(GOOD, seed=1), replace(MODEL, seed=None), "seed", "no seed"),
        (settings(duration_s=5), MODEL, "duration_s", "4 s, 8 s"),
        (settings(duration_s="4"), MODEL, "duration_s", "4 s, 8 s"),
        (settings(sound=1), MODEL, "sound", "true or false"),
        (settings(steps=0), MODEL, "steps", "from 1 to 50"),
        (settings(steps=True), MODEL, "steps", "from 1 to 50"),
        (settings(steps=2.0), MODEL, "steps", "from 1 to 50"),
        (settings(note="x" * 11), MODEL, "note", "up to 10"),
        (settings(note="\ud800"), MODEL, "note", "character pair"),
        (settings(note=7), MODEL, "note", "up to 10"),
        (settings(fps=24), MODEL, "fps", "duration_s, sound, steps, note"),
        (settings(fps=24), replace(MODEL, settings=()), "fps", "It has: none."),
        (replace(GOOD, inputs=(image(Role.MASK),)), MODEL, "mask", "first frame, clip to extend"),
        (replace(GOOD, inputs=(image(Role.MASK),)), replace(MODEL, roles={}), "mask", "no media at all"),
        (replace(GOOD, inputs=(image(Role.FIRST_FRAME),) * 2), MODEL, "first_frame", "up to 1"),
        (replace(GOOD, inputs=(image(Role.FIRST_FRAME, "video/mp4"),)), MODEL, "first_frame", "image/png"),
        (replace(GOOD, inputs=(image(Role.SOURCE_CLIP, "video/mp4"),)), MODEL, "duration_s", "8s"),
    ],
)
def test_each_fault_names_its_field_and_what_is_allowed(
    request_: GenerationRequest, model: Capabilities, field: str, says: str
) -> None:
    found = [fault for fault in faults(request_, model) if fault.field == field]
    assert len(found) == 1
    assert says in str(found[0])
    assert found[0].allowed
    with pytest.raises(InvalidRequest):
        validate(request_, model)


def test_every_fault_comes_at_once_in_the_order_of_the_form() -> None:
    request = replace(settings(duration_s=5, steps=0), prompt="", seed=-1)
    with pytest.raises(InvalidRequest) as caught:
        validate(request, MODEL)
    assert [fault.field for fault in caught.value.faults] == ["prompt", "seed", "duration_s", "steps"]
    assert str(caught.value).count("\n") == 3
    assert isinstance(caught.value, RequestError)


def test_a_long_prompt_of_few_characters_is_told_its_bytes() -> None:
    roomy = replace(MODEL, prompt_limit_chars=20_000)
    (fault,) = faults(replace(GOOD, prompt="狮" * 15_000), roomy)
    assert "45,000 bytes" in fault.wrong
    assert f"{PROMPT_LIMIT_BYTES:,}" in fault.allowed


def test_media_may_stand_for_the_prompt() -> None:
    pictured = replace(GOOD, prompt="", inputs=(image(Role.FIRST_FRAME),))
    assert faults(pictured, MODEL) == ()
    assert faults(replace(GOOD, prompt=""), replace(MODEL, prompt_required=False)) == ()


@pytest.mark.parametrize(
    ("lifecycle", "wrong", "allowed"),
    [
        (
            Lifecycle(Stage.RETIRED, ends_on=date(2026, 10, 22), successor="test/two"),
            "on 2026-10-22.",
            "Use test/two: workbench generate --model test/two …, or add --successor.",
        ),
        (Lifecycle(Stage.RETIRED), "was retired.", "Choose another model."),
    ],
)
def test_a_retired_model_is_answered_with_what_to_use_now(
    lifecycle: Lifecycle, wrong: str, allowed: str
) -> None:
    (fault,) = faults(GOOD, replace(MODEL, lifecycle=lifecycle))
    assert fault.wrong.endswith(wrong)
    assert fault.allowed == allowed


@pytest.mark.parametrize("stage", [Stage.PREVIEW, Stage.LIVE, Stage.DEPRECATED])
def test_a_model_that_is_not_retired_may_run(stage: Stage) -> None:
    assert faults(GOOD, replace(MODEL, lifecycle=Lifecycle(stage, ends_on=date(2027, 1, 1)))) == ()


@pytest.mark.parametrize(
    ("setting", "text", "value"),
    [
        (DURATION, "8", 8),
        (DURATION, "5", "5"),
        (SOUND, "Yes", True),
        (SOUND, "0", False),
        (SOUND, "maybe", "maybe"),
        (STEPS, "12", 12),
        (STEPS, "-3", -3),
        (STEPS, "--3", "--3"),
        (STEPS, "9" * 5_000, "9" * 5_000),
        (STEPS, "1.5", "1.5"),
        (NOTE, "12", "12"),
    ],
)
def test_settings_read_text(setting: Setting, text: str, value: object) -> None:
    assert setting.parse(text) == value
    assert type(setting.parse(text)) is type(value)


ANY_TEXT = st.text() | st.text("-0123456789", max_size=30)


@given(st.sampled_from(MODEL.settings), ANY_TEXT)
def test_whatever_is_typed_is_a_value_or_a_fault(setting: Setting, text: str) -> None:
    fault = setting.fault(setting.parse(text))
    assert fault is None or (isinstance(fault, Fault) and fault.field == setting.name)


@pytest.mark.parametrize("setting", MODEL.settings)
def test_defaults_may_stand_and_survive_as_text(setting: Setting) -> None:
    assert setting.fault(setting.default) is None
    assert setting.parse(str(setting.default)) == setting.default


SCALARS = st.text() | st.integers() | st.floats() | st.booleans()


@given(
    prompt=st.text() | st.text(st.characters()),
    seed=st.none() | st.integers() | st.booleans(),
    values=st.dictionaries(st.sampled_from(["duration_s", "sound", "steps", "note", "x"]), SCALARS),
)
def test_what_passes_can_be_hashed_and_passes_again(
    prompt: str, seed: int | None, values: dict[str, Any]
) -> None:
    request = replace(settings(**values), prompt=prompt, seed=seed)
    if faults(MODEL.complete(request), MODEL):
        return
    complete = validate(request, MODEL)
    assert len(complete.request_hash) == 64
    assert validate(complete, MODEL) == complete
