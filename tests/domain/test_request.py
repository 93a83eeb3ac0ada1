import hashlib
from dataclasses import FrozenInstanceError, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from immutabledict import immutabledict

from workbench.domain.media import Input, Media, Role
from workbench.domain.request import GenerationRequest, digest

BASE = GenerationRequest("animatic/preview", "a lion", "text", settings=immutabledict(duration_s=4), seed=7)


def given_as(role: Role, sha: str, position: int = 0) -> Input:
    return Input(role, Media(sha * 64, "image/png", 1), position)


def test_the_hashes_of_one_request_are_stable() -> None:
    same = GenerationRequest(
        "animatic/preview", "a lion", "text", settings=immutabledict(duration_s=4), seed=7
    )
    assert (BASE.request_hash, BASE.arm_hash, BASE.prompt_hash) == (
        same.request_hash,
        same.arm_hash,
        same.prompt_hash,
    )
    assert BASE.prompt_hash == digest(["a lion", "text"])


def test_a_digest_is_the_sha256_of_canonical_json() -> None:
    assert digest({"b": ["é", 1], "a": True}) == hashlib.sha256('{"a":true,"b":["é",1]}'.encode()).hexdigest()


@pytest.mark.parametrize(
    "changed",
    [
        replace(BASE, model="animatic/other"),
        replace(BASE, prompt="a lion "),
        replace(BASE, negative_prompt=""),
        replace(BASE, inputs=(given_as(Role.FIRST_FRAME, "a"),)),
        BASE.with_settings({"duration_s": 8}),
        BASE.with_settings({"duration_s": 4.0}),
        BASE.with_settings({"resolution": "480p"}),
    ],
)
def test_every_part_of_the_arm_counts(changed: GenerationRequest) -> None:
    assert changed.arm_hash != BASE.arm_hash
    assert changed.request_hash != BASE.request_hash


def test_seed_and_take_make_another_request_of_the_same_arm() -> None:
    for changed in (replace(BASE, seed=8), replace(BASE, seed=None), replace(BASE, take=2)):
        assert changed.arm_hash == BASE.arm_hash
        assert changed.request_hash != BASE.request_hash


def test_prompt_and_negative_prompt_are_not_confused() -> None:
    assert replace(BASE, prompt="text", negative_prompt="a lion").prompt_hash != BASE.prompt_hash
    assert (
        replace(BASE, prompt="a", negative_prompt="b").prompt_hash != replace(BASE, prompt="ab").prompt_hash
    )


def test_the_order_of_giving_does_not_count_but_the_position_does() -> None:
    first, last = given_as(Role.FIRST_FRAME, "a"), given_as(Role.LAST_FRAME, "b")
    one, two = given_as(Role.REFERENCE, "c", 0), given_as(Role.REFERENCE, "d", 1)
    request = replace(BASE, inputs=(first, last, one, two))
    assert replace(BASE, inputs=(two, last, one, first)).request_hash == request.request_hash
    turned = (given_as(Role.REFERENCE, "d", 0), given_as(Role.REFERENCE, "c", 1))
    assert replace(BASE, inputs=(first, last, *turned)).request_hash != request.request_hash
    assert replace(BASE, inputs=(replace(first, role=Role.STYLE),)).arm_hash != request.arm_hash


@given(st.dictionaries(st.text(max_size=4), st.integers() | st.text(max_size=4) | st.booleans(), max_size=5))
def test_the_order_of_settings_does_not_count(settings: dict[str, str | int | bool]) -> None:
    forward = BASE.with_settings(settings)
    backward = BASE.with_settings(dict(reversed(settings.items())))
    assert forward.request_hash == backward.request_hash


def test_takes_count_up_from_the_seed_and_wrap() -> None:
    assert [r.seed for r in BASE.takes(3)] == [7, 8, 9]
    assert [r.seed for r in replace(BASE, seed=2**32 - 1).takes(2)] == [2**32 - 1, 0]
    assert {r.arm_hash for r in BASE.takes(3)} == {BASE.arm_hash}
    assert len({r.request_hash for r in BASE.takes(3)}) == 3


@pytest.mark.parametrize("seed", [-1, 2**32, 2**40])
def test_takes_never_turn_a_seed_out_of_range_into_another_one(seed: int) -> None:
    assert [r.seed for r in replace(BASE, seed=seed).takes(1)] == [seed]


def test_takes_without_seed_are_numbered() -> None:
    takes = replace(BASE, seed=None).takes(3)
    assert [(r.seed, r.take) for r in takes] == [(None, 1), (None, 2), (None, 3)]
    assert len({r.request_hash for r in takes}) == 3


def test_a_request_is_a_value() -> None:
    assert hash(BASE) == hash(replace(BASE))
    assert BASE.endpoint == "animatic"
    assert BASE.with_settings({"fps": 24}).settings == {"duration_s": 4, "fps": 24}
    assert BASE.settings == {"duration_s": 4}
    with pytest.raises(FrozenInstanceError):
        BASE.prompt = "a tiger"  # type: ignore[misc]


def test_inputs_by_role_keep_their_order() -> None:
    one, two = given_as(Role.REFERENCE, "c", 0), given_as(Role.REFERENCE, "d", 1)
    request = replace(BASE, inputs=(one, given_as(Role.FIRST_FRAME, "a"), two))
    assert request.inputs_as(Role.REFERENCE) == (one, two)
    assert request.inputs_as(Role.MASK) == ()
