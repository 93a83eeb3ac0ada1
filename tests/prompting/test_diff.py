import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.prompting.diff import Change, Piece, settings_diff, word_diff

WORDS = st.lists(
    st.sampled_from(
        [
            "lion",
            "tiger",
            "walks",
            "a",
            ",",
            ".",
            " ",
            "  ",
            "\n",
            "\t",
            "שלום",
            "مرحبا",
            "👨‍👩‍👧",
            "👍🏽",
            "e\u0301",
            "狮",
            "子",
        ]
    ),
    max_size=30,
).map("".join)
TEXTS = WORDS | st.text()


def joined(pieces: tuple[Piece, ...], *kinds: str) -> str:
    return "".join(piece.text for piece in pieces if piece.kind in kinds)


@given(TEXTS, TEXTS)
def test_the_pieces_give_both_texts_back(old: str, new: str) -> None:
    pieces = word_diff(old, new)
    assert joined(pieces, "same", "removed") == old
    assert joined(pieces, "same", "added") == new


@given(TEXTS, TEXTS)
def test_pieces_are_merged_and_not_empty(old: str, new: str) -> None:
    pieces = word_diff(old, new)
    assert all(piece.text for piece in pieces)
    kinds = [piece.kind for piece in pieces]
    assert all(a != b for a, b in pairwise(kinds))
    assert ("added", "removed") not in pairwise(kinds)


@given(WORDS, WORDS)
def test_no_piece_begins_inside_a_visible_character(old: str, new: str) -> None:
    for piece in word_diff(old, new):
        whole = piece.text in (old, new)
        assert whole or not unicodedata.category(piece.text[0]).startswith("M")
        assert whole or "\u200d" not in (piece.text[0], piece.text[-1])
        assert whole or not "\U0001f3fb" <= piece.text[0] <= "\U0001f3ff"


@given(TEXTS)
def test_equal_texts_are_one_piece(text: str) -> None:
    assert word_diff(text, text) == ((Piece("same", text),) if text else ())


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("A lion walks", "A big lion walks", ["=A", "+ big", "= lion walks"]),
        ("A lion walks", "lion walks", ["-A ", "=lion walks"]),
        ("A lion, at dawn", "A lion, at dusk", ["=A lion, at ", "-dawn", "+dusk"]),
        ("A lion walks. Dawn", "A tiger runs. Dusk", ["=A ", "-lion walks. Dawn", "+tiger runs. Dusk"]),
        ("a  b", "a b", ["=a", "-  ", "+ ", "=b"]),
        ("", "new words", ["+new words"]),
        ("old words", "", ["-old words"]),
        ("go 👨‍👩‍👧 now", "go 👨‍👩‍👧‍👦 now", ["=go ", "-👨‍👩‍👧", "+👨‍👩‍👧‍👦", "= now"]),
        ("caf\u0065\u0301 noir", "cafe noir", ["-caf\u0065\u0301", "+cafe", "= noir"]),
        ("אריה הולך לאט", "אריה רץ לאט", ["=אריה ", "-הולך", "+רץ", "= לאט"]),
        ("一只狮子在走", "一只老虎在走", ["=一只", "-狮子", "+老虎", "=在走"]),
        ("slow pan.", "slow pan", ["=slow pan", "-."]),
    ],
)
def test_reads_well(old: str, new: str, expected: list[str]) -> None:
    signs = {"same": "=", "added": "+", "removed": "-"}
    assert [signs[p.kind] + p.text for p in word_diff(old, new)] == expected


def test_long_texts_of_few_words_are_one_replacement() -> None:
    old, new = "the " + "a b " * 2_000 + "x end", "the " + "b a " * 2_000 + "y end"
    pieces = word_diff(old, new)
    assert [piece.kind for piece in pieces] == ["same", "removed", "added", "same"]
    assert joined(pieces, "same", "added") == new


def test_settings_diff() -> None:
    old = {"duration_s": 4, "resolution": "480p", "audio": True, "fps": 24}
    new = {"duration_s": 8, "resolution": "480p", "audio": 1, "style": "noir"}
    assert settings_diff(old, new) == (
        Change("duration_s", 4, 8),
        Change("audio", True, 1),
        Change("fps", 24, None),
        Change("style", None, "noir"),
    )
    assert settings_diff(old, dict(reversed(old.items()))) == ()
