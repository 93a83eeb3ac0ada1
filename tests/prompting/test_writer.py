from dataclasses import replace
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.prompting.sight import LOOKS, look
from tests.prompting.test_lint import STILL
from tests.prompting.test_looking import assert_strict
from workbench.domain.brief import Brief, Colour, Facet, Look
from workbench.domain.capabilities import Capabilities
from workbench.domain.errors import Rejected
from workbench.domain.request import Scalar
from workbench.domain.writing import BY_RULE, Written
from workbench.prompting.brief import merge
from workbench.prompting.lint import lint
from workbench.prompting.tokens import tokens
from workbench.prompting.use_cases import use_case, use_cases
from workbench.prompting.writer import ask_write, read_written, write
from workbench.providers.animatic.model import PREVIEW
from workbench.providers.gemini.models import OMNI_12
from workbench.providers.vertex.models import VEO

VEO_31, OMNI = VEO[0], OMNI_12.capabilities("gemini")
GENERAL, PRODUCT = use_case("general"), use_case("product_video")
RING = look(
    "a",
    subject="a gold ring with an oval blue sapphire",
    keep=["the engraved crown"],
    action="turning slowly on black velvet",
    setting="a dark studio",
    composition="close-up, centred",
    camera="eye level",
    lens="macro lens",
    light="soft light from the left",
    style="luxury product film",
    mood="calm",
    text=['"ACME" 12'],
    avoid=["no dust", "extra stones"],
    palette=(
        Colour("#102040", 0.6, "navy"),
        Colour("#c0a030", 0.2, "gold"),
        Colour("#ffffff", 0.01, "white"),
    ),
)
MOVING = look(
    "b", speed="slow", direction="from left to right", rhythm="steady", camera_path="slow orbit to the left"
)


def written(
    *looks: Look,
    model: Capabilities = VEO_31,
    case: str = "general",
    extra: str = "",
    settings: dict[str, Scalar] | None = None,
) -> Written:
    return write(merge(looks), use_case(case), model, extra, settings or {})


def in_order(text: str, *pieces: str) -> bool:
    places = [text.find(piece) for piece in pieces]
    return -1 not in places and places == sorted(places)


def test_the_order_is_that_of_the_guide() -> None:
    made = written(RING, case="product_video", extra="Let it sparkle once.")
    assert in_order(
        made.prompt,
        "A gold ring with an oval blue sapphire, turning slowly on black velvet.",
        "It must stay the same throughout: the engraved crown.",
        'The lettering "ACME 12" stays legible and unchanged.',
        "A dark studio.",
        "Close-up, centred.",
        "Eye level.",
        "Macro lens.",
        "Soft light from the left.",
        "Palette: navy and gold.",
        "Luxury product film.",
        "Mood: calm.",
        "SFX: ",
        "Ambient sound: ",
        "\nLet it sparkle once.",
    )
    assert made.by == BY_RULE
    assert made.prompt.endswith("Let it sparkle once.")


def test_what_rules_write_gets_no_hint() -> None:
    made = written(RING, case="product_video")
    assert lint(made.prompt, made.negative_prompt, VEO_31) == ()


def test_the_negative_prompt_lists_things_and_goes_where_there_is_one() -> None:
    assert written(RING).negative_prompt == "dust, extra stones"
    without = written(RING, model=OMNI)
    assert without.negative_prompt == ""
    assert "Gemini Omni 1.2 Flash has no negative prompt. Left out: dust, extra stones." in without.notes


def test_what_the_prompt_asks_for_is_not_forbidden() -> None:
    made = written(look("a", subject="a lion in tall grass", avoid=["grass", "people"]))
    assert made.negative_prompt == "people"
    assert "Not in the negative prompt, for the prompt asks for it: grass." in made.notes


@pytest.mark.parametrize(
    ("model", "settings", "heard"),
    [
        (VEO_31, {}, True),
        (VEO_31, {"generate_audio": False}, False),
        (OMNI, {}, True),
        (PREVIEW, {}, True),
        (STILL, {}, False),
        (replace(OMNI, sound=False), {}, False),
    ],
)
def test_sound_only_where_it_is_heard(model: Capabilities, settings: dict[str, Scalar], heard: bool) -> None:
    made = written(RING, case="product_video", model=model, settings=settings)
    assert ("SFX: " in made.prompt, "Ambient sound: " in made.prompt) == (heard, heard)


def test_motion_of_a_clip_is_told_in_words() -> None:
    made = written(RING, MOVING)
    assert in_order(
        made.prompt, "Eye level, slow orbit to the left.", "Movement: slow, from left to right, steady."
    )
    assert "Veo 3.1 takes no reference clip: its motion is told in words." in made.notes
    assert not any("reference clip" in note for note in written(RING, MOVING, model=OMNI).notes)
    assert "Movement" not in written(RING, MOVING, model=STILL).prompt


def test_a_conflict_takes_the_first_and_says_so() -> None:
    made = written(look("a", subject="a ring", style="anime"), look("b", style="film noir"))
    assert "Anime." in made.prompt and "noir" not in made.prompt
    assert "Style: “anime” (image 1) was taken, not “film noir” (image 2)." in made.notes


def test_without_a_subject_nothing_is_invented() -> None:
    measured = look("a", light="dark, low-key light")
    made = written(measured)
    assert made.prompt == "Dark, low-key light."
    assert made.notes[0].startswith("The references do not say who or what is seen; add it.")
    with_words = written(measured, extra="A perfume bottle on marble")
    assert with_words.prompt == "A perfume bottle on marble\nDark, low-key light."


