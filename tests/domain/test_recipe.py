"""Recipes: what they tell, what they keep to themselves, and what is refused of what others write."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from immutabledict import immutabledict

from workbench.domain.media import Role
from workbench.domain.recipe import MOST_BYTES, SCHEMA, BadRecipe, Ingredient, Recipe, read_recipe

WHOLE = Recipe(
    model="veo/veo-3.1",
    prompt="A fox – “slow”, 狐",
    negative_prompt="text",
    settings=immutabledict({"duration_s": 4, "audio": True, "strength": 0.5, "aspect_ratio": "16:9"}),
    seed=2**32 - 1,
    take=2,
    inputs=(Ingredient(Role.FIRST_FRAME, "a" * 64, "image/png", 17),),
    adjustments=("The clip is 4 s long",),
    template="A {animal}",
    slots=immutabledict({"animal": "fox"}),
    request_hash="b" * 64,
    clip_sha256="c" * 64,
    made_at=datetime(2026, 11, 26, 10, tzinfo=UTC),
    latency_s=12.5,
    estimate_micros=400_000,
    run_id="01J" + "0" * 23,
)
LEAST = {"schema": SCHEMA, "model": "veo/veo-3.1", "prompt": "A fox"}


@pytest.mark.parametrize("recipe", [WHOLE, Recipe("a/b", "")])
def test_what_is_written_is_read(recipe: Recipe) -> None:
    assert read_recipe(recipe.to_json(), "clip.mp4") == recipe


def test_fields_of_a_later_workbench_are_left_out() -> None:
    told = {**LEAST, "mood": {"deep": [1]}}
    assert read_recipe(json.dumps(told).encode(), "clip.mp4").prompt == "A fox"


@pytest.mark.parametrize(
    "wrong",
    [
        {"model": "nothing"},
        {"model": 3},
        {"model": "a/" + "b" * 300},
        {"prompt": "x" * 100_001},
        {"prompt": "\ud800"},
        {"prompt": "a\0b"},
        {"prompt": None},
        {"settings": []},
        {"settings": {"a": {}}},
        {"settings": {"a": float("nan")}},
        {"settings": {"a": 2**64}},
        {"settings": {str(n): n for n in range(201)}},
        {"seed": -1},
        {"seed": True},
        {"seed": 2**63},
        {"take": "1"},
        {"inputs": [1]},
        {"inputs": [{"role": "king", "sha256": "a" * 64, "mime": "image/png"}]},
        {"inputs": [{"role": "mask", "sha256": "../etc", "mime": "image/png"}]},
        {"inputs": [{"role": "mask", "sha256": "a" * 64, "mime": "text/html"}]},
        {"inputs": [{"role": [], "sha256": "a" * 64, "mime": []}]},
        {"adjustments": "none"},
        {"slots": {"a": 1}},
        {"request_hash": "A" * 64},
        {"made_at": "yesterday"},
        {"made_at": "2026-11-26T10:00:00"},
        {"latency_s": -1},
        {"latency_s": float("inf")},
        {"run_id": 7},
    ],
)
def test_a_wrong_field_is_named(wrong: dict[str, Any]) -> None:
    with pytest.raises(BadRecipe, match=r"The recipe of clip\.mp4 is wrong at “.+”; allowed: "):
        read_recipe(json.dumps({**LEAST, **wrong}).encode(), "clip.mp4")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "no JSON"),
        (b"\xff\xfe", "no JSON"),
        (b"[" * 100_000, "no JSON"),
        (b'{"seed": ' + b"9" * 10_000 + b"}", "no JSON"),
        (b"[]", "holds no recipe"),
        (b'{"schema": "workbench/recipe/2"}', "holds no recipe"),
        (b" " * (MOST_BYTES + 1), "allowed are"),
    ],
)
def test_what_is_no_recipe_is_said_in_one_sentence(content: bytes, said: str) -> None:
    with pytest.raises(BadRecipe, match=said):
        read_recipe(content, "clip.mp4")
