"""Who names something by its name, or by the beginning of its id, gets it, or one sentence that helps."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from workbench.api import Workbench
from workbench.api.meant import Sentences, meant
from workbench.domain.errors import RequestError

KNOWN = {"01ABC": "Lion", "01ABD": "lion", "01B": "Two  words", "01C": "Lake", "01D": "Lake", "01E": "01B"}
SAYS = Sentences("{count} fit {wanted!r}: {ids}.", "No {wanted!r}. {there}", "Nothing is there.")


@pytest.mark.parametrize(
    ("told", "found"),
    [
        ("Lion", "01ABC"),
        ("lion", "01ABD"),
        ("01abc", "01ABC"),
        (" 01c\n", "01C"),
        ("01B", "01E"),  # a name goes before an id
        ("01b", "01B"),
    ],
)
def test_what_is_meant(told: str, found: str) -> None:
    assert meant(told, KNOWN, SAYS) == found


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        ("Lake", "2 fit 'Lake': 01C, 01D."),
        ("LION", "2 fit 'LION': 01ABC, 01ABD."),
        ("01AB", "2 fit '01AB': 01ABC, 01ABD."),
        ("01", "6 fit '01': 01ABC, 01ABD, 01B, 01C, 01D."),
        ("{wanted}", "No '{wanted}'. There are: 01ABC Lion; 01ABD lion; 01B Two  words; 01C Lake; 01D Lake."),
        ("", "No ''. There are: 01ABC Lion; 01ABD lion; 01B Two  words; 01C Lake; 01D Lake."),
    ],
)
def test_what_is_not_one_thing_is_told(told: str, sentence: str) -> None:
    with pytest.raises(RequestError) as error:
        meant(told, KNOWN, SAYS)
    assert str(error.value) == sentence


def test_where_nothing_is_there() -> None:
    with pytest.raises(RequestError, match=r"^No 'x'\. Nothing is there\.$"):
        meant("x", {}, SAYS)


def test_experiments_and_briefs_in_their_own_words(tmp_path: Path) -> None:
    with Workbench(tmp_path, providers=[]) as bench:
        now = datetime(2026, 11, 26, tzinfo=UTC)
        _, newer = (bench.store.experiments.create(name, "", {}, now) for name in ("Lion", "lion"))
        assert bench.find_experiment("LION") == newer, "the newest of a name"
        assert bench.find_experiment(newer.id.lower()) == newer
        for find, told, sentence in (
            (bench.find_experiment, "0", "2 experiments begin with '0'. The Experiments page lists them."),
            (
                bench.find_experiment,
                "x",
                "No experiment is called so or begins with 'x'. The Experiments page lists them.",
            ),
            (
                bench.find_brief,
                "x",
                "No clip of a review was written from a brief 'x'. No clip of a review was written from one.",
            ),
            (
                bench.find_review,
                "x",
                "The log holds no review 'x'. There is none yet; make one on the Review page.",
            ),
        ):
            with pytest.raises(RequestError) as error:
                find(told)
            assert str(error.value) == sentence
