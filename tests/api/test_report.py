"""Reports: what is in the file, what never is, how large it gets, and what lies beside it."""

from __future__ import annotations

import csv
import json
import re
import zipfile
from base64 import b64decode
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from tests.clusters import cluster
from workbench import __version__
from workbench.api import Workbench, report_clips
from workbench.api.report import report_html
from workbench.api.report_votes import of_votes
from workbench.domain.errors import BadSetting, RequestError
from workbench.domain.review import Review, ReviewPlan
from workbench.media.probe import probe
from workbench.providers.fake import Fake
from workbench.settings import load

PROMPTS = ("A lion walks at dawn, slow dolly in", "A lion walks at dusk, slow dolly in")
HOSTILE = (
    '</script><script>alert("one")</script> at dawn',
    "\"><img src=x onerror='alert(2)'><!-- at dusk {title} ]]> \u202egnol \u2028",
)
EMPTY = frozenset({"meta", "img", "br", "input", "link", "source", "rect", "line", "circle"})
ADDRESSES = ("src", "href", "poster", "data", "action", "srcset", "background", "xlink:href", "formaction")


class Seen(HTMLParser):
    """What a browser would make of it: elements with their attributes, text by element, scripts."""

    def __init__(self, document: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.scripts: list[str] = []
        self.styles: list[str] = []
        self.texts: list[tuple[str, str]] = []
        self.open: list[str] = []
        self.feed(document)
        self.close()

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open[-1:] == [tag] or tag in EMPTY, (tag, self.open)
        if tag not in EMPTY:
            self.open.pop()

    def handle_data(self, data: str) -> None:
        inside = self.open[-1] if self.open else ""
        {"script": self.scripts, "style": self.styles}.get(inside, []).append(data)
        self.texts.append((inside, data))

    @property
    def text(self) -> str:
        return " ".join(text for inside, text in self.texts if inside not in ("script", "style"))

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def player(self) -> dict[str, Any]:
        """What the player was given."""
        found = re.search(r"^const data = (\{.*\})$", self.scripts[0], re.MULTILINE)
        assert found
        return dict(json.loads(found[1]))


@pytest.fixture
def bench(tmp_path: Path) -> Workbench:
    return Workbench(tmp_path / "log", providers=[Fake(tmp_path / "journal")])


def reviewed(
    bench: Workbench,
    prompts: Sequence[str] = PROMPTS,
    seeds: int = 3,
    votes: int = 6,
    name: str = "Dawn or dusk",
    people: Sequence[str] = ("Ana", "Bo"),
) -> Review:
    """Everybody prefers the second prompt."""
    asked = [bench.request(p, model="fake/clip", seed=seed) for seed in range(seeds) for p in prompts]
    runs = bench.wait(bench.submit_many(asked), progress_bar=False)
    plan = ReviewPlan(overlap=0.5, repeats=0, question=f"{name}?")
    review = bench.review(name, runs, plan=plan)
    for person in people:
        for _ in range(votes):
            if not (pairs := bench.asked(review.id, person).pairs):
                break
            left = bench.run(review.clips[pairs[0].left].run_id).request.prompt
            bench.vote(pairs[0].id, person, "left" if left == prompts[1] else "right")
    return review


def html_of(bench: Workbench, review: Review, **more: Any) -> str:
    found = bench.rank(review=review.id)
    assert found
    return report_html(bench, found, **more)


def clips_in(seen: Seen) -> list[bytes]:
    """Of the player, then of the arms."""
    urls = [clip["url"] for clip in seen.player["clips"]] if seen.scripts else []
    urls += [video["src"] for video in seen.all("video") if "src" in video]
    head = "data:video/mp4;base64,"
    assert all(url.startswith(head) for url in urls)
    return [b64decode(url.removeprefix(head)) for url in urls]


def without_files(document: str) -> str:
    return re.sub(r"base64,[A-Za-z0-9+/=]+", "", document)


def test_everything_is_in_it(bench: Workbench, tmp_path: Path) -> None:
    review = reviewed(bench)
    path = bench.report(review.id, path=tmp_path / "out.html")
    seen = Seen(path.read_text("utf-8"))
    found = bench.rank(review=review.id)
    assert found
    assert seen.open == []
    (title,) = (text for inside, text in seen.texts if inside == "title" and text.startswith("Dawn"))
    assert title == "Dawn or dusk"
    text = seen.text
    for part in (found.sentence, *PROMPTS, "Dawn or dusk?", "fake/clip", __version__, "UTC", "12 votes"):
        assert part in text
    assert text.index(found.sentence) < text.index("How far apart they are") < text.index("Method")
    headings = [tag for tag, _ in seen.elements if re.fullmatch("h[1-6]", tag)]
    assert headings[0] == "h1"
    assert Counter(headings) == {"h1": 1, "h2": 9, "h3": 2}, "one h2 is the player's, an h3 an arm"
    assert {("ins", "dusk"), ("del", "dawn")} <= set(seen.texts)
    assert seen.all("svg")
    assert len(seen.all("table")) == 4
    assert all(cell.get("scope") in ("row", "col") for cell in seen.all("th"))
    clips = clips_in(seen)
    assert len(clips) == 6
    assert [one["label"].partition(" ")[0] for one in seen.player["clips"]] == ["B", "A"], "the best first"
    for content in clips:
        facts = probe(content)
        assert (facts.codec, facts.pix_fmt) == ("h264", "yuv420p")
        assert max(facts.width, facts.height) <= 640
    assert len(seen.all("img")) == 2
    assert "are in this file" not in text, "all of them are"


def test_nothing_is_loaded_and_nothing_else_can_run(bench: Workbench) -> None:
    document = html_of(bench, reviewed(bench))
    seen = Seen(document)
    urls = [
        (name, value)
        for _, attributes in seen.elements
        for name, value in attributes.items()
        if name in ADDRESSES
    ]
    assert urls
    assert all(value.startswith("data:") for _, value in urls)
    assert len(seen.scripts) == 1
    for word in ("http:", "https:", "fetch(", "XMLHttpRequest", "import(", "WebSocket", "sendBeacon"):
        assert word not in seen.scripts[0]
    assert all(word not in "".join(seen.styles) for word in ("url(", "@import"))
    (policy,) = (one["content"] for one in seen.all("meta") if one.get("http-equiv"))
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe-inline" not in policy.partition("style-src")[0]
    assert not seen.all("link") + seen.all("iframe") + seen.all("object") + seen.all("base")


def test_what_people_wrote_is_text(bench: Workbench) -> None:
    review = reviewed(
        bench, HOSTILE, name="<b>Who</b> & </title><script>alert(3)</script>", people=("<i>Ana",)
    )
    document = html_of(bench, review, names=True)
    seen = Seen(document)
    assert seen.open == []
    assert (len(seen.all("script")), len(seen.all("title"))) == (1, 2)
    assert not seen.all("i") + seen.all("b")
    assert all(one["src"].startswith("data:image/jpeg") for one in seen.all("img"))
    assert not [name for _, attributes in seen.elements for name in attributes if name.startswith("on")]
    assert {text for inside, text in seen.texts if inside == "div"} >= set(HOSTILE)
    assert review.name in {text for inside, text in seen.texts if inside == "title"}
    assert ("th", "<i>Ana") in seen.texts
    labels = [clip["label"] for clip in seen.player["clips"]]
    assert any("alert(" in label for label in labels)


def test_who_and_where_stays_here(bench: Workbench, tmp_path: Path) -> None:
    review = reviewed(bench)
    own = [review.id, *(run.id for run in bench.runs()), str(tmp_path), "Ana", "Bo<"]
    document = without_files(html_of(bench, review))
    assert not [word for word in own if word in document]
    assert {"Reviewer 1", "Reviewer 2"} <= {text for _, text in Seen(document).texts}
    named = without_files(html_of(bench, review, names=True))
    assert {"Ana", "Bo"} <= {text for _, text in Seen(named).texts}
    assert "Reviewer 1" not in named


def test_it_is_never_larger_than_it_may_be(bench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fewer clips an arm first, at last none; each is told."""
    monkeypatch.setattr(
        report_clips, "small_lent", cache(report_clips.small_lent)
    )  # the same bytes each time
    review = reviewed(bench)
    whole = html_of(bench, review)
    size = len(whole.encode())
    counts = []
    for most in range(size, size // 20, -size // 40):
        document = html_of(bench, review, most_bytes=most)
        seen = Seen(document)
        count = len(clips_in(seen))
        counts.append(count)
        if count or seen.all("img"):
            assert len(document.encode()) <= most
        if 0 < count < 6:
            assert f"{count} of 6 clips are in this file, up to {count // 2} an arm" in seen.text
            assert "more would make it larger than" in seen.text
        if not count:
            assert "No clip is in this file: even one an arm would make it larger than" in seen.text
            assert ("Stills stand for them." in seen.text) == bool(seen.all("img"))
        assert all(prompt in seen.text for prompt in PROMPTS)
    assert counts == sorted(counts, reverse=True)
    assert set(counts) == {6, 4, 2, 0}


def test_clips_get_smaller_where_one_an_arm_is_too_much(tmp_path: Path) -> None:
    with Workbench(tmp_path / "log") as bench:
        asked = [
            bench.request(p, duration_s=1, resolution="360p", generate_audio=False, seed=3)
            for p in (*PROMPTS, "A lighthouse in a storm at night, static camera")
        ]
        review = bench.review("Sizes", bench.wait(bench.submit_many(asked), progress_bar=False))
        whole = html_of(bench, review)
        document = html_of(bench, review, most_bytes=int(len(whole) * 0.8))
        seen = Seen(document)
        sides = {max(probe(content).width, probe(content).height) for content in clips_in(seen)}
        assert {max(probe(c).width, probe(c).height) for c in clips_in(Seen(whole))} == {640}
        assert len(sides) == 1
        assert sides < {480, 320}
        assert "3 of 3 clips are in this file, up to 1 an arm" in seen.text
        assert f"at up to {sides.pop()} pixels instead of 640" in seen.text
        assert len(document.encode()) <= len(whole) * 0.8


def test_the_most_voted_clips_come_first(bench: Workbench) -> None:
    review = reviewed(bench, seeds=5, votes=7)
    found = bench.rank(review=review.id)
    assert found
    votes = Counter(found.votes.clips[n] for n in (*found.votes.left, *found.votes.right))
    seen = Seen(report_html(bench, found))
    assert len(clips_in(seen)) == 6
    assert "6 of 10 clips are in this file, up to 3 an arm, those with the most votes first." in seen.text
    for arm in found.arms:
        counts = sorted((votes[f"{run.id}.0"] for run in arm.runs), reverse=True)
        told = [
            int(n)
            for n in re.findall(
                rf"Arm {arm.label}, seed \d, (\d+) vote",
                "".join(video["aria-label"] for video in seen.all("video") if "src" in video),
            )
        ]
        assert told == counts[1:3]


def test_six_in_the_player_the_others_below(bench: Workbench) -> None:
    review = reviewed(bench, [f"A lion, take {n}" for n in range(8)], seeds=1, votes=3)
    seen = Seen(html_of(bench, review))
    assert len(seen.player["clips"]) == 6
    assert len([video for video in seen.all("video") if "src" in video]) == 2
    assert "of each of the best 6 arms" in seen.text


def test_a_clip_that_is_gone(bench: Workbench, tmp_path: Path) -> None:
    review = reviewed(bench)
    first, *others = (run.clips[0].path for run in bench.runs())
    first.unlink()
    path = bench.report(review.id, path=tmp_path / "one.html", originals=True)
    seen = Seen(path.read_text("utf-8"))
    assert len(clips_in(seen)) == 5
    assert "1 clip is missing here" in seen.text
    with zipfile.ZipFile(path.with_suffix(".zip")) as archive:
        assert re.fullmatch(r"[AB]/seed \d\.mp4\n", archive.read("missing.txt").decode())
    for other in others:
        other.unlink()
    seen = Seen(html_of(bench, review))
    assert clips_in(seen) == []
    assert "6 clips are missing here" in seen.text
    assert not seen.all("img")


def test_no_vote_yet(bench: Workbench) -> None:
    seen = Seen(html_of(bench, reviewed(bench, votes=0)))
    assert "No votes yet: nothing can be said." in seen.text
    assert "Nobody has voted yet." in seen.text
    assert len(clips_in(seen)) == 6


def test_the_originals_beside_it(bench: Workbench, tmp_path: Path) -> None:
    review = reviewed(bench)
    path = bench.report(review.id, path=tmp_path / "r.html", originals=True)
    with zipfile.ZipFile(path.with_suffix(".zip")) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        assert {one.compress_type for one in archive.infolist()} == {zipfile.ZIP_STORED}
        assert sorted(name for name in names if name.endswith(".mp4")) == [
            f"{arm}/seed {seed}.mp4" for arm in "AB" for seed in range(3)
        ]
        for run in bench.runs():
            arm = "AB"[PROMPTS.index(run.request.prompt)]
            assert archive.read(f"{arm}/seed {run.request.seed}.mp4") == run.clips[0].path.read_bytes()
        table = list(csv.DictReader(archive.read("ranking.csv").decode().splitlines()))
        assert [row["arm"] for row in table] == ["B", "A"]
        record = json.loads(archive.read("ranking.json"))
        pairs = [json.loads(line) for line in archive.read("preferences.jsonl").decode().splitlines()]
        whole = b"".join(archive.read(name) for name in names if not name.endswith(".mp4")).decode()
    assert record["votes"] == len(pairs) == 12
    assert {(pair["chosen_prompt"], pair["rejected_prompt"]) for pair in pairs} == {PROMPTS[::-1]}
    assert {pair["chosen_path"][0] for pair in pairs} == {"B"}
    people = {one["reviewer"] for one in record["agreement"]["reviewers"]}
    assert people == {pair["reviewer"] for pair in pairs} == {"Reviewer 1", "Reviewer 2"}
    assert {pair["chosen_path"] for pair in pairs} <= set(names)
    own = [review.id, *(run.id for run in bench.runs()), str(tmp_path), '"Ana"']
    assert not [word for word in own if word in whole]
    bench.report(review.id, path=path, originals=True, names=True, overwrite=True)
    with zipfile.ZipFile(path.with_suffix(".zip")) as archive:
        pairs = [json.loads(line) for line in archive.read("preferences.jsonl").decode().splitlines()]
    assert {pair["reviewer"] for pair in pairs} == {"Ana", "Bo"}
    assert {pair["chosen_run"] for pair in pairs} <= {run.id for run in bench.runs()}


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("there.html", "is there already"),
        ("folder", "is a folder"),
        ("no/such/r.html", "is not there; make it"),
        ("r.zip", "name it .html"),
        ("x" * 300, "can't be written (File name too long)"),
        ("beside.html", "beside.zip is there already"),
    ],
)
def test_where_it_can_not_go(bench: Workbench, tmp_path: Path, name: str, part: str) -> None:
    review = reviewed(bench, seeds=1, votes=1)
    folder = tmp_path / "reports"
    (folder / "folder").mkdir(parents=True)
    for there in ("there.html", "beside.zip"):
        (folder / there).write_text("kept")
    before = sorted(folder.iterdir())
    with pytest.raises(RequestError, match=re.escape(part)):
        bench.report(review.id, path=folder / name, originals=True)
    assert sorted(folder.iterdir()) == before
    assert (folder / "there.html").read_text() == "kept"
    bench.report(review.id, path=folder / "there.html", overwrite=True)
    assert (folder / "there.html").read_text().startswith("<!doctype html>")
    assert sorted(folder.iterdir()) == before, "and nothing half beside it"


def test_which_review_is_meant(bench: Workbench) -> None:
    one, other = reviewed(bench, votes=0), reviewed(bench, seeds=1, votes=0, name="Another one")
    for told in (one.id, one.id[:24].lower() + one.id[24:], "Dawn or dusk", " dawn  or DUSK "):
        assert bench.find_review(told) == one
    bench.review("Another one", bench.runs())
    with pytest.raises(RequestError, match=f"2 reviews fit 'Another one': .*{other.id}"):
        bench.find_review("Another one")
    for unknown in ("nothing", ""):
        with pytest.raises(RequestError, match=f"no review '{unknown}'. There are: .*Another one"):
            bench.find_review(unknown)


def test_nothing_to_report(bench: Workbench, tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="There is none yet"):
        bench.find_review("x")
    with pytest.raises(RequestError, match="nothing to report"):
        bench.report(path=tmp_path / "r.html")
    review = reviewed(bench)
    bench.delete([run.id for run in bench.runs()])
    with pytest.raises(RequestError, match="nothing to report"):
        bench.report(review.id, path=tmp_path / "r.html")
    assert not (tmp_path / "r.html").exists()


def test_of_all_reviews(bench: Workbench, tmp_path: Path) -> None:
    reviewed(bench)
    reviewed(bench, ("One", "Two"), name="Other")
    seen = Seen(bench.report(path=tmp_path / "all.html").read_text("utf-8"))
    assert ("bdi", "All reviews") in seen.texts
    assert {"Dawn or dusk?", "Other?"} <= {text for _, text in seen.texts}


def test_clips_are_made_small_on_the_cluster(tmp_path: Path) -> None:
    """The same bytes as here; what a worker can't read is tried here; a scheduler that is gone is told."""
    (tmp_path / "cluster").mkdir()
    with cluster(tmp_path / "cluster", workers=1) as address:
        settings = load(tmp_path / "log", {"WORKBENCH_EXECUTOR": address})
        with Workbench(settings=settings, providers=[Fake(tmp_path / "journal")]) as bench:
            review = reviewed(bench, seeds=1, votes=1)
            here = report_clips.small_lent(str(bench.run(review.clips[0].run_id).clips[0].path), 640, 28)
            far = clips_in(Seen(html_of(bench, review)))
            assert len(far) == 2
            assert here in far, "the same bytes as here"
            with report_clips.making(address) as make:
                found = bench.rank(review=review.id)
                assert found
                contents = of_votes(found, bench.clock.now(), names=False)
                firsts = [clips[0] for clips in contents.clips.values()]
                gone = replace(firsts[0], clip=replace(firsts[0].clip, path=tmp_path / "gone.mp4"))
                assert [one.candidate for one in make([gone, firsts[1]], 320, 32)] == [firsts[1]]
                assert make.broken == {gone.clip.path}
    with (
        Workbench(settings=settings, providers=[Fake(tmp_path / "journal")]) as bench,
        pytest.raises(BadSetting, match="No Dask scheduler answers"),
    ):
        html_of(bench, review)
