import pytest

from workbench.prompting.wording import wording

SAME = [
    ("soft morning light", "soft, warm morning light"),
    ("Soft morning light.", "soft morning light"),
    ("35mm lens", "a 35mm lens with shallow depth of field"),
    ("gray wool coat", "a grey wool coat"),
    ("slow push in", "slow push in towards the face"),
    ("tall grasses", "tall grass"),
    ("wide shot of a calm lake at dawn, centred", "wide shot of a lake at dawn, centred"),
    ("獅子", "獅子"),
]
OTHER = [
    ("soft morning light", "soft evening light"),
    ("warm light from the left", "warm light from the right"),
    ("moves from left to right", "moves from right to left"),
    ("a beach at dawn", "a beach at night"),
    ("two people at a table", "three people at a table"),
    ("35mm lens", "85mm lens"),
    ("a red ceramic mug with a thin gold rim", "a blue ceramic mug with a thin gold rim"),
    ("slow movement", "fast movement"),
    ("wide shot, low angle", "wide shot, high angle"),
    ("獅子", "虎"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_these_say_the_same(one: str, other: str) -> None:
    assert wording(one).is_near(wording(other)) and wording(other).is_near(wording(one))


@pytest.mark.parametrize(("one", "other"), OTHER)
def test_these_do_not(one: str, other: str) -> None:
    assert not wording(one).is_near(wording(other)) and not wording(other).is_near(wording(one))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("a gold ring", "a gold ring with a blue stone", True),
        ("a ring", "a wooden box beneath the ring", False),
        ("an old fisherman", "an old fisherman mending a net", False),  # no preposition tells the head
        ("stones", "extra stones", True),
    ],
)
def test_of_the_same_thing(one: str, other: str, same: bool) -> None:
    assert wording(one).is_near(wording(other), same_head=True) is same
