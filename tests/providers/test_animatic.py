"""The provider from submit to file: real worker processes, real MP4s."""

from __future__ import annotations

import asyncio
import hashlib
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import numpy.typing as npt
import pytest
from immutabledict import immutabledict
from PIL import Image

from workbench.domain.capabilities import faults, validate
from workbench.domain.errors import NotAccepted, OperationGone
from workbench.domain.media import Input, Media, Role
from workbench.domain.request import GenerationRequest
from workbench.domain.run import Charge
from workbench.media import worker
from workbench.media.fit import cover
from workbench.providers.animatic import Animatic, endpoints, jobs
from workbench.providers.animatic.model import PREVIEW, RATIOS, SHORT_SIDES, frame_size
from workbench.providers.base import Failed, Fetched, Finished, Parent, Poll, Provider, Running, Submission
from workbench.settings import Settings

SAMPLES = Path(__file__).parents[2] / "data" / "samples"
MIMES = {".jpg": "image/jpeg", ".png": "image/png", ".mp4": "video/mp4"}
Pictures = list[npt.NDArray[np.uint8]]


def given(
    role: Role, path: Path, position: int = 0, duration_s: float = 0.0
) -> tuple[Input, dict[str, Path]]:
    content = path.read_bytes()
    sha = hashlib.sha256(content).hexdigest()
    media = Media(sha, MIMES[path.suffix], len(content), duration_s=duration_s)
    return Input(role, media, position), {sha: path}


def submission(
    run_id: str,
    prompt: str,
    *inputs: tuple[Input, dict[str, Path]],
    parent: Parent | None = None,
    **settings: Any,
) -> Submission:
    chosen = immutabledict({"duration_s": 1, "resolution": "360p", **settings})
    request = GenerationRequest(
        "animatic/preview", prompt, inputs=tuple(i for i, _ in inputs), settings=chosen, seed=7
    )
    files = {sha: path for _, found in inputs for sha, path in found.items()}
    return Submission(run_id, validate(request, PREVIEW), files, parent)


async def ended(provider: Animatic, operation: Mapping[str, object]) -> Poll:
    for _ in range(1500):
        answer = await provider.poll(operation)
        if not isinstance(answer, Running):
            return answer
        await asyncio.sleep(0.02)
    raise AssertionError("still running")


def rendered(tmp_path: Path, what: Submission) -> tuple[Fetched, Finished]:
    async def go() -> tuple[Fetched, Finished]:
        provider = Animatic(tmp_path / "work")
        operation = await provider.submit(what)
        answer = await ended(provider, operation)
        assert isinstance(answer, Finished), answer
        folder = tmp_path / f"fetched-{what.run_id}"
        folder.mkdir()
        return await provider.fetch(operation, answer.clips[0], folder), answer

    return asyncio.run(go())


def pictures(path: Path) -> Pictures:
    with av.open(str(path)) as container:
        return [np.asarray(f.to_ndarray(format="rgb24"), np.uint8) for f in container.decode(video=0)]


def apart(a: npt.NDArray[np.uint8], b: npt.NDArray[np.uint8]) -> float:
    """Mean difference outside the badge's corner."""
    rows = int(a.shape[0] * 0.92)
    return float(np.abs(a[:rows].astype(int) - b[:rows]).mean())


def test_it_is_a_provider_that_needs_nothing(tmp_path: Path) -> None:
    (provider,) = endpoints(Settings(data=tmp_path))
    assert isinstance(provider, Provider)
    assert (provider.endpoint, provider.account, list(provider.missing())) == (
        "animatic",
        "animatic:local",
        [],
    )
    assert provider.models()[0].price(GenerationRequest("animatic/preview", "x")) == 0
    assert not (tmp_path / "work").exists()


def test_its_import_is_cheap() -> None:
    code = "import sys, workbench.providers.animatic; print({'cv2', 'av', 'numpy', 'PIL'} & set(sys.modules))"
    told = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert told.stdout.strip() == "set()"


