"""``workbench rank`` and ``workbench report`` as a script and a person meet them."""

from __future__ import annotations

import json
import re
import zipfile

import pytest
from immutabledict import immutabledict

from tests.cli.desk import Desk, assert_one_sentence, copied, new_desk
from workbench.api.phrases import phrase_text
from workbench.api.standings import forest, record
from workbench.domain.brief import Brief, Facet, Finding
from workbench.domain.rating import CRITERIA
from workbench.domain.review import Review, ReviewPlan
from workbench.domain.run import Origin

PROMPTS = ("A lion walks at dawn", "A lion walks at dusk", "A lighthouse in a storm")


@pytest.fixture(scope="module")
def reviewed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Desk, Review]:
    """Dusk is always better, the lighthouse never."""
    desk = new_desk(tmp_path_factory.mktemp("reviewed"))
    with desk.log() as bench:
        asked = [bench.request(p, model="fake/clip", seed=seed) for seed in range(2) for p in PROMPTS]
        runs = bench.wait(bench.submit_many(asked), progress_bar=False)
        made = bench.review("Which lion?", runs, plan=ReviewPlan(overlap=0, repeats=0))
        order = (PROMPTS[1], PROMPTS[0], PROMPTS[2])
        for person in ("Ana", "Bo"):
            for _ in range(9):
                (pair, *_) = bench.asked(made.id, person).pairs
                left, right = (
                    order.index(bench.run(made.clips[place].run_id).request.prompt)
                    for place in (pair.left, pair.right)
                )
                bench.vote(pair.id, person, "left" if left < right else "right")
        return desk, made


@pytest.fixture
def review(reviewed: tuple[Desk, Review], desk: Desk) -> Review:
    whole, made = reviewed
    copied(whole, desk)
    return made


def test_a_sentence_and_a_line_an_arm(desk: Desk, review: Review) -> None:
    done = desk.here("rank")
    assert (done.returncode, done.stderr) == (0, "")
    sentence, *lines = done.stdout.splitlines()
    with desk.log() as bench:
        found = bench.rank()
    assert found
    assert sentence == found.sentence
    assert [line[0] for line in lines] == ["B", "A", "C"]
    for line, one in zip(lines, found.ranking.standings, strict=True):
        shape = re.fullmatch(r"([A-C])  (.{33})  ([+−0][^ ]* \[.*?\]) +rank ([0-9–]+) +(.+)", line)
        assert shape, line
        assert shape[5] == found.arm(one.arm).title
        plot = shape[2]
        start, middle, end = (plot.index(mark) for mark in "├●┤")
        assert start < middle < end
        if "│" in plot:
            assert (plot.index("│") > end) == (one.effect.high < 0)
    middles = [line.index("●") for line in lines]
    assert middles == sorted(middles, reverse=True), "the best is the furthest right"


def test_json_is_the_record(desk: Desk, review: Review) -> None:
    (line,) = desk.here("rank", "--json").stdout.splitlines()
    with desk.log() as bench:
        found = bench.rank()
    assert found
    assert json.loads(line) == json.loads(json.dumps(record(found)))


def test_which_votes_and_what_is_compared(desk: Desk, review: Review) -> None:
    def votes(*words: str) -> int:
        done = desk.here("rank", "--json", *words)
        assert done.returncode == 0, done.stderr
        return int(json.loads(done.stdout)["votes"])

    assert votes() == votes("--review", review.id) == votes("--review", "which lion?") == 18
    assert votes("--review", review.id[:25], "--person", "Ana") == 9
    assert votes("--person", "Nobody") == 0
    by_model = json.loads(desk.here("rank", "--by", "model", "--json").stdout)
    assert [arm["label"] for arm in by_model["arms"]] == ["A"]


def test_clips_of_one_brief(desk: Desk) -> None:
    """Each prompt from a brief of its own, and dusk with both."""
    with desk.log() as bench:
        made = {
            name: bench.store.briefs.keep(
                Brief(findings=immutabledict({Facet.SUBJECT: (Finding(f"a lion at {name}"),)})),
                bench.clock.now(),
            )
            for name in ("dawn", "dusk")
        }
        asked = [
            bench.request(f"A lion at {name}", model="fake/clip", seed=s) for name in made for s in (1, 2)
        ]
        origins = [Origin(brief_id=brief_id) for brief_id in made.values() for _ in (1, 2)]
        runs = bench.wait(bench.submit_many(asked, origins), progress_bar=False)
        review = bench.review("Light", runs, plan=ReviewPlan(overlap=0, repeats=0))
        bench.vote(bench.asked(review.id, "Ana").pairs[0].id, "Ana", "left")
        found = bench.rank(brief=made["dusk"])
        assert found
        assert [[run.origin.brief_id for run in arm.runs] for arm in found.arms] == [[made["dusk"]] * 2]
        assert list(bench.store.briefs.reviewed()) == sorted(made.values(), reverse=True)
    told = json.loads(desk.here("rank", "--brief", made["dusk"], "--json").stdout)
    assert told == json.loads(json.dumps(record(found)))
    assert desk.here("rank", "--brief", made["dusk"][:8].lower()).returncode == 2, "both begin so"
    done = desk.here("rank", "--brief", "nothing")
    assert_one_sentence(done.stderr, f"There are: {made['dusk']} a lion at dusk; {made['dawn']} a lion at")


