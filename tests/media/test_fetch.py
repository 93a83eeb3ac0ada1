"""``fetch_public`` against real servers on loopback, which only these tests are allowed to reach.

A long file: every test is about one function, and all share the servers that lie to it.
"""

from __future__ import annotations

import datetime as dt
import gzip
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psutil
import pytest

from workbench.domain.errors import BadMedia
from workbench.domain.media import Role
from workbench.media.fetch import Address, fetch_public
from workbench.media.intake import examine

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
    "host",
    [
        *("127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "2130706433", "0x7f.1", "127.1"),
        *("0x7f000001", "017700000001", "0177.0.0.1", "127.000.000.001", "127.0.1", "0", "0.0.0.0", "[::]"),
        *(
            "localhost.",
            "127.0.0.1.",
            "LOCALHOST",
            "LocalHost.",
            "%6cocalhost",
            "localhost%00",
            "127。0。0。1",
        ),
        *("①②⑦.⓪.⓪.①", "１２７.0.0.1", "ｌocalhost", "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ", "[::ffff:7f00:1]", "[::127.0.0.1]"),
        *("[::1%25lo]", "[::1%lo]", "[fe80::1%25eth0]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]"),
        *("127.0.0.1%2f@8.8.8.8", "localhost\\.test", "ip6-localhost", "localhost.localdomain"),
    ],
)
def test_the_machines_own_servers_are_out_of_reach_by_any_spelling(host: str) -> None:
    reached = threading.Event()
    with (
        serving(lambda handler: reached.set()) as port,
        pytest.raises(BadMedia, match=r"private network|no host|no web address|carries a password"),
    ):
        fetch_public(f"http://{host}:{port}/", 1_000)
    assert not reached.is_set()


def test_by_its_own_outward_address_a_machine_is_as_far_out_of_reach() -> None:
    """A public one is what its firewall keeps others from; a private one is refused anyway."""
    for place in (place for places in psutil.net_if_addrs().values() for place in places):
        if place.family in (socket.AF_INET, socket.AF_INET6):
            host = f"[{place.address}]" if ":" in place.address else place.address
            with pytest.raises(BadMedia, match=r"private network|no host|no web address"):
                fetch_public(f"http://{host}:65000/", 10)


@pytest.mark.parametrize(
    ("host", "addresses"),
    [
        ("metadata.google.internal", "169.254.169.254"),
        ("metadata.azure.internal", "169.254.169.254"),
        ("instance-data.ec2.internal", "fd00:ec2::254"),
        ("rancher-metadata", "169.254.169.250"),
        ("metadata.alibaba.test", "100.100.100.200"),
        ("metadata.oracle.test", "192.0.0.192"),
        ("kubernetes.default.svc", "10.96.0.1"),
        ("mixed.test", "8.8.8.8 2606:4700::1111 ::1"),
        ("mixed.test", "169.254.169.254 8.8.8.8"),
        ("127.0.0.1.nip.io", "127.0.0.1"),
    ],
)
def test_a_name_that_leads_inside_is_refused(host: str, addresses: str) -> None:
    found = [ipaddress.ip_address(address) for address in addresses.split()]
    with pytest.raises(BadMedia, match=r"is inside a private network; only public web") as told:
        fetch_public(f"http://{host}/latest/meta-data/?token=hush", 10, resolve=lambda name, port: found)
    assert host in str(told.value)
    assert "hush" not in str(told.value)
    assert str(told.value).count(". ") <= 1


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
        ("//10.0.0.1/secret", "10.0.0.1 is inside a private network"),
        ("http://[::ffff:169.254.169.254]/secret", "inside a private network"),
        ("http://[fd00:ec2::254]/secret", "inside a private network"),
        ("http://2130706433/secret", "no host 2130706433"),
        ("http://files.test:22/secret", "has port 22"),
        ("gopher://files.test:70/_secret", "no web address"),
        ("ftp://files.test/secret", "no web address"),
        ("data:text/plain,secret", "no web address"),
        ("javascript:secret", "no web address"),
        ("http://", "redirects more than 5 times"),  # which is the same address again
        ("http://[x", "no host"),
        ("http://\u00b9\u00b2.test/secret", "no web address"),  # ¹²
    ],
)
def test_a_redirect_to_where_nobody_may_go_is_refused(target: str, why: str) -> None:
    resolve = names(files_test="127.0.0.1", inner_test="192.168.0.7")
    with serving(sends(b"", 302, Location=target)) as port, pytest.raises(BadMedia, match=why) as caught:
        fetch(f"http://files.test:{port}/", resolve=resolve)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        *("ftp://files.test/a", "file:///etc/passwd", "http://", "http://[::1", "x", "", "//files.test/a"),
        *("gopher://files.test:70/_GET", "data:image/png;base64,iVBO", "dict://files.test:11211/", "blob:1"),
        *(
            "jar:http://files.test!/",
            "ldap://files.test",
            "file://localhost/etc/passwd",
            "FILE:///etc/passwd",
        ),
        *(
            "http:/files.test",
            "http:///files.test",
            "http:files.test",
            "http://files.test\r\nHost: evil.test/",
        ),
        *(
            "http://files.test/\r\nX-Evil: 1",
            "http://files.test/\x00",
            "http://files.test\t/",
            " http://a.test",
        ),
        *("http://files.test:http/", "http://files.test:99999999/", "http://files.test:80:80/"),
    ],
)
def test_what_is_no_web_address_is_refused(url: str) -> None:
    with pytest.raises(BadMedia, match=r"no web address|no host|has port"):
        fetch(url)


@pytest.mark.parametrize("port", [0, 1, 22, 25, 110, 143, 445, 993, 1023])
def test_ports_where_no_web_server_is(port: int) -> None:
    with pytest.raises(BadMedia, match=rf"has port {port}, where no web server is; allowed are"):
        fetch(f"http://files.test:{port}/")


