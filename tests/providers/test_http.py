"""What the providers that speak HTTP share: the origin with its key, refusals in words, downloads."""

from __future__ import annotations

import asyncio
import errno
import json
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any, TypeVar

import pytest
from aiohttp import web

from workbench.domain.errors import (
    AuthLapsed,
    FailureReason,
    NotAccepted,
    OperationGone,
    OutcomeUnknown,
    ProviderError,
    Rejected,
    TooLarge,
    Unavailable,
)
from workbench.emulators.faults import Fault, Step
from workbench.emulators.footage import clip
from workbench.emulators.server import Emulator, Route
from workbench.providers.accounts import account, is_test
from workbench.providers.http.downloads import LinkRefused, NotAFile, download
from workbench.providers.http.origin import Origin
from workbench.providers.http.refusals import afterwards, at_submit, in_words, is_safety, retry_after
from workbench.providers.spool import Spool

T = TypeVar("T")
KEY = "emulated-key"
CLIP = clip("http")


class Site(Emulator):
    """A server that answers what a test put under a path, to anybody."""

    wire = "site"

    def __init__(self) -> None:
        super().__init__()
        self.pages: dict[str, Callable[[web.Request], web.Response]] = {}

    def routes(self) -> list[Route]:
        return [Route(method, "/{path:.*}", Step.FETCH, self._page) for method in ("GET", "POST")]

    async def _page(self, request: web.Request, _: Any) -> web.Response:
        return self.pages[request.path](request)

    def settings(self) -> dict[str, str]:
        return {}

    def error(self, status: int, message: str, retry_s: float | None = None) -> Any:
        return {"error": {"message": message}}

    def is_let_in(self, request: web.Request) -> bool:
        return True


@pytest.fixture
def sites() -> Iterator[tuple[Site, Site]]:
    with ExitStack() as stack:
        yield stack.enter_context(Site()), stack.enter_context(Site())


async def _headers() -> dict[str, str]:
    return {"authorization": f"Bearer {KEY}"}


def at(url: str) -> Origin:
    return Origin("here", url, _headers, (KEY,))


def now(origin: Origin, work: Awaitable[T]) -> T:
    async def all_of_it() -> T:
        try:
            return await work
        finally:
            await origin.close()

    return asyncio.run(all_of_it())


def answer(content: Any, status: int = 200, kind: str = "", **headers: str) -> Callable[[Any], web.Response]:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    kind = kind or ("video/mp4" if isinstance(content, bytes) else "application/json")
    return lambda _: web.Response(body=body, status=status, content_type=kind, headers=headers)


# Refusals


@pytest.mark.parametrize(
    ("status", "body", "error", "reason"),
    [
        (400, {"error": {"message": "size is wrong"}}, Rejected, FailureReason.INVALID_REQUEST),
        (
            400,
            {"error": {"message": "Blocked.", "code": "moderation_blocked"}},
            Rejected,
            FailureReason.SAFETY,
        ),
        (400, [{"error": {"message": "x. Support codes: 1"}}], Rejected, FailureReason.SAFETY),
        (
            400,
            {"error": {"message": "model names are case-sensitive"}},
            Rejected,
            FailureReason.INVALID_REQUEST,
        ),
        (401, {"detail": "no"}, Rejected, FailureReason.AUTH),
        (402, "prepay depleted", Rejected, FailureReason.QUOTA),
        (403, {"error": "no"}, Rejected, FailureReason.AUTH),
        (403, {"error": {"message": "Your address is blocked."}}, Rejected, FailureReason.AUTH),
        (403, {"error": {"message": "blocked by the content policy"}}, Rejected, FailureReason.SAFETY),
        (403, {"error": {"code": "insufficient_user_quota"}}, Rejected, FailureReason.QUOTA),
        (404, {}, Rejected, FailureReason.INVALID_REQUEST),
        (409, {}, Rejected, FailureReason.INVALID_REQUEST),
        (422, {"detail": []}, Rejected, FailureReason.INVALID_REQUEST),
        (413, "", TooLarge, FailureReason.INVALID_REQUEST),
        (302, "", Rejected, FailureReason.INVALID_REQUEST),
        (429, {"error": {"message": "No.", "type": "insufficient_quota"}}, Rejected, FailureReason.QUOTA),
        (408, "", OutcomeUnknown, None),
        (500, {}, OutcomeUnknown, None),
        (503, "", OutcomeUnknown, None),
        (100, "", OutcomeUnknown, None),
    ],
)
def test_what_became_of_the_money_at_submit(
    status: int, body: object, error: type[ProviderError], reason: FailureReason | None
) -> None:
    found = at_submit("here", status, body)
    assert type(found) is error
    assert str(found).startswith(f"here answered {status}")
    assert getattr(found, "reason", None) is reason


