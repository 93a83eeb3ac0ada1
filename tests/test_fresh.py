"""What a stranger does first: ``make run`` on a clone, and ``pip install`` of the wheel elsewhere.

Each makes an environment of its own from nothing, a minute apiece, so they run in CI (REQUIRE_BROWSER=1).
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

pytestmark = [pytest.mark.fresh, pytest.mark.timeout(600)]
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


def test_make_run_on_a_fresh_clone_shows_a_clip(root: Path, tmp_path: Path) -> None:
    checkout = clone(root, tmp_path / "clone")
    process = subprocess.Popen(
        ["make", "run", f"PYTHON={sys.executable}"],
        cwd=checkout,
        env=clean_environment(WORKBENCH_PORT="0"),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        address, installed_at = told(process)
        start_s = time.monotonic() - installed_at
        assert httpx.get(f"{address}/api/health", timeout=20).json()["status"] == "ok"
        assert (checkout / "data" / "workbench.db").exists(), "the log lies in the checkout's data folder"
        # A clip as a newcomer would get one, beside the app: the app's runner renders it.
        began = time.monotonic()
        made = subprocess.run(
            [checkout / ".venv/bin/workbench", "generate", "--prompt", "A lighthouse in a storm", "--json"],
            cwd=checkout,
            env=clean_environment(),
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        clip_s = time.monotonic() - began
        assert made.returncode == 0, made.stderr
        path = json.loads(made.stdout)["clips"][0]["path"]
        played = httpx.get(
            f"{address}/api/media/{Path(path).name}", headers={"Range": "bytes=4-7"}, timeout=20
        )
        assert (played.status_code, played.content) == (206, b"ftyp")
        print(f"\nstart {start_s:.1f} s, first clip {clip_s:.1f} s after pip was done")
        assert start_s + clip_s < 45
    finally:
        os.killpg(process.pid, signal.SIGINT)
        process.wait(30)


def told(process: subprocess.Popen[str]) -> tuple[str, float]:
    """The address that was printed, and when the installing line before it was."""
    assert process.stdout
    said, installed_at = "", time.monotonic()
    for line in process.stdout:
        said += line
        if found := re.search(r"http://\S+:\d+", line):
            return found.group(), installed_at
        installed_at = time.monotonic()
    raise AssertionError(f"make run ended early: {said}")


def test_the_wheel_serves_every_page_from_another_folder(root: Path, tmp_path: Path) -> None:
    checkout = clone(root, tmp_path / "clone")
    wheels = tmp_path / "wheels"
    run = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    subprocess.run([*run, "wheel", "--no-deps", "--wheel-dir", wheels, checkout], check=True)
    (wheel,) = wheels.glob("*.whl")
    environment = tmp_path / "environment"
    subprocess.run([sys.executable, "-m", "venv", environment], check=True)
    subprocess.run(
        [environment / "bin/python", "-m", "pip", "--disable-pip-version-check", "--quiet", "install",
         "--constraint", checkout / "constraints.txt", wheel],
        check=True,
        env=clean_environment(),
    )  # fmt: skip
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    process = subprocess.Popen(
        [environment / "bin/workbench", "--no-browser"],
        cwd=elsewhere,
        env=clean_environment(WORKBENCH_PORT="0"),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        address, _ = told(process)
        assert (elsewhere / "data" / "workbench.db").exists()
        for name in PAGES:
            assert_page_runs(environment / "bin/python", name, elsewhere)
        samples = subprocess.run(
            [environment / "bin/python", "-c",
             "from workbench.api.samples import samples; print(len(samples()))"],
            capture_output=True, text=True, check=True, cwd=elsewhere,
        )  # fmt: skip
        assert int(samples.stdout) >= 4
        assert httpx.get(f"{address}/", timeout=20).status_code == 200
        helped = subprocess.run(
            [environment / "bin/workbench", "--help"],
            capture_output=True,
            text=True,
            check=True,
            cwd=elsewhere,
        )
        assert "generate" in helped.stdout
    finally:
        os.killpg(process.pid, signal.SIGINT)
        process.wait(30)


def assert_page_runs(python: Path, name: str, folder: Path) -> None:
    script = (
        "import sys; from pathlib import Path; import workbench.app;"
        "from streamlit.testing.v1 import AppTest;"
        "main = Path(workbench.app.__file__).parent / 'main.py';"
        "app = AppTest.from_file(str(main), default_timeout=60).run();"
        f"app = app.switch_page(str(main.parent.parent / '_pages' / '{name}.py')).run();"
        "sys.exit(repr(app.exception) if app.exception else 0)"
    )
    done = subprocess.run([python, "-c", script], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{name}: {done.stderr[-2000:]}"
