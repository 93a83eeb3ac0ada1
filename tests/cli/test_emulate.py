"""The whole paid way on the command line, against an emulator that another command plays."""

from __future__ import annotations

import shlex
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av
import pytest

from tests.cli.desk import COMMAND, Desk, assert_one_sentence, records
from workbench.emulators import footage
from workbench.emulators.wires import WIRES, emulator

VEO = ["--model", "vertex/veo-3.1-fast-generate-001", "--prompt", "A lion at dawn"]


@contextmanager
def playing(desk: Desk, *words: str) -> Iterator[tuple[dict[str, str], list[str]]]:
    """The settings that the command prints, and (once it has ended) what it said and its exit status."""
    process = subprocess.Popen(
        [*COMMAND, "emulate", *words, "--seconds", "0.2"],
        env={**desk.environ, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    assert process.stderr
    told = process.stderr.readline()  # comes after the settings
    last = [told]
    try:
        assert "until Ctrl+C" in told, told + process.stderr.read()
        count = len(emulator(words[0])().settings())
        pairs = [shlex.split(process.stdout.readline()) for _ in range(count)]
        assert all(pair[0] == "export" for pair in pairs)
        yield dict(pair[1].split("=", 1) for pair in pairs), last
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=20)
        last += [said, str(process.returncode)]
    finally:
        process.kill()
        process.wait()


def test_an_emulator_is_started_and_paid_work_tried_for_nothing(desk: Desk) -> None:
    still = desk.folder / "lion.png"
    still.write_bytes(footage.still("lion", width=640, height=360))
    with playing(desk, "vertex", "--fault", "poll:503", "--fault", "create:retry_info=0.1") as (set_up, last):
        unpaid = desk.run("generate", *VEO, "--takes", "2", **set_up)
        assert unpaid.returncode == 2
        assert_one_sentence(
            unpaid.stderr,
            "2 runs of vertex/veo-3.1-fast-generate-001 would cost about $1.60 ($0.10/s (720p)",
            "price map",
            "2026-11-21",
            "this is an emulator, so nothing will be charged",
        )
        done = desk.run(
            "generate",
            *VEO,
            "--start-frame",
            "lion.png",
            "--duration",
            "4",
            "--output",
            "lion.mp4",
            "--yes",
            **set_up,
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout.rstrip().endswith("(emulated)")
        with av.open(str(desk.folder / "lion.mp4")) as clip:
            assert clip.streams.video[0].frames > 0
        run_id = done.stdout.split()[0]

        longer = desk.run(
            "generate", *VEO[:2], "--prompt", "It roars", "--extend", run_id, "--yes", "--json", **set_up
        )
        assert longer.returncode == 0, longer.stderr
        [run] = records(longer.stdout)
        assert (run["parent_id"], run["parenthood"], run["emulated"]) == (run_id, "extension", True)
    stopped = last[1]
    assert (last[2], "accepted, and charged had it been the service: 2." in stopped) == ("0", True)
    assert "Traceback" not in stopped

    # Afterwards the log still says what these runs were.
    assert "(emulated)" in desk.run("runs").stdout
    assert "test credentials" in desk.run("show", run_id).stdout
    assert [r["emulated"] for r in records(desk.run("runs", "--json").stdout)] == [True, True]


def test_an_uncertain_run_is_found_settled_or_sent_again(desk: Desk) -> None:
    words = ["generate", "--model", "openai-videos/sora-2", "--prompt", "A lion at dawn", "--yes"]
    faults = ["--fault", "create:drop_after*3"]
    with playing(desk, "openai-videos", "--dialect", "openai", *faults) as (set_up, _):
        lost = [desk.here(*words, "--json", **set_up) for _ in range(3)]
        assert [done.returncode for done in lost] == [1, 1, 1]
        first, second, third = (records(done.stdout)[0]["id"] for done in lost)
        assert_one_sentence(
            lost[0].stderr, "is uncertain", f"`workbench find {first}`", f"`workbench settle {first}`"
        )

        found = records(desk.here("find", first, "--json", **set_up).stdout)
        assert [candidate["number"] for candidate in found] == list(range(1, len(found) + 1))
        assert found[0]["is_likely"]
        listed = desk.here("find", first, **set_up)
        assert listed.stdout.splitlines()[0].startswith("  1  2")
        assert "(likely)" in listed.stdout

        settled = desk.here("settle", first, "--operation", "1", **set_up)
        assert settled.returncode == 0, settled.stderr
        assert Path(settled.stdout.split()[1]).is_file()
        assert len(records(desk.here("find", second, "--json", **set_up).stdout)) == len(found) - 1

        none = desk.here("settle", second, "--operation", "99", **set_up)
        assert (none.returncode, "There is no candidate 99" in none.stderr) == (2, True)
        for text in ("{", "[]", "{}"):
            assert desk.here("settle", second, "--operation", text, **set_up).returncode == 2

        unpaid = desk.here("settle", second, "--send-again", **set_up)
        assert_one_sentence(
            unpaid.stderr, "an amount that is not known (no price is known for openai-videos/sora-2"
        )
        again = desk.here("settle", second, "--send-again", "--yes", **set_up)
        assert again.returncode == 0, again.stderr

        closed = desk.here("settle", third, "--close", "--json", **set_up)
        assert closed.returncode == 0, closed.stderr
        assert [(r["status"], r["failure"]) for r in records(closed.stdout)] == [("failed", "closed")]
        for words in (["--close"], ["--send-again", "--yes"]):
            done = desk.here("settle", third, *words, **set_up)
            assert done.returncode == 2
            assert_one_sentence(done.stderr, "is failed, not uncertain")
        both = desk.here("settle", third, "--close", "--send-again", **set_up)
        assert_one_sentence(both.stderr, "Say one of --close, --send-again and --operation")


def test_a_model_that_is_gone_is_answered_and_its_successor_used_when_asked(desk: Desk) -> None:
    old = ["generate", "--model", "veo-3.1-fast-generate-preview", "--prompt", "A lion at dawn", "--yes"]
    told = desk.here(*old)
    assert told.returncode == 2
    assert_one_sentence(
        told.stderr,
        "veo-3.1-fast-generate-preview was shut down on 2026-10-22. Use vertex/veo-3.1-fast-generate-001: ",
        "workbench generate --model vertex/veo-3.1-fast-generate-001 …, or add --successor.",
        "Nothing was sent.",
    )
    unset = desk.here(*old, "--successor")
    assert unset.returncode == 4
    assert_one_sentence(unset.stderr, "vertex is not set up: set GOOGLE_CLOUD_PROJECT")

    with playing(desk, "vertex") as (set_up, _):
        done = desk.here(
            *old, "--successor", "--set", "duration=6", "--set", "compressed=false", "--json", **set_up
        )
        assert done.returncode == 0, done.stderr
        assert "vertex/veo-3.1-fast-generate-001 is used." in done.stderr
        [run] = records(done.stdout)
        assert run["model"] == "vertex/veo-3.1-fast-generate-001"
        assert (run["settings"]["duration_s"], run["settings"]["compression_quality"]) == (6, "lossless")

        wrong = desk.here(*old, "--successor", "--set", "quality=high", **set_up)
        assert wrong.returncode == 2
        assert_one_sentence(
            wrong.stderr, "quality: Veo 3.1 Fast has no setting quality. No live model has it."
        )

        rows = desk.folder / "rows.json"
        rows.write_text('[{"prompt": "A lion", "model": "veo-3.0-fast-generate-001", "duration": 4}]')
        batch = desk.here("batch", "rows.json", "--successor", "--yes", "--json", **set_up)
        assert batch.returncode == 0, batch.stderr
        assert_one_sentence(batch.stderr, "row 1: veo-3.0-fast-generate-001 was shut down on 2026-06-30;")
        assert records(batch.stdout)[0]["settings"]["duration_s"] == 4


def test_omni_edits_takes_reference_clips_and_folds_what_it_has_no_field_for(desk: Desk) -> None:
    (desk.folder / "walk.mp4").write_bytes(footage.clip("walk", seconds=2))
    omni = ["generate", "--model", "gemini/gemini-omni-1.2-flash", "--duration", "3", "--yes", "--json"]
    with playing(desk, "gemini") as (set_up, _):
        refused = desk.here(*omni, "--prompt", "A lion", "--negative-prompt", "text", **set_up)
        assert refused.returncode == 2
        assert_one_sentence(refused.stderr, "has no negative prompt")

        words = ["--negative-prompt", "text", "--fold-negative-prompt", "--reference-clip", "walk.mp4"]
        made = desk.here(*omni, "--prompt", "A lion walks like this", *words, **set_up)
        assert made.returncode == 0, made.stderr
        [run] = records(made.stdout)
        assert run["prompt"] == "A lion walks like this\n\nAvoid: text"
        assert "folded into the prompt" in run["adjustments"][0]
        assert [i["role"] for i in run["inputs"]] == ["reference_clip"]

        edited = desk.here(*omni, "--prompt", "Make it dusk", "--edit", run["id"], "--timeout", "0", **set_up)
        assert edited.returncode == 1
        assert_one_sentence(edited.stderr, "It goes on: `workbench resume`")
        [child] = records(edited.stdout)
        assert (child["parent_id"], child["parenthood"]) == (run["id"], "edit")


def test_wrong_words_start_no_emulator(desk: Desk) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        for words, part in [
            (["nobody"], "'nobody' is not one of"),
            (["flow", "--fault", "poll"], "is no fault. Allowed: an HTTP status from 400 to 599"),
            (["flow", "--fault", "sleep:503"], "is no step. Allowed: create, poll"),
            (["flow", "--fault", "poll:slow_body=soon"], "--fault 'poll:slow_body=soon'"),
            (["flow", "--dialect", "sglang"], "--dialect is for openai-videos"),
            (["openai-videos", "--dialect", "latin"], "is no dialect. Allowed: openai"),
            (["flow", "--port", port], f"Port {port} can't be used"),
        ]:
            done = desk.here("emulate", *words)
            assert done.returncode == 2, words
            assert done.stdout == ""
            assert_one_sentence(done.stderr, part)


@pytest.mark.parametrize("wire", WIRES)
def test_every_wire_has_its_class_and_test_credentials(wire: str) -> None:
    with emulator(wire)() as play:
        assert play.wire == wire
        assert play.url in " ".join(play.settings().values())
        assert any("emulated-" in value for value in play.settings().values())


def test_help_lists_wires_steps_and_faults(desk: Desk) -> None:
    shown = desk.here("emulate", "--help").stdout
    for word in (*WIRES, "create, poll, fetch", "retry_info", "filtered_part", "400 … 599"):
        assert word in shown
