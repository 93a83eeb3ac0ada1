"""What a stranger does first: ``make run`` on a clone, and ``pip install`` of the wheel elsewhere.

The clone makes an environment of its own from nothing, a minute, so they run in CI (REQUIRE_BROWSER=1). The
wheel's environment borrows what the clone's has installed, and pip says whether that is all it asks for.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

pytestmark = [pytest.mark.fresh, pytest.mark.long, pytest.mark.timeout(600)]
PAGES = ("compose", "references", "runs", "run", "compare", "settings")


def clone(root: Path, into: Path) -> Path:
    """The files git knows, as they stand: what a clone of the next commit would hold."""
    names = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=root,
        capture_output=True,
        check=True,
    ).stdout.decode()
    for name in filter(None, names.split("\0")):
        if (source := root / name).is_file():
            target = into / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(source.read_bytes())
            target.chmod(source.stat().st_mode)
    return into


def clean_environment(**changes: str) -> dict[str, str]:
    dropped = ("VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME", "PYTEST_CURRENT_TEST")
    return {k: v for k, v in os.environ.items() if k not in dropped} | changes


@dataclass(frozen=True)
class Made:
    """A clone whose ``make run`` serves at ``address``, ``start_s`` after pip was done."""

    checkout: Path
    address: str
    start_s: float

    def path(self, name: str) -> Path:
        return self.checkout / ".venv" / name


@pytest.fixture(scope="module")
def made(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    checkout = clone(root, tmp_path_factory.mktemp("fresh") / "clone")
    with serving(["make", "run", f"PYTHON={sys.executable}"], checkout) as (address, start_s):
        yield Made(checkout, address, start_s)


@contextmanager
def serving(command: list[str | Path], folder: Path) -> Iterator[tuple[str, float]]:
    """The address that was printed, and how long after the line before it."""
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=clean_environment(WORKBENCH_PORT="0"),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        yield told(process)
    finally:
        os.killpg(process.pid, signal.SIGINT)
        process.wait(30)


def told(process: subprocess.Popen[str]) -> tuple[str, float]:
    assert process.stdout
    said, installed_at = "", time.monotonic()
    for line in process.stdout:
        said += line
        if found := re.search(r"http://\S+:\d+", line):
            return found.group(), time.monotonic() - installed_at
        installed_at = time.monotonic()
    raise AssertionError(f"it ended early: {said}")


def test_make_run_on_a_fresh_clone_shows_a_clip(made: Made) -> None:
    assert httpx.get(f"{made.address}/api/health", timeout=20).json()["status"] == "ok"
    assert (made.checkout / "data" / "workbench.db").exists(), "the log lies in the checkout's data folder"
    # A clip as a newcomer would get one, beside the app: the app's runner renders it.
    began = time.monotonic()
    done = subprocess.run(
        [made.path("bin/workbench"), "generate", "--prompt", "A lighthouse in a storm", "--json"],
        cwd=made.checkout,
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    clip_s = time.monotonic() - began
    assert done.returncode == 0, done.stderr
    path = json.loads(done.stdout)["clips"][0]["path"]
    played = httpx.get(
        f"{made.address}/api/media/{Path(path).name}", headers={"Range": "bytes=4-7"}, timeout=20
    )
    assert (played.status_code, played.content) == (206, b"ftyp")
    print(f"\nstart {made.start_s:.1f} s, first clip {clip_s:.1f} s after pip was done")
    assert made.start_s + clip_s < 45


def test_the_wheel_serves_every_page_from_another_folder(made: Made, tmp_path: Path) -> None:
    environment, elsewhere = wheel_installed(made, tmp_path), tmp_path / "elsewhere"
    elsewhere.mkdir()
    with serving([environment / "bin/workbench", "--no-browser"], elsewhere) as (address, _):
        assert (elsewhere / "data" / "workbench.db").exists()
        assert httpx.get(f"{address}/", timeout=20).status_code == 200
        pages_run(environment / "bin/python", elsewhere)
        samples = said(
            elsewhere,
            environment / "bin/python",
            "-c",
            "import workbench; from workbench.api.samples import samples;"
            "print(len(samples()), workbench.__file__)",
        )
        count, imported = samples.split()
        assert int(count) >= 4
        assert Path(imported).is_relative_to(environment), "the wheel's, not the clone's"
        assert "generate" in said(elsewhere, environment / "bin/workbench", "--help")


def wheel_installed(made: Made, folder: Path) -> Path:
    """An environment with the wheel of the clone, and of the clone's all that lies beside the workbench."""
    pip = ["-m", "pip", "--disable-pip-version-check", "--quiet"]
    wheels, environment = folder / "wheels", folder / "environment"
    python = environment / "bin/python"
    said(folder, sys.executable, *pip, "wheel", "--no-deps", "--wheel-dir", wheels, made.checkout)
    said(folder, sys.executable, "-m", "venv", "--without-pip", environment)
    (own,) = (environment / "lib").glob("python*/site-packages")
    (lent,) = made.path("lib").glob("python*/site-packages")
    # What a line of such a file names is searched, but its own .pth files, the clone's editable one, are not.
    (own / "lent.pth").write_text(f"{lent}\n")
    said(folder, python, *pip, "install", "--no-deps", "--ignore-installed", *wheels.glob("*.whl"))
    said(folder, python, *pip, "check")
    return environment


def pages_run(python: Path, folder: Path) -> None:
    script = (
        "import sys; from pathlib import Path; import workbench.app;"
        "from streamlit.testing.v1 import AppTest;"
        "main = Path(workbench.app.__file__).parent / 'main.py';"
        "app = AppTest.from_file(str(main), default_timeout=60).run();"
        "pages = [main.parent.parent / '_pages' / f'{name}.py' for name in sys.argv[1:]];"
        "broken = {p.stem: app.exception for p in pages if app.switch_page(str(p)).run().exception};"
        "sys.exit(repr(broken) if broken else 0)"
    )
    said(folder, python, "-c", script, *PAGES)


def said(folder: Path, *command: str | Path) -> str:
    """What it says on standard output; it must end well."""
    done = subprocess.run(
        command, cwd=folder, env=clean_environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{command}: {done.stderr[-2000:]}"
    return done.stdout
