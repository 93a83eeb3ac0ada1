"""The Settings page: what there is, what is missing, and nothing that is secret."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path

from tests.ui.conftest import OpenLog, OpenPage
from tests.ui.reading import html, labels, links, make, press, text
from tests.ui.scribe import Scribe
from workbench import settings
from workbench.api import Workbench
from workbench.domain.capabilities import Lifecycle, Stage
from workbench.providers.base import Missing
from workbench.providers.fake import Fake
from workbench.ui.settings.endpoints import lifecycle

SECRET = "sk-do-not-show-this"


class Keyless(Fake):
    """An endpoint that nobody has set up."""

    endpoint = account = "keyless"

    def missing(self) -> Sequence[Missing]:
        return [Missing("KEYLESS_API_KEY", "a key of the service")]


def test_it_says_what_there_is(log: Workbench, open_page: OpenPage) -> None:
    make(log, "A fox")
    at = open_page("settings")
    assert at.code[0].value == str(log.settings.data)
    drawn = html(at)
    assert "1, 1 of them with clips" in drawn
    for name in ("Run log", "Media", "Free on the disk", "Workbench", "Python", "SQLite", "streamlit", "av"):
        assert f"<dt>{name}</dt>" in drawn
    assert "**fake** :green-badge[ready]" in text(at)
    assert "`fake/clip` :gray-badge[video] :green-badge[live]" in text(at)
    assert "No cap is set." in text(at)
    assert "✓ fine" in text(at)


def test_what_is_missing_is_named(tmp_path: Path, open_log: OpenLog, open_page: OpenPage) -> None:
    open_log(providers=[Keyless(tmp_path / "journal")])
    said = text(open_page("settings"))
    assert "**keyless** :orange-badge[not set up]" in said
    assert "Set `KEYLESS_API_KEY`: a key of the service." in said


def test_no_secret_is_shown(tmp_path: Path, open_log: OpenLog, open_page: OpenPage) -> None:
    environment = {
        "WORKBENCH_BUDGET_USD": "12.5",
        "GEMINI_API_KEY": SECRET,
        "OPENAI_API_KEY": SECRET,
        "WORKBENCH_TOKEN": SECRET,
    }
    log = open_log(settings=settings.load(tmp_path / "log", environment))
    assert log.settings.budget_usd == Decimal("12.5")
    at = open_page("settings")
    assert r"**\$0.00 of \$12.50 are spent or reserved** today" in text(at)
    assert SECRET not in text(at) + html(at) + "".join(element.value for element in at.code)


def test_what_looks_and_writes_is_told_with_what_it_lacks(open_log: OpenLog, open_page: OpenPage) -> None:
    open_log(readers=[Scribe(lacks=[Missing("SCRIBE_KEY", "a key of Scribe")])])
    at = open_page("settings")
    told = text(at)
    assert "Looks: **Measures on this machine" in told
    assert "Writes: **Rules on this machine" in told
    assert "**scribe** :orange-badge[not set up]" in told
    assert "Set `SCRIBE_KEY`: a key of Scribe." in told
    assert "$2 a million tokens in, $10 a million out (a price list)" in html(at)


def test_a_reader_that_is_set_up_is_the_one_that_is_used(open_log: OpenLog, open_page: OpenPage) -> None:
    open_log(readers=[Scribe()])
    told = text(open_page("settings"))
    assert "Looks: **scribe/one**. Writes: **scribe/one**." in told
    assert "**scribe** :green-badge[ready]" in told


def test_the_bin_is_emptied_after_a_question(log: Workbench, open_page: OpenPage) -> None:
    kept, gone = make(log, "A fox", seed=1), make(log, "A whale", seed=2)
    log.delete([gone.id])
    at = open_page("settings")
    assert "The bin holds 1 run with" in text(at)
    assert links(at, "See what is in it") == [{"page": "runs", "bin": "1"}]
    press(at, "Empty the bin …")
    assert "can't be undone" in text(at)
    assert log.run(gone.id)
    press(at, "Keep them")
    press(at, "Empty the bin …")
    press(at, "Empty the bin")
    assert "The bin is empty." in text(at)
    assert [run.id for run in log.runs()] == [kept.id]
    assert list(log.runs(deleted=True)) == []
    assert next(b for b in at.button if b.label == "Empty the bin …").disabled
    assert "See what is in it" not in labels(at)


def test_a_sweep_says_what_it_did(log: Workbench, open_page: OpenPage) -> None:
    at = press(open_page("settings"), "Remove unused files")
    assert at.success[0].value == "0 files were removed, 0 B."


def test_what_would_go_is_shown_and_goes_after_a_question(log: Workbench, open_page: OpenPage) -> None:
    gone, kept = make(log, "A fox", seed=1), make(log, "A whale", seed=2)
    log.mark_seen(kept)
    with log.store.db.write() as connection:
        connection.execute("UPDATE runs SET finished_at = '2020-01-01T00:00:00.000Z'")
        connection.execute("UPDATE media SET created_at = '2020-01-01T00:00:00.000Z'")
    at = open_page("settings")
    assert next(b for b in at.button if b.label == "Show what would go").disabled, "no rule is on"
    at.number_input(key="tidying.unseen").set_value(30).run()
    assert "Let it go …" not in labels(at)
    press(at, "Show what would go")
    assert "- Clips nobody looked at after 30 days: **1**" in text(at)
    assert "the oldest from 2020-01-01" in text(at)
    at.number_input(key="tidying.unseen").set_value(40).run()
    assert "Let it go …" not in labels(at), "that was shown for other rules"
    press(at, "Show what would go")
    press(at, "Let it go …")
    assert "1 file goes for good" in text(at)
    press(at, "Keep it")
    assert log.run(gone.id).clips
    press(at, "Let it go …")
    press(at, "Let it go")
    assert at.success[0].value.startswith("1 file was removed")
    assert [bool(log.run(run.id).clips) for run in (gone, kept)] == [False, True]


def test_a_models_end_is_told() -> None:
    assert lifecycle(Lifecycle()) == ""
    ending = Lifecycle(Stage.RETIRED, ends_on=date(2026, 10, 22), successor="vertex/new")
    assert lifecycle(ending) == "2026-10-22, then `vertex/new`"
