"""With a token: the running app behind its gate, signing in and out, and what has limits."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from http.cookies import SimpleCookie
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from starlette.types import Message, Receive, Scope, Send

from tests.e2e.app import App, serving
from tests.server.test_gate import handshake, outward_addresses
from workbench.domain.errors import BadSetting
from workbench.server.access import access_of
from workbench.server.gate import Gate
from workbench.server.scopes import EVERYTHING, NOTHING, granted, of_review
from workbench.server.sessions import COOKIE, cookie_name
from workbench.server.sign_in import invitation
from workbench.settings.access import AccessSettings

TOKEN = "correct-horse-battery-staple-42"
NAME = "wb.example"
ACCESS = AccessSettings(TOKEN, (NAME, "10.0.0.5:8501"))
BEARER = {"Authorization": f"Bearer {TOKEN}"}
PAGES = ["/", "/runs", "/compose", "/settings?x=1", "/sign-in/x"]
APIS = ["/api/runs", "/api/media/x.mp4", "/v1/videos", "/veo31/status/1", "/api/docs"]
STREAMLITS = [
    *("/_stcore/host-config", "/_stcore/health", "/_stcore/metrics", "/static/index.js", "/media/1.png"),
    *("/component/x/y", "/_stcore/agent/openapi.json", "/favicon.png", "/_stcore/upload_file/a/b"),
]

GOOD = {"WORKBENCH_TOKEN": TOKEN, "WORKBENCH_ALLOWED_HOSTS": NAME}

# Before the running app


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    environ = {**GOOD, "WORKBENCH_HOST": "0.0.0.0"}
    with serving(tmp_path_factory.mktemp("data"), environ) as app:
        yield app


@pytest.fixture
def client(app: App) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=app.address, trust_env=False, headers={"Host": NAME}) as client:
        yield client


@pytest.fixture(scope="module")
def cookie() -> str:
    """A session's, as every process with that token makes it."""
    sessions = access_of(AccessSettings(TOKEN, (NAME,))).sessions
    assert sessions
    return f"{COOKIE}={sessions.issue(EVERYTHING)}"


@pytest.mark.parametrize("path", [*APIS, *STREAMLITS])
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Host": "127.0.0.1"},
        {"Cookie": f"{COOKIE}=all.9999999999.abc.def"},
        {"Cookie": f"{COOKIE}={TOKEN}"},
        {"Cookie": f"token={TOKEN}"},
        {"Authorization": f"Basic {TOKEN}"},
        {"Authorization": TOKEN},
        {"X-Forwarded-For": "127.0.0.1"},
    ],
)
def test_without_the_token_nothing_is_answered(
    client: httpx.Client, path: str, headers: dict[str, str]
) -> None:
    for method in ("GET", "POST", "PUT", "DELETE", "OPTIONS"):
        answer = client.request(method, path, headers=headers)
        assert answer.status_code == 401, (method, path)
        assert answer.headers["www-authenticate"] == 'Bearer realm="workbench"'
        assert answer.headers["cache-control"] == "no-store"
        if path in APIS:
            assert answer.json()["error"]["code"] == "unauthorized"


