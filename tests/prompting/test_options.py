from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.prompting.draft import Draft
from workbench.prompting.options import Condition, Option, TemplateError, read_list, read_option
from workbench.prompting.template import parse
from workbench.providers.animatic.model import PREVIEW

LISTS = {"weather": ("fog", "3::rain", "storm:=a violent storm"), "empty": ()}


@pytest.mark.parametrize(
    ("text", "option"),
    [
        ("slow dolly in", Option("slow dolly in")),
        (" dolly:= slow dolly in ", Option("slow dolly in", "dolly")),
        ("dolly in 2 := slow", Option("slow", "dolly in 2")),
        ("3::dawn", Option("dawn", weight=3)),
        ("0.5:: dawn", Option("dawn", weight=0.5)),
        ("?time=night: lit", Option("lit", only=Condition("time", ("night",)))),
        ("? time != dusk, night : lit", Option("lit", only=Condition("time", ("dusk", "night"), True))),
        (
            "?time=night: 2::moon:=lit by the moon",
            Option("lit by the moon", "moon", 2, Condition("time", ("night",))),
        ),
        (":=3::dawn", Option("3::dawn")),
        (":=", Option("")),
        ("none:=", Option("", "none")),
        ("a:=b:=c", Option("b:=c", "a")),
        ("SFX: thunder", Option("SFX: thunder")),
        ("f=2.8", Option("f=2.8")),
        ("8:00", Option("8:00")),
        ("why? because: no", Option("why? because: no")),
        ("-1::x", Option("-1::x")),
        ("", Option("")),
    ],
)
def test_an_option_is_read(text: str, option: Option) -> None:
    assert read_option(text) == option


@given(st.text(), st.sampled_from(["", "dolly", "35mm lens", "night-2"]))
def test_what_is_written_is_read_back(text: str, name: str) -> None:
    option = Option(text.strip(), name)
    assert read_option(option.written) == option


def test_names_label_what_was_taken_and_may_be_given() -> None:
    template = parse("A lion, {camera=dolly:=slow dolly in|static}")
    assert dict(template.slots) == {"camera": ("slow dolly in", "static")}
    for given_value in ("dolly", "slow dolly in"):
        filled = template.filled({"camera": given_value})
        assert (filled.text, dict(filled.took)) == ("A lion, slow dolly in", {"camera": "dolly"})
    free = template.filled({"camera": "crane {x}"})
    assert (free.text, dict(free.slots)) == ("A lion, crane {x}", {"camera": "crane {x}"})


def test_what_was_taken_fills_it_the_same_again() -> None:
    template = parse(
        "{time=night|noon}: {light=?time=night: moon:=lit by the moon|2::hard|soft}{?light=moon:!}"
    )
    for seed in range(50):
        filled = template.filled(seed=seed)
        assert template.fill(filled.slots, seed + 1) == filled.text


def test_weights_are_shares() -> None:
    template = parse("{3::dawn|dusk|0::noon} {light=hard|4::soft}")
    taken = [template.filled(seed=seed).took for seed in range(2_000)]
    times = Counter(took["3::dawn|dusk|0::noon"] for took in taken)
    assert set(times) == {"dawn", "dusk"}
    assert 1_400 < times["dawn"] < 1_600
    assert 1_520 < Counter(took["light"] for took in taken)["soft"] < 1_680


def test_equal_weights_pick_what_no_weights_pick() -> None:
    for seed in range(30):
        assert parse("{dawn|dusk}").fill(seed=seed) == parse("{2::dawn|2::dusk}").fill(seed=seed)


def test_shared_lists_stand_alone_among_others_and_in_slots() -> None:
    template = parse("{__weather__}, {__weather__|sun}, {sky=__weather__|clear}", LISTS)
    assert template.wildcards == (
        ("fog", "rain", "a violent storm"),
        ("fog", "rain", "a violent storm", "sun"),
    )
    assert template.slots["sky"] == ("fog", "rain", "a violent storm", "clear")
    taken = [template.filled(seed=seed) for seed in range(200)]
    assert {filled.wildcards["__weather__"] for filled in taken} == {"fog", "rain", "storm"}
    assert all("storm" not in filled.text or "a violent storm" in filled.text for filled in taken)
    times = Counter(filled.wildcards["__weather__"] for filled in taken)
    assert times["rain"] > times["fog"] + times["storm"]


def test_a_weight_before_a_list_counts_for_each_of_its_entries() -> None:
    (part,) = parse("{2::__weather__|sun}", LISTS).parts
    assert [option.weight for option in part.options] == [2, 6, 2, 1]  # type: ignore[union-attr]


