"""``workbench batch``: checked as a whole, paid once, taken up again where it stopped."""

from __future__ import annotations

import csv
import json
import os
import pty
import select
import signal
import subprocess
import termios
import threading
import time
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from tests.cli.desk import COMMAND, Desk, assert_one_sentence, records
from workbench.api.batch import open_batch
from workbench.cli.batch import summary
from workbench.domain.errors import RequestError
from workbench.domain.run import Parenthood, Status
from workbench.runner.clock import SystemClock

CLOCK = SystemClock()
TOY = {"duration": 1, "resolution": "360p", "generate_audio": False}  # of the embedded engine: quick and free


def write(desk: Desk, rows: object, name: str = "rows.json") -> Path:
    file = desk.folder / name
    file.write_text(json.dumps(rows), encoding="utf-8")
    return file


def frame(path: Path, shade: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((180, 320, 3), shade, np.uint8)).save(path)


def prompts(desk: Desk) -> list[str]:
    with desk.log() as log:
        return sorted(run.request.prompt for run in log.runs())


def test_the_guides_own_file_is_taken_as_it_is(desk: Desk) -> None:
    """Rows of the asynchronous guide: prompts, frames beside the file, outputs; run from another folder."""
    project = desk.folder / "project"
    for number in (1, 2, 3):
        frame(project / "frames" / f"frame-{number}.jpg", 60 * number)
    rows = [
        {
            "prompt": "Smooth timelapse: leather being stripped",
            "start_frame": "frames/frame-1.jpg",
            "end_frame": "frames/frame-2.jpg",
            "output": "segment-1-2.mp4",
        },
        {
            "prompt": "Smooth timelapse: foam being replaced",
            "start_frame": "frames/frame-2.jpg",
            "end_frame": "frames/frame-3.jpg",
            "output": "deep/segment-2-3.mp4",
        },
        {"prompt": "A lion at dawn", "seed": 7, "references": ["frames/frame-1.jpg", "frames/frame-3.jpg"]},
    ]
    write(desk, rows, "project/batch.json")
    words = ["--duration", "1", "--resolution", "360p", "--set", "generate_audio=false", "--json"]
    done = desk.run("generate", "--batch", "project/batch.json", "--output-dir", "videos", *words)
    assert done.returncode == 0, done.stderr

    told = records(done.stdout)
    assert [(run["row"], run["status"]) for run in told] == [(n, "succeeded") for n in (1, 2, 3)]
    names = ["segment-1-2.mp4", "deep/segment-2-3.mp4", "row-003.mp4"]
    for run, name in zip(told, names, strict=True):
        place = desk.folder / "videos" / name
        assert run["output"] == f"videos/{name}"
        assert place.read_bytes() == Path(run["clips"][0]["path"]).read_bytes()
        with av.open(str(place)) as clip:
            assert clip.streams.video[0].height == 360
    roles = [[i["role"] for i in run["inputs"]] for run in told]
    assert roles == [["first_frame", "last_frame"], ["first_frame", "last_frame"], ["reference", "reference"]]
    assert told[0]["inputs"][1]["sha256"] == told[1]["inputs"][0]["sha256"]
    assert told[2]["seed"] == 7
    assert told[0]["settings"]["duration_s"] == 1

    again = desk.run("batch", "project/batch.json", "--output-dir", "videos", *words)
    assert again.returncode == 0, again.stderr
    assert [run["id"] for run in records(again.stdout)] == [run["id"] for run in told]
    assert "3 rows, 0 to send, 3 done before." in again.stderr


