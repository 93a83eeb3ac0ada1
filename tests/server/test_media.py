"""``/api/media`` of the running app: whole, in parts, once, and never anything else."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from tests.e2e.app import App
from workbench import Workbench
from workbench.domain.media import Media


@pytest.fixture
def url(clip: Media) -> str:
    return f"/api/media/{clip.sha256}.mp4"


def test_whole_file(client: httpx.Client, url: str, clip: Media, clip_path: Path) -> None:
    answer = client.get(url)
    assert answer.status_code == 200
    assert answer.content == clip_path.read_bytes()
    assert answer.headers["content-type"] == "video/mp4"
    assert answer.headers["etag"] == f'"{clip.sha256}"'
    assert answer.headers["cache-control"] == "private, max-age=31536000, immutable"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    # Without allow-same-origin, Chromium's own player could not load the clip that it was opened for.
    assert answer.headers["content-security-policy"].endswith("; sandbox allow-same-origin")
    assert answer.headers["content-disposition"] == f'inline; filename="{clip.sha256[:12]}.mp4"'
    assert "content-encoding" not in answer.headers


def test_head_has_the_size_and_no_body(client: httpx.Client, url: str, clip: Media) -> None:
    answer = client.head(url)
    assert answer.status_code == 200
    assert int(answer.headers["content-length"]) == clip.size_bytes
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.content == b""


@pytest.mark.parametrize(
    ("wanted", "part"), [("0-9", slice(0, 10)), ("100-", slice(100, None)), ("-7", slice(-7, None))]
)
def test_range(client: httpx.Client, url: str, clip_path: Path, wanted: str, part: slice) -> None:
    answer = client.get(url, headers={"Range": f"bytes={wanted}"})
    assert answer.status_code == 206
    assert answer.content == clip_path.read_bytes()[part]
    assert answer.headers["content-range"].endswith(f"/{clip_path.stat().st_size}")


def test_range_past_the_end(client: httpx.Client, url: str, clip: Media) -> None:
    answer = client.get(url, headers={"Range": f"bytes={clip.size_bytes}-"})
    assert answer.status_code == 416
    assert answer.headers["content-range"] == f"bytes */{clip.size_bytes}"


@pytest.mark.parametrize("tags", ['"{}"', 'W/"{}"', '"other", "{}"', "*"])
def test_known_file_is_not_sent_again(client: httpx.Client, url: str, clip: Media, tags: str) -> None:
    answer = client.get(url, headers={"If-None-Match": tags.format(clip.sha256)})
    assert answer.status_code == 304
    assert answer.content == b""
    assert answer.headers["etag"] == f'"{clip.sha256}"'


def test_other_tag_gets_the_file(client: httpx.Client, url: str) -> None:
    assert client.get(url, headers={"If-None-Match": '"other"'}).status_code == 200


@pytest.mark.parametrize(
    ("name", "saved_as"),
    [
        ("lion at dawn", "lion at dawn.mp4"),
        ("lion.mp4", "lion.mp4"),
        ("../../etc/passwd", "etc-passwd.mp4"),
        ('a"; filename="x.exe', "a-; filename=-x.exe.mp4"),
        ("a\r\nSet-Cookie: b=c", "a-Set-Cookie- b=c.mp4"),
    ],
)
def test_download_name(client: httpx.Client, url: str, name: str, saved_as: str) -> None:
    answer = client.get(url, params={"download": name})
    assert answer.headers["content-disposition"].startswith(f'attachment; filename="{saved_as}"; ')
    assert "set-cookie" not in answer.headers


def test_download_name_in_any_script(client: httpx.Client, url: str) -> None:
    told = client.get(url, params={"download": "Löwe 🦁"}).headers["content-disposition"]
    assert told.endswith("filename*=UTF-8''L%C3%B6we%20%F0%9F%A6%81.mp4")


def test_download_without_a_usable_name(client: httpx.Client, url: str, clip: Media) -> None:
    told = client.get(url, params={"download": "//"}).headers["content-disposition"]
    assert f'filename="{clip.sha256[:12]}.mp4"' in told


@pytest.mark.parametrize(
    "name",
    [
        "0" * 64 + ".mp4",
        "{sha}.png",
        "{sha}.html",
        "{sha}",
        "{SHA}.mp4",
        "{sha}.mp4.mp4",
        "{sha}.mp4%0a",
        "..%2f..%2fworkbench.db",
        "%2e%2e/%2e%2e/workbench.db",
        "workbench.db",
        "{ab}/{sha}.mp4",
    ],
)
def test_anything_else_is_unknown(client: httpx.Client, clip: Media, name: str) -> None:
    name = name.format(sha=clip.sha256, SHA=clip.sha256.upper(), ab=clip.sha256[:2])
    answer = client.get(f"/api/media/{name}")
    assert answer.status_code in (400, 404)
    assert b"SQLite" not in answer.content
    assert len(answer.content) < 300


def test_file_that_no_row_knows_is_not_served(app: App, client: httpx.Client) -> None:
    with Workbench(app.folder) as bench:
        sha256, _ = bench.files.add_bytes(b"\x89PNG\r\n\x1a\n", "image/png")
    answer = client.get(f"/api/media/{sha256}.png")
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "unknown_media"


def test_lost_file_is_told_apart(app: App, client: httpx.Client, tmp_path: Path) -> None:
    from PIL import Image

    from workbench.domain.media import Role

    Image.new("RGB", (640, 360), "teal").save(tmp_path / "lost.png")
    with Workbench(app.folder) as bench:
        media = bench.take_in(tmp_path / "lost.png", "lost.png", Role.FIRST_FRAME)
        bench.path(media).unlink()
    answer = client.get(f"/api/media/{media.sha256}.{media.extension}")
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "lost_media"


def test_nothing_is_written_through_it(client: httpx.Client, url: str) -> None:
    assert client.post(url).status_code in (404, 405)
    assert client.delete(url).status_code in (404, 405)
    assert client.head(url).status_code == 200