def test_the_plot_as_a_picture(desk: Desk, review: Review) -> None:
    (desk.folder / "plot.png").write_text("old", "utf-8")
    done = desk.here("rank", "--png", "plot.png", "--svg", "plot.svg", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    with desk.log() as bench:
        found = bench.rank()
    assert found
    assert (desk.folder / "plot.png").read_bytes() == forest(found).png()
    assert (desk.folder / "plot.svg").read_text("utf-8") == forest(found).svg()
    done = desk.here("rank", "--png", "no/such.png")
    assert done.returncode == 2
    assert_one_sentence(done.stderr, "no/such.png can't be written")


def test_ratings_by_one_criterion(desk: Desk) -> None:
    with desk.log() as bench:
        asked = [bench.request(prompt, model="fake/clip", seed=1) for prompt in PROMPTS]
        runs = bench.wait(bench.submit_many(asked), progress_bar=False)
        review = bench.review("How good?", runs, plan=ReviewPlan(criteria=CRITERIA[:2]))
        while items := bench.asked_ratings(review.id, "Ana").items:
            bench.rate_item(items[0], {one.name: 4 for one in CRITERIA[:2]})
    name = CRITERIA[1].name
    for words in ((), ("--review", review.id), ("--criterion", name)):
        done = desk.here("rank", "--json", *words)
        assert done.returncode == 0, done.stderr
        told = [one["criterion"] for one in json.loads(done.stdout)["criteria"]]
        assert told == ([name] if "--criterion" in words else [one.name for one in CRITERIA[:2]])
    assert desk.here("rank", "--criterion", name, "--png", "plot.png").returncode == 0
    assert (desk.folder / "plot.png").read_bytes().startswith(b"\x89PNG")
    done = desk.here("rank", "--png", "both.png")
    assert done.returncode == 2
    assert "name it by --criterion: " in done.stderr
    assert_one_sentence(desk.here("rank", "--criterion", "luck").stderr, "Nothing was rated by 'luck'")


def test_what_slots_do_follows(desk: Desk) -> None:
    with desk.log() as bench:
        lights = ("dawn", "dusk")
        asked = [
            bench.request(f"A lion at {light}", model="fake/clip", seed=s) for s in (1, 2) for light in lights
        ]
        origins = [
            Origin(template="A lion at {light}", slots=immutabledict(light=light))
            for _ in (1, 2)
            for light in lights
        ]
        runs = bench.wait(bench.submit_many(asked, origins), progress_bar=False)
        made = bench.review("Light", runs, plan=ReviewPlan(overlap=0, repeats=0))
        bench.vote(bench.asked(made.id, "Ana").pairs[0].id, "Ana", "left")
        found = bench.rank()
    assert found
    (effect,) = found.phrases().effects
    head, _, tail = desk.here("rank").stdout.partition("\n\n")
    assert head.startswith(found.sentence)
    assert tail == f"{phrase_text(effect)}\n"
    assert tail.startswith("light: dusk instead of dawn ")
    (line,) = desk.here("rank", "--json").stdout.splitlines()
    assert json.loads(line)["phrases"]["effects"][0]["effect"]["low"] == effect.effect.low


@pytest.mark.parametrize(
    ("words", "status", "part"),
    [
        (("rank", "--review", "none"), 2, "no review 'none'. There are: "),
        (("rank", "--by", "luck"), 2, "'luck' is not one of"),
        (("rank", "--experiment", "none"), 1, "No review has a clip that could be ranked."),
        (("report",), 2, "Missing argument 'REVIEW'"),
        (("report", "none"), 2, "no review 'none'. There are: "),
        (("report", "Which lion?", "--out", "no/such/file.html"), 2, "is not there; make it"),
        (("report", "Which lion?", "--out", "log"), 2, "is a folder"),
    ],
)
def test_wrong_words_are_told(
    desk: Desk, review: Review, words: tuple[str, ...], status: int, part: str
) -> None:
    done = desk.here(*words)
    assert (done.returncode, done.stdout) == (status, "")
    assert_one_sentence(done.stderr, part)


def test_nothing_was_judged(desk: Desk) -> None:
    done = desk.here("rank")
    assert (done.returncode, done.stdout) == (1, "")
    assert_one_sentence(done.stderr, "No review has a clip")
    assert "There is none yet" in desk.here("report", "x").stderr


def test_a_report_is_written_once(desk: Desk, review: Review) -> None:
    done = desk.here("report", review.id[:24])
    assert (done.returncode, done.stdout, done.stderr) == (0, "Which-lion.html\n", "")
    path = desk.folder / "Which-lion.html"
    first = path.read_text("utf-8")
    assert "Which lion?" in first
    assert "Reviewer 1" in first
    again = desk.here("report", review.id)
    assert (again.returncode, again.stdout) == (2, "")
    assert_one_sentence(again.stderr, "Which-lion.html is there already")
    assert path.read_text("utf-8") == first
    done = desk.here("report", "Which lion?", "--overwrite", "--names", "--originals")
    assert done.stdout.splitlines() == ["Which-lion.html", "Which-lion.zip"]
    assert '<th scope="row">Ana</th>' in path.read_text("utf-8")
    with zipfile.ZipFile(desk.folder / "Which-lion.zip") as archive:
        assert len([name for name in archive.namelist() if name.endswith(".mp4")]) == 6
    files = {one.name for one in desk.folder.iterdir()}
    assert files <= {"Which-lion.html", "Which-lion.zip", "log", "fake.json", "fake.journal"}


def test_out_of_the_way(desk: Desk, review: Review) -> None:
    """As a process, into another folder, with a name that is no name of a file."""
    with desk.log() as bench:
        bench.review("../../etc/pass wd", list(bench.runs()))
    done = desk.run("report", "../../etc/pass wd")
    assert (done.returncode, done.stdout) == (0, "etc-pass-wd.html\n"), done.stderr
    (desk.folder / "sub").mkdir()
    done = desk.run("report", review.id, "--out", "sub/r.html")
    assert (done.returncode, done.stdout) == (0, "sub/r.html\n"), done.stderr