def test_an_ordinary_429_may_be_sent_again_after_what_the_server_says() -> None:
    google = {
        "error": {
            "code": 429,
            "message": "You exceeded your current quota, please check your plan and billing details.",
            "details": [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34.5s"}],
        }
    }
    found = at_submit("here", 429, google)
    assert isinstance(found, NotAccepted) and found.retry_after_s == 34.5
    found = at_submit("here", 429, {"error": google["error"]["message"]})
    assert isinstance(found, NotAccepted) and found.retry_after_s == 30
    found = at_submit("here", 429, "", {"Retry-After": "0"})
    assert isinstance(found, NotAccepted) and found.retry_after_s == 0
    used_up = {"error": {"message": "Your credit balance is too low"}}
    assert isinstance(at_submit("here", 429, used_up), Rejected)
    assert isinstance(at_submit("here", 429, used_up, {"Retry-After": "9"}), NotAccepted)


def test_retry_after_in_every_form() -> None:
    in_a_minute = format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)
    assert 57 <= (retry_after({}, {"retry-after": in_a_minute}) or 0) <= 60
    an_hour_ago = format_datetime(datetime.now(UTC) - timedelta(hours=1), usegmt=True)
    assert retry_after({}, {"Retry-After": an_hour_ago}) == 0
    assert retry_after({}, {"Retry-After": "1.5"}) == 1.5
    assert retry_after({}, {"Retry-After": "999999"}) == 3_600
    assert retry_after({"error": {"details": [{"retryDelay": "7s"}]}}, {"Retry-After": "3"}) == 7
    for nothing in ("", "soon", "-1", "inf"):
        assert (
            retry_after({"error": {"details": ["x", {"retryDelay": "later"}]}}, {"Retry-After": nothing})
            is None
        )
    assert retry_after("text", None) is None


def test_afterwards_a_refusal_never_loses_the_operation() -> None:
    assert type(afterwards("here", 401, "")) is type(afterwards("here", 403, "")) is AuthLapsed
    assert type(afterwards("here", 404, "")) is type(afterwards("here", 410, "")) is OperationGone
    for status in (400, 408, 409, 422, 500, 502, 503):
        found = afterwards("here", status, "")
        assert type(found) is Unavailable and found.retry_after_s is None
    waits = afterwards("here", 429, ""), afterwards("here", 503, "", {"Retry-After": "4"})
    assert [getattr(error, "retry_after_s", None) for error in waits] == [30, 4]
    assert "Set its base URL to where it really is" in str(afterwards("here", 302, ""))


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"error": {"message": "A.  \n B."}}, "A. B"),
        ({"error": "boom"}, "boom"),
        ({"detail": "Video not found"}, "Video not found"),
        ({"detail": [{"loc": ["body", "seconds"], "msg": "not a number"}]}, "body.seconds: not a number"),
        ({"code": 7, "msg": "no"}, "no"),
        ({"error": {"code": 500}}, "500"),
        ([{"error": {"message": "in a list"}}], "in a list"),
        ({"error": {"error": {"message": "deep"}}}, "deep"),
        (
            "<html><head><title>502</title></head><body><h1>Bad&nbsp;Gateway</h1></body></html>",
            "Bad&nbsp;Gateway",
        ),
        (b"bytes \xff", "bytes \ufffd"),
        (None, ""),
        ("", ""),
        ({}, "{}"),
    ],
)
def test_errors_in_words(body: object, words: str) -> None:
    assert in_words(body) == words


def test_no_secret_gets_into_words() -> None:
    for said in (
        "Incorrect API key provided: sk-proj-abcdef123456. Find it",
        "Authorization: Bearer ya29.a0AfH6SMBxyz",
        "https://h/x?key=AIzaSyDabcdefghijkl&alt=media",
        'x-goog-api-key": "AIzaSyDabcdefghijkl"',
        "the token eyJhbGciOi.abc.def is stale",
        "X-Goog-Signature=0123456789abcdef",
        "your own-secret-value is wrong",
    ):
        told = in_words({"error": {"message": said}}, secrets=("own-secret-value",))
        for secret in ("abcdef", "a0AfH6", "AIzaSy", "eyJhbG", "own-secret"):
            assert secret not in told, told
    assert in_words("a long text " * 90).startswith("a long text") and len(in_words("x " * 900)) <= 300
    assert not is_safety({"error": "out of memory"})


