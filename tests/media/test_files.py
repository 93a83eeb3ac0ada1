"""The media folder under crashes, full and read-only disks, and many writers."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from workbench.domain.media import Media
from workbench.media.files import MediaFiles, Swept

PNG = "image/png"
MP4 = "video/mp4"


@pytest.fixture
def files(tmp_path: Path) -> MediaFiles:
    return MediaFiles(tmp_path / "media")


def everything_in(files: MediaFiles) -> list[Path]:
    return sorted(path for path in files.root.rglob("*") if path.is_file())


def make_old(path: Path, age_s: float = 7200) -> None:
    stat = path.stat()
    os.utime(path, (stat.st_atime - age_s, stat.st_mtime - age_s))


def test_a_file_lies_under_the_hash_of_its_bytes(files: MediaFiles, tmp_path: Path) -> None:
    data = os.urandom(3_000_000)
    source = tmp_path / "source"
    source.write_bytes(data)
    sha256, size = files.add_file(source, MP4)
    assert (sha256, size) == (hashlib.sha256(data).hexdigest(), len(data))
    path = files.path(sha256, MP4)
    assert path == files.root / sha256[:2] / f"{sha256}.mp4"
    assert path.read_bytes() == data
    assert files.path(Media(sha256, MP4, size)) == path
    assert everything_in(files) == [path]
    assert files.verify(sha256)
    assert files.total_bytes() == size


def test_adding_twice_keeps_one(files: MediaFiles) -> None:
    first = files.add_bytes(b"same", PNG)
    assert files.add_bytes(b"same", PNG) == first
    assert len(everything_in(files)) == 1


def test_an_empty_folder_has_nothing_and_is_not_made_by_asking(files: MediaFiles) -> None:
    assert files.total_bytes() == 0
    assert files.sweep(lambda _: False, 0) == Swept(0, 0)
    assert not files.verify("0" * 64)
    assert not files.root.exists()


@pytest.mark.parametrize("sha256", ["../../etc/passwd", "ab", "A" * 64, "", "0" * 63 + "/"])
def test_only_a_hash_names_a_file(files: MediaFiles, sha256: str) -> None:
    with pytest.raises(ValueError, match="not a SHA-256"):
        files.path(sha256, PNG)


def test_only_known_types_are_stored(files: MediaFiles) -> None:
    with pytest.raises(ValueError, match="image/svg"):
        files.add_bytes(b"<svg/>", "image/svg+xml")
    assert not files.root.exists()


def test_a_file_torn_by_a_loss_of_power_is_replaced(files: MediaFiles, tmp_path: Path) -> None:
    data = b"whole" * 1000
    sha256, _ = files.add_bytes(data, PNG)
    path = files.path(sha256, PNG)
    for torn in (b"", data[:100]):
        path.write_bytes(torn)
        assert not files.verify(sha256)
        files.add_bytes(data, PNG)
        assert path.read_bytes() == data
    path.write_bytes(b"")
    (tmp_path / "source").write_bytes(data)
    files.add_file(tmp_path / "source", PNG)
    assert files.verify(sha256)


def test_a_file_of_a_workspace_is_moved_and_young_again(files: MediaFiles) -> None:
    data = os.urandom(3_000_000)
    known = hashlib.sha256(data).hexdigest(), len(data)
    with files.workspace() as folder:
        source = folder / "clip.mp4"
        source.write_bytes(data)
        make_old(source)
        number = source.stat().st_ino
        assert files.add_file(source, MP4) == known
        path = files.path(known[0], MP4)
        assert not source.exists() and path.stat().st_ino == number
        source.write_bytes(data)
        assert files.add_file(source, MP4) == known  # it is there already
        assert not source.exists() and path.stat().st_ino == number
        assert files.sweep(lambda _: False, older_than_s=3_600).count == 0
    assert everything_in(files) == [path] and files.verify(known[0])


def test_verify_sees_changed_bytes(files: MediaFiles) -> None:
    sha256, _ = files.add_bytes(b"0123456789", PNG)
    files.path(sha256, PNG).write_bytes(b"0123456780")
    assert not files.verify(sha256)


def test_a_source_that_is_missing_leaves_nothing(files: MediaFiles, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        files.add_file(tmp_path / "missing.mp4", MP4)
    assert not files.root.exists()


def test_sweep_takes_old_files_without_a_row(files: MediaFiles) -> None:
    kept, _ = files.add_bytes(b"kept", PNG)
    orphan, _ = files.add_bytes(b"orphan", PNG)
    young, _ = files.add_bytes(b"young", PNG)
    left_over = files.root / "incoming" / "0123.mp4"
    left_over.write_bytes(b"half a cl")
    foreign = files.root / orphan[:2] / "README"
    foreign.write_text("somebody else's")
    for path in (files.path(kept, PNG), files.path(orphan, PNG), left_over, foreign):
        make_old(path)
    assert files.sweep({kept}.__contains__, 3600) == Swept(2, len(b"orphan") + len(b"half a cl"))
    assert everything_in(files) == sorted([files.path(kept, PNG), files.path(young, PNG), foreign])


def test_adding_again_saves_an_orphan_from_the_sweep(files: MediaFiles) -> None:
    sha256, _ = files.add_bytes(b"orphan", PNG)
    make_old(files.path(sha256, PNG))
    files.add_bytes(b"orphan", PNG)
    assert files.sweep(lambda _: False, 3600) == Swept(0, 0)
    assert files.verify(sha256)


def test_a_row_that_appears_during_the_sweep_keeps_its_file(files: MediaFiles) -> None:
    sha256, _ = files.add_bytes(b"just in time", PNG)
    make_old(files.path(sha256, PNG))
    answers = iter([False, True])
    assert files.sweep(lambda _: next(answers), 3600) == Swept(0, 0)
    assert files.verify(sha256)


def test_a_file_added_while_a_sweep_looks_is_there_afterwards(files: MediaFiles) -> None:
    sha256, _ = files.add_bytes(b"again", PNG)
    make_old(files.path(sha256, PNG))

    def known(_: str) -> bool:
        files.add_bytes(b"again", PNG)
        return False

    files.sweep(known, 3600)
    assert files.verify(sha256)


def test_what_a_killed_sweep_left_aside_goes_back(files: MediaFiles) -> None:
    sha256, _ = files.add_bytes(b"aside", PNG)
    files.path(sha256, PNG).rename(files.root / "incoming" / f"{sha256}.png")
    files.sweep({sha256}.__contains__, 0)
    assert files.verify(sha256)


def test_many_threads_add_the_same_bytes_while_another_sweeps(files: MediaFiles) -> None:
    blobs = [bytes([i]) * 50_000 for i in range(4)]
    with ThreadPoolExecutor(8) as pool:
        adding = [pool.submit(files.add_bytes, blob, PNG) for blob in blobs * 25]
        sweeping = [pool.submit(files.sweep, lambda _: False, 3600) for _ in range(10)]
        hashes = {future.result()[0] for future in adding}
        assert {future.result() for future in sweeping} == {Swept(0, 0)}
    assert len(hashes) == 4
    assert all(files.verify(sha256) for sha256 in hashes)
    assert len(everything_in(files)) == 4


def test_four_processes_add_the_same_bytes(files: MediaFiles) -> None:
    script = """
        import sys
        from pathlib import Path
        from workbench.media.files import MediaFiles
        files = MediaFiles(Path(sys.argv[1]))
        for i in range(40):
            files.add_bytes(bytes([i]) * 20_000, "image/png")
    """
    workers = [subprocess.Popen(python(script, files.root)) for _ in range(4)]
    assert [worker.wait(60) for worker in workers] == [0] * 4
    stored = everything_in(files)
    assert len(stored) == 40
    assert all(hashlib.sha256(path.read_bytes()).hexdigest() == path.stem for path in stored)


def test_a_writer_killed_half_way_leaves_only_what_a_sweep_removes(files: MediaFiles) -> None:
    script = """
        import os, signal, sys
        from pathlib import Path
        from workbench.media.files import MediaFiles
        def blocks():
            yield bytes(5_000_000)
            os.kill(os.getpid(), signal.SIGKILL)
        MediaFiles(Path(sys.argv[1]))._receive(blocks(), "video/mp4")
    """
    assert subprocess.run(python(script, files.root), check=False).returncode == -9
    (left,) = everything_in(files)
    assert left.parent.name == "incoming"
    make_old(left)
    assert files.sweep(lambda _: False, 3600).count == 1
    assert everything_in(files) == []


# The two tests below mount a small disk of their own in a namespace of their own.


def test_a_full_disk_is_told_and_leaves_nothing(tmp_path: Path) -> None:
    out = on_a_small_disk(
        tmp_path,
        "",
        """
        kept, _ = files.add_bytes(b"kept" * 1000, "image/png")
        for add in (lambda: files.add_bytes(os.urandom(3_000_000), "video/mp4"),
                    lambda: files.add_file(Path("/dev/stdin"), "video/mp4")):
            try:
                add()
            except FolderFull as error:
                print(error)
        print(sorted(p.name for p in files.root.rglob("*") if p.is_file()) == [f"{kept}.png"])
        """,
        os.urandom(3_000_000),
    )
    first, second, only_the_kept = out.splitlines()
    assert first == second
    assert first.startswith("The disk of the media folder ")
    assert "nothing was stored" in first
    assert "WORKBENCH_DATA" in first
    assert only_the_kept == "True"


def test_a_read_only_disk_is_told(tmp_path: Path) -> None:
    out = on_a_small_disk(
        tmp_path,
        "mount -o remount,ro none",
        """
        for add in (lambda: files.add_bytes(b"new", "image/png"),
                    lambda: files.add_file(Path(sys.executable), "image/png")):
            try:
                add()
            except FolderReadOnly as error:
                print(error)
        """,
    )
    first, second = out.splitlines()
    assert first == second
    assert "can't be written to, so nothing was stored" in first


def on_a_small_disk(tmp_path: Path, after_mount: str, script: str, stdin: bytes = b"") -> str:
    """Run ``script`` with ``files`` on a tmpfs of 1 MB, mounted for that process alone."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["unshare", "--mount", *([] if os.geteuid() == 0 else ["--map-root-user"]), "sh", "-c"]
    try:
        able = subprocess.run(
            [*mount, f"mount -t tmpfs -o size=1m none '{disk}'"], capture_output=True, check=False
        )
    except FileNotFoundError:
        pytest.skip("needs unshare(1) to mount a small disk")
    if able.returncode:
        pytest.skip(f"can't mount a small disk here: {able.stderr.decode().strip()}")
    prelude = """
        import os, sys
        from pathlib import Path
        from workbench.domain.errors import FolderFull, FolderReadOnly
        from workbench.media.files import MediaFiles
        files = MediaFiles(Path(sys.argv[1]) / "media")
    """
    remount = after_mount.replace("none", f"'{disk}'")
    command = f"mount -t tmpfs -o size=1m none '{disk}' && {remount or 'true'} && exec \"$@\""
    done = subprocess.run(
        [*mount, command, "sh", *python(textwrap.dedent(prelude) + textwrap.dedent(script), disk)],
        input=stdin,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


def python(script: str, *arguments: object) -> list[str]:
    return [sys.executable, "-c", textwrap.dedent(script), *map(str, arguments)]
