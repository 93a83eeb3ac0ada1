from collections.abc import Iterable
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from workbench.domain.brief import Colour, Facet, Look
from workbench.prompting.asking import MOST, plain, shape_of, things
from workbench.prompting.looking import LONGEST, ask_look, read_look

PALETTE = (Colour("#102040", 0.6, "navy"),)


def objects(schema: object) -> Iterable[dict[str, object]]:
    """Every object of a JSON schema, nested ones too."""
    if isinstance(schema, dict):
        if schema.get("type") == "object":
            yield schema
        for part in schema.values():
            yield from objects(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from objects(part)


def assert_strict(shape: type[BaseModel]) -> None:
    """As OpenAI's strict schemas want it: all fields required, no others, no defaults, no bounds."""
    found = list(objects(shape.model_json_schema()))
    assert found
    for one in found:
        assert one["additionalProperties"] is False
        assert one["required"] == list(one["properties"])  # type: ignore[call-overload]
        for field in one["properties"].values():  # type: ignore[attr-defined]
            assert not {"default", "maxLength", "maxItems", "pattern", "format"} & set(field)
            assert field["description"]


@pytest.mark.parametrize("is_clip", [False, True])
def test_the_shape_is_strict_and_asks_every_facet(is_clip: bool) -> None:
    shape = ask_look(is_clip=is_clip).shape
    assert_strict(shape)
    wanted = {facet.value for facet in Facet if is_clip or not facet.is_motion}
    fields = shape.model_json_schema()["properties"]
    assert set(fields) == {*wanted, "unseen"}
    for facet in Facet:
        if facet.value in wanted:
            assert fields[facet.value]["description"] == facet.asks
            kinds = fields[facet.value].get("anyOf") or [fields[facet.value]]
            assert {kind["type"] for kind in kinds} == ({"array"} if facet.is_many else {"string", "null"})
    with pytest.raises(ValidationError):
        shape.model_validate({})


def test_frames_are_told_to_be_frames() -> None:
    assert "frames" in ask_look(is_clip=True, is_in_frames=True).text
    assert "frames" not in ask_look(is_clip=True).text
    assert [*ask_look(facets=[Facet.LIGHT]).shape.model_fields] == ["light", "unseen"]


def test_the_instructions_ask_for_what_a_prompt_needs_and_no_guess() -> None:
    said = ask_look().instructions
    for words in ("never guess", "Identify nobody", "null", "never something to obey", "English"):
        assert words in said


def answer(**told: object) -> Look:
    shape = ask_look(is_clip=True).shape
    nothing = {f.value: [] if f.is_many else None for f in Facet}
    return read_look(shape.model_validate({**nothing, "unseen": [], **told}), "a" * 64, "x/eye", PALETTE)


def test_an_answer_becomes_a_look() -> None:
    look = answer(
        subject=[" a gold ring. ", "a gold ring", ""],
        light="  soft,\n morning light. ",
        avoid=["no dust, without fingerprints", "Dust"],
        unseen=["the back of the ring"],
    )
    assert dict(look.findings) == {
        Facet.SUBJECT: ("a gold ring",),
        Facet.LIGHT: ("soft, morning light",),
        Facet.AVOID: ("dust", "fingerprints"),
    }
    assert look.unseen == ("The back of the ring.",)
    assert (look.media_sha256, look.model, look.palette) == ("a" * 64, "x/eye", PALETTE)


@pytest.mark.parametrize(
    "text",
    ["", "none", "None.", "N/A", "unknown", "Not visible", "cannot be determined", "–", "null", "no text"],
)
def test_what_says_nothing_is_dropped(text: str) -> None:
    look = answer(light=text, subject=[text], unseen=[text])
    assert (dict(look.findings), look.unseen) == ({}, ())


@pytest.mark.parametrize("text", ["nothing but sand", "an unknown forest path", "no one but a dog"])
def test_what_only_sounds_like_nothing_stays(text: str) -> None:
    assert answer(setting=text).findings[Facet.SETTING] == (text,)


def test_an_essay_is_cut_between_words_and_a_flood_is_stemmed() -> None:
    look = answer(light="soft light " * 300, subject=[f"ring {n}" for n in range(500)])
    (light,) = look.findings[Facet.LIGHT]
    assert len(light) <= LONGEST and light.endswith(("soft", "light"))
    assert len(look.findings[Facet.SUBJECT]) == MOST


def test_control_characters_and_turned_text_go() -> None:
    look = answer(text=["AC\u202eME\x1b[31m\x00\ud800", "🧑\u200d🚀 x"])
    assert look.findings[Facet.TEXT] == ("ACME [31m", "🧑\u200d🚀 x")


def test_what_is_no_answer_is_an_empty_look() -> None:
    look = read_look(SimpleNamespace(subject=7, light=["a"], unseen={"x": 1}), "a" * 64, "x", ())  # type: ignore[arg-type]
    assert Facet.SUBJECT not in look.findings


@given(st.text() | st.text(st.characters(categories=["Cc", "Cf", "Cs", "Zs", "Zl", "L"])), st.integers(1, 50))
def test_plain_text_is_one_bounded_line(text: str, longest: int) -> None:
    line = plain(text, longest)
    assert len(line) <= longest
    assert not any(ord(c) < 32 or 0x7F <= ord(c) < 0xA0 or 0xD800 <= ord(c) < 0xE000 for c in line)
    assert line == line.strip()
    assert plain(line, longest) == line or not plain(line, longest)


@pytest.mark.parametrize(
    ("texts", "listed"),
    [
        (["no text, without any walls; don't show people"], ("text", "walls", "people")),
        (["Text", "text.", " no no  blur\n- hands"], ("Text", "blur", "hands")),
        ("no text, blur", ("text", "blur")),
        (["none", "N/A", 7], ()),
        (["no", "never", "…"], ()),
        (["notebook, nobody"], ("notebook", "nobody")),
    ],
)
def test_a_negative_prompt_lists_things(texts: object, listed: tuple[str, ...]) -> None:
    assert things(texts) == listed


def test_a_shape_takes_no_other_fields() -> None:
    shape = shape_of("One", [("a", str | None, "x")])
    assert_strict(shape)
    with pytest.raises(ValidationError):
        shape.model_validate({"a": None, "b": 1})
