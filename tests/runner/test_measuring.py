"""Clips get measured in another process whatever dies meanwhile, and on a Dask cluster just as well."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import psutil
import pytest

from tests.clusters import cluster
from tests.media.footage import write_clip
from tests.store.test_metrics import with_clips
from workbench.domain.errors import BadSetting
from workbench.domain.media import Media
from workbench.media import cluster as clusters
from workbench.media.files import MediaFiles
from workbench.media.hand import NICE
from workbench.media.metrics.about import EDITION, METRICS
from workbench.media.metrics.measure import survey
from workbench.runner.clock import SystemClock
from workbench.runner.measuring import MOST_TRIES, MeasuredNow, Measuring
from workbench.runner.process import named
from workbench.settings.executor import LOCAL
from workbench.store import Store


class Bench:
    def __init__(self, folder: Path, clips: int, executor: str = LOCAL) -> None:
        self.store, self.files = Store(folder), MediaFiles(folder / "media")
        path = write_clip(folder / "clip.mp4", width=96, height=64, frames=12, fps=24)
        sha256, size = self.files.add_file(path, "video/mp4")
        self.clip = Media(sha256, "video/mp4", size, 96, 64, 0.5, 24.0, "h264")
        self.ids = with_clips(self.store, clips, self.clip)
        self.measuring = Measuring(self.store, self.files, SystemClock(), executor)

    @property
    def path(self) -> Path:
        return self.files.path(self.clip)

    def measured(self) -> list[str]:
        return [run for run, _ in self.store.metrics.of_runs(self.ids, EDITION)]


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path, 3)
    yield bench
    bench.measuring.close()
    bench.store.close()


def hands() -> list[psutil.Process]:
    """Those that measure; others take clips in."""
    measuring = ["workbench.media.hand", str(NICE)]
    return [child for child in psutil.Process().children() if words_of(child)[-2:] == measuring]


def words_of(process: psutil.Process) -> list[str]:
    """Its command line; nothing of one that has just ended."""
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def wait_until(reached: object, within_s: float = 90.0) -> None:
    for _ in range(round(within_s / 0.02)):
        if reached():  # type: ignore[operator]
            return
        SystemClock().pause(0.02)
    raise AssertionError("not reached")


def test_all_that_waits_is_measured_by_another_process(bench: Bench) -> None:
    told: list[MeasuredNow] = []
    assert bench.measuring.drain(on_measured=told.append) == 3
    assert [(now.done, now.of, now.fault) for now in told] == [(1, 3, ""), (2, 3, ""), (3, 3, "")]
    assert [now.run_id for now in told] == bench.ids[::-1]
    there = survey(bench.path)
    for found in bench.store.metrics.of_runs(bench.ids, EDITION).values():
        assert {name: one.value for name, one in found.metrics.items() if "_off" not in name} == {
            one.name: one.value for one in there.metrics if "_off" not in one.name
        }
        assert set(found.metrics) == set(METRICS)
        assert found.strip == there.strip
        assert found.value("duration_off") == pytest.approx(-3.5)  # the request asks for 4 s
    assert bench.measuring.drain() == 0


def test_decoders_stay_out_of_the_process_that_asks(tmp_path: Path) -> None:
    Bench(tmp_path, 1).store.close()
    script = (
        "import sys, pathlib; from workbench.store import Store\n"
        "from workbench.media.files import MediaFiles\n"
        "from workbench.runner.clock import SystemClock; from workbench.runner.measuring import Measuring\n"
        "folder = pathlib.Path(sys.argv[1]); store = Store(folder)\n"
        "one = Measuring(store, MediaFiles(folder / 'media'), SystemClock(), 'local')\n"
        "print(one.drain(), [name for name in ('cv2', 'av', 'numpy') if name in sys.modules]); one.close()"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, tmp_path], capture_output=True, text=True, timeout=60
    )
    assert done.stdout.strip() == "1 []", done.stderr


def test_only_these_runs_are_measured(bench: Bench) -> None:
    assert bench.measuring.drain(bench.ids[1:2]) == 1
    assert bench.measured() == bench.ids[1:2]
    assert bench.measuring.drain([]) == bench.measuring.drain(["01UNKNOWN"]) == 0


def test_a_worker_that_is_killed_costs_nothing(bench: Bench) -> None:
    def kill_once(now: MeasuredNow) -> None:
        if now.done == 1:
            os.kill(hands()[0].pid, signal.SIGKILL)

    assert bench.measuring.drain(on_measured=kill_once) == 3
    assert sorted(bench.measured()) == bench.ids


def test_a_clip_whose_file_is_gone_is_told_without_a_worker(bench: Bench) -> None:
    bench.path.unlink()
    told: list[MeasuredNow] = []
    assert bench.measuring.drain(on_measured=told.append) == 0
    assert {now.fault for now in told} == {f"Its file {bench.path.name} is not in the media folder any more."}
    assert bench.store.metrics.waiting() == 0


def test_a_worker_that_dies_each_time_is_no_endless_loop(bench: Bench) -> None:
    killer = threading.Event()

    def kill_all() -> None:
        while not killer.wait(0.005):
            for hand in hands():
                hand.kill()

    thread = threading.Thread(target=kill_all)
    thread.start()
    try:
        assert bench.measuring.drain(bench.ids[:1]) == 0
    finally:
        killer.set()
        thread.join()
    found = bench.store.metrics.of_runs(bench.ids, EDITION)[bench.ids[0], 0]
    assert found.fault.startswith(f"The worker died {MOST_TRIES} times")
    bench.store.metrics.queue_again(bench.ids[:1])
    assert bench.measuring.drain(bench.ids[:1]) == 1


def test_a_broken_clip_is_told_in_a_sentence(bench: Bench) -> None:
    bench.path.write_bytes(b"no clip at all")
    assert bench.measuring.drain() == 0
    faults = {found.fault for found in bench.store.metrics.of_runs(bench.ids, EDITION).values()}
    assert len(faults) == 1
    assert faults.pop().endswith(".")


def test_in_the_background_what_comes_is_measured_and_closing_leaves_the_rest(bench: Bench) -> None:
    bench.measuring.start()
    bench.measuring.start()
    wait_until(lambda: len(bench.measured()) == 3)
    more = with_clips(bench.store, 2, bench.clip)
    wait_until(lambda: len(bench.store.metrics.of_runs(more, EDITION)) == 2)
    bench.measuring.close()
    assert hands() == []
    with_clips(bench.store, 1, bench.clip)
    assert bench.store.metrics.waiting() == 1


def test_what_a_killed_process_was_at_is_found_by_the_next(bench: Bench) -> None:
    script = (
        "import sys, pathlib; from workbench.store import Store; from workbench.domain.times import now\n"
        "from workbench.runner.process import this_process; import os, signal\n"
        "store = Store(pathlib.Path(sys.argv[1]))\n"
        "store.metrics.claim(9, this_process(), lambda _: True, now())\n"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([sys.executable, "-c", script, bench.store.db.folder], timeout=60, check=False)
    held = bench.store.db.read().execute("SELECT count(*) FROM to_measure WHERE held_by IS NOT NULL")
    assert held.fetchone()[0] == 3
    assert bench.measuring.drain() == 3


def test_what_a_living_process_is_at_is_left_to_it(bench: Bench) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        holder = named(other.pid)
        assert len(bench.store.metrics.claim(1, holder, lambda _: True, SystemClock().now())) == 1
        assert bench.measuring.drain() == 2
        assert bench.store.metrics.waiting() == 1
        other.communicate()
    assert bench.measuring.drain() == 1


# A cluster


def certificates(folder: Path) -> tuple[Path, Path, Path]:
    """A certificate of 127.0.0.1 that vouches for itself, and its key: (ca, certificate, key)."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    today = SystemClock().now()
    cert = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(today - timedelta(days=1))
        .not_valid_after(today + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, own = folder / "cert.pem", folder / "key.pem"
    pem.write_bytes(cert.public_bytes(serialization.Encoding.PEM))
    own.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return pem, pem, own


def test_a_cluster_measures_as_this_machine_does(tmp_path: Path) -> None:
    with cluster(tmp_path) as address:
        bench = Bench(tmp_path / "log", 6, address)
        try:
            assert bench.measuring.drain() == 6
            assert hands() == []
        finally:
            bench.measuring.close()
        there = {one.name: one.value for one in survey(bench.path).metrics}
        for found in bench.store.metrics.of_runs(bench.ids, EDITION).values():
            assert found.value("sharpness") == there["sharpness"]
            assert found.strip.brightness


def test_a_scheduler_that_goes_costs_no_clip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with cluster(tmp_path) as address:
        bench = Bench(tmp_path / "log", 12, address)

        def end_it(now: MeasuredNow) -> None:
            if now.done == 1:
                monkeypatch.setattr(clusters, "CONNECT_S", 1)
                for child in psutil.Process().children():
                    if "distributed.cli.dask_scheduler" in words_of(child):
                        child.kill()

        with pytest.raises(BadSetting, match="No Dask scheduler answers"):
            bench.measuring.drain(on_measured=end_it)
        assert all(not found.fault for found in bench.store.metrics.of_runs(bench.ids, EDITION).values())
        assert bench.measured()
        assert bench.store.metrics.waiting() == 12 - len(bench.measured()) > 0
        held = bench.store.db.read().execute("SELECT count(*) FROM to_measure WHERE held_by IS NOT NULL")
        assert held.fetchone()[0] == 0
        bench.measuring.close()


def test_tls_by_certificates_of_dasks_own_settings(tmp_path: Path) -> None:
    import distributed  # sets Dask's own settings up
    from dask import config

    ca, cert, key = certificates(tmp_path)
    ends = {end: {"cert": str(cert), "key": str(key)} for end in ("scheduler", "worker", "client")}
    comm = {"require-encryption": True, "tls": {"ca-file": str(ca), **ends}}
    (tmp_path / "dask.yaml").write_text(json.dumps({"distributed": {"comm": comm}}))
    environ = {"DASK_CONFIG": str(tmp_path / "dask.yaml")}
    ours = {f"distributed.comm.tls.{end}.{part}": file for end in ends for part, file in ends[end].items()}
    assert distributed.__version__
    trusted = config.set({"distributed.comm.tls.ca-file": str(ca), **ours})
    with trusted, cluster(tmp_path, 1, environ, "tls") as address:
        assert address.startswith("tls://")
        bench = Bench(tmp_path / "log", 2, address)
        assert bench.measuring.drain() == 2
        bench.measuring.close()


def test_a_scheduler_that_is_not_there_is_told_and_the_clips_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clusters, "CONNECT_S", 1)
    bench = Bench(tmp_path, 1, "tcp://127.0.0.1:9")
    with pytest.raises(BadSetting, match="No Dask scheduler answers"):
        bench.measuring.drain()
    assert bench.store.metrics.waiting() == 1
    held = bench.store.db.read().execute("SELECT count(*) FROM to_measure WHERE held_by IS NOT NULL")
    assert held.fetchone()[0] == 0
    bench.measuring.close()