def test_every_fault_of_every_row_is_told_before_anything_is_sent_or_written(desk: Desk) -> None:
    frame(desk.folder / "a.png", 90)
    (desk.folder / "b.png").write_bytes(b"no picture")
    rows = [
        {"prompt": "Fine", "model": "fake/clip"},
        {"prompt": "", "model": "fake/clip", "duration": 99, "seed": -1, "output": "../out.mp4"},
        {"prompt": "x", "model": "nobody/none"},
        {"prompt": "x", "model": "veo-3.1-generate-preview"},
        {"prompt": "x", "model": "fake/clip", "start_frame": "none.png", "quality": "high"},
        {"prompt": "x", "model": "fake/clip", "start_frame": "b.png", "end_frame": "a.png"},
        {"prompt": 5, "model": "fake/clip", "start_frame": ["a.png", "b.png"], "output": "a.gif"},
        {"prompt": "x", "output": "same.mp4", **TOY},
        {"prompt": "y", "output": "SAME.mp4", **TOY},
        {"prompt": "x", "fold_negative_prompt": "perhaps", "first_frame": "a.png", "start_frame": "a.png"},
        {"prompt": "x", "output": "/etc/x.mp4", **TOY},
        {"prompt": "x", "end_frame": "a.png", **TOY},
        {"prompt": "x", "references": {"a": 1}, "duration": 1, "duration_s": 1},
    ]
    write(desk, rows)
    done = desk.here("batch", "rows.json", "--output-dir", "videos", "--yes")
    assert done.returncode == 2
    assert done.stdout == ""
    assert_one_sentence(
        done.stderr,
        "rows.json has",
        "faults; nothing was sent.",
        "row 2, prompt: The prompt is empty.",
        "row 2, duration_s: Duration can't be 99.",
        "row 2, seed: Seed can't be -1.",
        "row 2, output: '../out.mp4' leads out of the folder",
        "row 7, output: 'a.gif' has to end in",
        "row 9, output: 'SAME.mp4' is the output of row 8 already.",
        "row 11, output: '/etc/x.mp4' leads out of the folder",
        "row 3, model: There is no model 'nobody/none'.",
        "row 4, model: veo-3.1-generate-preview was shut down on 2026-10-22. Use vertex/veo-3.1-generate-001",
        "row 5, start_frame: There is no file",
        "row 5, quality: Fake has no setting quality. No live model has it. Choose a resolution",
        "row 6, start_frame:",
        "row 7, prompt: Prompt can't be 5.",
        "row 7, start_frame: 2 files are given. Allowed: one.",
        "row 10, fold_negative_prompt: It can't be 'perhaps'.",
        "row 10, start_frame: It says the same as first_frame",
        "row 12, end_frame: A last frame is given without a first frame.",
        "row 13, references: It can't be {'a': 1}.",
        "row 13, duration: Animatic preview has no setting duration.",
    )
    assert "row 1," not in done.stderr
    assert "row 5, end_frame" not in done.stderr
    assert desk.accepted() == 0
    assert not (desk.folder / "videos").exists()
    with desk.log() as log:
        assert list(log.runs()) == []
        assert [path for path in (desk.folder / "log" / "media").rglob("*") if path.is_file()] == []


@pytest.mark.parametrize(
    ("rows", "part"),
    [
        ([{"prompt": "x", "output": "../out.mp4"}], "row 1, output: '../out.mp4' leads out of the folder"),
        ([{"prompt": "x", "output": "/etc/out.mp4"}], "leads out of the folder"),
        ([{"prompt": "x", "output": "C:\\out.mp4"}], "leads out of the folder"),
        ([{"prompt": "x", "output": "link/out.mp4"}], "leads out of videos"),
        ([{"prompt": "x", "output": "clip.gif"}], "has to end in .mp4"),
        ([{"prompt": "x", "output": "taken.mp4"}], "exists already. Choose another name, or add --force"),
        (
            [{"prompt": "x", "output": "a.mp4"}, {"prompt": "y", "output": "A.MP4"}],
            "row 2, output: 'A.MP4' is the output of row 1 already",
        ),
        ({"prompt": "x"}, "is not a list of rows"),
        ([], "has no rows"),
        (["x"], "is not a list of rows"),
    ],
)
def test_outputs_stay_in_their_folder_and_overwrite_nothing(desk: Desk, rows: object, part: str) -> None:
    videos = desk.folder / "videos"
    videos.mkdir()
    (videos / "taken.mp4").write_bytes(b"mine")
    (videos / "link").symlink_to(desk.folder)
    write(desk, rows)
    done = desk.here("batch", "rows.json", "--output-dir", "videos", "--model", "fake/clip", "--yes")
    assert done.returncode == 2
    assert_one_sentence(done.stderr, part)
    assert desk.accepted() == 0
    assert (videos / "taken.mp4").read_bytes() == b"mine"


