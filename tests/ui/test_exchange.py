"""Files in and out on the pages: what is dropped on Runs becomes runs, what is shown goes as files."""

from __future__ import annotations

import io
from datetime import date
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from tests.media.footage import write_clip
from tests.ui.conftest import OpenPage
from tests.ui.reading import html, labels, links, make, press, text
from workbench.api import Workbench
from workbench.domain.metric import MetricRange
from workbench.domain.query import RunFilter
from workbench.domain.retention import Rules
from workbench.domain.run import Status
from workbench.providers.fake import Fake
from workbench.server.exports import TYPES, Exported
from workbench.ui.runs.exporting import address
from workbench.ui.runs.importing import take_in
from workbench.ui.runs.view import RunsView


def of(path: Path) -> tuple[str, io.BytesIO]:
    return path.name, io.BytesIO(path.read_bytes())


@pytest.fixture
def elsewhere(tmp_path: Path) -> Workbench:
    return Workbench(tmp_path / "elsewhere", providers=[Fake(tmp_path / "their journal")])


def test_everything_that_can_be_dropped_arrives(log: Workbench, elsewhere: Workbench, tmp_path: Path) -> None:
    theirs = make(elsewhere, "A fox – slow", seed=5)
    elsewhere.save_clip(theirs, tmp_path / "inside.mp4", sidecar=False)
    elsewhere.save_clip(make(elsewhere, "A whale", seed=6), tmp_path / "beside.mp4", recipe=False)
    elsewhere.export_archive(tmp_path / "all.zip", RunFilter())
    write_clip(tmp_path / "foreign.mp4", frames=30)
    (tmp_path / "broken.mp4").write_bytes(b"no clip")
    names = ("inside.mp4", "beside.mp4", "beside.mp4.json", "foreign.mp4", "broken.mp4", "all.zip")
    inside, beside, foreign, broken, archive = take_in(log, [of(tmp_path / name) for name in names])
    assert log.run(inside.run_id).request == theirs.request
    assert inside.told == f"inside.mp4: run {inside.run_id}, with its recipe."
    assert log.run(beside.run_id).request.prompt == "A whale"
    assert "without a recipe" in foreign.told
    assert log.run(foreign.run_id).is_imported
    assert (broken.is_refused, broken.run_id) == (True, "")
    assert "broken.mp4" in broken.told
    assert "/tmp" not in broken.told
    assert "2 runs" in archive.told
    assert log.run(theirs.id).clips
    (again,) = take_in(log, [of(tmp_path / "inside.mp4")])
    assert (again.run_id, "which the log holds already" in again.told) == (inside.run_id, True)


def test_two_files_of_one_name_are_two_clips(log: Workbench, tmp_path: Path) -> None:
    came = []
    for frames in (24, 30):
        write_clip(tmp_path / "clip.mp4", frames=frames)
        came.append(of(tmp_path / "clip.mp4"))
    assert len({one.run_id for one in take_in(log, came)}) == 2


def test_a_name_leads_nowhere(log: Workbench, tmp_path: Path) -> None:
    write_clip(tmp_path / "a.mp4")
    (came,) = take_in(log, [("../../../a.mp4", io.BytesIO((tmp_path / "a.mp4").read_bytes()))])
    assert came.told.startswith("a.mp4: run ")


def test_dropped_on_the_page_it_leads_to_compose(log: Workbench, open_page: OpenPage, tmp_path: Path) -> None:
    write_clip(tmp_path / "foreign.mp4")
    at = open_page("runs")
    assert "Export" not in html(at), "there is nothing yet"
    content = (tmp_path / "foreign.mp4").read_bytes()
    at.get("file_uploader")[0].upload("foreign.mp4", content, "video/mp4").run()
    assert not at.exception
    (run,) = log.runs()
    assert f"run {run.id}, without a recipe" in text(at)
    assert links(at, "Open in Compose") == [{"page": "compose", "from": run.id}]
    press(at, "Put away")
    assert "Put away" not in labels(at)


VIEWS = [
    RunsView(),
    RunsView(text="lion & fox", model="fake/clip", status=(Status.SUCCEEDED, Status.FAILED), deleted=True),
    RunsView(since=date(2026, 1, 2), until=date(2026, 3, 4), rating=3, experiment="01X", pages=("7",)),
    RunsView(ranges=(MetricRange("motion", 0.5), MetricRange("sharpness", None, 2.0)), order="motion"),
]


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("kind", TYPES)
def test_an_export_asks_for_what_the_page_filters(view: RunsView, kind: str) -> None:
    parts = urlsplit(address(view, kind))
    assert parts.path == f"/api/exports/runs.{kind}"
    many = ("status", "measured")
    query = {k: v if k in many else v[0] for k, v in parse_qs(parts.query).items()}
    assert Exported.model_validate(query).wanted == view.wanted


def test_the_page_offers_every_form(log: Workbench, open_page: OpenPage) -> None:
    make(log, "A fox")
    drawn = html(open_page("runs", q="fox"))
    for kind in TYPES:
        assert f'href="/api/exports/runs.{kind}?text=fox"' in drawn


def test_a_run_offers_its_clip_with_the_recipe(log: Workbench, open_page: OpenPage) -> None:
    run = make(log, "A fox", seed=5)
    drawn = html(open_page("run", id=run.id))
    for kind in ("mp4", "json"):
        assert (
            f"/api/runs/{run.id}/recipe?clip=1&amp;download=a-fox-seed5-{run.id[-6:]}.mp4&amp;as={kind}"
            in drawn
        )


def test_a_run_says_that_its_clip_was_dropped(log: Workbench, open_page: OpenPage) -> None:
    run = make(log, "A fox", seed=5)
    with log.store.db.write() as connection:
        connection.execute("UPDATE runs SET finished_at = '2020-01-01T00:00:00.000Z'")
        connection.execute("UPDATE media SET created_at = '2020-01-01T00:00:00.000Z'")
    log.tidy(Rules(unseen_clips_after_days=1))
    at = open_page("run", id=run.id)
    assert "by the rule “clips nobody looked at after 1 day”" in text(at)
    assert "what it made is not in this folder" in text(at)
    assert run.clips[0].poster
    assert run.clips[0].poster.sha256 in html(at)


def test_opening_a_run_is_looking_at_it(log: Workbench, open_page: OpenPage) -> None:
    seen, unseen = make(log, "A fox", seed=5), make(log, "A whale", seed=6)
    open_page("run", id=seen.id)
    found = [row[0] for row in log.store.db.read().execute("SELECT sha256 FROM seen")]
    assert found == [seen.clips[0].media.sha256]
    assert unseen.clips[0].media.sha256 not in found


def test_a_recipe_without_its_clip_says_what_to_drop(log: Workbench) -> None:
    (came,) = take_in(log, [("lion.mp4.json", io.BytesIO(b"{}"))])
    assert came.is_refused
    assert came.told == "lion.mp4.json: a JSON needs the clip that it is named after; drop both."