def test_a_clip_is_what_was_asked_for_and_the_same_bytes_again(tmp_path: Path) -> None:
    prompt = "A lion walks at dawn, slow dolly in, with a zeppelin"
    fetched, answer = rendered(tmp_path, submission("A1", prompt))
    with av.open(str(fetched.clip)) as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        assert (video.width, video.height, video.codec_context.name) == (640, 360, "h264")
        assert (video.codec_context.pix_fmt, float(video.average_rate or 0)) == ("yuv420p", 24.0)
        assert (audio.codec_context.name, audio.rate, audio.channels) == ("aac", 48_000, 2)
        assert container.duration is not None and abs(container.duration / 1e6 - 1.0) < 0.05
        assert "creation_time" not in container.metadata
        heard = np.concatenate([f.to_ndarray() for f in container.decode(audio=0)], axis=1)
        assert 0.002 < float(np.sqrt((heard**2).mean())) < 0.2
    assert len(pictures(fetched.clip)) == 24
    head = fetched.clip.read_bytes()[:64_000]
    assert head.index(b"moov") < head.index(b"mdat")  # it plays while it loads
    assert answer.charge is Charge.NONE and answer.billed_micros == 0
    assert "zeppelin" in answer.report["unmatched"]  # type: ignore[operator]
    assert "lion" in answer.report["matched"]  # type: ignore[operator]
    again, _ = rendered(tmp_path, submission("B2", prompt))
    assert again.clip.read_bytes() == fetched.clip.read_bytes()
    other, _ = rendered(
        tmp_path, replace(submission("C3", prompt), request=replace(submission("C3", prompt).request, seed=8))
    )
    assert other.clip.read_bytes() != fetched.clip.read_bytes()


def test_the_last_frame_is_clean_and_the_badge_is_in_the_clip(tmp_path: Path) -> None:
    fetched, _ = rendered(tmp_path, submission("A1", "mountains at night, static", generate_audio=False))
    assert fetched.last_frame is not None
    clean = np.asarray(Image.open(fetched.last_frame).convert("RGB"))
    last = pictures(fetched.clip)[-1]
    assert apart(clean, last) < 3
    corner = (slice(int(360 * 0.95), 360), slice(int(640 * 0.8), 640))
    assert int(last[corner].max()) > 110 > int(clean[corner].max())
    with av.open(str(fetched.clip)) as container:
        assert not container.streams.audio


@pytest.mark.parametrize("ratio", ["9:16", "1:1"])
def test_other_shapes(tmp_path: Path, ratio: str) -> None:
    fetched, _ = rendered(tmp_path, submission("A1", "a city at dusk", aspect_ratio=ratio))
    assert pictures(fetched.clip)[0].shape[:2] == ((640, 360) if ratio == "9:16" else (360, 360))


def test_every_size_is_one_that_gives_the_same_bytes_each_time() -> None:
    sizes = {frame_size(lines, ratio) for lines in SHORT_SIDES for ratio in RATIOS}
    assert not [size for size in sizes if size[0] % 8 or size[1] % 8]
    assert {(856, 480), (480, 856), (1280, 720), (360, 360)} <= sizes


def test_a_first_frame_is_the_first_frame(tmp_path: Path) -> None:
    photo = SAMPLES / "savanna-lion.jpg"
    fetched, answer = rendered(tmp_path, submission("A1", "dolly in", given(Role.FIRST_FRAME, photo)))
    wanted = cover(np.asarray(Image.open(photo).convert("RGB")), 640, 360)
    shown = pictures(fetched.clip)
    assert apart(wanted, shown[0]) < 5
    assert apart(wanted, shown[-1]) > apart(wanted, shown[0]) + 1
    assert "ends_at_s" not in answer.report