def test_a_table_says_the_same_as_json(desk: Desk) -> None:
    frame(desk.folder / "a.png", 90)
    frame(desk.folder / "b.png", 150)
    with (desk.folder / "rows.csv").open("w", newline="", encoding="utf-8-sig") as handle:
        table = csv.writer(handle, delimiter=";")  # as spreadsheets write it where , is in numbers
        table.writerow(
            ["prompt", "negative_prompt", "seed", "duration_s", "generate_audio", "references", "output"]
        )
        table.writerow(["A lion;\nat dawn, slowly", "text", "7", "1", "false", "a.png;b.png", "lion.mp4"])
        table.writerow(["Ein Löwe 🦁", "", "", "1", "no", "", ""])
    done = desk.here("batch", "rows.csv", "--resolution", "360p", "--json")
    assert done.returncode == 0, done.stderr
    lion, plain = records(done.stdout)
    assert (lion["prompt"], lion["seed"]) == ("A lion;\nat dawn, slowly", 7)
    assert lion["settings"] == {
        "aspect_ratio": "16:9",
        "duration_s": 1,
        "generate_audio": False,
        "resolution": "360p",
    }
    assert len(lion["inputs"]) == 2
    assert (plain["prompt"], plain["output"]) == ("Ein Löwe 🦁", None)
    assert plain["seed"] is not None
    # Without a folder of outputs, a row's own output lies beside the file.
    assert (desk.folder / "lion.mp4").read_bytes() == Path(lion["clips"][0]["path"]).read_bytes()

    (desk.folder / "odd.csv").write_text("prompt,seed\nx,soon\ny,1,2,3\n")
    odd = desk.here("batch", "odd.csv")
    assert odd.returncode == 2
    assert_one_sentence(odd.stderr, "row 1, seed: Seed can't be 'soon'.", "row 2, columns: It has more cells")
    (desk.folder / "none.csv").write_text("text\nx\n")
    assert_one_sentence(desk.here("batch", "none.csv").stderr, "has no column prompt")


