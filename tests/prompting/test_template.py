import json
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.domain.errors import RequestError
from workbench.prompting.template import TemplateError, literal, parse

# Texts that are dense in syntax, beside plain ones of every script.
SYNTAX = st.lists(
    st.sampled_from(
        ["{", "}", "{{", "}}", "|", "=", "camera", "{a}", "{a=x|y}", "{x|y}", '"', ":", " ", "é", "🦁"]
    ),
    max_size=25,
).map("".join)
TEXTS = SYNTAX | st.text()
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_characters="{}")),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text('abc d|="\\', max_size=4), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(TEXTS)
def test_round_trip_is_exact(text: str) -> None:
    try:
        template = parse(text)
    except TemplateError as error:
        assert "two different lists" in str(error)
        assert text[error.position] == "{"
    else:
        assert str(template) == text


@given(TEXTS, st.integers())
def test_filling_is_deterministic_and_loses_no_brace_outside_the_syntax(text: str, seed: int) -> None:
    try:
        template = parse(text)
    except TemplateError:
        return
    filled = template.fill(dict.fromkeys(template.slots, "value"), seed)
    assert filled == parse(text).fill(dict.fromkeys(template.slots, "value"), seed)
    assert len(template.strays) <= filled.count("{") + filled.count("}")
    if template.is_plain:
        assert filled == text


@given(JSON.filter(lambda value: isinstance(value, dict | list)), st.sampled_from([None, 2]))
def test_json_goes_through_unchanged(value: object, indent: int | None) -> None:
    separators = None if indent else (",", ":")
    text = json.dumps(value, indent=indent, ensure_ascii=False, separators=separators)
    template = parse(text)
    assert template.is_plain
    assert template.fill() == text


def test_slots_wildcards_and_values() -> None:
    template = parse("A {animal} at {dawn|dusk}, {camera=slow dolly in | static}, {animal} again")
    assert dict(template.slots) == {"animal": (), "camera": ("slow dolly in", "static")}
    assert template.wildcards == (("dawn", "dusk"),)
    assert not template.is_plain
    filled = template.fill({"animal": "lion {x|y}", "camera": "crane up", "unused": "?"}, seed=1)
    assert filled in {f"A lion {{x|y}} at {time}, crane up, lion {{x|y}} again" for time in ("dawn", "dusk")}


def test_every_choice_is_picked_by_some_seed() -> None:
    template = parse("{dawn|noon|dusk} {camera=pan|static}")
    assert len({template.fill(seed=seed) for seed in range(100)}) == 6


def test_an_edit_elsewhere_does_not_change_a_pick() -> None:
    before = parse("{dawn|noon|dusk}, a lion")
    after = parse("{a|b|c|d} {camera=x|y}: {dawn|noon|dusk}, a tiger")
    for seed in range(30):
        assert before.fill(seed=seed).split(",")[0] == after.fill(seed=seed).split(": ")[1].split(",")[0]


def test_equal_wildcards_are_picked_apart_and_equal_slots_together() -> None:
    assert any(len(set(parse("{a|b} {a|b}").fill(seed=seed).split())) == 2 for seed in range(20))
    assert all(len(set(parse("{s=a|b} {s}").fill(seed=seed).split())) == 1 for seed in range(20))


def test_choices_may_follow_the_first_mention() -> None:
    assert dict(parse("{light} and {light=hard|soft}").slots) == {"light": ("hard", "soft")}


def test_a_slot_without_value_is_named_with_its_place() -> None:
    with pytest.raises(TemplateError, match=r"\{camera\} has no value") as caught:
        parse("A lion, {camera}").fill({"Camera": "static"})
    assert caught.value.position == 8
    assert isinstance(caught.value, RequestError)


def test_two_lists_for_one_slot_are_refused() -> None:
    with pytest.raises(TemplateError, match="camera has two different lists of choices") as caught:
        parse("{camera=a|b} {camera=a|c}")
    assert caught.value.position == 13


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("{{camera}}", "{camera}"),
        ("{{{camera}}}", "{V}"),
        ("{{ {{a}} }}", "{ {a} }"),
        ("{camera", "{camera"),
        ("camera}", "camera}"),
        ("{camera move}", "{camera move}"),
        ("{}", "{}"),
        ("{|}", "{|}"),
        ("}} {{", "}} {{"),
        ("{slowly|}!", None),
        ('{"mood": "x|y", "time": {"of": "{camera}"}}', '{"mood": "x|y", "time": {"of": "V"}}'),
        ('{"Hello."|"Goodbye."}', None),
        ("{камера}", "V"),
        ("{ camera }", "V"),
        ("", ""),
    ],
)
def test_braces(text: str, filled: str | None) -> None:
    template = parse(text)
    assert str(template) == text
    answer = template.fill({"camera": "V", "камера": "V"})
    if filled is None:
        assert template.wildcards
        assert "{" not in answer
    else:
        assert answer == filled


def test_strays_say_where() -> None:
    assert parse("a {b c} {camera} }").strays == (2, 17)
    assert parse("{{a}} {x|y}").strays == ()


@given(TEXTS)
def test_a_literal_stands_for_the_text_itself_wherever_its_braces_are_nested(text: str) -> None:
    depth = list(accumulate({"{": 1, "}": -1}.get(letter, 0) for letter in text)) or [0]
    try:
        written = literal(text)
    except TemplateError:
        assert min(depth) < 0 or depth[-1] != 0
    else:
        assert parse(written).fill() == text


@pytest.mark.parametrize(
    "text", ["A lion", "{camera}", "{dawn|dusk}", '{"mood": {"a": 1}}', "{{x}}", "{__sky__}", "a } b", "{"]
)
def test_what_people_write_can_be_told_literally(text: str) -> None:
    assert parse(literal(text)).fill() == text
