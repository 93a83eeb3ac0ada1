"""413: the pictures are sent smaller, step by step, and the run says so."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from tests.runner.bench import Bench, running
from tests.store.test_runs import new, request
from workbench.domain.errors import FailureReason
from workbench.domain.media import Input, Media, Role
from workbench.domain.run import Charge, Status
from workbench.media.images import read_image
from workbench.media.intake import of_image
from workbench.media.shrink import shrink
from workbench.providers.fake import Script
from workbench.store import NewRun


def noise(width: int, height: int, seed: int = 1, alpha: bool = False) -> bytes:
    """A PNG as large as one of a photograph: a slow change of light under the grain of a sensor."""
    chance = np.random.default_rng(seed)
    light = np.linspace(40, 200, width)[None, :, None] + np.linspace(0, 40, height)[:, None, None]
    pixels = np.clip(light + chance.normal(0, 6, (height, width, 3)), 0, 255).astype(np.uint8)
    if alpha:
        pixels = np.concatenate([pixels, np.full((height, width, 1), 128, np.uint8)], axis=2)
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG", compress_level=1)
    return out.getvalue()


def with_pictures(bench: Bench, *given: tuple[Role, bytes]) -> tuple[NewRun, list[Media]]:
    stored = [of_image(read_image(data, "a.png")).store(bench.files) for _, data in given]
    inputs = tuple(Input(role, media) for (role, _), media in zip(given, stored, strict=True))
    return new(replace(request(), inputs=inputs)), stored


def test_a_picture_that_is_too_large_goes_as_jpeg_in_its_own_size_first(tmp_path: Path) -> None:
    bench = Bench(tmp_path, Script())
    run, (media,) = with_pictures(bench, (Role.FIRST_FRAME, noise(1280, 720)))
    bench.fake.script = Script(largest_bytes=media.size_bytes - 1)
    bench.runner.start()
    done = bench.settle(*bench.log(run))
    bench.runner.stop()
    assert done.status is Status.SUCCEEDED
    assert done.adjustments == ("First frame was sent as JPEG at 1280×720 because fake answered 413",)
    assert bench.fake.entries()[0]["files"] == [["first_frame", "image/jpeg", 1280, 720]]
    assert done.request.inputs[0].media == media, "the run's own picture stays what it was"
    attempts = bench.store.ledger.attempts(done.id)
    assert [a["outcome"] for a in attempts] == ["not accepted", "accepted"]
    assert len({a["sent_hash"] for a in attempts}) == 2
    assert not list((tmp_path / "media" / "incoming").iterdir())


def test_it_gets_smaller_until_it_passes(tmp_path: Path) -> None:
    bench = Bench(tmp_path, Script(largest_bytes=250_000))
    run, _ = with_pictures(bench, (Role.FIRST_FRAME, noise(2560, 1440)))
    bench.runner.start()
    done = bench.settle(*bench.log(run))
    bench.runner.stop()
    assert done.status is Status.SUCCEEDED
    ((_, mime, width, height),) = bench.fake.entries()[0]["files"]
    assert (mime, width) == ("image/jpeg", max(width, height))
    assert width in (1536, 1024, 768)
    assert abs(width / height - 16 / 9) < 0.01
    assert f"{width}×{height}" in done.adjustments[0]
    outcomes = [a["outcome"] for a in bench.store.ledger.attempts(done.id)]
    assert outcomes == ["not accepted"] * (len(outcomes) - 1) + ["accepted"]
    assert len(bench.fake.accepted()) == 1


def test_when_nothing_smaller_is_left_it_fails_in_one_sentence(tmp_path: Path) -> None:
    bench = Bench(tmp_path, Script(largest_bytes=1_000))
    run, _ = with_pictures(bench, (Role.FIRST_FRAME, noise(1280, 720)))
    bench.runner.start()
    done = bench.settle(*bench.log(run))
    assert (done.status, done.failure) == (Status.FAILED, FailureReason.INVALID_REQUEST)
    assert (done.charge, done.adjustments) == (Charge.NONE, ())
    assert "fake answered 413" in done.message
    assert done.message.endswith("even with its pictures at their smallest; use fewer or smaller files")
    assert bench.fake.accepted() == []
    bench.runner.stop()


def test_a_run_without_pictures_fails_at_once(tmp_path: Path) -> None:
    with running(tmp_path, Script(largest_bytes=-1)) as bench:
        run = bench.settle(*bench.log())
        assert (run.status, run.charge) == (Status.FAILED, Charge.NONE)
        assert run.message.endswith("it holds no picture to shrink; use fewer or smaller files")
        assert len(bench.store.ledger.attempts(run.id)) == 1


def test_steps_shrink_strictly_and_leave_small_pictures_alone(tmp_path: Path) -> None:
    bench = Bench(tmp_path, Script())
    _, (large, small) = with_pictures(
        bench, (Role.FIRST_FRAME, noise(3000, 1000, alpha=True)), (Role.LAST_FRAME, noise(128, 128, 2))
    )
    work = tmp_path / "work"
    work.mkdir()
    sets = list(shrink([(m, bench.files.path(m)) for m in (large, small)], work))
    sizes = [
        sum((s[m.sha256].media if m.sha256 in s else m).size_bytes for m in (large, small)) for s in sets
    ]
    assert sizes == sorted(sizes, reverse=True)
    assert len(set(sizes)) == len(sizes) >= 3
    widths = [s[large.sha256].media.width for s in sets]
    assert widths == sorted(widths, reverse=True)
    assert widths[0] == 3000
    assert widths[-1] == 768
    for found in sets:
        for smaller in found.values():
            with Image.open(smaller.path) as picture:
                assert picture.format == "JPEG"
                assert picture.size == (smaller.media.width, smaller.media.height)
        assert max(found[small.sha256].media.width, 128) == 128