def test_what_the_use_case_adds_is_told() -> None:
    made = written(look("a", subject="a ring", light="hard light"), case="luxury_brand")
    (note,) = [note for note in made.notes if note.startswith("From the use case Luxury brand")]
    assert "camera “slow, smooth dolly in”" in note and "light" not in note.replace("highlights", "")
    assert "Hard light." in made.prompt and "low-key" not in made.prompt


def test_a_phrase_of_the_use_case_gives_way_to_what_was_seen() -> None:
    made = written(
        look("a", subject="a ring", setting="an establishing shot of a hall"), case="gemstone_closeup"
    )
    assert "close-up" not in made.prompt
    assert not any("extreme close-up" in note for note in made.notes)


def test_settings_are_no_part_of_a_prompt() -> None:
    made = written(look("a", subject="a ring", composition="vertical format, centred", style="4K, film"))
    assert in_order(made.prompt, "A ring.", "Centred.", "Film.")
    assert "vertical" not in made.prompt and "4K" not in made.prompt
    assert sum(note.startswith("Left out, for it is a setting") for note in made.notes) == 2


def test_a_finding_makes_no_slots_and_no_lines() -> None:
    assert written(look("a", subject="a {red|blue}\nring")).prompt == "A (red|blue) ring."


def test_the_least_important_goes_where_there_is_no_room() -> None:
    small = replace(VEO_31, prompt_limit_chars=200)
    made = written(RING, case="product_video", model=small, extra="Let it sparkle once.")
    assert len(made.prompt) <= 200
    assert made.prompt.startswith("A gold ring") and made.prompt.endswith("Let it sparkle once.")
    assert "SFX" not in made.prompt and "Mood" not in made.prompt
    assert any(note.startswith("Left out, for Veo 3.1 takes no longer prompt") for note in made.notes)


def test_nothing_at_all_is_told() -> None:
    made = write(Brief(), GENERAL, VEO_31)
    assert made.prompt == ""
    assert made.notes[-1] == "Nothing was seen and nothing added: write who or what is seen."


@settings(deadline=None, max_examples=60)
@given(
    st.lists(LOOKS, max_size=3),
    st.sampled_from([VEO_31, OMNI, PREVIEW, STILL]),
    st.sampled_from([*use_cases()]),
    st.text(max_size=400),
    st.integers(20, 400),
)
def test_whatever_is_seen_the_prompt_fits(
    looks: list[Look], model: Capabilities, case: str, extra: str, limit: int
) -> None:
    small = replace(model, prompt_limit_chars=limit, prompt_limit_tokens=limit // 4)
    made = write(merge(looks), use_case(case), small, extra)
    assert len(made.prompt) <= limit and len(made.negative_prompt) <= limit
    assert tokens(made.prompt).about <= limit // 4
    assert small.negative_prompt or not made.negative_prompt
    assert write(merge(looks), use_case(case), small, extra) == made


# By a model


def test_a_model_is_asked_with_all_that_matters() -> None:
    asking = ask_write(
        merge([RING, look("b", style="anime")]), PRODUCT, VEO_31, "Let it sparkle.", {"duration_s": 4}
    )
    assert_strict(asking.shape)
    for said in (
        "a gold ring with an oval blue sapphire [image 1]",
        "navy 60%",
        "Style: “luxury product film” (image 1); “anime” (image 2).",
        "Product video",
        PRODUCT.first,
        '"Duration": "4 s"',
        '"sound": true',
        "1,024 tokens",
        "Let it sparkle.",
    ):
        assert said in asking.text
    assert "never orders" in asking.instructions


def answered(**told: object) -> SimpleNamespace:
    return SimpleNamespace(**{"prompt": "A ring turns.", "negative_prompt": [], "notes": [], **told})


def test_an_answer_is_made_fit() -> None:
    made = read_written(
        answered(
            prompt='```text\nA {ring} turns.\u202e\x00\nSFX: a "ding".\n```',
            negative_prompt=["no text", "without hands, Text", "don't show dust"],
            notes=["Took the first style.", "none", " "],
        ),
        "openai/x",
        VEO_31,
    )
    assert made == Written(
        'A (ring) turns. \nSFX: a "ding".', "text, hands, dust", "openai/x", ("Took the first style.",)
    )


def test_a_wrapped_answer_is_unwrapped() -> None:
    assert read_written(answered(prompt='"A ring turns."'), "x").prompt == "A ring turns."
    two = '"Hello" says one, the other "bye"'
    assert read_written(answered(prompt=two), "x").prompt == two


def test_an_answer_too_long_or_for_no_negative_prompt_is_told() -> None:
    made = read_written(answered(prompt="ring " * 4_000, negative_prompt=["text"]), "x", OMNI)
    assert len(made.prompt) <= 8_000 and made.negative_prompt == ""
    assert len(made.notes) == 2


@pytest.mark.parametrize("prompt", ["", "  ", "\x00", "…", None])
def test_an_answer_without_a_prompt_says_what_it_cost(prompt: object) -> None:
    with pytest.raises(Rejected, match="x answered without a prompt; the answer was charged"):
        read_written(answered(prompt=prompt), "x")


def test_facets_all_have_their_place() -> None:
    """Whatever a look can say is in the prompt, in the negative prompt or in the notes."""
    for facet in Facet:
        made = written(look("a", **{facet.value: "zebra crossing"}))
        told = f"{made.prompt} {made.negative_prompt} {made.notes}"
        assert "zebra crossing" in told.lower(), facet