@pytest.mark.parametrize("path", PAGES)
def test_a_page_without_the_token_is_the_form(client: httpx.Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert 'action="/sign-in"' in answer.text
    target = "/" if path.startswith("/sign-in") else path
    assert f'name="next" value="{target}"' in answer.text
    assert "script" not in answer.text.lower()
    assert client.head(path).status_code == 401


@pytest.mark.parametrize("host", [NAME, f"{NAME}:443", "127.0.0.1", "localhost:1"])
def test_with_the_token_everything_is_answered(client: httpx.Client, host: str) -> None:
    headers = {**BEARER, "Host": host}
    assert client.get("/", headers=headers).status_code == 200
    assert client.get("/_stcore/health", headers=headers).status_code == 200
    assert client.get("/api/nothing", headers=headers).status_code == 404
    assert client.get("/api/health", headers=headers).json().keys() == {"status", "version", "runner"}


def test_a_proxy_and_a_foreign_page_that_bear_the_token_pass(client: httpx.Client) -> None:
    for extra in (
        {"X-Forwarded-For": "8.8.8.8"},
        {"Forwarded": "for=8.8.8.8"},
        {"Origin": "https://other.example"},
    ):
        assert client.post("/api/nothing", headers={**BEARER, **extra}).status_code in (404, 405)


@pytest.mark.parametrize("path", ["/", "/api/runs", "/sign-in", "/_stcore/health"])
def test_another_name_is_refused_even_with_the_token(client: httpx.Client, path: str) -> None:
    for host in ("evil.example", "", f"{NAME}.evil.example"):
        answer = client.get(path, headers={**BEARER, "Host": host})
        assert answer.status_code == 403
        assert "WORKBENCH_ALLOWED_HOSTS" in answer.text


def test_health_tells_a_stranger_the_status_alone(client: httpx.Client) -> None:
    for headers in ({}, {"Host": "10.2.3.4"}, {"Host": "127.0.0.1"}):
        answer = client.get("/api/health", headers=headers)
        assert answer.json() == {"status": "ok"}


def test_other_machines_come_in_with_the_token_alone(app: App) -> None:
    """By this machine's own outward addresses; a machine that has none shows nothing here."""
    port = urlsplit(app.address).port
    for address in outward_addresses():
        base = f"http://{address}:{port}"
        assert httpx.get(base, headers={"Host": NAME}, trust_env=False).status_code == 401
        assert httpx.get(base, headers={"Host": NAME, **BEARER}, trust_env=False).status_code == 200
        assert httpx.get(base, headers=BEARER, trust_env=False).status_code == 403  # by a name not allowed


OWN = {"Origin": f"https://{NAME}"}


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 403),
        (OWN, 404),
        ({"Sec-Fetch-Site": "same-origin"}, 404),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": f"https://{NAME}:8443"}, 403),
        ({"Origin": f"https://sub.{NAME}"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "none"}, 403),
        ({**OWN, "Sec-Fetch-Site": "cross-site"}, 403),
    ],
)
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_a_cookie_changes_something_from_our_own_pages_only(
    client: httpx.Client, cookie: str, method: str, headers: dict[str, str], status: int
) -> None:
    answer = client.request(method, "/api/nothing", headers={"Cookie": cookie, **headers})
    assert answer.status_code == status
    assert client.get("/api/nothing", headers={"Cookie": cookie}).status_code == 404


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"Authorization": f"Bearer {TOKEN}"}, 101),
        ({"Cookie": "COOKIE"}, 101),
        ({}, 403),
        ({"Cookie": "COOKIE", "Origin": "https://evil.example"}, 403),
        ({"Cookie": "COOKIE", "Origin": ""}, 403),
        ({"Cookie": "COOKIE", "Host": "evil.example"}, 403),
        ({"Cookie": f"{COOKIE}=all.9999999999.x.y"}, 403),
        ({"Authorization": f"Basic {TOKEN}"}, 403),
    ],
)
def test_websocket(app: App, cookie: str, changed: dict[str, str], status: int) -> None:
    address = urlsplit(app.address)
    headers = {"Host": NAME, "Origin": f"https://{NAME}", **changed}
    sent = {name: value.replace("COOKIE", cookie) for name, value in headers.items()}
    assert handshake(str(address.hostname), address.port or 0, sent) == status


def test_signing_in_and_out(client: httpx.Client) -> None:
    answer = client.post("/sign-in", data={"token": f" {TOKEN}\n", "next": "/runs?page=2"}, headers=OWN)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/runs?page=2"
    (morsel,) = SimpleCookie(answer.headers["set-cookie"]).values()
    assert (morsel.key, morsel["path"], morsel["samesite"]) == (COOKIE, "/", "lax")
    assert morsel["httponly"]
    assert morsel["secure"]  # the browser came by https
    assert int(morsel["max-age"]) == 7 * 24 * 3600
    assert TOKEN not in answer.headers["set-cookie"]

    signed_in = {"Cookie": f"{COOKIE}={morsel.value}"}
    assert client.get("/", headers=signed_in).status_code == 200
    assert client.get("/sign-out", headers=signed_in).status_code == 200
    assert client.get("/", headers=signed_in).status_code == 200, "asking about it does not do it"
    assert (
        client.post("/sign-out", headers={**signed_in, "Origin": "https://evil.example"}).status_code == 403
    )
    answer = client.post("/sign-out", headers={**signed_in, **OWN})
    assert answer.status_code == 303
    assert f'{COOKIE}=""' in answer.headers["set-cookie"]
    assert client.get("/", headers=signed_in).status_code == 401, "whoever kept the cookie is out, too"