def test_after_a_crash_nothing_is_paid_twice_and_a_changed_row_is_a_new_one(desk: Desk) -> None:
    desk.script(latency_s=1.5)
    rows: list[dict[str, object]] = [{"prompt": f"Lion {n}", "model": "fake/clip"} for n in range(4)]
    rows.append(dict(rows[0]))  # the same once more: two clips are wanted
    write(desk, rows)
    words = ["batch", "rows.json", "--output-dir", "videos", "--yes"]
    process = subprocess.Popen(
        [*COMMAND, *words],
        cwd=desk.folder,
        env=desk.environ,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    deadline = time.monotonic() + 30
    while desk.accepted() < 5:
        assert time.monotonic() < deadline
        CLOCK.pause(0.02)
    CLOCK.pause(0.3)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()

    # The file has moved, one row has another output now: still the same batch, still the same rows.
    elsewhere = desk.folder / "elsewhere"
    elsewhere.mkdir()
    rows[2]["output"] = "third.mp4"
    write(desk, rows, "elsewhere/rows.json")
    words[1] = "elsewhere/rows.json"
    CLOCK.pause(1.5)
    again = desk.here(*words)
    assert again.returncode == 0, again.stderr
    assert "5 rows, 0 to send" in again.stderr
    assert desk.accepted() == 5
    names = ["row-001.mp4", "row-002.mp4", "row-004.mp4", "row-005.mp4", "third.mp4"]
    assert sorted(path.name for path in (desk.folder / "videos").iterdir()) == names

    rows[1]["prompt"] = "Lion 1 at dusk"
    rows.append({"prompt": "A tiger", "model": "fake/clip"})
    write(desk, rows, "elsewhere/rows.json")
    refused = desk.here(*words)  # row 2's file holds another clip: nobody has allowed to overwrite it
    assert refused.returncode == 2
    assert_one_sentence(refused.stderr, "row 2, output: videos/row-002.mp4 exists already")
    changed = desk.here(*words, "--force")
    assert changed.returncode == 0, changed.stderr
    assert "6 rows, 2 to send, 4 done before." in changed.stderr
    assert desk.accepted() == 7

    anew = desk.here(*words, "--again", "--force")
    assert anew.returncode == 0, anew.stderr
    assert desk.accepted() == 13
    assert "6 rows, 0 to send, 6 done before." in desk.here(*words).stderr
    assert prompts(desk).count("Lion 0") == 4


def test_ctrl_c_keeps_what_came_and_what_failed_goes_out_again_only_when_asked(desk: Desk) -> None:
    desk.script(outcome="failed")
    write(desk, [{"prompt": "A", "seed": 1}, {"prompt": "B"}])
    words = ["batch", "rows.json", "--model", "fake/clip", "--yes"]
    failed = desk.here(*words)
    assert failed.returncode == 1
    assert failed.stdout == ""
    assert_one_sentence(
        failed.stderr,
        "row 1: Run",
        "failed (provider)",
        "2 of 2 rows failed; `workbench batch rows.json --retry-failed`",
    )
    again = desk.here(*words)
    assert (again.returncode, desk.accepted()) == (1, 2)
    assert "2 failed before (--retry-failed sends them again)" in again.stderr

    desk.script(latency_s=600)
    process = subprocess.Popen(
        [*COMMAND, *words, "--retry-failed"],
        cwd=desk.folder,
        env=desk.environ,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr
    seen = ""
    while seen.count("generating") < 2:
        seen += process.stderr.readline()
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=20)
    assert process.returncode == 130
    assert_one_sentence(said, "workbench resume")

    desk.script()
    collected = desk.here(*words)
    assert collected.returncode == 0, collected.stderr
    assert "2 rows, 0 to send, 2 under way." in collected.stderr
    assert desk.accepted() == 4
    assert len(collected.stdout.splitlines()) == 2


def test_a_row_whose_answer_was_lost_is_never_sent_again_by_itself(desk: Desk) -> None:
    desk.script(submit_errors=["OutcomeUnknown"])
    write(desk, [{"prompt": "A"}])
    words = ["batch", "rows.json", "--model", "fake/clip", "--yes", "--retry-failed"]
    assert desk.here(*words).returncode == 1
    desk.script()
    again = desk.here(*words)
    assert again.returncode == 1
    assert_one_sentence(again.stderr, "1 uncertain (`workbench settle`)", "row 1: Run", "is uncertain")
    assert desk.accepted() == 0


def test_the_cost_of_all_rows_is_asked_once_and_the_budget_counts_them_together(desk: Desk) -> None:
    write(desk, [{"prompt": f"Lion {n}", "model": "fake/clip", "duration": 4 + 2 * n} for n in range(3)])
    done = desk.run("batch", "rows.json")
    assert done.returncode == 2
    assert_one_sentence(done.stderr, "3 runs of fake/clip would cost about $0.90. Add --yes to agree")
    assert desk.run("batch", "rows.json", "--yes", WORKBENCH_BUDGET_USD="0.80").returncode == 3
    assert desk.accepted() == 0

    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 100))
    process = subprocess.Popen(
        [*COMMAND, "batch", "rows.json"],
        cwd=desk.folder,
        env=desk.environ,
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=theirs,
        text=True,
    )
    shown = _read_until(ours, "[y/N]")
    assert shown.count("would cost") == 1
    os.write(ours, b"y\n")
    shown = _read_until(ours, "3 done, 0 under way, $0.90 so far")
    assert "rows.json" in shown
    assert process.wait(timeout=30) == 0
    for end in (ours, theirs):
        os.close(end)
    assert desk.accepted() == 3


def _read_until(terminal: int, text: str) -> str:
    seen = ""
    while text not in seen:
        assert select.select([terminal], [], [], 30)[0], seen
        seen += os.read(terminal, 4_096).decode(errors="replace")
    return seen