# The origin


def test_a_paid_request_leaves_once_on_a_connection_of_its_own(sites: tuple[Site, Site]) -> None:
    site, _ = sites
    ports: list[int] = []

    def page(request: web.Request) -> web.Response:
        assert request.transport
        ports.append(request.transport.get_extra_info("peername")[1])
        return web.json_response({"id": 1})

    site.pages["/v1/x"] = page
    origin = at(f"{site.url}/v1")

    async def all_of_them() -> None:
        for _ in range(2):
            assert (await origin.ask("GET", "/x")).content == {"id": 1}
        for _ in range(2):
            assert (await origin.send("POST", "/x", json_body={"a": 1})).is_json

    now(origin, all_of_them())
    asked, again, first, second = ports
    assert asked == again, "what may be repeated keeps its connection"
    assert len({asked, first, second}) == 3
    assert site.book.received[2].headers["Authorization"] == f"Bearer {KEY}"


def test_the_origin_follows_no_redirect_and_gives_the_key_to_nobody_else(sites: tuple[Site, Site]) -> None:
    site, other = sites
    site.pages["/x"] = lambda _: web.Response(status=307, headers={"location": f"{other.url}/x"})
    origin = at(site.url)
    assert now(origin, origin.ask("GET", "/x")).status == 307
    assert now(origin, origin.send("POST", "/x", json_body={})).status == 307
    assert other.book.received == []
    assert origin.is_mine(f"{site.url}/else") and not origin.is_mine(f"{other.url}/x")
    assert not origin.is_mine(site.url.replace("http:", "https:"))

    async def elsewhere() -> None:
        async with origin.get(f"{other.url}/x", {}):
            pass

    with pytest.raises(ValueError, match="is not"):
        now(origin, elsewhere())


def test_what_is_not_there_was_not_accepted_and_what_says_nothing_may_be(sites: tuple[Site, Site]) -> None:
    site, _ = sites
    for url in ("http://127.0.0.1:9", "http://no-such-host.invalid", "http://127.0.0.1:99999"):
        with pytest.raises(NotAccepted, match="here can't be reached"):
            now(at(url), at(url).send("POST", "/x", json_body={}))
    with pytest.raises(NotAccepted, match="can't be reached"):  # plain HTTP behind https://
        now(at(site.url), at(site.url.replace("http:", "https:")).send("POST", "/x", json_body={}))
    with Site() as sleepy:
        sleepy.pages["/x"] = answer({})
        sleepy.faults.add(_fault("slow_headers", 2))
        origin = at(sleepy.url)
        with pytest.raises(OutcomeUnknown, match="it took too long"):
            now(origin, origin.send("POST", "/x", json_body={}, timeout_s=0.2))
        sleepy.faults.add(_fault("slow_headers", 2))
        with pytest.raises(Unavailable, match="it took too long"):
            now(origin, origin.ask("GET", "/x", timeout_s=0.2))


def _fault(kind: str, seconds: float) -> Fault:
    return Fault(Step.FETCH, kind, value=str(seconds))


@pytest.mark.parametrize(
    ("url", "nearness"),
    [
        ("http://127.0.0.1:1/v1", 2),
        ("http://localhost", 2),
        ("http://[::1]:8091", 2),
        ("http://10.0.0.5", 1),
        ("http://litellm:4000", 1),
        ("http://box.lan", 1),
        ("https://8.8.8.8", 0),
        ("https://api.example.com", 0),
    ],
)
def test_how_near_an_address_is(url: str, nearness: int) -> None:
    assert at(url).nearness == nearness


# Downloads


def test_a_clip_arrives_whole_whatever_its_type_is_called(sites: tuple[Site, Site], tmp_path: Path) -> None:
    site, _ = sites
    for kind in ("video/mp4", "application/octet-stream", "text/plain", "application/json"):
        site.pages["/clip"] = answer(CLIP, kind=kind)
        origin, target = at(site.url), tmp_path / f"{kind.replace('/', '-')}.mp4"
        assert now(origin, download(origin, f"{site.url}/clip", target)) is None, kind
        assert target.read_bytes() == CLIP
    assert [path.suffix for path in tmp_path.iterdir()] == [".mp4"] * 4, "nothing else stays behind"