def test_a_stream_of_events_ends_with_its_session(app: App, client: httpx.Client) -> None:
    sessions = access_of(AccessSettings(TOKEN, (NAME,))).sessions
    assert sessions
    own = {"Cookie": f"{COOKIE}={sessions.issue(EVERYTHING)}", "Origin": f"http://{NAME}"}
    with client.stream("GET", "/api/events", headers=own) as stream:
        assert stream.status_code == 200
        assert client.post("/sign-out", headers=own).status_code in (200, 303)
        assert client.get("/api/runs", headers=own).status_code == 401
        made = client.post(
            "/api/runs",
            json={"model": "animatic/preview", "prompt": "x", "settings": {"duration_s": 1}},
            headers=BEARER,
        )
        assert made.status_code == 201, made.text
        assert "event: run" not in "".join(stream.iter_text())  # it ends, and tells nothing


def test_over_plain_http_the_cookie_comes_back(client: httpx.Client) -> None:
    answer = client.post("/sign-in", data={"token": TOKEN}, headers={"Origin": f"http://{NAME}"})
    assert "secure" not in answer.headers["set-cookie"].lower()
    assert answer.headers["location"] == "/"


@pytest.mark.parametrize(
    "target",
    [
        *(
            "https://evil.example/",
            "//evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "javascript:alert(1)",
        ),
        *("", "runs", "/\t/evil.example", "/\n/evil.example", "/sign-out", "/" + "x" * 3_000),
    ],
)
def test_signing_in_leads_nowhere_else(client: httpx.Client, target: str) -> None:
    answer = client.post("/sign-in", data={"token": TOKEN, "next": target}, headers=OWN)
    assert answer.headers["location"] == "/"
    assert 'name="next" value="/"' in client.get("/sign-in", params={"next": target}).text


def test_what_is_asked_for_is_no_markup(client: httpx.Client) -> None:
    answer = client.get('/runs?q="><script>alert(1)</script>')
    assert "<script" not in answer.text
    answer = client.get("/sign-in", params={"next": '/"><script>'})
    assert "<script" not in answer.text


def test_foreign_pages_sign_nobody_in(client: httpx.Client) -> None:
    answer = client.post("/sign-in", data={"token": TOKEN}, headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("sent", [b"", b"token=", b"token=%ff", b"token", b"\xff\xfe", b"&" * 2_000])
def test_a_form_without_the_token(client: httpx.Client, sent: bytes) -> None:
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        **OWN,
        "X-Forwarded-For": f"8.8.8.{len(sent)}",
    }
    answer = client.post("/sign-in", content=sent, headers=headers)
    assert answer.status_code == 401
    assert "set-cookie" not in answer.headers
    assert 'role="alert"' in answer.text
    assert client.post("/sign-in", content=b"x" * 9_000, headers=headers).status_code == 413
    assert client.put("/sign-in", headers=OWN).status_code == 405


# Limits


def test_wrong_tokens_slow_down_for_their_peer_alone(tmp_path: Path) -> None:
    with serving(tmp_path, GOOD) as app, httpx.Client(base_url=app.address, trust_env=False) as client:
        wrong = {"Authorization": "Bearer nothing-of-the-kind"}
        own = {"Origin": app.address}
        said = [client.get("/api/runs", headers=wrong).status_code for _ in range(3)]
        said += [client.post("/sign-in", data={"token": "x"}, headers=own).status_code for _ in range(3)]
        assert said == [401] * 6
        for answer in (
            client.get("/api/runs", headers=wrong),
            client.get("/api/runs", headers=BEARER),  # not even looked at
            client.post("/sign-in", data={"token": TOKEN}, headers=own),
        ):
            assert answer.status_code == 429
            assert 1 <= int(answer.headers["retry-after"]) <= 12
            assert "set-cookie" not in answer.headers
        assert client.get("/api/runs", headers=wrong).json()["error"]["code"] == "too_many_requests"
        sessions = access_of(AccessSettings(TOKEN, (NAME,))).sessions
        assert sessions
        signed_in = {"Cookie": f"{COOKIE}={sessions.issue(EVERYTHING)}"}
        assert client.get("/api/nothing", headers=signed_in).status_code == 404  # who is in stays in


