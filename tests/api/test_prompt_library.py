"""The prompt library: versions, what was made of them, how it ranked, and the way out and in as a file."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from tests.api.test_reviewing import PLAIN, arm, made
from workbench.api import Workbench
from workbench.domain.errors import InvalidRequest, RequestError
from workbench.domain.run import Origin
from workbench.domain.saved_prompt import as_tags
from workbench.providers.fake import Fake

DAWN, DUSK = "A lion walks at dawn", "A lion walks at dusk"
FORMULA = '=HYPERLINK("a")'


@pytest.fixture
def bench(tmp_path: Path) -> Workbench:
    return Workbench(tmp_path / "log", providers=[Fake(tmp_path / "journal")])


def texts(bench: Workbench, name: str) -> list[str]:
    return [one.text for one in bench.prompt_versions(name)]


def test_versions_tags_and_notes(bench: Workbench) -> None:
    for words in (DAWN, DUSK, DUSK, DAWN):
        bench.save_prompt("Lion", words, negative_prompt="cartoon")
    bench.save_prompt("Lake", "A lake")
    assert texts(bench, "Lion") == [DAWN, DUSK, DAWN]
    bench.describe_prompt("Lion", tags=" hero,  cat ,hero,", notes=" For the film. ")
    bench.describe_prompt("Lion", notes="For the film, scene 2.")
    lion = bench.prompt("Lion")
    assert (lion.tags, lion.notes, lion.versions) == (("hero", "cat"), "For the film, scene 2.", 3)
    assert [one.name for one in bench.prompts()] == ["Lake", "Lion"]
    assert [one.name for one in bench.prompts(tag="cat")] == ["Lion"]
    for text in ("dawn", "SCENE hero", "cartoon", "lion"):
        assert [one.name for one in bench.prompts(text)] == ["Lion"], text
    assert bench.prompts("dusk") == [], "only the newest words are searched"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"tags": "x" * 41}, "too long"),
        ({"tags": [str(n) for n in range(21)]}, "21 tags are too many"),
        ({"notes": "x" * 2_001}, "2,001 characters"),
    ],
)
def test_what_is_too_long_is_refused(bench: Workbench, change: dict[str, str], told: str) -> None:
    bench.save_prompt("Lion", DAWN)
    with pytest.raises(RequestError, match=told):
        bench.describe_prompt("Lion", **change)
    assert bench.prompt("Lion").tags == ()


def test_an_unknown_name_is_told(bench: Workbench) -> None:
    for asked in (bench.prompt, bench.prompt_versions, bench.prompt_ranks, bench.describe_prompt):
        with pytest.raises(RequestError, match="No prompt is saved as “Lion”"):
            asked("Lion")


def test_runs_of_every_version_and_of_a_template(bench: Workbench) -> None:
    first, second = made(bench, (DAWN, DUSK))[:2]
    template = "A lion walks at {time=dawn|dusk}"
    of_template = bench.submit(
        bench.request("A lion walks at noon", model="fake/clip"), Origin(template=template)
    )
    bench.wait([of_template], progress_bar=False)
    bench.save_prompt("Lion", DAWN)
    bench.save_prompt("Lion", template)
    mine = {run.id for run in bench.prompt_runs("Lion")}
    dawns = {run.id for run in bench.runs() if run.request.prompt == DAWN}
    assert first.id in mine and second.id not in mine
    assert mine == dawns | {of_template}
    assert bench.prompt("Lion").runs == len(mine)
    bench.delete([first.id])
    assert bench.prompt("Lion").runs == len(mine) - 1
    assert first.id not in {run.id for run in bench.prompt_runs("Lion")}


def test_how_it_ranked(bench: Workbench) -> None:
    for words in (DUSK, DAWN):
        bench.save_prompt("Lion", words)
    assert bench.prompt_ranks("Lion") == []
    review = bench.review("Dawn or dusk", made(bench, (DAWN, DUSK)), plan=PLAIN)
    assert bench.prompt_ranks("Lion") == [], "nobody has voted"
    for _ in range(9):
        pair = bench.asked(review.id, "Ana").pairs[0]
        bench.vote(pair.id, "Ana", "left" if arm(bench, review, pair.left) == DAWN else "right")
    best, last = sorted(bench.prompt_ranks("Lion"), key=lambda one: -one.standing.effect.value)
    assert (best.version, last.version, best.arms) == (2, 1, 2)
    assert best.review == "Dawn or dusk"
    assert best.standing.wins == 9
    assert "9 votes" in best.sentence
    bench.save_prompt("Other", "A lake")
    assert bench.prompt_ranks("Other") == []


@pytest.mark.parametrize("name", ["library.csv", "library.json"])
def test_out_and_in_again(bench: Workbench, tmp_path: Path, name: str) -> None:
    for words in (FORMULA, "A lake,\nwith “swans”", f"'{FORMULA}", FORMULA):
        bench.save_prompt("Lake", words, negative_prompt="text, logo", note="so")
    bench.describe_prompt("Lake", tags=["blue", "hero"], notes="=1+1")
    bench.save_prompt("Lion", DAWN)
    file = tmp_path / name
    assert bench.export_prompts(file) == 5
    if name.endswith("csv"):
        with file.open(newline="", encoding="utf-8") as lines:
            assert next(row["prompt"][:2] for row in csv.DictReader(lines)) == "'="
    with Workbench(tmp_path / "other", providers=[]) as other:
        came = other.import_prompts(file)
        assert (came.new, came.known) == (5, 0)
        assert texts(other, "Lake") == texts(bench, "Lake")
        assert [one.note for one in other.prompt_versions("Lake")] == ["so"] * 4
        lake = other.prompt("Lake")
        assert (lake.tags, lake.notes) == (("blue", "hero"), "=1+1")
        assert lake.newest.negative_text == "text, logo"
        again = other.import_prompts(file)
        assert (again.new, again.known) == (0, 5)
        assert other.prompt("Lake") == lake


def test_an_import_adds_to_what_is_there(bench: Workbench, tmp_path: Path) -> None:
    bench.save_prompt("Lion", DAWN)
    bench.describe_prompt("Lion", tags="mine", notes="Mine.")
    file = tmp_path / "more.json"
    rows = [
        {"name": "Lion", "prompt": words, "tags": ["theirs"], "notes": "Theirs."} for words in (DAWN, DUSK)
    ]
    file.write_text(json.dumps(rows))
    came = bench.import_prompts(file)
    lion = bench.prompt("Lion")
    assert (came.new, came.known) == (1, 1)
    assert (lion.tags, lion.notes, texts(bench, "Lion")) == (("mine", "theirs"), "Mine.", [DUSK, DAWN])


@pytest.mark.parametrize(
    ("there", "file"),
    [("", "AAB"), ("BA", "ABAC"), ("AB", "AAB"), ("ABA", "AB"), ("", "ABA")],
)
def test_a_second_time_adds_nothing(bench: Workbench, tmp_path: Path, there: str, file: str) -> None:
    for words in there:
        bench.save_prompt("Lion", words)
    path = tmp_path / "rows.json"
    path.write_text(json.dumps([{"name": "Lion", "prompt": words} for words in file]))
    bench.import_prompts(path)
    once = texts(bench, "Lion")
    assert bench.import_prompts(path).new == 0
    assert texts(bench, "Lion") == once
    for words in "ABC":
        assert once.count(words) == max(there.count(words), file.count(words))


def test_what_was_saved_goes_out_and_in_as_it_is(bench: Workbench, tmp_path: Path) -> None:
    """Blanks at the ends, a negative prompt alone, lines ended as elsewhere."""
    for words, negative in ((" a lake\n", "text "), ("", "text"), ("one\r\ntwo", "")):
        bench.save_prompt("Lake", words, negative_prompt=negative)
    for name in ("all.csv", "all.json"):
        bench.export_prompts(tmp_path / name)
        assert bench.import_prompts(tmp_path / name).new == 0
    with pytest.raises(RequestError, match="nothing to save"):
        bench.save_prompt("Lake", " ", negative_prompt="\n")


def test_tags_that_come_to_too_many_are_refused_whole(bench: Workbench, tmp_path: Path) -> None:
    bench.save_prompt("Lion", DAWN)
    bench.describe_prompt("Lion", tags=[f"mine {n}" for n in range(15)])
    file = tmp_path / "more.json"
    file.write_text(
        json.dumps([{"name": "Lion", "prompt": DUSK, "tags": [f"theirs {n}" for n in range(15)]}])
    )
    with pytest.raises(InvalidRequest, match="30 tags are too many"):
        bench.import_prompts(file)
    assert texts(bench, "Lion") == [DAWN]
    assert len(bench.prompt("Lion").tags) == 15


def test_every_fault_of_every_row_and_nothing_written(bench: Workbench, tmp_path: Path) -> None:
    file = tmp_path / "bad.json"
    rows = [
        {"name": "Good", "prompt": DAWN},
        {"name": "", "prompt": DAWN},
        {"name": "No words", "prompt": " "},
        {"name": "Odd", "prompt": 7, "colour": "red", "tags": [1]},
    ]
    file.write_text(json.dumps(rows))
    with pytest.raises(InvalidRequest) as error:
        bench.import_prompts(file)
    for told in ("row 2, name", "row 3, prompt", "row 4, prompt", "row 4, colour", "row 4, tags"):
        assert told in str(error.value)
    assert bench.prompts() == []


@pytest.mark.parametrize("name", ["library.txt", "library"])
def test_another_ending_is_refused(bench: Workbench, tmp_path: Path, name: str) -> None:
    with pytest.raises(RequestError, match=r"Allowed: .csv and .json"):
        bench.export_prompts(tmp_path / name)
    assert not (tmp_path / name).exists()


@pytest.mark.parametrize("name", ["nowhere/library.csv", "file/library.csv", "folder.csv"])
def test_a_place_that_cant_be_written_is_told(bench: Workbench, tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(RequestError, match=rf"{name} can't be written \(.+\)\. Choose another place\."):
        bench.export_prompts(tmp_path / name)
    assert not [*tmp_path.glob(".*.part")]


def test_tags() -> None:
    assert as_tags("a, b  c,, a") == ("a", "b c")
    assert as_tags([" a ", "b,c"]) == ("a", "b", "c")
