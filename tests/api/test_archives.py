"""Runs from one folder to another: nothing lost, nothing twice, nothing believed."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from PIL import Image

from workbench.api import LoggedRun, Workbench
from workbench.domain.errors import RequestError
from workbench.domain.query import RunFilter
from workbench.domain.review import Review, ReviewPlan
from workbench.domain.run import Origin, Parenthood
from workbench.providers.fake import Fake

PROMPTS = ("A lion walks at dawn", "A lion walks at dusk")
EVERYTHING = RunFilter()


@pytest.fixture
def ours(tmp_path: Path) -> Iterator[Workbench]:
    with Workbench(tmp_path / "ours", providers=[Fake(tmp_path / "journal")]) as bench:
        yield bench


@pytest.fixture
def theirs(tmp_path: Path) -> Iterator[Workbench]:
    with Workbench(tmp_path / "theirs", providers=[Fake(tmp_path / "their journal")]) as bench:
        yield bench


@pytest.fixture
def review(ours: Workbench) -> Review:
    asked = [ours.request(p, model="fake/clip", seed=seed) for seed in range(2) for p in PROMPTS]
    runs = ours.wait(ours.submit_many(asked), progress_bar=False)
    child = ours.submit(
        ours.request("A lion runs", model="fake/clip"), Origin(runs[0].id, Parenthood.VARIANT)
    )
    ours.wait([child], progress_bar=False)
    ours.rate(runs[0].id, {"motion": 4}, person="Ana")
    ours.note(runs[0].id, "a paw slides", at_s=0.1, person="Bo")
    review = ours.review("Dawn or dusk", runs, plan=ReviewPlan(overlap=0, repeats=0))
    for person in ("Ana", "Bo"):
        vote(ours, review, person)
    return review


def vote(bench: Workbench, review: Review, person: str) -> None:
    bench.vote(bench.asked(review.id, person).pairs[0].id, person, "left", "sharper")


def of(bench: Workbench) -> list[LoggedRun]:
    return sorted(bench.runs(), key=lambda run: run.id)


def said(bench: Workbench, review: Review) -> list[tuple[object, ...]]:
    pairs = bench.store.reviews.pairs([review.id])
    return [(p.id, p.person, p.left, p.right, p.choice, p.reason, p.voted_at) for p in pairs]


def test_everything_arrives_once(ours: Workbench, theirs: Workbench, review: Review, tmp_path: Path) -> None:
    done = ours.export_archive(tmp_path / "a.zip", EVERYTHING)
    assert (done.counts["runs"], done.counts["votes"], done.missing, done.open_runs) == (5, 2, (), ())
    assert not list(tmp_path.glob("*.part"))
    got = theirs.import_archive(done.path)
    assert (got.new["runs"], got.known_runs, got.differs) == (5, 0, ())
    for here, there in zip(of(ours), of(theirs), strict=True):
        assert there.request == here.request
        assert (there.status, there.origin, there.rating) == (here.status, here.origin, here.rating)
        assert there.created_at == here.created_at
        assert there.finished_at == here.finished_at
        assert [c.media for c in there.clips] == [c.media for c in here.clips]
        assert all(theirs.files.verify(clip.media.sha256) for clip in there.clips)
        assert theirs.ratings(here.id) == ours.ratings(here.id)
        assert theirs.notes(here.id) == ours.notes(here.id)
    assert said(theirs, review) == said(ours, review)
    assert theirs.find_review(review.id) == review
    with ours.store.db.write() as mine:
        keys = {key for row in mine.execute("SELECT left_key, right_key FROM review_pairs") for key in row}
    assert not any(theirs.store.reviews.pair_of_key(key) for key in keys), "keys of blind clips stay at home"
    again = theirs.import_archive(done.path)
    assert (set(again.new.values()), again.known_runs) == ({0}, 5)
    vote(ours, review, "Cy")
    more = theirs.import_archive(ours.export_archive(tmp_path / "b.zip", EVERYTHING).path)
    assert {name: n for name, n in more.new.items() if n} == {"review_pairs": 1, "votes": 1}
    assert said(theirs, review) == said(ours, review)


def test_what_is_left_out_by_choice(
    ours: Workbench, theirs: Workbench, review: Review, tmp_path: Path
) -> None:
    with ours.store.db.write() as connection:
        connection.execute('UPDATE runs SET billed_micros = 1234567, operation_json = \'{"name": "op-9"}\'')
    path = tmp_path / "a.zip"
    ours.export_archive(path, EVERYTHING, media=False, people=False, costs=False)
    with zipfile.ZipFile(path) as archive:
        text = "".join(archive.read(name).decode() for name in archive.namelist())
    for private in ("Ana", '"Bo"', "1234567", "op-9", str(tmp_path)):
        assert private not in text
    theirs.import_archive(path)
    assert {person for _, person, *_ in said(theirs, review)} == {"reviewer 1", "reviewer 2"}
    assert not any(run.clips for run in theirs.runs())
    whole = ours.export_archive(tmp_path / "b.zip", EVERYTHING)
    theirs.import_archive(whole.path)
    assert [run.clips[0].media for run in of(theirs)] == [run.clips[0].media for run in of(ours)]


def test_their_costs_are_not_ours(ours: Workbench, theirs: Workbench, review: Review, tmp_path: Path) -> None:
    with ours.store.db.write() as connection:
        connection.execute("UPDATE runs SET billed_micros = 2000000, charge = 'yes'")
    theirs.import_archive(ours.export_archive(tmp_path / "a.zip", EVERYTHING).path)
    assert theirs.spending() == 0
    assert {run.report["imported"]["billed_micros"] for run in theirs.runs()} == {2_000_000}  # type: ignore[index]


def test_parents_come_along_and_a_part_of_a_review_stays(
    ours: Workbench, theirs: Workbench, review: Review, tmp_path: Path
) -> None:
    child = next(run for run in ours.runs() if run.origin.parent_id)
    done = ours.export_archive(tmp_path / "a.zip", [child.id[:20]])
    assert (done.counts["runs"], done.counts["reviews"], done.counts["votes"]) == (2, 0, 0)
    theirs.import_archive(done.path)
    assert {run.id for run in theirs.runs()} == {child.id, child.origin.parent_id}


def test_a_run_that_differs_stays_and_dates_find_older_runs(
    ours: Workbench, theirs: Workbench, review: Review, tmp_path: Path
) -> None:
    own = theirs.generate("Ours", model="fake/clip")
    path = ours.export_archive(tmp_path / "a.zip", EVERYTHING).path
    theirs.import_archive(path)
    since = min(run.created_at for run in ours.runs()) - timedelta(seconds=1)
    assert own.id in {run.id for run in theirs.runs(since=since)}
    one = of(theirs)[0].id
    with theirs.store.db.write() as connection:
        connection.execute("UPDATE runs SET model = 'fake/other' WHERE id = ?", [one])
    assert theirs.import_archive(path).differs == (one,)
    assert theirs.run(one).request.model == "fake/other"


def test_killed_in_the_middle_it_goes_on(
    ours: Workbench, theirs: Workbench, review: Review, tmp_path: Path
) -> None:
    path = ours.export_archive(tmp_path / "a.zip", EVERYTHING).path
    code = (
        "import os, signal, sys; from workbench.api import Workbench\n"
        "def kill(now):\n    if (now.what, now.done) == (sys.argv[3], int(sys.argv[4])):"
        " os.kill(os.getpid(), signal.SIGKILL)\n"
        "Workbench(sys.argv[1], providers=[]).import_archive(sys.argv[2], on_progress=kill)"
    )
    for at in (("media", "3"), ("runs", "5")):
        done = subprocess.run([sys.executable, "-c", code, theirs.settings.data, path, *at], check=False)
        assert done.returncode == -signal.SIGKILL
    theirs.import_archive(path)
    assert [run.id for run in of(theirs)] == [run.id for run in of(ours)]
    assert said(theirs, review) == said(ours, review)


Change = Callable[[dict[str, bytes]], None]


def _line(name: str, **changed: object) -> Change:
    def change(files: dict[str, bytes]) -> None:
        first, rest = files[f"{name}.jsonl"].split(b"\n", 1)
        files[f"{name}.jsonl"] = json.dumps(json.loads(first) | changed).encode() + b"\n" + rest

    return change


def _damage(files: dict[str, bytes]) -> None:
    name = next(name for name in files if name.endswith(".mp4"))
    files[name] = files[name][:-1] + bytes([files[name][-1] ^ 1])


def _set(name: str, content: bytes) -> Change:
    return lambda files: files.update({name: content})


_INPUT_OF_NO_ROLE = b'{"run_id": "01", "role": "cousin", "position": 0, "media_sha256": null}\n'


_OF_ANOTHER_RUN = (
    b'{"run_id": "00000000000000000000000000", "role": "style", "position": 0, "media_sha256": null}\n'
)


def _newer(files: dict[str, bytes]) -> None:
    files["manifest.json"] = json.dumps(json.loads(files["manifest.json"]) | {"version": 2}).encode()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (_set("../evil.mp4", b""), "no place in an archive"),
        (_set("/etc/passwd", b""), "no place in an archive"),
        (_newer, "version 2; this workbench reads version 1"),
        (_set("manifest.json", b"[]"), "is no archive of runs"),
        (_set("notes.jsonl", b"{}\n"), "Line 1 of notes.jsonl"),
        (_set("notes.jsonl", b"nonsense\n"), "Line 1 of notes.jsonl"),
        (_set("votes.jsonl", b" " * 50_000_000), "200 times its size"),
        (_line("runs", status="queued"), "not settled"),
        (_line("runs", id="../../x"), "is no id"),
        (_line("runs", settings_json="[]"), "settings_json is"),
        (_line("runs", slots_json='{"a": {"b": 1}}'), "slots_json is"),
        (_line("runs", report_json="[1]"), "report_json is"),
        (_line("runs", filtered_json="[1]"), "filtered_json is"),
        (_line("runs", model=5), "model is 5"),
        (_line("runs", seed="x"), "seed is 'x'"),
        (_line("runs", seed=2**70), "seed is"),
        (_line("runs", parenthood="cousin"), "Line 1 of runs.jsonl"),
        (_line("runs", created_at="yesterday"), "Line 1 of runs.jsonl"),
        (
            _line("prompt_texts", text="A tiger runs"),
            "Line 1 of prompt_texts.jsonl.*not the hash of its texts",
        ),
        (
            _set("run_inputs.jsonl", _INPUT_OF_NO_ROLE),
            "Line 1 of run_inputs.jsonl.*'cousin' is not a valid Role",
        ),
        (_set("run_inputs.jsonl", _OF_ANOTHER_RUN), "Line 1 of run_inputs.jsonl is of run 0+, which"),
        (_line("ratings", run_id="0" * 26), "Line 1 of ratings.jsonl is of run 0+, which the archive"),
        (_line("prompt_texts", hash="0" * 64), "Line 1 of prompt_texts.jsonl.*not the hash of its texts"),
        (_line("media", mime="text/html"), "no such file"),
        (_damage, "damaged or changed"),
    ],
)
def test_a_hostile_archive_is_refused(
    ours: Workbench, theirs: Workbench, review: Review, tmp_path: Path, change: Change, told: str
) -> None:
    path = ours.export_archive(tmp_path / "a.zip", EVERYTHING).path
    with zipfile.ZipFile(path) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    change(files)
    with zipfile.ZipFile(tmp_path / "evil.zip", "w") as archive:
        for name, content in files.items():
            packed = zipfile.ZIP_STORED if name.startswith("media/") else zipfile.ZIP_DEFLATED
            archive.writestr(name, content, packed)
    with pytest.raises(RequestError, match=told):
        theirs.import_archive(tmp_path / "evil.zip")
    assert list(theirs.runs()) == []


def test_what_it_was_asked_with_may_come_later(ours: Workbench, theirs: Workbench, tmp_path: Path) -> None:
    picture = Image.new("RGB", (320, 180), "teal")
    asked = ours.request(PROMPTS[0], model="fake/clip", first_frame=picture)
    ours.wait([ours.submit(asked)], progress_bar=False)
    theirs.import_archive(ours.export_archive(tmp_path / "a.zip", EVERYTHING, media=False).path)
    assert [run.request.inputs for run in of(theirs)] == [()]
    theirs.import_archive(ours.export_archive(tmp_path / "b.zip", EVERYTHING).path)
    assert [run.request for run in of(theirs)] == [run.request for run in of(ours)]
    assert len(of(theirs)[0].request.inputs) == 1


def test_what_a_run_was_asked_with_stays_as_it_is(
    ours: Workbench, theirs: Workbench, review: Review, tmp_path: Path
) -> None:
    """An archive that knows a run can't give it another picture afterwards."""
    path = ours.export_archive(tmp_path / "a.zip", EVERYTHING).path
    theirs.import_archive(path)
    before = of(theirs)
    picture = before[0].clips[0].last_frame
    assert picture is not None
    row = {"run_id": before[0].id, "role": "style", "position": 0, "media_sha256": picture.sha256}
    with zipfile.ZipFile(path) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    files["run_inputs.jsonl"] += json.dumps(row).encode() + b"\n"
    with zipfile.ZipFile(tmp_path / "evil.zip", "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    theirs.import_archive(tmp_path / "evil.zip")
    assert [run.request.inputs for run in of(theirs)] == [run.request.inputs for run in before]


def test_a_link_and_no_zip_are_refused(
    ours: Workbench, theirs: Workbench, review: Review, tmp_path: Path
) -> None:
    path = ours.export_archive(tmp_path / "a.zip", EVERYTHING).path
    shutil.copy(path, tmp_path / "link.zip")
    link = zipfile.ZipInfo(f"media/{'0' * 64}.mp4")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "link.zip", "a") as archive:
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(RequestError, match="is a link"):
        theirs.import_archive(tmp_path / "link.zip")
    os.truncate(path, path.stat().st_size // 2)
    with pytest.raises(RequestError, match="can't be read as an archive"):
        theirs.import_archive(path)
