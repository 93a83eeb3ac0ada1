"""The command line as scripts and people meet it: processes, pipes, a terminal, Ctrl+C."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import shlex
import signal
import subprocess
import sys
import termios
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import av
import click
import pytest

from tests.cli.desk import COMMAND, FAKE, Desk, assert_one_sentence, records
from workbench.api.recipes import as_command
from workbench.cli.exits import ExitStatus, status_of
from workbench.cli.main import cli
from workbench.cli.reference import reference
from workbench.domain.errors import ProviderNotReady
from workbench.domain.run import Parenthood

ANIMATIC = ["--duration", "1", "--resolution", "360p", "--set", "generate_audio=false"]


# Every run succeeded: 0


def test_json_is_all_there_is_on_standard_output(desk: Desk) -> None:
    desk.script(latency_s=0.5)
    done = desk.run(*FAKE, "--takes", "2", "--seed", "7", "--negative-prompt", "text", "--json")
    assert done.returncode == 0
    first, second = records(done.stdout)
    assert (first["seed"], second["seed"]) == (7, 8)
    assert first["status"] == "succeeded"
    assert first["negative_prompt"] == "text"
    assert Path(first["clips"][0]["path"]).is_file()
    assert "generating" in done.stderr

    listed = desk.here("runs", "--json", "--text", "lion", "--status", "succeeded", "--since", "1h")
    assert [r["id"] for r in records(listed.stdout)] == [second["id"], first["id"]]
    assert records(desk.here("show", first["id"][:25] + first["id"][25], "--json").stdout) == [first]
    assert records(desk.here("runs", "--json", "--limit", "1").stdout) == [second]


def test_a_prompt_comes_in_by_a_pipe_and_the_clip_goes_to_a_file(desk: Desk) -> None:
    target = desk.folder / "lion.mp4"
    words = ["generate", "--prompt", "-", "--seed", "3", *ANIMATIC, "--output", str(target)]
    done = desk.run(*words, stdin="Ein Löwe im hohen Gras 🦁\n".encode())
    assert done.returncode == 0, done.stderr
    with av.open(str(target)) as clip:
        assert clip.streams.video[0].height == 360

    again = desk.run(*words, stdin=b"Another lion")
    assert again.returncode == 2
    assert_one_sentence(again.stderr, "lion.mp4 exists already", "--force")
    with desk.log() as log:
        assert [run.request.prompt for run in log.runs()] == ["Ein Löwe im hohen Gras 🦁"]


def test_several_clips_get_numbers_and_a_run_can_be_extended_and_repeated(desk: Desk) -> None:
    desk.script(clips=2)
    done = desk.run(*FAKE, "--output", "lion.mp4", "--seed", "1")
    assert done.returncode == 0, done.stderr
    assert sorted(p.name for p in desk.folder.glob("*.mp4")) == ["lion-1.mp4", "lion-2.mp4"]
    parent = done.stdout.split()[0]

    desk.script()
    assert desk.here(*FAKE, "--extend", parent[:-1], "--duration", "6").returncode == 0
    with desk.log() as log:
        child = next(iter(log.runs()))
        assert (child.origin.parent_id, child.origin.parenthood) == (parent, Parenthood.EXTENSION)
        assert child.request.settings["duration_s"] == 6

        repeat = shlex.split(as_command(child, log.path))[1:]
        assert desk.here(*repeat, "--yes").returncode == 0
        newest = next(iter(log.runs()))
        assert newest.id != child.id
        assert newest.request.request_hash == child.request.request_hash


# A run did not succeed: 1


@pytest.mark.parametrize(
    ("script", "parts"),
    [
        ({"outcome": "failed"}, ["failed (provider)", "may have been charged"]),
        ({"filtered": 1}, ["safety filter took every clip", "It was charged"]),
        ({"submit_errors": ["OutcomeUnknown"]}, ["is uncertain", "may have been charged"]),
        ({"poll_errors": ["OperationGone"] * 3}, ["expired"]),
    ],
)
def test_a_run_without_a_clip_says_what_became_of_it_and_of_the_money(
    desk: Desk, script: dict[str, object], parts: list[str]
) -> None:
    desk.script(**script)
    done = desk.here(*FAKE)
    assert done.returncode == 1
    assert done.stdout == ""
    assert_one_sentence(done.stderr, *parts)


def test_a_timeout_leaves_the_run_open_and_it_can_be_cancelled(desk: Desk) -> None:
    desk.script(latency_s=600, can_cancel=True)
    done = desk.run(*FAKE, "--timeout", "0.5", "--json")
    assert done.returncode == 1
    assert_one_sentence(done.stderr, "goes on", "workbench resume")
    [run] = records(done.stdout)
    assert run["status"] == "generating"

    cancelled = desk.here("cancel", run["id"])
    assert cancelled.returncode == 0
    assert "was cancelled" in cancelled.stdout
    assert desk.here("cancel", run["id"]).returncode == 2


# The request or the command was wrong: 2


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["generate", "--prompt", " ", "--duration", "99", "--seed", "-1"], "prompt: The prompt is empty"),
        (["generate", "--prompt", "x", "--model", "nobody/none"], "There is no model"),
        (["generate", "--prompt", "x", "--set", "lens=85mm"], "has no setting lens"),
        (["generate", "--prompt", "x", "--start-frame", "none.png"], "There is no file 'none.png'"),
        (["generate", "--prompt", "x", "--extend", "01ZZ"], "The log holds no run 01ZZ"),
        (["generate", "--prompt", "x", "--output", "none/lion.mp4"], "There is no folder none"),
        (["generate", "--prompt", "x", "--output", "lion.gif"], "to end in .mp4"),
        ([*FAKE[:-1]], "would cost about $0.20. Add --yes"),
        (["generate"], "Missing option '--prompt'"),
        (["runs", "--since", "soon"], "'soon' is no date"),
        (["show", "../x"], "is no run id"),
    ],
)
def test_a_wrong_request_is_told_and_nothing_is_sent_or_written(
    desk: Desk, words: list[str], part: str
) -> None:
    done = desk.here(*words)
    assert done.returncode == 2
    assert done.stdout == ""
    assert_one_sentence(done.stderr, part)
    if " " in words:  # every fault at once
        assert_one_sentence(done.stderr, "seed:", "duration_s:")
    assert desk.accepted() == 0
    with desk.log() as log:
        assert list(log.runs()) == []


def test_a_prompt_that_is_not_utf8_and_a_wrong_variable_are_told(desk: Desk) -> None:
    done = desk.run("generate", "--prompt", "-", stdin=b"caf\xe9")
    assert done.returncode == 2
    assert_one_sentence(done.stderr, "not UTF-8")
    done = desk.here("runs", WORKBENCH_BUDGET_USD="a lot")
    assert done.returncode == 2
    assert_one_sentence(done.stderr, "WORKBENCH_BUDGET_USD is 'a lot'")


# The budget, the settings: 3, 4


def test_the_budget_forbids_it(desk: Desk) -> None:
    done = desk.here(*FAKE, WORKBENCH_BUDGET_USD="0.15")
    assert done.returncode == 3
    assert_one_sentence(done.stderr, "This would cost about $0.20")
    assert desk.accepted() == 0


def test_a_run_whose_account_is_not_set_up_here_is_named(desk: Desk) -> None:
    desk.script(latency_s=600)
    assert desk.run(*FAKE, "--timeout", "0.3").returncode == 1
    done = desk.run("resume", WORKBENCH_FAKE="")
    assert done.returncode == 4
    assert_one_sentence(done.stderr, "fake:script, which is not set up here")
    assert status_of(ProviderNotReady("")) is ExitStatus.NOT_SET_UP


# Interrupted: 130


def test_ctrl_c_ends_with_130_and_resume_collects_what_was_sent(desk: Desk) -> None:
    desk.script(latency_s=8)  # longer than it takes to end on a busy machine
    process = subprocess.Popen(
        [*COMMAND, *FAKE], env=desk.environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stderr
    for line in process.stderr:
        if "generating" in line:
            break
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=20)
    assert process.returncode == 130
    assert_one_sentence(said, "workbench resume")

    done = desk.run("resume")
    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.split()[1]).is_file()
    assert desk.accepted() == 1
    assert "Nothing is open" in desk.here("resume").stderr


IN_A_CALLBACK = "ref(thing, lambda _: raise_signal(SIGINT)); del thing; Event().wait(30)"
IN_A_CLASS = (
    "field = type('Field', (), {'__set_name__': lambda *_: raise_signal(SIGINT)})()"
    "; type('Owner', (), {'field': field})"
)


@pytest.mark.parametrize("what", [f"callback = {IN_A_CALLBACK}", IN_A_CLASS])
def test_ctrl_c_is_heard_wherever_python_is_just_then(what: str) -> None:
    """Modules load late: Python swallows it in the callbacks of locks, or wraps it while a class is made."""
    script = (
        "from signal import SIGINT, raise_signal; from threading import Event; from weakref import ref\n"
        "import click; from workbench.cli.main import cli, main\n"
        "@cli.command()\n"
        "def load():\n"
        f"    thing = Event(); {what}\n"
        "main()"
    )
    done = subprocess.run([sys.executable, "-c", script, "load"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 130, done.stderr
    assert_one_sentence(done.stderr, "workbench resume")


def test_a_reader_that_goes_away_is_no_error(desk: Desk) -> None:
    desk.here(*FAKE)
    process = subprocess.Popen(
        [*COMMAND, "runs", "--json"], env=desk.environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout
    process.stdout.close()
    assert process.stderr
    assert process.stderr.read() == b""
    assert process.wait() == 141


# On a terminal


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 80))
    yield ours, theirs
    for end in (ours, theirs):
        os.close(end)


@pytest.mark.parametrize(("answer", "status", "sent"), [("n", 2, 0), ("y", 0, 1)])
def test_a_terminal_is_asked_before_money_is_spent(
    desk: Desk, terminal: tuple[int, int], answer: str, status: int, sent: int
) -> None:
    desk.script(latency_s=0.3)
    ours, theirs = terminal
    process = subprocess.Popen(
        [*COMMAND, *FAKE[:-1]],
        env=desk.environ,
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=theirs,
        text=True,
    )
    shown = _read_until(ours, "[y/N]")
    assert "1 run of fake/clip would cost about $0.20. Send?" in shown
    os.write(ours, f"{answer}\n".encode())
    shown = _read_until(ours, "100%" if sent else "Not sent.")
    assert process.wait(timeout=20) == status
    assert desk.accepted() == sent


def _read_until(terminal: int, text: str) -> str:
    seen = ""
    while text not in seen:
        assert select.select([terminal], [], [], 20)[0], seen
        seen += os.read(terminal, 4_096).decode(errors="replace")
    return seen


# The other commands


def test_models_and_doctor_say_what_there_is(desk: Desk) -> None:
    models = records(desk.run("models", "--json").stdout)
    names = [model["model"] for model in models]
    assert names[0] == "animatic/preview"
    assert "fake/clip" in names
    assert "whole numbers from 1 to 12" in models[0]["settings"]["duration_s"]["allowed"]

    done = desk.run("doctor", "--json")
    assert done.returncode == 0
    assert {"Python", "SQLite", "Video encoder", "Data folder", "Run log"} <= {
        check["name"] for check in records(done.stdout)
    }


def test_doctor_finds_what_is_lost_and_what_is_damaged(desk: Desk) -> None:
    made = desk.here(*FAKE)
    Path(made.stdout.split()[1]).unlink()
    done = desk.run("doctor")
    assert done.returncode == 1
    assert re.search(r"NO +Media files: +1 of 3 are missing or torn", done.stdout)

    for file in (desk.folder / "log").glob("workbench.db*"):
        file.write_bytes(b"this is no database at all" * 100)
    done = desk.run("doctor")
    assert done.returncode == 1
    assert_one_sentence(done.stdout + done.stderr, "no readable workbench log")


def test_alone_it_starts_the_app(desk: Desk) -> None:
    process = subprocess.Popen(
        [*COMMAND, "--data", str(desk.folder / "other"), "--port", "0", "--no-browser"],
        env=desk.environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert process.stdout
        address = next(m[0] for line in process.stdout if (m := re.search(r"http://[\d.]+:\d+", line)))
        with urllib.request.urlopen(f"{address}/api/health", timeout=20) as answer:
            assert json.load(answer)["status"] == "ok"
        assert (desk.folder / "other" / "workbench.db").exists()
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
    assert process.returncode in (0, 130)


# Help


def test_help_is_quick_because_nothing_heavy_is_imported() -> None:
    heavy = "sqlite3", "numpy", "av", "PIL", "pandas", "streamlit", "workbench.api", "google", "openai"
    code = f"import workbench.cli, sys; print([m for m in {heavy!r} if m in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_every_command_and_option_is_documented_and_the_page_is_fresh(root: Path) -> None:
    for name, command in cli.commands.items():
        assert command.help, name
        for parameter in command.params:
            if isinstance(parameter, click.Option):
                assert parameter.help or parameter.show_default, f"{name} {parameter.name}"
    page = (root / "docs" / "cli.md").read_text()
    assert page == reference(), "stale: python -m workbench.cli.reference > docs/cli.md"


def test_models_say_price_source_limits_and_what_comes_after(desk: Desk) -> None:
    shown = desk.here("models").stdout
    veo = shown[shown.index("vertex/veo-3.1-generate-001") :]
    veo = veo[: veo.index("\nvertex/veo-3.1-lite")]
    assert "live, ends on 2027-05-04 or later, then gemini/gemini-omni-1.2-flash" in veo
    assert "price: $0.40/s (720p), $0.40/s (1080p), $0.60/s (4k) – " in veo
    assert "2026-11-21" in veo
    assert "limits: 10 at once, 10 a minute, followed closely for 1200 s" in veo
    assert "Not set up: set GOOGLE_CLOUD_PROJECT" in veo
    assert "has no negative prompt" in shown[shown.index("gemini/gemini-omni-1.2-flash") :]

    (desk.folder / "log" / "workbench.toml").write_text(
        '[models."fake/clip"]\nusd_per_second = "0.25"\nsource = "our contract"\nread_on = 2026-11-01\n'
    )
    fake = next(m for m in records(desk.here("models", "--json").stdout) if m["model"] == "fake/clip")
    assert fake["price"] == "$0.25/s – our contract, 2026-11-01"
    asked = desk.here(*FAKE[:-1])
    assert_one_sentence(
        asked.stderr, "would cost about $1.00 ($0.25/s – our contract, 2026-11-01). Add --yes"
    )


def test_an_overdue_run_ends_the_wait_and_says_what_to_do(desk: Desk) -> None:
    desk.script(latency_s=600, can_cancel=True)
    desk.here("runs")
    (desk.folder / "log" / "workbench.toml").write_text('[models."fake/clip"]\ntimeout_s = 0.3\n')
    done = desk.here(*FAKE)
    assert done.returncode == 1
    assert_one_sentence(done.stderr, "is generating", "workbench resume")


def test_a_run_whose_account_is_gone_can_be_given_up(desk: Desk) -> None:
    desk.script(latency_s=600)
    run_id = records(desk.here(*FAKE, "--timeout", "0.3", "--json").stdout)[0]["id"]
    set_up = desk.here("settle", run_id, "--close")
    assert set_up.returncode == 2
    assert_one_sentence(set_up.stderr, "is of an account that is set up here", "Cancel it instead")

    told = desk.here("resume", WORKBENCH_FAKE="")
    assert told.returncode == 4
    assert_one_sentence(told.stderr, f"`workbench settle {run_id} --close` gives it up")
    closed = desk.here("settle", run_id, "--close", WORKBENCH_FAKE="")
    assert closed.returncode == 0, closed.stderr
    assert_one_sentence(closed.stdout, "failed (closed)", "may have been charged")
