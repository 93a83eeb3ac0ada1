"""Clips go out with their recipe and come in again, here or elsewhere, and clips made elsewhere come in."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.bad_files import encoded, picture
from workbench.api import LoggedRun, Workbench
from workbench.domain.errors import BadMedia, RequestError
from workbench.domain.media import Role
from workbench.domain.recipe import SCHEMA, BadRecipe
from workbench.domain.review import ReviewPlan
from workbench.domain.run import Charge, Status
from workbench.media.recipe_box import write_copy
from workbench.providers.fake import Fake
from workbench.ui.compose.composition import remixed


def log_in(folder: Path) -> Workbench:
    return Workbench(folder / "log", providers=[Fake(folder / "journal")])


@pytest.fixture
def bench(tmp_path: Path) -> Workbench:
    return log_in(tmp_path)


@pytest.fixture
def other(tmp_path: Path) -> Workbench:
    (tmp_path / "other").mkdir()
    return log_in(tmp_path / "other")


@pytest.fixture
def run(bench: Workbench) -> LoggedRun:
    return bench.generate(
        "A fox – “slow”", negative_prompt="text", model="fake/clip", seed=5, first_frame=encoded(picture())
    )


def test_a_clip_comes_back_as_it_went(
    bench: Workbench, other: Workbench, run: LoggedRun, tmp_path: Path
) -> None:
    assert run.clip
    original = run.clip.path.read_bytes()
    saved = bench.save_clip(run, tmp_path / "fox.mp4")
    assert saved.sidecar
    assert json.loads(saved.sidecar.read_bytes()) == json.loads(bench.read_recipe(saved.path).to_json())  # type: ignore[union-attr]
    assert run.clip.path.read_bytes() == original
    other.shelve(encoded(picture()), "frame.png", clip=None)

    taken = other.take_clip_in(saved.path)
    back = taken.run
    assert (taken.is_new, taken.missing) == (True, ())
    assert back.request == run.request
    assert back.clip
    assert back.clip.media.sha256 == run.clip.media.sha256, "the provider's own bytes again"
    assert (back.status, back.charge, back.is_imported) == (Status.SUCCEEDED, Charge.NONE, True)
    assert (back.latency_s, back.estimate_micros, back.billed_micros) == (None, None, None)
    assert back.report["clip_is_as_made"] is True
    assert back.id in back.outcome
    assert "made elsewhere" in back.outcome
    composed, there = remixed(back), remixed(run)
    for name in ("prompt", "negative_prompt", "model", "settings", "seed", "inputs"):
        assert getattr(composed, name) == getattr(there, name), name


def test_nothing_private_goes_out(bench: Workbench, run: LoggedRun, tmp_path: Path) -> None:
    saved = bench.save_clip(run, tmp_path / "fox.mp4")
    assert saved.sidecar
    told = saved.sidecar.read_text()
    for private in (str(tmp_path), run.account, "micros"):
        assert private not in told
    priced = bench.save_clip(run, tmp_path / "priced.mp4", costs=True)
    assert priced.sidecar
    assert json.loads(priced.sidecar.read_text())["estimate_micros"] == run.estimate_micros


def test_without_a_recipe_it_is_the_original(bench: Workbench, run: LoggedRun, tmp_path: Path) -> None:
    assert run.clip
    bench.save_clip(run, tmp_path / "fox.mp4", recipe=False, sidecar=False)
    assert (tmp_path / "fox.mp4").read_bytes() == run.clip.path.read_bytes()
    assert bench.read_recipe(tmp_path / "fox.mp4") is None


def test_what_exists_is_not_written_over(bench: Workbench, run: LoggedRun, tmp_path: Path) -> None:
    (tmp_path / "fox.mp4.json").write_text("mine")
    with pytest.raises(RequestError, match="exists already"):
        bench.save_clip(run, tmp_path / "fox.mp4")
    assert not (tmp_path / "fox.mp4").exists()
    with pytest.raises(RequestError, match="has no clip 3"):
        bench.save_clip(run, tmp_path / "other.mp4", clip=3)


def test_the_same_clip_is_the_same_run(
    bench: Workbench, other: Workbench, run: LoggedRun, tmp_path: Path
) -> None:
    saved = bench.save_clip(run, tmp_path / "fox.mp4")
    assert bench.import_clip(saved.path).id == run.id, "it was made here"
    first = other.take_clip_in(saved.path)
    assert [i.split(" ", 2)[0] for i in first.missing] == ["First"]
    other.shelve(encoded(picture()), "frame.png", clip=None)
    again = other.take_clip_in(str(saved.sidecar))
    assert (again.run.id, again.is_new) == (first.run.id, False)
    assert other.import_clip(saved.path, again=True).id != first.run.id


def test_a_sidecar_alone_is_enough(
    bench: Workbench, other: Workbench, run: LoggedRun, tmp_path: Path
) -> None:
    saved = bench.save_clip(run, tmp_path / "fox.mp4", recipe=False)
    taken = other.take_clip_in(saved.path)
    assert taken.recipe
    assert taken.run.request.prompt == run.request.prompt


def test_foreign_clips_are_ranked_against_ours(
    bench: Workbench, other: Workbench, run: LoggedRun, tmp_path: Path
) -> None:
    clips = []
    for seed in (7, 8):
        made = bench.generate("A fox", model="fake/clip", seed=seed)
        bench.save_clip(made, tmp_path / f"{seed}.mp4", recipe=False, sidecar=False)
        clips.append(tmp_path / f"{seed}.mp4")
    known = other.import_clip(clips[0], prompt="A fox", model="Kling 2.1", note="from the web")
    unknown = other.import_clip(clips[1])
    assert (known.request.model, unknown.request.model) == ("elsewhere/Kling-2.1", "elsewhere/unknown")
    assert known.report["note"] == "from the web"
    assert str(unknown.report["provenance"]).startswith("unknown")
    ours = other.generate("A fox", model="fake/clip", seed=1)
    review = other.review("Which fox?", [known, unknown, ours], plan=ReviewPlan(overlap=0, repeats=0))
    for pair in other.asked(review.id, "Ana").pairs:
        other.vote(pair.id, "Ana", "left")
    ranked = other.rank(review=review.id)
    assert ranked
    assert len(ranked.ranking.standings) == 3
    assert other.spending() == ours.estimate_micros


def test_words_for_a_clip_with_a_recipe_are_refused(
    bench: Workbench, other: Workbench, run: LoggedRun, tmp_path: Path
) -> None:
    saved = bench.save_clip(run, tmp_path / "fox.mp4")
    with pytest.raises(RequestError, match="brings its own recipe"):
        other.import_clip(saved.path, prompt="Another fox")
    assert not list(other.runs())


@pytest.mark.parametrize(
    ("recipe", "error"),
    [
        (b"{", BadRecipe),
        (b"[" * 50_000, BadRecipe),
        (json.dumps({"schema": SCHEMA, "model": "x"}).encode(), BadRecipe),
    ],
)
def test_a_hostile_recipe_leaves_nothing(
    bench: Workbench, other: Workbench, run: LoggedRun, tmp_path: Path, recipe: bytes, error: type[Exception]
) -> None:
    assert run.clip
    write_copy(run.clip.path, tmp_path / "fox.mp4", recipe)
    with pytest.raises(error, match=r"fox\.mp4"):
        other.import_clip(tmp_path / "fox.mp4")
    assert not list(other.runs())
    assert other.files.total_bytes() == 0


def test_an_input_in_the_wrong_role_is_missing_and_places_are_ours(
    bench: Workbench, other: Workbench, run: LoggedRun, tmp_path: Path
) -> None:
    assert run.clip
    mine = other.generate("A hare", model="fake/clip", seed=1)
    assert mine.clip
    frame = other.shelve(encoded(picture()), "frame.png", clip=None).media
    inputs = [
        {"role": role, "sha256": media.sha256, "mime": media.mime, "position": 4}
        for role, media in [("first_frame", mine.clip.media), ("reference", frame), ("reference", frame)]
    ]
    told = {"schema": SCHEMA, "model": "gone/model", "prompt": "A fox", "inputs": inputs}
    write_copy(run.clip.path, tmp_path / "fox.mp4", json.dumps(told).encode())
    taken = other.take_clip_in(tmp_path / "fox.mp4")
    assert [(i.role, i.position) for i in taken.run.request.inputs] == [(Role.REFERENCE, n) for n in (0, 1)]
    assert len(taken.missing) == 1


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.mp4", b""),
        ("a.mp4", b"hello"),
        ("a.png", encoded(picture())),
        ("a.zip", b"PK\3\4"),
        ("b.json", b"{}"),
    ],
)
def test_what_is_no_clip_is_refused(other: Workbench, tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(BadMedia):
        other.import_clip(tmp_path / name)
    with pytest.raises(BadMedia):
        other.import_clip(tmp_path / "nowhere.mp4")
    assert not list(other.runs())
