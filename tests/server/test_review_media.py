"""``/api/review-media`` on a real server: in parts, for whom, and with nothing that tells a clip."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.media.footage import write_clip
from tests.server.standing import standing
from workbench import Workbench
from workbench.api.reviewing import ShownClip
from workbench.domain.errors import BadMedia
from workbench.server import review_media
from workbench.server.access import access_of
from workbench.server.scopes import EVERYTHING, Scope, of_review
from workbench.server.sessions import cookie_name
from workbench.settings import Settings
from workbench.settings.access import AccessSettings

ACCESS = AccessSettings("a-token-of-reviewers-77", ("wb.example",))
SHA256 = "5e" * 32
KEYS = {"k-of-r1": "R1", "again-of-r1": "R1", "k-of-r2": "R2", "lost-of-r1": "R1"}
BROKEN = "broken-of-r1"
# What may stand in an answer's head. All of it is the same for every clip, but for the length.
HEADERS = {
    *("content-type", "content-length", "content-range", "accept-ranges", "cache-control", "date", "server"),
    *("x-content-type-options", "content-security-policy", "referrer-policy", "x-frame-options"),
    *("cross-origin-opener-policy", "cross-origin-resource-policy", "permissions-policy"),
}


class Reviewed(Workbench):
    """A workbench with two reviews, whose clips lie in ``clips``."""

    clips: Path

    def shown_clip(self, key: str) -> ShownClip | None:
        if key == BROKEN:
            raise BadMedia(f"{SHA256}.mp4 is damaged.")
        review = KEYS.get(key)
        name = "lost" if key.startswith("lost") else "clip"
        return ShownClip(review, self.clips / f"{SHA256}.{name}.mp4") if review else None


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip(tmp_path_factory.mktemp("clips") / f"{SHA256}.clip.mp4")


@pytest.fixture(scope="module")
def address(clip: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    bench = Reviewed(settings=Settings(tmp_path_factory.mktemp("data")), providers=[], app=True)
    bench.clips = clip.parent
    with standing(bench, ACCESS) as address:
        yield address


def session(address: str, *scopes: Scope) -> httpx.Client:
    """A browser with the cookies of these scopes."""
    sessions = access_of(ACCESS).sessions
    assert sessions
    cookies = {cookie_name(scope): sessions.issue(scope) for scope in scopes}
    return httpx.Client(base_url=address, trust_env=False, cookies=cookies)


@pytest.fixture
def reviewer(address: str) -> Iterator[httpx.Client]:
    with session(address, of_review("R1")) as client:
        yield client


# Whole and in parts


def test_whole_clip(reviewer: httpx.Client, clip: Path) -> None:
    answer = reviewer.get(review_media.url("k-of-r1"))
    assert answer.status_code == 200
    assert answer.content == clip.read_bytes()
    assert answer.headers["content-type"] == "video/mp4"
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["cache-control"] == "private, max-age=3600"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert answer.headers["content-security-policy"].endswith("; sandbox allow-same-origin")


def test_head_has_the_size_and_no_body(reviewer: httpx.Client, clip: Path) -> None:
    answer = reviewer.head(review_media.url("k-of-r1"))
    assert answer.status_code == 200
    assert int(answer.headers["content-length"]) == clip.stat().st_size
    assert answer.content == b""


@pytest.mark.parametrize(
    ("wanted", "part"), [("0-9", slice(0, 10)), ("100-", slice(100, None)), ("-7", slice(-7, None))]
)
def test_range(reviewer: httpx.Client, clip: Path, wanted: str, part: slice) -> None:
    answer = reviewer.get(review_media.url("k-of-r1"), headers={"Range": f"bytes={wanted}"})
    assert answer.status_code == 206
    assert answer.content == clip.read_bytes()[part]
    assert answer.headers["content-range"].endswith(f"/{clip.stat().st_size}")
    assert answer.headers["cache-control"] == "private, max-age=3600"


def test_range_past_the_end(reviewer: httpx.Client, clip: Path) -> None:
    size = clip.stat().st_size
    answer = reviewer.get(review_media.url("k-of-r1"), headers={"Range": f"bytes={size}-"})
    assert answer.status_code == 416
    assert answer.headers["content-range"] == f"bytes */{size}"


@pytest.mark.parametrize("tag", ['"x"', "Wed, 21 Oct 2026 07:28:00 GMT", f'"{SHA256}"'])
def test_a_part_of_what_is_no_longer_known_is_the_whole(reviewer: httpx.Client, clip: Path, tag: str) -> None:
    answer = reviewer.get(review_media.url("k-of-r1"), headers={"Range": "bytes=0-9", "If-Range": tag})
    assert answer.status_code == 200
    assert answer.content == clip.read_bytes()


# Nothing tells it


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("wanted", [{}, {"Range": "bytes=5-6"}, {"Range": "bytes=1-2,5-9"}, {"Range": "x"}])
@pytest.mark.parametrize("key", [*KEYS, BROKEN, "unknown"])
def test_headers_tell_nothing(
    reviewer: httpx.Client, clip: Path, key: str, method: str, wanted: dict[str, str]
) -> None:
    answer = reviewer.request(method, review_media.url(key), headers=wanted)
    assert answer.headers.keys() <= HEADERS
    for told in (SHA256, SHA256[:8], clip.stem, str(clip.parent)):
        assert told not in str(answer.headers.raw)
        assert told.encode() not in answer.content


def test_two_keys_of_a_clip_are_answered_alike(reviewer: httpx.Client) -> None:
    both = [reviewer.get(review_media.url(key)) for key in ("k-of-r1", "again-of-r1")]
    told = [{name: value for name, value in one.headers.items() if name != "date"} for one in both]
    assert told[0] == told[1]


@pytest.mark.parametrize("tags", [f'"{SHA256}"', "*", 'W/"x"'])
def test_nobody_learns_whether_they_have_it(reviewer: httpx.Client, tags: str) -> None:
    answer = reviewer.get(review_media.url("k-of-r1"), headers={"If-None-Match": tags})
    assert answer.status_code == 200


# For whom

SCOPES = {
    "R1": (of_review("R1"),),
    "R2": (of_review("R2"),),
    "R3": (of_review("R3"),),
    "R1 and R2": (of_review("R1"), of_review("R2")),
    "all": (EVERYTHING,),
    "R1 and all": (of_review("R1"), EVERYTHING),
    "nothing": (),
}


@pytest.mark.parametrize("who", SCOPES)
@pytest.mark.parametrize("key", ["k-of-r1", "k-of-r2"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_each_review_has_its_own_clips(address: str, who: str, key: str, method: str) -> None:
    opened = KEYS[key] in who or "all" in who
    with session(address, *SCOPES[who]) as client:
        answer = client.request(method, review_media.url(key))
        assert answer.status_code == (401 if who == "nothing" else 200 if opened else 404)
        unknown = client.request(method, review_media.url("unknown"))
    if answer.status_code == 404:
        assert answer.content == unknown.content  # not even that there is one


def test_the_token_opens_all(address: str) -> None:
    headers = {"Authorization": f"Bearer {ACCESS.token}"}
    with httpx.Client(base_url=address, trust_env=False, headers=headers) as client:
        for key in ("k-of-r1", "k-of-r2"):
            assert client.get(review_media.url(key)).status_code == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_a_reviewer_writes_nothing(reviewer: httpx.Client, method: str) -> None:
    assert reviewer.request(method, review_media.url("k-of-r1")).status_code == 403


# What is not there


@pytest.mark.parametrize(
    ("key", "code"),
    [
        ("unknown", "unknown_media"),
        ("lost-of-r1", "lost_media"),
        (BROKEN, "lost_media"),
        ("é%0a", "unknown_media"),
    ],
)
def test_what_can_not_be_shown_is_told_without_a_name(
    reviewer: httpx.Client, caplog: pytest.LogCaptureFixture, key: str, code: str
) -> None:
    answer = reviewer.get(review_media.url(key))
    assert answer.status_code == 404
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json()["error"]["code"] == code
    assert SHA256 not in answer.text
    assert (SHA256 in caplog.text) == (key == BROKEN)  # but the one who runs it is told


@pytest.mark.parametrize("path", ["../media/x.mp4", "..%2fmedia%2fx.mp4", "a/b", "", "k-of-r1/"])
def test_no_other_path_is_reached(reviewer: httpx.Client, path: str) -> None:
    assert reviewer.get(f"/api/review-media/{path}").status_code in (403, 404)