def test_first_and_last_frame_are_both_met(tmp_path: Path) -> None:
    first, last = SAMPLES / "mountain-lake.jpg", SAMPLES / "savanna-lion.jpg"
    what = submission("A1", "", given(Role.FIRST_FRAME, first), given(Role.LAST_FRAME, last))
    shown = pictures(rendered(tmp_path, what)[0].clip)
    for path, frame in ((first, shown[0]), (last, shown[-1])):
        assert apart(cover(np.asarray(Image.open(path).convert("RGB")), 640, 360), frame) < 5


def test_related_frames_are_joined_by_motion_not_by_a_dissolve(tmp_path: Path) -> None:
    photo = np.asarray(Image.open(SAMPLES / "savanna-lion.jpg").convert("RGB"))
    paths = []
    for left in (0, 40, 80):
        path = tmp_path / f"{left}.png"
        Image.fromarray(cover(np.ascontiguousarray(photo[:, left : left + 1200]), 640, 360)).save(path)
        paths.append(path)
    what = submission("A1", "", given(Role.FIRST_FRAME, paths[0]), given(Role.LAST_FRAME, paths[2]))
    middle = pictures(rendered(tmp_path, what)[0].clip)[12]
    truth, first = (np.asarray(Image.open(p).convert("RGB")) for p in (paths[1], paths[0]))
    assert apart(middle, truth) < 0.5 * apart(middle, first)


def test_references_become_shots(tmp_path: Path) -> None:
    names = ("mountain-lake.jpg", "neon-street.jpg", "emerald-ring.jpg")
    inputs = [given(Role.REFERENCE, SAMPLES / name, i) for i, name in enumerate(names)]
    shown = pictures(rendered(tmp_path, submission("A1", "pan left", *inputs, duration_s=3))[0].clip)
    assert apart(shown[4], shown[36]) > 15
    assert apart(shown[36], shown[68]) > 15
    assert apart(shown[4], shown[6]) < 8  # one shot, one picture


def test_an_extension_is_the_source_and_then_the_scene_drawn_on(tmp_path: Path) -> None:
    first, report = rendered(tmp_path, submission("A1", "a lion at dawn, pan left"))
    parent = Parent("A1", immutabledict(job="A1"), report.report, first.last_frame)
    what = submission("B2", "pan left", given(Role.SOURCE_CLIP, first.clip, duration_s=1.0), parent=parent)
    fetched, answer = rendered(tmp_path, what)
    before, after = pictures(first.clip), pictures(fetched.clip)
    assert len(after) == 48
    assert max(apart(a, b) for a, b in zip(before, after[:24], strict=True)) < 3
    steps = [apart(a, b) for a, b in pairwise(after)]
    assert steps[23] < 2.0 * float(np.median(steps)) + 1.0  # no jump at the seam
    assert answer.report["ends_at_s"] == 2.0
    assert float(np.abs(after[40][330:, 500:].astype(int)).max()) < 250  # the badge has not added up
    with av.open(str(fetched.clip)) as container:
        samples = sum(f.samples for f in container.decode(audio=0))
    assert abs(samples / 48_000 - 2.0) < 0.05


def test_a_foreign_clip_goes_on_from_its_last_picture(tmp_path: Path) -> None:
    source = given(Role.SOURCE_CLIP, SAMPLES / "sailing-boat.mp4", duration_s=2.0)
    shown = pictures(rendered(tmp_path, submission("A1", "dolly in", source))[0].clip)
    assert len(shown) == 72
    assert apart(shown[47], shown[48]) < 4
    assert apart(shown[48], shown[71]) > 1


def test_a_second_submit_finds_the_first(tmp_path: Path) -> None:
    async def go() -> None:
        provider, what = Animatic(tmp_path), submission("A1", "sea", duration_s=12)
        operation = await provider.submit(what)
        pid = (tmp_path / "A1" / worker.LOCK).read_text()
        assert await provider.submit(what) == operation
        assert (tmp_path / "A1" / worker.LOCK).read_text() == pid
        assert jobs.starts(tmp_path / "A1") == 1
        assert await provider.cancel(operation)
        assert not worker.is_alive(tmp_path / "A1")
        await provider.forget(operation)
        assert not (tmp_path / "A1").exists()
        with pytest.raises(OperationGone, match="gone"):
            await provider.poll(operation)

    asyncio.run(go())


