"""Words → shot plan: what is drawn, what is not, what the negative prompt takes away."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.domain.media import Input, Media, Role
from workbench.domain.request import GenerationRequest
from workbench.providers.animatic import lexicon
from workbench.providers.animatic.plan import ShotPlan, plan


def shot(prompt: str, negative: str = "", seed: int = 7) -> ShotPlan:
    return plan(GenerationRequest("animatic/preview", prompt, negative, seed=seed))


def test_the_lion() -> None:
    found = shot("A lion walks through tall grass at dawn, slow dolly in, documentary style", "cartoon, text")
    assert (found.scene, found.subject, found.time, found.move, found.style) == (
        "grassland", "lion", "dawn", "dolly_in", "documentary",
    )  # fmt: skip
    assert found.amount < 1
    assert found.unmatched == ()
    assert "tall grass" in found.matched


def test_neon_beats_night_and_rain_stays() -> None:
    found = shot("A neon-lit city street in the rain at night, pan left")
    assert (found.scene, found.palette, found.time, found.weather, found.move) == (
        "city", "neon", "night", "rain", "pan_left",
    )  # fmt: skip
    assert shot("neon signs on a sunny day").time == "night"


def test_a_jewel_lies_in_the_studio_in_its_own_colour() -> None:
    found = shot("Macro of an emerald ring on black velvet, slow orbit")
    assert (found.scene, found.subject, found.tint, found.move) == ("studio", "gem", "emerald", "orbit_right")


@pytest.mark.parametrize(
    ("word", "weather"),
    [("misty", "mist"), ("rainy", "rain"), ("snowy", "snow"), ("foggy", "mist"), ("rain-slicked", "rain")],
)
def test_adjectives_of_weather(word: str, weather: str) -> None:
    assert shot(f"a {word} valley").weather == weather


@pytest.mark.parametrize("move", list(lexicon.MOVES))
def test_every_move_can_be_asked_for_in_every_way(move: str) -> None:
    for words in lexicon.MOVES[move]:
        assert shot(f"mountains, {words}, day").move == move, words


def test_the_first_of_two_wins_and_the_other_is_told() -> None:
    found = shot("mountains at dawn and at dusk")
    assert found.time == "dawn"
    assert found.unmatched == ("dusk",)


def test_words_it_does_not_know_are_told_in_order() -> None:
    assert shot("a quixotic zeppelin over the sea").unmatched == ("quixotic", "zeppelin")


def test_the_negative_prompt_removes_what_was_planned() -> None:
    found = shot("mountains in the rain, handheld", "rain, handheld, birds")
    assert (found.weather, found.move) == ("clear", "static")
    assert set(found.removed) == {"rain", "handheld"}
    assert not found.has("birds")
    assert found.has("stars")


def test_another_seed_changes_the_seed_alone() -> None:
    one, two = shot("a forest", seed=1), shot("a forest", seed=2)
    assert one.to_json() | {"seed": 2} == two.to_json()


def test_without_a_seed_the_take_stands_in_for_it() -> None:
    seeds = [plan(GenerationRequest("animatic/preview", "sea", take=n)).seed for n in (1, 2, 3)]
    assert len(set(seeds)) == 3


def test_a_continuation_keeps_the_picture_and_moves_its_clock() -> None:
    first = shot("a lion at dawn, pan left")
    more = plan(GenerationRequest("animatic/preview", "now at night, pan left", seed=99), first, 4.0)
    assert (more.scene, more.time, more.seed, more.starts_at_s) == (first.scene, "dawn", first.seed, 4.0)
    assert "pan left" in more.matched
    assert "night" in more.unmatched


def test_over_a_given_picture_only_camera_look_and_weather_are_drawn() -> None:
    picture = Media("0" * 64, "image/png", 1)

    def words(*roles: Role) -> tuple[str, ...]:
        inputs = tuple(Input(role, picture) for role in roles)
        text = "a lion at dawn in the rain, slow pan left, film noir"
        return plan(GenerationRequest("animatic/preview", text, inputs=inputs)).matched

    assert words(Role.FIRST_FRAME) == ("rain", "slow", "pan left", "film noir")
    assert words(Role.FIRST_FRAME, Role.LAST_FRAME) == ("film noir",)


@given(st.text(max_size=200), st.text(max_size=60), st.integers(0, 2**32 - 1))
def test_any_text_gives_a_plan_that_survives_json(prompt: str, negative: str, seed: int) -> None:
    found = shot(prompt, negative, seed)
    assert ShotPlan.from_json(json.loads(json.dumps(found.to_json()))) == found
    assert not set(found.matched) & set(found.unmatched)


def test_a_plan_of_a_later_version_is_read_without_what_is_unknown() -> None:
    assert ShotPlan.from_json({"scene": "sea", "depth_of_field": 2}) == ShotPlan(scene="sea")


def test_the_lexicon_means_only_what_can_be_drawn() -> None:
    from workbench.providers.animatic.beasts import BEASTS
    from workbench.providers.animatic.daylight import TIMES
    from workbench.providers.animatic.grade import PALETTES, STYLES
    from workbench.providers.animatic.scenes import SCENES

    assert set(lexicon.SCENES) == set(SCENES)
    assert set(lexicon.TIMES) == set(TIMES)
    assert set(lexicon.STYLES) < set(STYLES)
    assert set(lexicon.PALETTES) < set(PALETTES)
    assert set(BEASTS) < set(lexicon.SUBJECTS)
    assert set(lexicon.SUBJECTS) == set(lexicon.HOMES)
    assert set(lexicon.HOMES.values()) <= set(SCENES)


def test_two_words_for_what_is_drawn_both_count_and_a_stand_in_does_not() -> None:
    shot = plan(GenerationRequest("animatic/preview", "Snow on a pine forest", seed=1))
    assert {"snow", "pine", "forest"} <= set(shot.matched)
    cup = plan(GenerationRequest("animatic/preview", "A cup on a table, slow pan left then fast", seed=1))
    assert (cup.subject, "cup" in cup.matched, "cup" in cup.unmatched) == ("box", False, True)
    assert ("slow" in cup.matched, "fast" in cup.matched) == (True, False)