def test_the_same_list_in_two_places_is_told_apart() -> None:
    filled = parse("{__weather__} and {__weather__}", LISTS).filled(seed=4)
    assert list(filled.wildcards) == ["__weather__", "__weather__ #2"]
    assert filled.text == " and ".join(
        {"storm": "a violent storm"}.get(label, label) for label in filled.wildcards.values()
    )


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"camera": "dolly", "time": "night"}, "slow dolly in, on rails, by night, under lamps"),
        ({"camera": "slow dolly in", "time": "noon"}, "slow dolly in, on rails, by noon"),
        ({"camera": "static", "time": "night"}, "static, on a tripod, by night, under lamps"),
        ({"camera": "handheld", "time": "noon"}, "handheld, by noon"),
    ],
)
def test_conditions(values: dict[str, str], text: str) -> None:
    template = parse(
        "{camera=dolly:=slow dolly in|static}{?camera=dolly:, on rails|?camera=static:, on a tripod}, "
        "by {time}{?time!=noon, dawn:, under lamps}"
    )
    assert template.fill(values) == text


def test_a_conditional_part_is_no_factor_of_its_own() -> None:
    filled = parse("{camera}{?camera=dolly: on rails}").filled({"camera": "dolly"})
    assert dict(filled.took) == {"camera": "dolly"}


def test_an_option_that_may_not_stand_is_never_picked_and_refused_when_named() -> None:
    template = parse("{time=night|noon}, {light=hard|?time=night: moonlit}")
    taken = [template.filled(seed=seed).slots for seed in range(100)]
    assert {(took["time"], took["light"]) for took in taken} == {
        ("night", "hard"),
        ("night", "moonlit"),
        ("noon", "hard"),
    }
    with pytest.raises(
        TemplateError, match=r"“moonlit” of the slot \{light\} stands only where time is night"
    ):
        template.fill({"time": "noon", "light": "moonlit"})


def test_one_name_may_stand_twice_under_different_conditions() -> None:
    template = parse("{time=night|dusk|noon}: {light=?time=night: soft|?time=dusk: soft|hard}")
    assert template.fill({"time": "dusk", "light": "soft"}) == "dusk: soft"
    with pytest.raises(TemplateError, match="stands only where"):
        template.fill({"time": "noon", "light": "soft"})


def test_a_slot_without_any_option_left_is_empty() -> None:
    filled = parse("{time=night|noon}{moon=?time=night: , a moon}").filled({"time": "noon"})
    assert (filled.text, filled.slots["moon"]) == ("noon", "")


@pytest.mark.parametrize(
    ("text", "position", "message"),
    [
        ("ab {__nope__}", 3, "no shared list “nope”. Lists that are there: empty, weather"),
        ("{x=a|__empty__}", 0, "list “empty” is empty"),
        ("a {?camera=dolly: b}", 2, "asks for the slot camera, which is not in this prompt. Its slots: none"),
        ("{a=?b=x: y|z} {b=?a=y: x|w}", 0, "The slot a waits for itself"),
        ("{a=?a=x: y|x}", 0, "The slot a waits for itself"),
        ("{a=n:=x|n:=y}", 0, "Two options here are called “n”"),
        (" {n:=x|n}", 1, "Two options here are called “n”"),
        ("{0::a|0::b}", 0, "Every option here has the weight 0"),
        ("".join(f"{{s{i}=?s{i + 1}=x: y|x}}" for i in range(60)) + "{s60}", 0, "depends on more than 30"),
    ],
)
def test_what_has_no_one_meaning_is_refused_with_its_place(text: str, position: int, message: str) -> None:
    with pytest.raises(TemplateError, match=message) as caught:
        parse(text, LISTS)
    assert caught.value.position == position


def test_a_shared_list_has_no_conditions() -> None:
    with pytest.raises(TemplateError, match="has an entry with a condition"):
        parse("{__a__}{b}", {"a": ("?b=x: y",)})


def test_a_list_as_a_file() -> None:
    assert read_list("\ufefffog\n\n# wet\r\n 3::rain \n#\n") == ("fog", "3::rain")


@pytest.mark.parametrize(
    "text", ["{?}", "{? what}", "{?what}", "{3::dawn}", "{n:=x}", "{a b=c}", "__weather__"]
)
def test_what_only_looks_like_syntax_stays(text: str) -> None:
    assert parse(text, LISTS).fill() == text


@pytest.mark.parametrize(
    ("prompt", "read"),
    [
        ("{camera=slow dolly in|static}", " camera slow dolly in        "),
        ("{camera=dolly:=slow dolly in|static}", " camera        slow dolly in        "),
        ("{time=a|b} {light=?time=a: 2::moon:=moonlit|x}", " time a     light                   moonlit   "),
        ("{time} {?time=a: on rails}!", " time            on rails !"),
        ("{3::dawn|dusk}", "    dawn      "),
        ("{x=a=b|c}", " x a b   "),
    ],
)
def test_the_lint_reads_what_is_said_not_how_it_is_called(prompt: str, read: str) -> None:
    assert Draft.of(prompt, "", PREVIEW, {}, ()).plain == read