def test_a_killed_worker_is_started_again_and_makes_the_same_bytes(tmp_path: Path) -> None:
    async def go() -> None:
        provider, what = Animatic(tmp_path / "work"), submission("A1", "sea at dusk, pan left")
        operation = await provider.submit(what)
        os.kill(int((tmp_path / "work" / "A1" / worker.LOCK).read_text()), signal.SIGKILL)
        answer = await ended(provider, operation)
        assert isinstance(answer, Finished)
        assert jobs.starts(tmp_path / "work" / "A1") == 2
        fetched = await provider.fetch(operation, answer.clips[0], tmp_path)
        (tmp_path / "other").mkdir()
        again, _ = await asyncio.to_thread(
            rendered, tmp_path / "other", submission("Z9", "sea at dusk, pan left")
        )
        assert fetched.clip.read_bytes() == again.clip.read_bytes()

    asyncio.run(go())


def test_a_job_that_keeps_dying_fails_in_the_end(tmp_path: Path) -> None:
    async def go() -> None:
        provider = Animatic(tmp_path)
        operation = await provider.submit(submission("A1", "sea", duration_s=12))
        for _ in range(40):
            answer = await provider.poll(operation)
            if isinstance(answer, Failed):
                break
            await asyncio.to_thread(worker.stop, tmp_path / "A1")
        assert isinstance(answer, Failed)
        assert answer.charge is Charge.NONE
        assert jobs.starts(tmp_path / "A1") == 3

    asyncio.run(go())


def test_a_picture_that_can_t_be_read_fails_with_a_sentence(tmp_path: Path) -> None:
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"no picture")

    async def go() -> None:
        provider = Animatic(tmp_path / "work")
        answer = await ended(
            provider, await provider.submit(submission("A1", "x", given(Role.REFERENCE, broken)))
        )
        assert isinstance(answer, Failed)
        assert "give a PNG or JPEG" in answer.message

    asyncio.run(go())


def test_the_operation_can_t_leave_the_work_folder(tmp_path: Path) -> None:
    with pytest.raises(OperationGone):
        asyncio.run(Animatic(tmp_path / "work").poll({"job": "../../etc"}))


def test_the_rules_across_fields() -> None:
    still, last = (
        given(Role.FIRST_FRAME, SAMPLES / "mountain-lake.jpg")[0],
        given(Role.LAST_FRAME, SAMPLES / "savanna-lion.jpg")[0],
    )
    source = given(Role.SOURCE_CLIP, SAMPLES / "sailing-boat.mp4", duration_s=25.0)[0]

    def wrong(*inputs: Input, **settings: Any) -> list[str]:
        request = GenerationRequest("animatic/preview", "x", inputs=inputs, settings=immutabledict(settings))
        return [fault.field for fault in faults(PREVIEW.complete(request), PREVIEW)]

    assert wrong(last) == [Role.LAST_FRAME]
    assert wrong(still, last) == []
    assert wrong(source, still) == [Role.SOURCE_CLIP]
    assert wrong(source, duration_s=6) == [Role.SOURCE_CLIP]
    assert wrong(source, duration_s=5) == []


def test_the_samples_are_small_and_open(tmp_path: Path) -> None:
    files = [p for p in SAMPLES.iterdir() if p.suffix in MIMES]
    assert len(files) >= 6
    for path in files:
        assert path.stat().st_size <= (400_000 if path.suffix == ".mp4" else 250_000)
        image = pictures(path)[0] if path.suffix == ".mp4" else cv2.imread(str(path))
        assert image is not None and image.std() > 10


def test_a_work_folder_that_can_t_be_written_refuses_the_run(tmp_path: Path) -> None:
    (tmp_path / "work").write_text("a file where the folder should be")
    with pytest.raises(NotAccepted, match="can't be written"):
        asyncio.run(Animatic(tmp_path / "work").submit(submission("A1", "sea")))