def test_json_instead_of_a_clip_is_told_whatever_its_type_is_called(
    sites: tuple[Site, Site], tmp_path: Path
) -> None:
    site, _ = sites
    origin = at(site.url)
    for kind in ("application/json", "application/octet-stream", "video/mp4", "text/plain"):
        site.pages["/clip"] = answer({"url": "https://a/b"}, kind=kind)
        found = now(origin, download(origin, f"{site.url}/clip", tmp_path / "x.mp4"))
        assert found == NotAFile({"url": "https://a/b"})
    site.pages["/clip"] = answer(b"https://a/b", kind="text/plain")
    assert now(origin, download(origin, f"{site.url}/clip", tmp_path / "x.mp4")) == NotAFile("https://a/b")
    assert list(tmp_path.iterdir()) == []


def test_only_the_same_version_is_gone_on_with(sites: tuple[Site, Site], tmp_path: Path) -> None:
    site, _ = sites
    site.pages["/clip"] = lambda request: site.file(request, CLIP)
    origin, target = at(site.url), tmp_path / "x.mp4"
    part, note = tmp_path / "x.mp4.part", tmp_path / "x.mp4.etag"
    part.write_bytes(b"of another clip")
    note.write_text('"another"')
    assert now(origin, download(origin, f"{site.url}/clip", target)) is None
    assert target.read_bytes() == CLIP
    part.write_bytes(CLIP[:1_000])  # without a note nobody knows of what it is
    assert now(origin, download(origin, f"{site.url}/clip", target)) is None
    assert target.read_bytes() == CLIP
    ranges = [received.headers.get("Range") for received in site.book.received]
    assert ranges == ["bytes=15-", None]


def test_a_date_does_where_there_is_no_etag(sites: tuple[Site, Site], tmp_path: Path) -> None:
    site, _ = sites
    date = "Sat, 21 Nov 2026 10:00:00 GMT"

    def page(request: web.Request) -> web.Response:
        start = int(request.headers.get("range", "bytes=0-")[6:-1])
        headers = {"last-modified": date}
        if not start:
            return web.Response(body=CLIP, content_type="video/mp4", headers=headers)
        assert request.headers["if-range"] == date
        headers["content-range"] = f"bytes {start}-{len(CLIP) - 1}/{len(CLIP)}"
        return web.Response(status=206, body=CLIP[start:], content_type="video/mp4", headers=headers)

    site.pages["/clip"] = page
    site.faults.add(_fault("truncated", 0))
    origin, target = at(site.url), tmp_path / "x.mp4"
    with pytest.raises(Unavailable):
        now(origin, download(origin, f"{site.url}/clip", target))
    assert now(origin, download(origin, f"{site.url}/clip", target)) is None
    assert target.read_bytes() == CLIP
    assert site.book.received[1].headers["Range"] == f"bytes={len(CLIP) // 2}-"


@pytest.mark.parametrize(
    ("page", "words"),
    [
        (answer(b"rest", 206, **{"content-range": "bytes 7-10/11"}), "another part of the clip"),
        (answer(b"", 416), "fetched from its beginning"),
        (answer(b""), "The clip is empty"),
        (answer({}, 503), "here answered 503"),
        (answer(b"", 302, location="http://u:p@h/"), "no plain web address"),
        (answer(b"", 302, location="file:///etc/passwd"), "no plain web address"),
        (answer(b"", 302, location=""), "redirects a download more than 5 times"),
    ],
)
def test_what_is_no_clip_leaves_none(
    page: Callable[[Any], web.Response], words: str, sites: tuple[Site, Site], tmp_path: Path
) -> None:
    site, _ = sites
    site.pages["/clip"] = page
    origin = at(site.url)
    with pytest.raises(Unavailable, match=words):
        now(origin, download(origin, f"{site.url}/clip", tmp_path / "x.mp4"))
    assert not (tmp_path / "x.mp4").exists()


