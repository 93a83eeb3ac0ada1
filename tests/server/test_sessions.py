"""Signed values, and the table of what a session opens."""

from __future__ import annotations

import base64
import time

import pytest

from workbench.server.access import access_of, session_scope
from workbench.server.scopes import (
    EVERYTHING,
    NOTHING,
    WEBSOCKET,
    Scope,
    of_review,
    read_scope,
    spelled,
)
from workbench.server.sessions import Sessions, cookie_name
from workbench.settings.access import THIS_MACHINE_ONLY, AccessSettings

TOKEN = "a-token-of-some-length-0"
BOTH = Scope(reviews=frozenset({"R1", "R2"}))


class Turned:
    """A clock that a test turns."""

    def __init__(self) -> None:
        self.at = 1_000_000.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture(scope="module")
def clock() -> Turned:
    return Turned()


@pytest.fixture(scope="module")
def sessions(clock: Turned) -> Sessions:
    return Sessions(TOKEN, clock)


@pytest.mark.parametrize("scope", [EVERYTHING, of_review("01J9ZZ"), of_review("a-b_C")])
def test_what_is_issued_is_read(sessions: Sessions, scope: Scope) -> None:
    session = sessions.read(sessions.issue(scope))
    assert session is not None
    assert session.scope == scope
    assert read_scope(spelled(scope)) == scope


def test_a_value_holds_no_token_and_is_one_of_a_kind(sessions: Sessions) -> None:
    value = sessions.issue(EVERYTHING)
    assert value != sessions.issue(EVERYTHING)
    for part in value.split("."):
        padded = part + "=" * (-len(part) % 4)
        assert TOKEN not in part
        assert TOKEN.encode() not in base64.urlsafe_b64decode(padded.replace(":", "-"))
    assert all(character not in value for character in '";, \\')  # RFC 6265: what a cookie may hold


@pytest.mark.parametrize(
    "change",
    [
        lambda value: "",
        lambda value: ".",
        lambda value: "..." + value,
        lambda value: value[:-1],
        lambda value: value[:-1] + ("A" if value[-1] != "A" else "B"),
        lambda value: value.replace("review:R1", "all"),
        lambda value: value.replace("review:R1", "review:R2"),
        lambda value: value.replace(".1", ".9", 1),
        lambda value: value.rpartition(".")[0],
        lambda value: value.rpartition(".")[0] + ".",
        lambda value: value + "é",
        lambda value: "é" * 40,
        lambda value: value * 100,
    ],
)
def test_a_changed_value_opens_nothing(sessions: Sessions, change: object) -> None:
    value = sessions.issue(of_review("R1"))
    changed = change(value)  # type: ignore[operator]
    assert changed != value
    assert sessions.read(changed) is None


def test_another_token_reads_nothing_of_it(sessions: Sessions, clock: Turned) -> None:
    value = sessions.issue(EVERYTHING)
    assert Sessions(TOKEN + "1", clock).read(value) is None
    assert Sessions(TOKEN, clock).read(value) is not None  # a restart ends no session


def test_a_session_ends(sessions: Sessions, clock: Turned) -> None:
    value, other = sessions.issue(EVERYTHING, life_s=10), sessions.issue(EVERYTHING, life_s=100)
    clock.at += 9.5
    assert sessions.read(value)
    clock.at += 1
    assert sessions.read(value) is None
    sessions.end(other)
    assert sessions.read(other) is None


def test_the_key_is_dear_to_make() -> None:
    """Who holds a cookie must not try tokens by the million: some 30 ms each, here and on any machine."""
    began = time.process_time()
    Sessions(TOKEN)
    assert time.process_time() - began > 0.02


@pytest.mark.parametrize("review", ["", "a b", "a.b", "../x", "a;b", "a" * 65, "é", "a\n"])
def test_ids_that_no_review_has(sessions: Sessions, review: str) -> None:
    with pytest.raises(ValueError, match="id of a review"):
        sessions.issue(of_review(review))
    assert read_scope(f"review:{review}") == NOTHING


