import pytest

from workbench.domain.brief import Colour
from workbench.prompting.palette import distance, in_words, merged

NAVY, INK = Colour("#102040", 0.6, "navy"), Colour("#14264a", 0.4, "ink")
GOLD = Colour("#c0a030", 0.2, "gold")


def test_close_colours_of_two_pictures_are_one_that_was_seen() -> None:
    (first, second) = merged([[NAVY, GOLD], [INK]])
    assert (first.hex, first.name, second.hex) == ("#102040", "navy", "#c0a030")
    assert first.share == pytest.approx(0.5)  # every picture counts alike: (0.6 + 0.4) / 2
    assert second.share == pytest.approx(0.1)


def test_close_colours_of_one_picture_stay_apart() -> None:
    assert merged([[NAVY, INK]]) == (NAVY, INK)


def test_it_is_no_longer_than_the_longest() -> None:
    colours = [Colour(f"#{n:02x}0000", 0.1) for n in (0, 80, 160, 255)]
    assert len(merged([colours[:2], colours[2:]])) == 2
    assert merged([]) == merged([[], []]) == ()


def test_distances_are_those_of_an_eye() -> None:
    black, white = Colour("#000000", 1), Colour("#ffffff", 1)
    assert distance(black, white) == pytest.approx(1.0, abs=1e-3)
    assert distance(NAVY, NAVY) == 0
    assert distance(NAVY, INK) < 0.08 < distance(NAVY, GOLD)


@pytest.mark.parametrize(
    ("palette", "words"),
    [
        ([NAVY, GOLD, Colour("#ffffff", 0.02, "white")], ("navy", "gold")),
        (
            [Colour("#000000", 0.9, "black"), Colour("#10b060", 0.02, "emerald green")],
            ("black", "emerald green"),
        ),
        ([Colour("#000000", 0.02, "black"), Colour("#010101", 0.03, "black")], ("black",)),
        ([Colour("#102040", 0.6), Colour("#c0a030", 0.2, " ")], ()),
        (
            [Colour(f"#10{n}040", 0.1, f"blue {n}") for n in range(9)],
            ("blue 0", "blue 1", "blue 2", "blue 3"),
        ),
    ],
)
def test_a_palette_in_words(palette: list[Colour], words: tuple[str, ...]) -> None:
    assert in_words(palette) == words
