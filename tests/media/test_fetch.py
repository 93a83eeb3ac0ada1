"""``fetch_public`` against real servers on loopback, which only these tests are allowed to reach."""

from __future__ import annotations

import datetime as dt
import ipaddress
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from workbench.domain.errors import BadMedia
from workbench.media.fetch import Address, fetch_public, is_public

LOOPBACK = ipaddress.ip_address("127.0.0.1")
Answer = Callable[[BaseHTTPRequestHandler], None]


@contextmanager
def serving(answer: Answer, tls: ssl.SSLContext | None = None) -> Iterator[int]:
    """A server that answers every GET with ``answer``; gives its port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer(self)

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()


def sends(body: bytes, status: int = 200, **headers: str) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def names(**hosts: str) -> Callable[[str, int], list[Address]]:
    """A resolver that knows a few names and plain addresses."""

    def resolve(host: str, port: int) -> list[Address]:
        known = hosts.get(host.replace(".", "_"))
        if known is not None:
            return [ipaddress.ip_address(part) for part in known.split()]
        try:
            return [ipaddress.ip_address(host)]
        except ValueError:
            return []

    return resolve


def fetch(url: str, limit_bytes: int = 1_000, **options: object) -> bytes:
    options = {"allowed": lambda a: a == LOOPBACK, "resolve": names(files_test="127.0.0.1"), **options}
    return fetch_public(url, limit_bytes, **options)  # type: ignore[arg-type]


def test_gives_the_bytes_and_names_the_host_it_was_asked_for() -> None:
    asked: list[tuple[str, str]] = []

    def answer(handler: BaseHTTPRequestHandler) -> None:
        asked.append((handler.path, handler.headers["Host"]))
        sends(b"a picture")(handler)

    with serving(answer) as port:
        assert fetch(f"http://files.test:{port}/lion.png?size=2") == b"a picture"
    assert asked == [("/lion.png?size=2", f"files.test:{port}")]


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.9.9.9", "10.0.0.1", "172.16.3.4", "192.168.1.1", "169.254.169.254", "0.0.0.0"),
        *("100.64.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1"),
        *("::1", "::", "fe80::1", "fc00::1", "fec0::1", "64:ff9b:1::1", "ff02::1", "2001:db8::1"),
        *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254"),
        *("64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "2002:a00:1::1"),
    ],
)
def test_an_address_that_is_not_public_is_told_as_such(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "93.184.216.34", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
def test_a_public_address_is_allowed(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1", "127.1"]
)
def test_the_machines_own_servers_are_out_of_reach_by_any_spelling(host: str) -> None:
    reached = threading.Event()
    with (
        serving(lambda handler: reached.set()) as port,
        pytest.raises(BadMedia, match=r"private network|no host|no web address"),
    ):
        fetch_public(f"http://{host}:{port}/", 1_000)
    assert not reached.is_set()


def test_a_name_with_one_private_address_among_public_ones_is_refused() -> None:
    with pytest.raises(BadMedia, match=r"mixed\.test is inside a private network"):
        fetch_public("http://mixed.test/", 10, resolve=names(mixed_test="8.8.8.8 10.0.0.1"))


def test_the_name_is_looked_up_once_and_the_connection_goes_to_what_was_checked() -> None:
    answers = iter([[LOOPBACK], [ipaddress.ip_address("10.0.0.1")]])
    with serving(sends(b"first answer")) as port:
        got = fetch(f"http://rebinding.test:{port}/", resolve=lambda host, port: next(answers))
    assert got == b"first answer"
    assert len(list(answers)) == 1


def test_an_address_that_does_not_answer_gives_way_to_the_next() -> None:
    with serving(sends(b"from the second")) as port:
        got = fetch(
            f"http://two.test:{port}/",
            resolve=names(two_test="127.0.0.2 127.0.0.1"),
            allowed=lambda address: address.is_loopback,
        )
    assert got == b"from the second"


def test_redirects_are_followed_up_to_five_and_checked_each_time() -> None:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        left = int(handler.path[1:])
        if left:
            sends(b"", 302, Location=f"/{left - 1}")(handler)
        else:
            sends(b"arrived")(handler)

    with serving(answer) as port:
        assert fetch(f"http://files.test:{port}/5") == b"arrived"
        with pytest.raises(BadMedia, match="redirects more than 5 times"):
            fetch(f"http://files.test:{port}/6")


@pytest.mark.parametrize(
    ("target", "why"),
    [
        ("http://10.0.0.1/secret", "10.0.0.1 is inside a private network"),
        ("http://169.254.169.254/latest/meta-data/", "169.254.169.254 is inside a private network"),
        ("http://inner.test/", "inner.test is inside a private network"),
        ("file:///etc/passwd", "no web address"),
        ("http://somebody:secret@files.test/", "carries a password"),
    ],
)
def test_a_redirect_to_where_nobody_may_go_is_refused(target: str, why: str) -> None:
    resolve = names(files_test="127.0.0.1", inner_test="192.168.0.7")
    with serving(sends(b"", 302, Location=target)) as port, pytest.raises(BadMedia, match=why) as caught:
        fetch(f"http://files.test:{port}/", resolve=resolve)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("url", ["ftp://files.test/a", "file:///etc/passwd", "http://", "http://[::1", "x"])
def test_what_is_no_web_address_is_refused(url: str) -> None:
    with pytest.raises(BadMedia, match="no web address"):
        fetch(url)


def test_a_password_in_the_address_is_neither_sent_nor_repeated() -> None:
    with pytest.raises(BadMedia, match="carries a password") as caught:
        fetch("http://me:hunter2@files.test/")
    assert "hunter2" not in str(caught.value)


def test_a_name_that_nobody_knows_is_told() -> None:
    with pytest.raises(BadMedia, match=r"There is no host nowhere\.test"):
        fetch("http://nowhere.test/")


def test_a_file_that_says_it_is_too_large_is_not_read() -> None:
    with serving(sends(b"x" * 1_001)) as port, pytest.raises(BadMedia, match=r"larger than 0\.001 MB"):
        fetch(f"http://files.test:{port}/")


def test_a_file_that_does_not_say_its_size_is_cut_off_at_the_limit() -> None:
    def endless(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        try:
            while True:
                handler.wfile.write(b"x" * 65_536)
        except OSError:
            pass

    with serving(endless) as port, pytest.raises(BadMedia, match="larger than"):
        fetch(f"http://files.test:{port}/")


def test_a_file_that_trickles_in_is_given_up() -> None:
    def trickle(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        try:
            while True:
                handler.wfile.write(b"x")
                time.sleep(0.02)  # noqa: TID251 - the slow server itself
        except OSError:
            pass

    with serving(trickle) as port, pytest.raises(BadMedia, match=r"takes longer than 0\.2 s"):
        fetch(f"http://files.test:{port}/", time_limit_s=0.2)


@pytest.mark.parametrize("status", [204, 401, 404, 500])
def test_an_answer_that_is_no_file_is_told_with_its_status(status: int) -> None:
    body = b"" if status == 204 else b"sorry"
    with serving(sends(body, status)) as port, pytest.raises(BadMedia, match=f"answers {status}"):
        fetch(f"http://files.test:{port}/")


def test_a_closed_port_is_told() -> None:
    with serving(sends(b"")) as port:
        pass
    with pytest.raises(BadMedia, match="connection failed"):
        fetch(f"http://files.test:{port}/")


def test_neither_proxies_nor_netrc_of_the_environment_are_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("machine files.test login me password hunter2\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    seen: list[str | None] = []

    def answer(handler: BaseHTTPRequestHandler) -> None:
        seen.append(handler.headers["Authorization"])
        sends(b"direct")(handler)

    with serving(answer) as port:
        assert fetch(f"http://files.test:{port}/") == b"direct"
    assert seen == [None]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate for ``files.test``, with its key, in one file."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "files.test")])
    now = dt.datetime.now(dt.UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("files.test")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = tmp_path_factory.mktemp("tls") / "files.pem"
    path.write_bytes(signed.public_bytes(serialization.Encoding.PEM) + private)
    return path


def test_https_asks_for_the_name_and_checks_the_certificate_against_it(certificate: Path) -> None:
    named: list[str | None] = []
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate)
    server.sni_callback = lambda connection, name, context: named.append(name)
    trusting = ssl.create_default_context(cafile=certificate)
    with serving(sends(b"sealed"), server) as port:
        assert fetch(f"https://files.test:{port}/", tls=trusting) == b"sealed"
        assert named == ["files.test"]
        with pytest.raises(BadMedia, match="certificate is not valid"):
            fetch(f"https://other.test:{port}/", tls=trusting, resolve=names(other_test="127.0.0.1"))
        with pytest.raises(BadMedia, match="certificate is not valid"):
            fetch(f"https://files.test:{port}/")
