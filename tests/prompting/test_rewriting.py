import json
from dataclasses import replace
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.prompting.test_lint import GOOD, REST, STILL, TEXTS
from tests.prompting.test_looking import assert_strict
from workbench.domain.capabilities import Capabilities
from workbench.domain.errors import Rejected, RequestError
from workbench.domain.writing import BY_RULE
from workbench.prompting.axes import AXES
from workbench.prompting.diff import word_diff
from workbench.prompting.lint import lint
from workbench.prompting.rewriting import (
    ask_improve,
    ask_translate,
    ask_vary,
    axes,
    improve,
    read_rewritten,
    read_variants,
    translate,
    vary,
)
from workbench.prompting.use_cases import use_case
from workbench.providers.animatic.model import PREVIEW
from workbench.providers.vertex.models import VEO

VEO_31 = VEO[0]


@pytest.mark.parametrize(
    ("prompt", "negative", "better", "better_negative"),
    [
        (f"A lion lion walks, 4K{REST}", "no text", f"A lion walks{REST}", "text"),
        (
            "A man says hello there while it rains" + REST,
            "",
            'A man says "hello there" while it rains' + REST,
            "",
        ),
        (
            "A lion walks through grass",
            "",
            "A lion walks through grass, slow dolly in, documentary style",
            "",
        ),
        (GOOD, "text", GOOD, "text"),
    ],
)
def test_the_rules_apply_their_fixes(prompt: str, negative: str, better: str, better_negative: str) -> None:
    made = improve(prompt, negative, PREVIEW)
    assert (made.prompt, made.negative_prompt, made.by) == (better, better_negative, BY_RULE)
    assert made.notes


def test_what_is_missing_comes_from_the_use_case() -> None:
    made = improve("A gold ring turns on velvet", "", VEO_31, use_case("gemstone_closeup"))
    case = use_case("gemstone_closeup")
    assert made.prompt.startswith("A gold ring turns on velvet, locked-off static camera")
    assert case.lens in made.prompt and case.light in made.prompt and case.style in made.prompt
    assert any(note.startswith("Style from the use case Gemstone close-up") for note in made.notes)
    assert not [h for h in lint(made.prompt, "", VEO_31) if h.level in ("conflict", "missing")]


def test_what_the_prompt_says_itself_stays() -> None:
    made = improve(
        "A gold ring turns, handheld, hard side light, anime", "", PREVIEW, use_case("luxury_brand")
    )
    assert "dolly" not in made.prompt and "fashion" not in made.prompt and "low-key" not in made.prompt


def test_what_only_the_person_can_know_is_left_to_them() -> None:
    made = improve("Static shot, a lion walks, pan left, anime", "", PREVIEW)
    assert made.prompt == "Static shot, a lion walks, pan left, anime"
    assert made.notes[-1].startswith("Left to you: “Static shot” and “pan left”")


def test_json_stays_json() -> None:
    prompt = '{"subject": "a lion walks in 4K at dawn", "style": "anime"}'
    made = improve(prompt, "", VEO_31, use_case("luxury_brand"))
    assert json.loads(made.prompt) == {"subject": "a lion walks at dawn", "style": "anime"}


def test_a_negative_prompt_without_a_place_is_kept() -> None:
    made = improve(GOOD, "text", replace(PREVIEW, negative_prompt=False))
    assert (made.prompt, made.negative_prompt) == (GOOD, "text")
    assert "has no negative prompt" in made.notes[-1]


def test_slots_stay_slots() -> None:
    prompt = "A lion lion walks, {camera=slow dolly in|static shot}, {anime|oil painting}"
    assert improve(prompt, "", PREVIEW).prompt == prompt.replace("lion lion", "lion")


@settings(deadline=None, max_examples=50)
@given(TEXTS.filter(lambda text: len(text) < 500), st.text(max_size=100), st.sampled_from([VEO_31, STILL]))
def test_improving_ends_and_is_done_after_it(prompt: str, negative: str, model: Capabilities) -> None:
    once = improve(prompt, negative, model)
    hints = lint(once.prompt, once.negative_prompt, model)
    fixable = [h for h in hints if h.fix is not None and h.rule != "no negative prompt"]
    assert not fixable or len(once.notes) > 3  # so many that the rules leave off
    if not fixable:
        again = improve(once.prompt, once.negative_prompt, model)
        assert (again.prompt, again.negative_prompt) == (once.prompt, once.negative_prompt)


@pytest.mark.parametrize(
    ("axis", "prompt", "first"),
    [
        ("camera", GOOD, "A lion walks through tall grass at dawn, static shot, documentary style"),
        ("camera", "Static shot of a lighthouse, film", "Slow dolly in shot of a lighthouse, film"),
        (
            "camera",
            "A man waits. The camera slowly pushes in towards him. Film.",
            "A man waits. Slow dolly in. Film.",
        ),
        ("camera", "A man waits, handheld, film. Zoom in.", "A man waits, slow dolly in, film."),
        ("time of day", GOOD, "A lion walks through tall grass at sunrise, slow dolly in, documentary style"),
        ("time-of-day", "Golden hour, a lion walks", "At dawn, a lion walks"),
        ("time of day", "A lion in early morning light", "A lion in early morning light, at dawn"),
        (
            "light",
            "A man reads by lantern light, film",
            "A man reads in soft window light from the left, film",
        ),
        ("light", "Warm, soft light on a cup.", "Soft window light from the left on a cup."),
        ("mood", "A lion walks, an eerie mood, film", "A lion walks, a calm mood, film"),
        ("mood", 'A man says "a tense mood"', 'A man says "a tense mood", calm mood'),
        ("style", "A lion walks, 35mm film look", "A lion walks, documentary style"),
        ("lens", "A cup, 85mm lens, shallow depth of field", "A cup, 24mm wide-angle lens, deep focus"),
        ("weather", "A lion walks in heavy rain", "A lion walks under a clear sky"),
        ("pace", "A lion walks in slow motion", "A lion walks at a slow, unhurried pace"),
    ],
)
def test_a_variant_replaces_what_is_there_or_adds(axis: str, prompt: str, first: str) -> None:
    assert vary(prompt, "blur", axis, 1, PREVIEW)[0].prompt == first


