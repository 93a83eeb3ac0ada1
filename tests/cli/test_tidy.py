"""``workbench tidy``: shows by rule what would go, does it when told, and ends in a sentence."""

from __future__ import annotations

import json
import os
from pathlib import Path

from tests.cli.desk import FAKE, Desk, assert_one_sentence, records

LONG_AGO = "2020-01-01T00:00:00.000Z"


def old_clips(desk: Desk, count: int) -> list[Path]:
    for number in range(count):
        assert desk.here(*FAKE, "--seed", str(number)).returncode == 0
    with desk.log() as bench, bench.store.db.write() as connection:
        connection.execute("UPDATE runs SET finished_at = ?", [LONG_AGO])
        connection.execute("UPDATE media SET created_at = ?", [LONG_AGO])
    files = list((desk.folder / "log" / "media").rglob("*.mp4"))
    for file in files:
        os.utime(file, (0, 0))
    return files


def test_it_shows_then_does_then_has_nothing_to_do(desk: Desk) -> None:
    files = old_clips(desk, 2)
    size = sum(file.stat().st_size for file in files) / 1e6
    shown = desk.here("tidy", "--unseen-after", "30")
    assert shown.returncode == 0
    assert shown.stdout == (
        f"clips nobody looked at after 30 days: 2, {size:,.1f} MB, the oldest from 2020-01-01\n"
        f"2 files would go, {size:,.1f} MB.\n"
    )
    assert shown.stderr == "Nothing was removed; --yes does it.\n"
    assert all(file.exists() for file in files)
    done = desk.here("tidy", "--unseen-after", "30", "--yes")
    assert done.stdout.endswith(f"2 files went, {size:,.1f} MB.\n")
    assert done.stderr == ""
    assert not any(file.exists() for file in files)
    assert "\n0 files went" in desk.here("tidy", "--unseen-after", "30", "--yes").stdout
    assert [record["status"] for record in records(desk.here("runs", "--json").stdout)] == ["succeeded"] * 2


def test_a_run_says_what_became_of_its_clip(desk: Desk) -> None:
    (file,) = old_clips(desk, 1)
    desk.here("tidy", "--unseen-after", "30", "--yes")
    (record,) = records(desk.here("runs", "--json").stdout)
    shown = desk.here("show", record["id"]).stdout
    assert "by the rule “clips nobody looked at after 30 days”" in shown
    assert file.stem in shown


def test_rules_of_the_file_and_options_before_them(desk: Desk) -> None:
    old_clips(desk, 1)
    (desk.folder / "log" / "workbench.toml").write_text(
        "[retention]\nunseen_clips_after_days = 36500\ncache_gb = 1.5\n"
    )

    def told(*words: str) -> dict[str, object]:
        return dict(json.loads(desk.here("tidy", "--json", *words).stdout))

    assert told()["files"] == 0
    by_option = told("--unseen-after", "5")
    assert (by_option["files"], by_option["done"]) == (1, False)
    assert [(rule["rule"], rule["after_days"]) for rule in by_option["rules"]] == [  # type: ignore[attr-defined]
        ("unseen", 5),
        ("cache", None),
    ]


def test_no_rule_and_a_wrong_one_are_one_sentence(desk: Desk) -> None:
    none = desk.here("tidy", "--yes")
    assert none.returncode == 2
    assert_one_sentence(none.stderr, "[retention]", "unseen_clips_after_days")
    assert desk.here("tidy", "--unseen-after", "0").returncode == 2
    (desk.folder / "log" / "workbench.toml").write_text("[retention]\nunseen = 3\n")
    wrong = desk.here("tidy")
    assert wrong.returncode == 2
    assert_one_sentence(wrong.stderr, "retention.unseen", "unseen_clips_after_days, failed_and_deleted")


def test_what_was_handed_out_was_looked_at(desk: Desk) -> None:
    assert desk.here(*FAKE, "--seed", "7", "--output", "lion.mp4").returncode == 0
    files = old_clips(desk, 1)
    assert len(files) == 2
    assert "1 file went" in desk.here("tidy", "--unseen-after", "30", "--yes").stdout
    assert sum(file.exists() for file in files) == 1
