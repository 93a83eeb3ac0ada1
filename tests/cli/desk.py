"""A data folder, the fake provider's script beside it, and a shell to type into."""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from workbench.api import Workbench
from workbench.cli import main
from workbench.settings import load

COMMAND = [sys.executable, "-m", "workbench.cli"]
FAKE = ["generate", "--model", "fake/clip", "--prompt", "A lion at dawn", "--yes"]


@dataclass(frozen=True)
class Desk:
    folder: Path
    environ: dict[str, str]

    def run(self, *words: str, stdin: bytes = b"", **environ: str) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [*COMMAND, *words],
            input=stdin,
            capture_output=True,
            env=self.environ | environ,
            cwd=self.folder,
            timeout=60,
            check=False,
        )
        return subprocess.CompletedProcess(
            done.args, done.returncode, done.stdout.decode(), done.stderr.decode()
        )

    def here(self, *words: str, **environ: str) -> subprocess.CompletedProcess[str]:
        """As ``run``, in this process: what starts quickly can be tried out often."""
        out, err, status = io.StringIO(), io.StringIO(), 0
        with (
            pytest.MonkeyPatch.context() as patch,
            contextlib.chdir(self.folder),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            for name, value in (self.environ | environ).items():
                patch.setenv(name, value)
            patch.setattr(sys, "argv", ["workbench", *words])
            try:
                main()
            except SystemExit as end:
                status = int(str(end.code or 0))
        return subprocess.CompletedProcess(words, status, out.getvalue(), err.getvalue())

    def script(self, **script: object) -> None:
        (self.folder / "fake.json").write_text(json.dumps(script))

    def accepted(self) -> int:
        journal = self.folder / "fake.journal"
        return len(journal.read_text().splitlines()) if journal.exists() else 0

    def log(self, **environ: str) -> Workbench:
        return Workbench(settings=load(self.folder / "log", self.environ | environ))


def new_desk(folder: Path) -> Desk:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("WORKBENCH_", "COLUMNS"))}
    environ = {
        **kept,
        "WORKBENCH_DATA": str(folder / "log"),
        "WORKBENCH_FAKE": str(folder / "fake.json"),
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }
    desk = Desk(folder, environ)
    desk.script()
    return desk


def copied(desk: Desk, onto: Desk) -> None:
    """All that lies on the one desk, on the other too: what is laboriously made, is made once a module."""
    shutil.copytree(desk.folder, onto.folder, dirs_exist_ok=True)


def records(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def assert_one_sentence(stderr: str, *parts: str) -> None:
    assert "Traceback" not in stderr
    missing = [part for part in parts if part not in stderr]
    assert not missing, stderr