@pytest.mark.parametrize("model", [VEO_31, STILL])
@pytest.mark.parametrize("axis", [axis.name for axis in AXES])
def test_variants_are_distinct_and_differ_in_that_axis_only(axis: str, model: Capabilities) -> None:
    if axis not in axes(model):
        with pytest.raises(RequestError, match=f"no axis '{axis}'"):
            vary(GOOD, "blur", axis, 2, model)
        return
    made = vary(GOOD, "blur", axis, 8, model)
    assert len({one.prompt for one in made} | {GOOD}) == 9
    assert made == vary(GOOD, "blur", axis, 8, model)
    for one in made:
        assert (one.negative_prompt, one.by, len(one.notes)) == ("blur", BY_RULE, 1)
        same = "".join(piece.text for piece in word_diff(GOOD, one.prompt) if piece.kind == "same")
        assert "A lion walks through tall grass" in same


@pytest.mark.parametrize("axis", AXES, ids=lambda axis: axis.name)
def test_an_axis_knows_its_own_phrases(axis: object) -> None:
    """Or a variant of a variant would add where it should replace."""
    for phrase in {*axis.phrases, *axis.still}:  # type: ignore[attr-defined]
        found = axis.present.search(phrase.lower())  # type: ignore[attr-defined]
        assert found and found.span() == (0, len(phrase)), phrase
    assert len(axis.phrases) >= 9  # type: ignore[attr-defined]


def test_a_variant_that_contradicts_comes_last() -> None:
    made = vary("A street at night" + REST, "", "weather", 10, PREVIEW)
    assert all(not [h for h in lint(one.prompt, "", PREVIEW) if h.level == "conflict"] for one in made[:3])


@pytest.mark.parametrize(
    ("prompt", "axis", "count", "model", "says"),
    [
        ("{camera} on a lion", "camera", 2, VEO_31, "“Camera” is a slot of this prompt already"),
        ("{move=slow dolly in|static} on a lion", "camera", 2, VEO_31, "“Camera” is a slot"),
        ('{"subject": "a lion"}', "mood", 2, VEO_31, "JSON and says nothing of “Mood”"),
        ("a lion", "colour", 2, VEO_31, "no axis 'colour'. Allowed: camera, lens"),
        ("a lion", "pace", 2, STILL, "no axis 'pace' for Still, which makes no clips"),
        ("a lion", "mood", 0, VEO_31, "can't make 0 variants of “Mood”. Allowed: 1 to 10"),
        ("a lion", "mood", 11, VEO_31, "can't make 11 variants"),
    ],
)
def test_what_can_not_be_varied_is_told(
    prompt: str, axis: str, count: int, model: Capabilities, says: str
) -> None:
    with pytest.raises(RequestError) as raised:
        vary(prompt, "", axis, count, model)
    assert says in str(raised.value)


@settings(deadline=None, max_examples=40)
@given(TEXTS.filter(lambda text: len(text) < 300), st.sampled_from([axis.name for axis in AXES]))
def test_varying_any_text_gives_other_texts(prompt: str, axis: str) -> None:
    try:
        made = vary(prompt, "", axis, 3, PREVIEW)
    except RequestError as error:
        assert "slot" in str(error) or "JSON" in str(error)
        return
    assert len({one.prompt for one in made} | {prompt}) == 4


def test_rules_translate_nothing() -> None:
    assert translate(GOOD, "text", VEO_31).prompt == GOOD
    with pytest.raises(RequestError, match="Translating needs a model that writes"):
        translate("Лев идёт через высокую траву", "", VEO_31)


# By a model


def test_models_are_asked_in_strict_shapes() -> None:
    asked = {
        "improve": ask_improve("a lion {pose} in 4K", "no text", VEO_31, use_case("luxury_brand")),
        "vary": ask_vary("a lion {pose}", "text", "smell", 3, VEO_31),
        "translate": ask_translate("ein Löwe {pose}", "Text", VEO_31),
    }
    for asking in asked.values():
        assert_strict(asking.shape)
        assert "{pose}" in asking.text and '"text"' in asking.text.lower()
        assert "place holder" in asking.instructions
    assert "Resolution is set to 720p" in asked["improve"].text
    assert '"axis": "smell"' in asked["vary"].text and "Write 3 variants" in asked["vary"].text


def test_a_rewritten_prompt_keeps_its_slots() -> None:
    parsed = SimpleNamespace(prompt="A lion {pose}", negative_prompt=["no text"], notes=[])
    made = read_rewritten(parsed, "openai/x", VEO_31)
    assert (made.prompt, made.negative_prompt, made.by) == ("A lion {pose}", "text", "openai/x")


def test_variants_are_read_once_each() -> None:
    def one(prompt: str) -> SimpleNamespace:
        return SimpleNamespace(prompt=prompt, negative_prompt=[], notes=["n"])

    parsed = SimpleNamespace(variants=[one("A lion"), one("a lion"), one(" "), one("A lynx")])
    assert [made.prompt for made in read_variants(parsed, "x", VEO_31)] == ["A lion", "A lynx"]
    with pytest.raises(Rejected, match="x answered without a variant; the answer was charged"):
        read_variants(SimpleNamespace(variants=[]), "x")