def test_what_an_address_holds_makes_no_second_request() -> None:
    heads: list[str] = []

    def answer(handler: BaseHTTPRequestHandler) -> None:
        heads.append(f"{handler.requestline} {handler.headers}")
        sends(b"one")(handler)

    with serving(answer) as port:
        assert fetch(f"http://files.test:{port}/%0d%0aGET%20/secret%20HTTP/1.1%0d%0a") == b"one"
    assert len(heads) == 1
    assert "\nGET" not in heads[0]


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


@pytest.mark.parametrize("how", ["endless", "packed"])
def test_nothing_of_a_redirects_body_is_read(how: str) -> None:
    """A client that follows redirects by itself reads them to the end, in memory."""
    written = [0]

    def answer(handler: BaseHTTPRequestHandler) -> None:
        if handler.path == "/there":
            sends(b"arrived")(handler)
            return
        handler.send_response(302)
        handler.send_header("Location", "/there")
        if how == "packed":
            handler.send_header("Content-Encoding", "gzip")
        handler.end_headers()
        try:
            while written[0] < 500_000_000:
                written[0] += handler.wfile.write(b"x" * 65_536)
        except OSError:
            pass

    with serving(answer) as port:
        assert fetch(f"http://files.test:{port}/") == b"arrived"
    assert written[0] < 50_000_000  # what lies in the sockets' buffers


@pytest.mark.parametrize(
    "packed", ["gzip", "x-gzip", "deflate", "br", "zstd", "gzip, gzip", "nonsense", "GZIP"]
)
def test_nothing_packed_is_unpacked(packed: str) -> None:
    bomb = gzip.compress(bytes(50_000_000), 9)
    answer = sends(bomb, **{"Content-Encoding": packed})
    with serving(answer) as port, pytest.raises(BadMedia, match="sends the file packed") as told:
        fetch(f"http://files.test:{port}/", limit_bytes=100_000_000)
    assert len(bomb) < 100_000
    assert "identity" not in str(told.value)


def test_packing_is_not_asked_for_and_identity_is_none() -> None:
    asked: list[str | None] = []

    def answer(handler: BaseHTTPRequestHandler) -> None:
        asked.append(handler.headers["Accept-Encoding"])
        sends(b"plain", **{"Content-Encoding": "identity"})(handler)

    with serving(answer) as port:
        assert fetch(f"http://files.test:{port}/") == b"plain"
    assert asked == ["identity"]


def test_redirects_in_a_circle_end() -> None:
    seen: list[str] = []

    def answer(handler: BaseHTTPRequestHandler) -> None:
        seen.append(handler.path)
        sends(b"", 307, Location="/b" if handler.path == "/a" else "/a")(handler)

    with serving(answer) as port, pytest.raises(BadMedia, match="redirects more than 5 times"):
        fetch(f"http://files.test:{port}/a")
    assert seen == ["/a", "/b"] * 3


@pytest.mark.parametrize(
    "silent", ["before the status", "in the status", "in the headers", "before the body"]
)
def test_a_server_that_keeps_still_or_trickles_is_given_up_in_time(silent: str) -> None:
    """Each step alone would wait for 20 s, and a byte now and then would start it anew."""
    ended = threading.Event()

    def drip(handler: BaseHTTPRequestHandler) -> None:
        start = {
            "before the status": b"",
            "in the status": b"HTTP/1.1 2",
            "in the headers": b"HTTP/1.1 200 OK\r\nX-Slow: ",
            "before the body": b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n",
        }[silent]
        handler.connection.sendall(start)
        while not ended.wait(0.05):
            try:
                handler.connection.sendall(b"0" if silent == "in the headers" else b"")
            except OSError:
                return

    began = time.monotonic()
    with serving(drip) as port:
        try:
            with pytest.raises(BadMedia, match=r"takes longer than 0\.4 s"):
                fetch(f"http://files.test:{port}/", time_limit_s=0.4)
        finally:
            ended.set()
    assert time.monotonic() - began < 3


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


def test_https_does_not_lead_to_http(certificate: Path) -> None:
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate)
    trusting = ssl.create_default_context(cafile=certificate)
    with serving(sends(b"plain")) as plain:
        redirect = sends(b"", 302, Location=f"http://files.test:{plain}/")
        with serving(redirect, server) as port, pytest.raises(BadMedia, match="from https to http") as told:
            fetch(f"https://files.test:{port}/", tls=trusting)
    assert "give the file itself" in str(told.value)


def test_a_trickle_inside_tls_is_given_up_in_time(certificate: Path) -> None:
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(certificate)
    trusting = ssl.create_default_context(cafile=certificate)
    ended = threading.Event()

    def still(handler: BaseHTTPRequestHandler) -> None:
        ended.wait(10)

    began = time.monotonic()
    with serving(still, server) as port:
        try:
            with pytest.raises(BadMedia, match="takes longer than"):
                fetch(f"https://files.test:{port}/", tls=trusting, time_limit_s=0.4)
        finally:
            ended.set()
    assert time.monotonic() - began < 3


@pytest.mark.parametrize("role", [Role.REFERENCE, Role.SOURCE_CLIP])
@pytest.mark.parametrize("mime", ["image/png", "video/mp4", "text/html", "image/svg+xml", ""])
def test_the_type_that_a_server_tells_counts_for_nothing(mime: str, role: Role) -> None:
    page = b"<!doctype html><script>alert(1)</script>" + b" " * 200
    with serving(sends(page, **{"Content-Type": mime})) as port:
        content = fetch(f"http://files.test:{port}/lion.png")
    with pytest.raises(BadMedia, match="is text, not"):
        examine(content, "lion.png", role)