def test_what_is_not_set_up_is_named_before_the_cost_is_asked(desk: Desk) -> None:
    write(desk, [{"prompt": "A", "model": "flow/veo_3_1_t2v_fast"}, {"prompt": "B", **TOY}])
    done = desk.here("batch", "rows.json")
    assert done.returncode == 4
    assert_one_sentence(done.stderr, "flow is not set up: set FLOW_GATEWAY_URL", "Nothing was sent")
    assert prompts(desk) == []


def test_two_at_once_send_a_row_once(desk: Desk) -> None:
    """Somebody thinks about the cost while the same batch goes out from another terminal."""
    file = write(desk, [{"prompt": "A"}])
    with desk.log() as log, open_batch(log, file, model="fake/clip") as mine:
        with open_batch(log, file, model="fake/clip") as theirs:
            sent = theirs.send(theirs.to_send())
        with pytest.raises(RequestError, match="Row 1 was sent meanwhile by another process"):
            mine.send(mine.to_send())
        log.wait([job.run.id for job in sent.jobs if job.run])
    assert desk.accepted() == 1


def test_two_in_the_same_second_send_a_row_once(desk: Desk) -> None:
    """Both have looked, and neither has written yet."""
    file = write(desk, [{"prompt": "A"}, {"prompt": "B"}])
    gate, refused = threading.Barrier(2), []

    def send() -> None:
        with desk.log() as log, open_batch(log, file, model="fake/clip") as batch:
            keep = log.keep

            def slowly(*arguments: object) -> object:
                CLOCK.pause(0.1)
                return keep(*arguments)  # type: ignore[arg-type]

            log.keep = slowly  # type: ignore[method-assign, assignment]
            gate.wait(10)
            try:
                sent = batch.send(batch.to_send())
            except RequestError as error:
                refused.append(str(error))
            else:
                log.wait([job.run.id for job in sent.jobs if job.run])

    threads = [threading.Thread(target=send) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert desk.accepted() == 2, "each row once"
    assert len(refused) == 1
    assert "was sent meanwhile by another process" in refused[0]
    with desk.log() as log:
        assert len(log.store.experiments.all()) == 1


def test_a_row_extends_a_run_of_the_log(desk: Desk) -> None:
    desk.script()
    made = desk.here("generate", "--model", "fake/clip", "--prompt", "A lion", "--yes")
    parent = made.stdout.split()[0]
    write(desk, [{"prompt": "It walks on", "model": "fake/clip", "extend": parent}])
    done = desk.here("batch", "rows.json", "--yes", "--json")
    assert done.returncode == 0, done.stderr
    [run] = records(done.stdout)
    assert (run["parent_id"], run["parenthood"]) == (parent, Parenthood.EXTENSION)
    assert [i["role"] for i in run["inputs"]] == ["source_clip"]


def test_options_that_rows_decide_are_refused_beside_a_batch(desk: Desk) -> None:
    write(desk, [{"prompt": "A"}])
    for words in (["--prompt", "x"], ["--output", "a.mp4"], ["--takes", "2"], ["--reference", "a.png"]):
        done = desk.here("generate", "--batch", "rows.json", *words)
        assert done.returncode == 2
        assert_one_sentence(done.stderr, f"{words[0]} can't go with --batch")
    done = desk.here("generate", "--prompt", "x", "--output-dir", "videos")
    assert_one_sentence(done.stderr, "--output-dir belongs to --batch FILE")


def test_the_summary_counts_and_adds_up(desk: Desk) -> None:
    from dataclasses import replace

    desk.here("generate", "--model", "fake/clip", "--prompt", "A lion", "--yes")
    with desk.log() as log:
        run = next(iter(log.runs()))
    busy, failed = (replace(run, status=status) for status in (Status.GENERATING, Status.FAILED))
    queued = replace(run, status=Status.QUEUED)
    assert summary([run, busy, failed, queued]) == "1 done, 1 failed, 2 under way, $0.40 so far"