def test_cookies_of_several_reviews_stand_beside_each_other() -> None:
    access = access_of(AccessSettings(TOKEN, ("wb.example",)))
    assert access.sessions
    scopes = [of_review("R1"), of_review("R2")]
    cookies = "; ".join(f"{cookie_name(scope)}={access.sessions.issue(scope)}" for scope in scopes)
    assert access.caller("", cookies).scope == BOTH
    both = f"{cookies}; {cookie_name(EVERYTHING)}={access.sessions.issue(EVERYTHING)}"
    assert access.caller("", both).scope.everything
    assert access.caller("Bearer nonsense", both).scope == NOTHING
    assert access.caller("Basic cHJveHk6cHJveHk=", both).scope.everything  # a proxy's own
    assert access.caller(f"bearer {TOKEN}", "").scope == EVERYTHING
    assert access.caller("Bearer", "").scope == NOTHING


def test_one_caller_is_counted_once_however_its_header_looks() -> None:
    access = access_of(AccessSettings(TOKEN, ("wb.example",)))
    assert access.sessions
    cookie = f"{cookie_name(EVERYTHING)}={access.sessions.issue(EVERYTHING)}"
    assert access.caller("", cookie).name == access.caller("", f"x=1; {cookie}; y=2").name != ""


def test_pages_ask_the_same() -> None:
    settings = AccessSettings(TOKEN, ("wb.example",))
    access = access_of(settings)
    assert access.sessions
    review = of_review("R1")
    value = access.sessions.issue(review)
    headers = {"Cookie": f"{cookie_name(review)}={value}"}
    assert session_scope(settings, headers) == review
    access.sessions.end(value)
    assert session_scope(settings, headers) == NOTHING
    assert session_scope(settings, {}) == NOTHING
    assert session_scope(THIS_MACHINE_ONLY, {}) == EVERYTHING


REVIEW_OPENS = [
    ("GET", "/review"),
    ("HEAD", "/review"),
    ("GET", "/api/review-media/k3jf93"),
    (WEBSOCKET, "/_stcore/stream"),
    (WEBSOCKET, "/review/_stcore/stream"),
    ("GET", "/_stcore/health"),
    ("GET", "/_stcore/host-config"),
    ("GET", "/static/js/index.js"),
    ("GET", "/media/1234.png"),
    ("GET", "/component/a.b/index.html"),
    ("GET", "/_stcore/bidi-components/a/b.js"),
    ("GET", "/favicon.png"),
]
REVIEW_CLOSED = [
    *(("GET", path) for path in ("/", "/compose", "/runs", "/run", "/compare", "/settings", "/reviews")),
    *(
        ("GET", path)
        for path in ("/api/runs", "/api/events", "/api/media/" + "0" * 64 + ".mp4", "/v1/videos")
    ),
    *(
        ("GET", path)
        for path in ("/api/docs", "/veo31/status/1", "/_stcore/metrics", "/_stcore/agent/openapi.json")
    ),
    ("GET", "/api/review-media/"),
    ("GET", "/api/review-media/a/b"),
    ("GET", "/api/review-media/../runs"),
    ("GET", "/static/../api/runs"),
    ("GET", "/static//../api/runs"),
    ("GET", "/media/..\\..\\x"),
    ("GET", "/review/"),
    ("GET", "/review\n"),
    ("POST", "/review"),
    ("POST", "/api/review-media/k3jf93"),
    ("POST", "/api/runs"),
    ("POST", "/v1/videos"),
    ("POST", "/_stcore/agent/interact"),
    ("PUT", "/_stcore/upload_file/a/b"),
    ("GET", "/_stcore/stream"),
    (WEBSOCKET, "/api/events"),
    (WEBSOCKET, "/"),
]


@pytest.mark.parametrize(("method", "path"), REVIEW_OPENS)
def test_a_review_opens(method: str, path: str) -> None:
    assert of_review("R1").opens(method, path)
    assert BOTH.opens(method, path)
    assert not NOTHING.opens(method, path)


@pytest.mark.parametrize(("method", "path"), REVIEW_CLOSED)
def test_a_review_does_not_open(method: str, path: str) -> None:
    assert not of_review("R1").opens(method, path)
    assert not NOTHING.opens(method, path)
    assert EVERYTHING.opens(method, path)


def test_pages_and_reviews_of_a_scope() -> None:
    pages = ["compose", "runs", "run", "compare", "settings", "review"]
    assert [page for page in pages if of_review("R1").opens_page(page)] == ["review"]
    assert [page for page in pages if EVERYTHING.opens_page(page)] == pages
    assert not any(NOTHING.opens_page(page) for page in pages)
    assert [of_review("R1").opens_review(review) for review in ("R1", "R2", "")] == [True, False, False]
    assert EVERYTHING.opens_review("R2")
