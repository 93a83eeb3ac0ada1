"""A worker that does not see the data folder has the clip from the running app."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.app import App, serving
from tests.server.test_access import TOKEN
from workbench import Workbench
from workbench.domain.media import Media, Role
from workbench.media.files import MediaFiles
from workbench.media.lending import Lent
from workbench.media.metrics.asked import Asked
from workbench.media.metrics.job import measure_clip, order


@pytest.fixture(autouse=True)
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("WORKBENCH_MEDIA_URL", "WORKBENCH_TOKEN"):
        monkeypatch.delenv(name, raising=False)


def far(clip: Media, folder: Path) -> Path:
    """Where the clip would lie if this machine saw the folder."""
    return MediaFiles(folder / "elsewhere" / "media").path(clip)


def test_it_is_fetched_measured_and_thrown_away(
    app: App, clip: Media, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKBENCH_MEDIA_URL", f"{app.address}/")
    wanted = order(far(clip, tmp_path), Asked(width=clip.width))
    answer = measure_clip(wanted)
    there = measure_clip(order(MediaFiles(app.folder / "media").path(clip), Asked(width=clip.width)))
    assert answer == there
    assert not answer["fault"]
    with Lent() as lent:
        path = lent(wanted["path"])
        assert path.stat().st_size == clip.size_bytes
        assert lent(wanted["path"]) == path
    assert not path.parent.exists()


def test_without_an_address_it_says_what_to_set(clip: Media, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="WORKBENCH_MEDIA_URL"):
        measure_clip(order(far(clip, tmp_path), Asked()))


def test_another_file_is_not_taken_for_it(
    app: App, clip: Media, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKBENCH_MEDIA_URL", app.address)
    unknown = MediaFiles(tmp_path / "elsewhere").path("ab" * 32, "video/mp4")
    with Lent() as lent, pytest.raises(FileNotFoundError, match="answered 404"):
        lent(str(unknown))
    stored = MediaFiles(app.folder / "media").path(clip)
    right = stored.read_bytes()
    try:
        stored.write_bytes(right[: len(right) // 2])
        with Lent() as lent, pytest.raises(FileNotFoundError, match="another file, or cut short"):
            lent(str(far(clip, tmp_path)))
    finally:
        stored.write_bytes(right)


@pytest.mark.parametrize("address", ["http://10.0.0.5:8501", "ftp://127.0.0.1", "10.0.0.5"])
def test_in_the_clear_from_elsewhere_is_refused(
    address: str, clip: Media, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKBENCH_MEDIA_URL", address)
    monkeypatch.setenv("WORKBENCH_TOKEN", TOKEN)
    with Lent() as lent, pytest.raises(ValueError, match="https") as refused:
        lent(str(far(clip, tmp_path)))
    assert TOKEN not in str(refused.value)


def test_a_guarded_app_lends_to_who_has_its_token(
    clip_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environ = {"WORKBENCH_TOKEN": TOKEN, "WORKBENCH_ALLOWED_HOSTS": "127.0.0.1"}
    with serving(tmp_path / "data", environ) as guarded:
        with Workbench(guarded.folder) as bench:
            clip = bench.take_in(clip_path, "clip.mp4", Role.SOURCE_CLIP)
        monkeypatch.setenv("WORKBENCH_MEDIA_URL", guarded.address)
        with Lent() as lent, pytest.raises(FileNotFoundError, match="answered 401"):
            lent(str(far(clip, tmp_path)))
        monkeypatch.setenv("WORKBENCH_TOKEN", TOKEN)
        assert not measure_clip(order(far(clip, tmp_path), Asked()))["fault"]
