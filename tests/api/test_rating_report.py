"""The report of a review of ratings: means and agreement first, the clips, and what lies beside it."""

from __future__ import annotations

import csv
import json
import zipfile
from pathlib import Path

import pytest

from tests.api.test_rated import PLAIN, PROMPTS, rate
from tests.api.test_report import Seen, clips_in, without_files
from workbench.api import Workbench
from workbench.api.report import report_html
from workbench.domain.rating import Criterion
from workbench.domain.review import Review, ReviewPlan
from workbench.providers.fake import Fake

HOSTILE = "</script><b>Warmth</b>"


@pytest.fixture
def bench(tmp_path: Path) -> Workbench:
    return Workbench(tmp_path / "log", providers=[Fake(tmp_path / "journal")])


@pytest.fixture
def review(bench: Workbench) -> Review:
    asked = [bench.request(p, model="fake/clip", seed=seed) for seed in range(3) for p in PROMPTS]
    runs = bench.wait(bench.submit_many(asked), progress_bar=False)
    return bench.review("Dawn or dusk", runs, plan=PLAIN)


def test_everything_is_in_it(bench: Workbench, review: Review, tmp_path: Path) -> None:
    rate(bench, review, "Ana")
    rate(bench, review, "Bo", off=-1)
    found = bench.rated(review=review.id)
    assert found
    document = bench.report(review.id, path=tmp_path / "out.html").read_text("utf-8")
    seen = Seen(document)
    assert seen.open == []
    text = seen.text
    for part in (found.sentence, *PROMPTS, "How good is this clip?", "12 ratings, 6 clips, 2 reviewers"):
        assert part in text
    for one in found.criteria:
        assert one.agreement.sentence in text
        assert one.criterion.question in text
    assert text.index(found.sentence) < text.index("How good they are") < text.index("Krippendorff")
    assert "5.0 [4.5, 5.0]" in text, "dawn’s mean by motion, over three clips of two people"
    assert "not rated" in text, "nobody could tell the warmth"
    assert {("ins", "dusk"), ("del", "dawn")} <= set(seen.texts)
    assert len(clips_in(seen)) == 6
    assert [clip["label"][0] for clip in seen.player["clips"]] == ["A", "B"], "the best by motion first"
    assert "Arm A, seed" in document and ", 2 ratings" in document
    hidden = without_files(document)
    assert not [word for word in (review.id, "Ana", str(tmp_path)) if word in hidden]
    assert "Ana" in without_files(report_html(bench, found, names=True))


def test_fewer_clips_where_it_would_be_too_large(bench: Workbench, review: Review) -> None:
    rate(bench, review, "Ana", 4)
    found = bench.rated(review=review.id)
    assert found
    whole = report_html(bench, found)
    most = len(whole.encode()) - min(map(len, clips_in(Seen(whole))))
    small = report_html(bench, found, most_bytes=most)
    assert len(small.encode()) <= most
    assert "an arm, those with the most ratings first: more would make it larger" in Seen(small).text


def test_nothing_rated_yet_and_what_people_wrote_is_text(bench: Workbench, review: Review) -> None:
    plan = ReviewPlan(criteria=(Criterion("warmth", HOSTILE, HOSTILE),))
    other = bench.review(HOSTILE, [clip.run_id for clip in review.clips], plan=plan)
    found = bench.rated(review=other.id)
    assert found
    seen = Seen(report_html(bench, found))
    assert seen.open == [] and len(seen.all("script")) == 1 and not seen.all("b")
    assert f"{HOSTILE}: nothing was rated yet." in seen.text
    assert "Nobody has rated yet." in seen.text
    assert len(clips_in(seen)) == 6


def test_the_originals_beside_it(bench: Workbench, review: Review, tmp_path: Path) -> None:
    rate(bench, review, "Ana")
    path = bench.report(review.id, path=tmp_path / "r.html", originals=True)
    with zipfile.ZipFile(path.with_suffix(".zip")) as archive:
        names = archive.namelist()
        means = list(csv.DictReader(archive.read("means.csv").decode().splitlines()))
        given = list(csv.DictReader(archive.read("ratings.csv").decode().splitlines()))
        told = json.loads(archive.read("ratings.json"))
        whole = b"".join(archive.read(name) for name in names if not name.endswith(".mp4")).decode()
    assert len([name for name in names if name.endswith(".mp4")]) == 6
    assert [(row["criterion"], row["arm"], row["mean"]) for row in means[:2]] == [
        ("motion", "A", "5.0"),
        ("motion", "B", "2.0"),
    ]
    assert {(row["arm"], row["score"]) for row in given} == {("A", "5"), ("B", "2"), ("A", ""), ("B", "")}
    assert {row["reviewer"] for row in given} == {"Reviewer 1"}
    assert told["ratings"] == 6
    assert not [word for word in (review.id, *(run.id for run in bench.runs()), "Ana") if word in whole]
    bench.report(review.id, path=path, originals=True, names=True, overwrite=True)
    with zipfile.ZipFile(path.with_suffix(".zip")) as archive:
        assert json.loads(archive.read("ratings.json"))["reviews"] == [review.id]
        assert "Ana" in archive.read("ratings.csv").decode()
