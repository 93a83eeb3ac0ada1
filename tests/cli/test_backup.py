"""``workbench backup``: what it prints, how it ends, and that the copy is a folder to work in."""

from __future__ import annotations

from tests.cli.desk import FAKE, Desk, assert_one_sentence, records


def test_a_copy_is_checked_and_opens(desk: Desk) -> None:
    assert desk.here(*FAKE).returncode == 0
    copy = desk.folder / "copy"
    made = desk.here("backup", str(copy))
    assert (made.returncode, made.stderr) == (0, "")
    assert made.stdout.startswith(f"{copy}  runs: 1  files: ")
    checked = desk.here("backup", str(copy), "--check")
    assert checked.returncode == 0, checked.stderr
    ids = [record["id"] for record in records(desk.here("runs", "--json").stdout)]
    assert ids
    opened = desk.here("--data", str(copy), "runs", "--json")
    assert [record["id"] for record in records(opened.stdout)] == ids


def test_a_damaged_file_is_named_and_ends_with_1(desk: Desk) -> None:
    assert desk.here(*FAKE).returncode == 0
    copy = desk.folder / "copy"
    desk.here("backup", str(copy))
    clip = next((copy / "media").rglob("*.mp4"))
    clip.write_bytes(b"x" * clip.stat().st_size)
    checked = desk.here("backup", str(copy), "--check")
    assert checked.returncode == 1
    assert checked.stderr == f"damaged: {clip.stem}\n"


def test_a_wrong_folder_is_one_sentence(desk: Desk) -> None:
    done = desk.here("backup", str(desk.folder))
    assert done.returncode == 2
    assert_one_sentence(done.stderr, "outside the data folder")
    nothing = desk.here("backup", str(desk.folder / "none"), "--check")
    assert nothing.returncode == 2
    assert_one_sentence(nothing.stderr, "is no backup")
