"""What text is taken to cost: never fewer tokens than the counter beside the prompt would say."""

from __future__ import annotations

import pytest

from workbench.api.reading import BYTES_A_TOKEN, bytes_of
from workbench.prompting.tokens import tokens


@pytest.mark.parametrize(
    "text",
    [
        "A lion walks through tall grass at dawn, slow dolly in, documentary style",
        "獅子が草原を歩く、朝日、ゆっくりとしたドリー",
        "一只狮子在黎明时分走过高高的草丛",
        "Лев идёт через высокую траву на рассвете",
        "Một con sư tử đi qua đồng cỏ cao lúc bình minh",
        "🦁🌅🎬",
    ],
)
def test_no_script_is_taken_for_less_than_it_is(text: str) -> None:
    assert bytes_of(text, text) / BYTES_A_TOKEN >= 2 * tokens(text).about


def test_half_a_character_breaks_nothing() -> None:
    assert bytes_of("\ud83e") == 1
