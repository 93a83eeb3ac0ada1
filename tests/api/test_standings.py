"""A ranking as others take it."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.api.test_reviewing import PLAIN, arm, made
from workbench.api import Workbench
from workbench.api.ranking import RankedArms
from workbench.api.standings import forest_svg, preferences, record, rows
from workbench.providers.fake import Fake

PROMPTS = ("A lion & <b>a cub</b> at dawn", '=A lion & "a cub" at dusk')


@pytest.fixture
def found(tmp_path: Path) -> RankedArms:
    bench = Workbench(tmp_path / "log", providers=[Fake(tmp_path / "journal")])
    review = bench.review("Dawn or dusk", made(bench, PROMPTS), plan=PLAIN)
    for number in range(9):
        pair = bench.asked(review.id, "Ana").pairs[0]
        better = "left" if arm(bench, review, pair.left) == PROMPTS[0] else "right"
        bench.vote(pair.id, "Ana", "both_bad" if number == 8 else better)
    return bench.rank() or pytest.fail()


def test_json_has_everything(found: RankedArms) -> None:
    told = json.loads(json.dumps(record(found)))
    assert [one["label"] for one in told["arms"]] == ["A", "B"]
    assert [one["prompt"] for one in told["arms"]] == list(PROMPTS)
    (difference,) = told["differences"]
    assert (difference["ahead"], difference["behind"], difference["votes"]) == ("A", "B", 9)
    assert told["sentence"] == found.sentence
    assert told["arms"][0]["both_bad"] == 1


def test_a_row_an_arm(found: RankedArms) -> None:
    best, last = rows(found)
    assert (best["arm"], best["wins"], best["losses"], last["losses"]) == ("A", 8, 0, 8)


def test_the_picture_is_well_formed_and_hides_nothing(found: RankedArms) -> None:
    picture = ElementTree.fromstring(forest_svg(found))
    texts = [node.text or "" for node in picture.iter("{http://www.w3.org/2000/svg}text")]
    assert any("<b>a cub</b> at dawn" in text or "cub</b>" in text for text in texts)
    assert len(list(picture.iter("{http://www.w3.org/2000/svg}circle"))) == 2


def test_pairs_for_training(found: RankedArms) -> None:
    told = list(preferences(found))
    assert len(told) == 8, "a tie prefers nothing"
    for one in told:
        assert (one["chosen_prompt"], one["rejected_prompt"]) == PROMPTS
        assert Path(str(one["chosen_path"])).is_file()
        assert one["chosen_run"] != one["rejected_run"]