def test_an_address_that_is_none_is_refused(tmp_path: Path) -> None:
    origin = at("http://127.0.0.1:9")
    for url in ("http://h:99999/x", "nonsense", "http://[::1/x"):
        with pytest.raises(Unavailable, match="no usable address"):
            now(origin, download(origin, url, tmp_path / "x.mp4"))


def test_a_link_elsewhere_gets_no_key_and_lapses(sites: tuple[Site, Site], tmp_path: Path) -> None:
    site, other = sites
    site.pages["/clip"] = lambda _: web.Response(status=302, headers={"location": f"{other.url}/s%2Fx?a=%7E"})
    spelled: list[str] = []

    def signed(request: web.Request) -> web.Response:
        spelled.append(request.raw_path)
        return site.file(request, CLIP)

    other.pages["/s/x"] = signed
    origin = at(site.url)
    assert now(origin, download(origin, f"{site.url}/clip", tmp_path / "x.mp4")) is None
    (taken,) = other.book.received
    assert spelled == ["/s%2Fx?a=%7E"], "a signature is over the address as it was spelled"
    assert "Authorization" not in taken.headers and KEY not in str(taken)
    for status in (400, 401, 403, 404, 410):
        other.pages["/s/x"] = answer({"error": "expired"}, status)
        with pytest.raises(LinkRefused, match=f"answered {status}: the link has lapsed"):
            now(origin, download(origin, f"{other.url}/s/x", tmp_path / "y.mp4"))
    for status, error in ((401, AuthLapsed), (404, OperationGone)):
        site.pages["/clip"] = answer({"error": f"no, {KEY}"}, status)
        with pytest.raises(error) as raised:
            now(origin, download(origin, f"{site.url}/clip", tmp_path / "y.mp4"))
        assert KEY not in str(raised.value)


def test_a_public_server_can_not_name_an_address_inside(tmp_path: Path, sites: tuple[Site, Site]) -> None:
    site, _ = sites
    site.pages["/clip"] = answer(CLIP)
    for base in ("https://8.8.8.8", "http://10.0.0.5"):
        origin = at(base)
        with pytest.raises(Unavailable, match="only public addresses are fetched"):
            now(origin, download(origin, f"{site.url}/clip", tmp_path / "x.mp4"))
        with pytest.raises(Unavailable, match="only public addresses are fetched"):
            named = site.url.replace("127.0.0.1", "localhost")
            now(origin, download(origin, f"{named}/clip", tmp_path / "x.mp4"))
    with pytest.raises(Unavailable, match="only public addresses are fetched"):
        now(
            at("http://10.0.0.5"), download(at("http://10.0.0.5"), "http://169.254.169.254/x", tmp_path / "x")
        )
    assert site.book.received == []


def test_a_full_disk_is_told_as_such(
    sites: tuple[Site, Site], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site, _ = sites
    site.pages["/clip"] = answer(CLIP)
    origin = at(site.url)

    async def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("workbench.providers.http.downloads._Part.receive", full)
    with pytest.raises(OSError, match="No space left") as raised:
        now(origin, download(origin, f"{site.url}/clip", tmp_path / "x.mp4"))
    assert not isinstance(raised.value, ProviderError)


# Who pays, and what came inside an answer


def test_accounts_tell_keys_and_addresses_apart_and_keep_none() -> None:
    one = account("gpu", "https://h:1/v1", "secret-key")
    assert one.startswith("gpu:h:1:") and "secret" not in one
    others = {account("gpu", "https://h:1/v1", "b"), account("gpu", "https://h:2/v1", "secret-key"), one}
    assert len(others) == 3
    assert account("gpu", "", "k").startswith("gpu:default:")
    assert "user" not in account("gpu", "https://user:pw@h/v1", "k")
    assert is_test(KEY) and ":emulated:" in account("gpu", "http://h", KEY) and not is_test("sk-1")


def test_the_spool_keeps_whole_files_and_only_there(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.put("run1", "a.mp4", b"one")
    spool.put("run1", "a.mp4", b"two")
    assert spool.path("run1", "a.mp4").read_bytes() == b"two"
    assert [path.name for path in (tmp_path / "spool" / "run1").iterdir()] == ["a.mp4"]
    spool.drop("run1")
    spool.drop("run1")
    assert not (tmp_path / "spool" / "run1").exists()
    for name in ("..", "a/b", "", ".x", "a\0"):
        with pytest.raises(ValueError, match="no name for the spool"):
            spool.path(name, "x")