def test_one_token_has_its_share(app: App, client: httpx.Client, cookie: str) -> None:
    said: list[httpx.Response] = []
    while len(said) < 200 and not (said and said[-1].status_code == 429):
        said.append(client.post("/api/nothing", headers={"Cookie": cookie, **OWN}))
    assert said[-1].status_code == 429
    assert len(said) > 100
    assert int(said[-1].headers["retry-after"]) >= 1
    assert said[-1].json()["error"]["message"].startswith("Too many requests")
    assert client.get("/api/nothing", headers={"Cookie": cookie}).status_code == 404, "reading goes on"


@pytest.mark.parametrize("path", ["/api/prompts", "/sign-in", "/v1/videos/x/remix"])
def test_a_body_over_its_limit(client: httpx.Client, path: str) -> None:
    form = "application/x-www-form-urlencoded"
    headers = {**BEARER, **OWN, "Content-Type": form if path == "/sign-in" else "application/json"}
    size = 100_000_001 if path.startswith("/v1") else 1_000_001 if path != "/sign-in" else 8_001

    def in_pieces() -> Iterator[bytes]:
        left = size
        while left > 0:
            yield bytes(min(left, 65_536))
            left -= 65_536

    answer = client.post(path, content=in_pieces(), headers=headers)
    assert answer.status_code == 413
    assert "MB" in answer.text
    declared = raw(client, f"POST {path} HTTP/1.1", {**headers, "Content-Length": f"{size}"})
    assert declared.startswith(b"HTTP/1.1 413")


def test_headers_have_an_end(client: httpx.Client) -> None:
    assert raw(client, "GET / HTTP/1.1", {"X-Long": "x" * 200_000}).startswith(b"HTTP/1.1 4")


def raw(client: httpx.Client, line: str, headers: dict[str, str]) -> bytes:
    """The start of the answer to a request whose body never comes."""
    address = urlsplit(str(client.base_url))
    text = "".join(f"{name}: {value}\r\n" for name, value in {"Host": NAME, **headers}.items())
    with socket.create_connection((str(address.hostname), address.port or 0), timeout=10) as connection:
        connection.sendall(f"{line}\r\n{text}\r\n".encode())
        return connection.recv(65_536)


# Headers


@pytest.mark.parametrize(
    "path", ["/", "/api/nothing", "/_stcore/health", "/sign-in", "/api/health", "/favicon.png"]
)
@pytest.mark.parametrize("headers", [{}, BEARER, {"Host": "evil.example"}])
def test_every_answer_tells_browsers_what_it_may_do(
    client: httpx.Client, path: str, headers: dict[str, str]
) -> None:
    answer = client.get(path, headers=headers)
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert answer.headers["x-frame-options"] in ("SAMEORIGIN", "DENY")
    assert answer.headers["cross-origin-opener-policy"] == "same-origin"
    assert "camera=()" in answer.headers["permissions-policy"]
    policy = answer.headers["content-security-policy"]
    assert not {"https:", "http:", "*"} & set(policy.replace(";", " ").split())
    if path.startswith("/media"):
        assert "sandbox" in policy
    if path.startswith("/api"):
        assert policy.startswith("default-src 'none'")
        assert "sandbox" in policy


# By the ASGI scope


def heard(gate: Gate, scope: Scope, coming: list[Message]) -> list[Message]:
    sent: list[Message] = []

    async def receive() -> Message:
        return coming.pop(0)

    async def send(message: Message) -> None:
        sent.append(message)

    asyncio.run(gate(scope, receive, send))
    return sent


def connected(cookie: str) -> Scope:
    headers = {"host": NAME, "origin": f"https://{NAME}", "cookie": cookie}
    return {
        "type": "websocket",
        "path": "/_stcore/stream",
        "client": ("10.0.0.9", 1),
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }


def test_an_open_page_ends_with_its_session() -> None:
    access = access_of(ACCESS)
    assert access.sessions
    value = access.sessions.issue(EVERYTHING)
    got: list[Message] = []

    async def page(scope: Scope, receive: Receive, send: Send) -> None:
        assert granted(scope) == EVERYTHING
        got.append(await receive())
        got.append(await receive())
        assert access.sessions
        access.sessions.end(value)
        got.append(await receive())

    coming = [{"type": "websocket.connect"}, *({"type": "websocket.receive", "text": "x"} for _ in range(2))]
    heard(Gate(page, lambda: ACCESS), connected(f"{COOKIE}={value}"), coming)
    assert [message["type"] for message in got] == [
        "websocket.connect",
        "websocket.receive",
        "websocket.disconnect",
    ]


def test_a_review_reaches_its_own_paths_and_no_others() -> None:
    access, review = access_of(ACCESS), of_review("R1")
    assert access.sessions
    cookie = f"{cookie_name(review)}={access.sessions.issue(review)}"
    reached: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        assert granted(scope) == review
        reached.append(scope["path"])
        await send({"type": "http.response.start", "status": 200, "headers": []})

    for path in ("/review", "/api/review-media/x", "/", "/runs", "/api/runs", "/_stcore/agent/interact"):
        scope = {**connected(cookie), "type": "http", "method": "GET", "path": path, "query_string": b""}
        status = heard(Gate(app, lambda: ACCESS), scope, [])[0]["status"]
        assert status == (200 if path in reached else 403), path
    assert reached == ["/review", "/api/review-media/x"]


def test_the_link_of_a_review_becomes_its_cookie_and_no_other(client: httpx.Client) -> None:
    link = invitation(ACCESS, "R1")
    answer = client.get(link)
    assert (answer.status_code, answer.headers["location"]) == (303, "/review?id=R1")
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith(cookie_name(of_review("R1")) + "=") and "HttpOnly" in cookie
    value = cookie.partition("=")[2].partition(";")[0]
    headers = {"Host": NAME, "Cookie": f"{cookie_name(of_review('R1'))}={value}"}
    with httpx.Client(base_url=client.base_url, headers=headers, trust_env=False) as guest:
        assert guest.get("/review?id=R1").status_code == 200
        for path in ("/", "/runs", "/api/runs", "/ranking"):
            assert guest.get(path).status_code == 403, path
    sessions = access_of(ACCESS).sessions
    assert sessions
    everything = sessions.issue(EVERYTHING)
    for wrong in (link[:-3], "/sign-in?review=x", f"/sign-in?review={everything}"):
        refused = client.get(wrong)
        assert refused.status_code == 401
        assert "Ask for another one." in refused.text
        assert "set-cookie" not in refused.headers


def test_without_a_token_the_link_is_the_page() -> None:
    assert invitation(AccessSettings("", ()), "R1") == "/review?id=R1"


def test_settings_that_cannot_be_used_close_the_gate() -> None:
    def broken() -> AccessSettings:
        raise BadSetting("WORKBENCH_TOKEN has 6 characters.")

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        raise AssertionError("let in")

    gate = Gate(app, broken)
    scope = {
        **connected(""),
        "type": "http",
        "method": "GET",
        "query_string": b"",
        "client": ("127.0.0.1", 1),
    }
    for path in ("/", "/api/runs", "/api/health", "/sign-in"):
        assert heard(gate, {**scope, "path": path}, [])[0]["status"] == 503
    closed = heard(gate, connected(""), [{"type": "websocket.connect"}])
    assert closed == [{"type": "websocket.close", "code": 1008}]


def test_nothing_is_granted_by_default() -> None:
    assert granted({"type": "http"}) == NOTHING
    assert granted({"type": "http", "workbench.scope": "all"}) == NOTHING
