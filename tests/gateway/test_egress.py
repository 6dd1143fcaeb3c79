"""The way out: what may be reached, for how long, and how much of an answer is taken."""

import asyncio
import gzip
import json
import ssl
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from gateway.egress import (
    AnswerTooLargeError,
    Call,
    Egress,
    EgressPolicy,
    EgressRefusedError,
    EncodedAnswerError,
    check_headers,
    check_url,
    classify,
)
from gateway.egress.addresses import effective, is_public, literal
from gateway.errors import ContentError, TemporaryError, UncertainError

LOOPBACK = (ip_network("127.0.0.0/8"),)
OPEN = EgressPolicy(allow=LOOPBACK, total=timedelta(seconds=0.4), connect=timedelta(seconds=0.3))
PATIENT = EgressPolicy(allow=LOOPBACK)
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

Handler = Callable[[bytes, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def server(handle: Handler, tls: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    """Serve on 127.0.0.1; the handler gets each request's head and body."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await _request(reader):
                await handle(head, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    scheme = "http" if tls is None else "https"
    try:
        yield f"{scheme}://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
    finally:
        listening.close()


async def _request(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return head + await reader.readexactly(int(line[15:]))
    return head


def answering(raw: bytes, seen: list[bytes] | None = None) -> Handler:
    async def handle(head: bytes, writer: asyncio.StreamWriter) -> None:
        if seen is not None:
            seen.append(head)
        writer.write(raw)
        await writer.drain()

    return handle


@cache
def certified() -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """Make a certificate for named.example: a context that serves it, one that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "named.example")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("named.example")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(Encoding.PEM)
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.NamedTemporaryFile() as file:
        file.write(pem + key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        file.flush()
        serving.load_cert_chain(file.name)
    return serving, ssl.create_default_context(cadata=pem.decode())


@pytest.fixture
async def egress() -> AsyncIterator[Egress]:
    found = Egress()
    yield found
    await found.aclose()


@asynccontextmanager
async def resolving(*answers: Sequence[str]) -> AsyncIterator[tuple[Egress, list[str]]]:
    """Make an egress whose look-ups give these answers, one after the other."""
    asked: list[str] = []

    async def lookup(host: str) -> Sequence[str]:
        asked.append(host)
        return answers[min(len(asked), len(answers)) - 1]

    found = Egress(lookup=lookup)
    try:
        yield found, asked
    finally:
        await found.aclose()


# --- calls ---


async def test_a_json_call_arrives_and_its_answer_is_read(egress: Egress) -> None:
    seen: list[bytes] = []
    async with server(answering(OK, seen)) as url:
        answer = await egress.client(PATIENT).post(
            f"{url}/a%2Fb?sign=x%2By%3D", json={"text": "你好"}, headers={"Authorization": "t"}
        )
    head, _, body = seen[0].partition(b"\r\n\r\n")
    assert (answer.status_code, answer.text, answer.is_closed) == (200, "ok", True)
    assert head.startswith(b"POST /a%2Fb?sign=x%2By%3D HTTP/1.1\r\n")
    assert json.loads(body) == {"text": "你好"}
    lowered = head.lower()
    assert b"authorization: t" in lowered
    assert b"content-type: application/json" in lowered
    assert b"accept-encoding: identity" in lowered
    assert b"user-agent: notification-gateway/" in lowered
    assert lowered.count(b"content-length:") == lowered.count(b"\nhost:") == 1


@pytest.mark.parametrize("method", ["get", "put", "patch", "delete"])
async def test_every_method_works(egress: Egress, method: str) -> None:
    seen: list[bytes] = []
    async with server(answering(OK, seen)) as url:
        answer = await getattr(egress.client(PATIENT), method)(url, params={"a": "1"})
    assert answer.is_success
    assert seen[0].startswith(f"{method.upper()} /?a=1 ".encode())


async def test_files_and_forms_go_out_with_a_known_length(egress: Egress) -> None:
    seen: list[bytes] = []
    async with server(answering(OK, seen)) as url:
        http = egress.client(PATIENT)
        await http.post(url, files={"image": ("a.png", b"\x89PNG" * 400_000)})
        await http.post(url, data={"name": "李"})
    assert seen[0].count(b"\x89PNG") == 400_000
    assert b"multipart/form-data; boundary=" in seen[0]
    assert seen[1].endswith(b"name=%E6%9D%8E")


async def test_a_body_from_a_generator_is_read_first(egress: Egress) -> None:
    async def parts() -> AsyncIterator[bytes]:
        yield b"one"
        yield b"two"

    seen: list[bytes] = []
    async with server(answering(OK, seen)) as url:
        await egress.client(PATIENT).post(url, content=parts())
    assert seen[0].endswith(b"\r\n\r\nonetwo")
    assert b"transfer-encoding" not in seen[0].lower()


async def test_a_streamed_answer_is_bounded_too(egress: Egress) -> None:
    async with (
        server(answering(OK)) as url,
        egress.client(PATIENT) as http,
        http.stream("GET", url) as answer,
    ):
        assert [part async for part in answer.aiter_bytes()] == [b"ok"]


async def test_connections_are_shared_and_outlive_a_client(egress: Egress) -> None:
    peers: list[object] = []

    async def handle(head: bytes, writer: asyncio.StreamWriter) -> None:
        peers.append(writer.get_extra_info("peername"))
        await answering(OK)(head, writer)

    async with server(handle) as url:
        async with egress.client(PATIENT) as http:
            await http.get(url)
        await egress.client(PATIENT).get(url)
        with pytest.raises(RuntimeError, match="closed"):
            await http.get(url)
    assert peers[0] == peers[1]


async def test_nothing_leaves_after_the_egress_is_closed() -> None:
    egress = Egress()
    await egress.aclose()
    with pytest.raises(RuntimeError, match="closed"):
        await egress.client(PATIENT).get("http://127.0.0.1:9")


# --- bounds ---


async def test_a_trickling_answer_ends_at_the_total_deadline(egress: Egress) -> None:
    async def trickle(head: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        for _ in range(1000):
            writer.write(b".")
            await writer.drain()
            await asyncio.sleep(0.05)

    async with server(trickle) as url:
        with pytest.raises(httpx.ReadTimeout) as error:
            await asyncio.wait_for(egress.client(OPEN).get(url), 10)
    assert isinstance(classify(error.value), UncertainError)


async def test_a_server_that_never_answers_ends_at_the_total_deadline(egress: Egress) -> None:
    async def silent(head: bytes, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(30)

    async with server(silent) as url:
        with pytest.raises(httpx.ReadTimeout):
            await asyncio.wait_for(egress.client(OPEN).get(url), 10)
        with pytest.raises(httpx.ReadTimeout, match=r"0\.05 s"):
            await asyncio.wait_for(egress.client(PATIENT).get(url, timeout=0.05), 5)


async def test_a_slow_connect_was_surely_not_sent() -> None:
    async def lookup(host: str) -> Sequence[str]:
        await asyncio.sleep(30)
        return []

    egress = Egress(lookup=lookup)
    with pytest.raises(httpx.ConnectTimeout) as error:
        await asyncio.wait_for(egress.client(OPEN).get("https://slow.example"), 10)
    assert isinstance(classify(error.value), TemporaryError)
    await egress.aclose()


@pytest.mark.parametrize("announced", [b"Content-Length: 1000000000\r\n", b""])
async def test_a_huge_answer_is_dropped_early(egress: Egress, announced: bytes) -> None:
    written = 0

    async def flood(head: bytes, writer: asyncio.StreamWriter) -> None:
        nonlocal written
        writer.write(b"HTTP/1.1 200 OK\r\n" + announced + b"\r\n")
        for _ in range(15_000):
            writer.write(b"x" * 65_536)
            await writer.drain()
            written += 65_536

    async with server(flood) as url:
        with pytest.raises(AnswerTooLargeError, match="65536") as error:
            await egress.client(PATIENT).get(url)
    assert isinstance(classify(error.value), UncertainError)
    assert written < 50_000_000  # what the sockets' buffers hold, not the whole gigabyte


async def test_an_answer_of_exactly_the_limit_is_taken(egress: Egress) -> None:
    raw = b"HTTP/1.1 200 OK\r\nContent-Length: 65536\r\n\r\n" + b"x" * 65_536
    async with server(answering(raw)) as url:
        assert len((await egress.client(PATIENT).get(url)).content) == 65_536


async def test_a_gzip_bomb_is_not_unpacked(egress: Egress) -> None:
    bomb = gzip.compress(b"\0" * 10_000_000)
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(bomb)}\r\n\r\n"
    async with server(answering(head.encode() + bomb)) as url:
        with pytest.raises(EncodedAnswerError) as error:
            await egress.client(PATIENT).get(url)
    assert isinstance(classify(error.value), UncertainError)


async def test_a_redirect_is_an_answer_and_not_followed(egress: Egress) -> None:
    seen: list[bytes] = []
    raw = b"HTTP/1.1 302 Found\r\nLocation: /else\r\nContent-Length: 0\r\n\r\n"
    async with server(answering(raw, seen)) as url:
        assert (await egress.client(PATIENT).get(url)).status_code == 302
    assert len(seen) == 1


async def test_cookies_are_neither_kept_nor_sent(egress: Egress) -> None:
    seen: list[bytes] = []
    raw = b"HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\n\r\n"
    async with server(answering(raw, seen)) as url:
        http = egress.client(PATIENT)
        await http.get(url)
        await http.get(url, headers={"Cookie": "c=d"})
        assert not http.cookies
    assert b"cookie" not in (seen[0] + seen[1]).lower()


async def test_the_environment_has_no_say(egress: Egress, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    async with server(answering(OK)) as url:
        assert (await egress.client(PATIENT).get(url)).is_success


@pytest.mark.parametrize("option", ["auth", "cookies", "follow_redirects"])
async def test_what_the_client_lacks_is_refused_loudly(egress: Egress, option: str) -> None:
    options: dict[str, Any] = {option: ("a", "b")}
    with pytest.raises(TypeError, match=option):
        await egress.client(PATIENT).request("GET", "http://127.0.0.1:1", **options)
    with pytest.raises(TypeError, match="seconds"):
        await egress.client(PATIENT).get("http://127.0.0.1:1", timeout=httpx.Timeout(1))


# --- failures ---


async def test_a_refused_connection_was_surely_not_sent(egress: Egress) -> None:
    async with server(answering(OK)) as url:
        pass
    with pytest.raises(httpx.ConnectError) as error:
        await egress.client(PATIENT).get(url)
    assert isinstance(classify(error.value), TemporaryError)


async def test_a_name_without_an_address_was_surely_not_sent() -> None:
    async def lookup(host: str) -> Sequence[str]:
        raise OSError(-2, "Name or service not known")

    egress = Egress(lookup=lookup)
    with pytest.raises(httpx.ConnectError, match=r"gone\.example") as error:
        await egress.client(PATIENT).get("https://gone.example/hook/secret-path")
    assert isinstance(classify(error.value), TemporaryError)
    assert "secret-path" not in str(error.value)
    await egress.aclose()


async def test_an_untrusted_certificate_is_surely_not_sent(egress: Egress) -> None:
    seen: list[bytes] = []
    async with server(answering(OK, seen), tls=certified()[0]) as url:
        with pytest.raises(httpx.ConnectError) as error:
            await egress.client(PATIENT).get(url)
    assert isinstance(classify(error.value), TemporaryError)
    assert not seen


async def test_a_certificate_is_judged_for_the_name_though_an_address_is_pinned() -> None:
    serving, trusting = certified()
    asked: list[str] = []

    async def lookup(host: str) -> Sequence[str]:
        asked.append(host)
        return ["127.0.0.1"]

    egress = Egress(lookup=lookup, tls=trusting)
    http = egress.client(PATIENT)
    async with server(answering(OK), tls=serving) as url:
        assert (await http.get(url.replace("127.0.0.1", "named.example"))).is_success
        with pytest.raises(httpx.ConnectError):
            await http.get(url.replace("127.0.0.1", "other.example"))
        with pytest.raises(httpx.ConnectError):
            await http.get(
                url.replace("127.0.0.1", "other.example"),
                extensions={"sni_hostname": "named.example"},
            )
    assert asked[0] == "named.example"
    await egress.aclose()


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nok",
        b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_an_answer_cut_short_or_senseless_is_uncertain(
    egress: Egress, raw: bytes, method: str
) -> None:
    async def hang_up(head: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(raw)
        writer.close()

    async with server(hang_up) as url:
        with pytest.raises(httpx.TransportError) as error:
            await egress.client(PATIENT).request(method, f"{url}/hook/secret-path", json={})
    assert isinstance(classify(error.value), UncertainError)
    assert "secret-path" not in str(error.value)


async def test_a_reset_after_the_request_is_uncertain(egress: Egress) -> None:
    async def reset(head: bytes, writer: asyncio.StreamWriter) -> None:
        writer.transport.abort()

    async with server(reset) as url:
        with pytest.raises(httpx.TransportError) as error:
            await egress.client(PATIENT).post(url, json={})
    assert isinstance(classify(error.value), UncertainError)


@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "a\nb", "a\0b", "café"])
async def test_a_header_that_http_forbids_is_content(egress: Egress, value: str) -> None:
    seen: list[bytes] = []
    async with server(answering(OK, seen)) as url:
        with pytest.raises(httpx.LocalProtocolError) as error:
            await egress.client(PATIENT).post(url, headers={"X-Token": value})
    assert isinstance(classify(error.value), ContentError)
    assert value not in str(error.value)
    assert not seen


async def test_text_that_is_no_unicode_is_content(egress: Egress) -> None:
    with pytest.raises(httpx.LocalProtocolError) as error:
        await egress.client(PATIENT).post("http://127.0.0.1:9", json={"text": "\ud800"})
    assert isinstance(classify(error.value), ContentError)


@pytest.mark.parametrize("url", ["https://0177.0.0.1/", "https://[::1/", "/relative", ""])
async def test_what_is_no_url_is_refused_when_called_too(egress: Egress, url: str) -> None:
    with pytest.raises(EgressRefusedError):
        await egress.client(PATIENT).get(url)


async def test_more_urls_than_are_remembered_still_work(egress: Egress) -> None:
    async with server(answering(OK)) as url:
        http = egress.client(PATIENT)
        for number in range(300):
            assert (await http.get(f"{url}/{number}")).is_success


# --- what observers hear ---


async def test_each_call_is_observed_once_without_its_path(egress: Egress) -> None:
    calls: list[Call] = []
    http = egress.client(PATIENT, observe=calls.append)
    async with server(answering(OK)) as url:
        await http.post(f"{url}/hook/secret-path", extensions={"purpose": "send"})
    async with server(answering(OK)) as gone:
        pass
    with pytest.raises(httpx.ConnectError):
        await http.get(f"{gone}/hook/secret-path")
    with pytest.raises(EgressRefusedError):
        await http.get("http://10.0.0.1/hook/secret-path")
    assert [(call.purpose, call.method, call.host, call.status) for call in calls] == [
        ("send", "POST", "127.0.0.1", 200),
        ("other", "GET", "127.0.0.1", None),
        ("other", "GET", "10.0.0.1", None),
    ]
    assert all(call.duration >= timedelta(0) for call in calls)
    assert "secret" not in repr(calls)


# --- addresses ---

CLOSED = """
0.0.0.0 0.1.2.3 10.0.0.1 100.64.0.1 100.100.100.200 127.0.0.1 127.255.255.254 168.63.129.16
169.254.169.254 169.254.170.2 172.16.0.1 172.31.255.255 192.0.0.1 192.0.0.192 192.0.2.1
192.88.99.1 192.168.1.1 198.18.0.1 198.51.100.1 203.0.113.1 224.0.0.1 239.255.255.250 240.0.0.1
255.255.255.255 :: ::1 ::127.0.0.1 ::8.8.8.8 ::ffff:127.0.0.1 ::ffff:10.0.0.1
::ffff:169.254.169.254 64:ff9b::7f00:1 64:ff9b::a9fe:a9fe 64:ff9b:1::808:808 100::1 2001::1
2001:0:7f00:1:: 2001:db8::1 2002:7f00:1:: 2002:a9fe:a9fe:: 3fff::1 5f00::1 fc00::1 fd00:ec2::254
fe80::1 fec0::1 ff02::1 4000::1 2001:10::1 fe80::1%lo
""".split()  # noqa: SIM905 - a table reads best as one
PUBLIC = """
1.1.1.1 8.8.8.8 100.63.255.255 100.128.0.1 172.15.0.1 172.32.0.1 192.0.1.1 198.17.0.1
223.255.255.1 ::ffff:8.8.8.8 64:ff9b::808:808 2001:4860:4860::8888 2606:4700::1111 2400:3200::1
""".split()  # noqa: SIM905 - a table reads best as one


@pytest.mark.parametrize("address", CLOSED)
def test_an_address_that_is_not_the_public_internet_is_closed(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", PUBLIC)
def test_an_address_of_the_public_internet_is_open(address: str) -> None:
    assert is_public(ip_address(address))


@given(st.ip_addresses(v=4))
def test_every_wrapping_of_an_ipv4_address_is_judged_no_milder(address: IPv4Address) -> None:
    number = int(address)
    honest = [f"::ffff:{address}", IPv6Address(int(IPv6Address("64:ff9b::")) | number)]
    assert {is_public(ip_address(str(wrapped))) for wrapped in honest} == {is_public(address)}
    assert {effective(ip_address(str(wrapped))) for wrapped in honest} == {address}
    never = [number, (0x2002 << 112) | (number << 80), (0x20010000 << 96) | (number << 64)]
    assert not any(is_public(IPv6Address(wrapped)) for wrapped in never)


@given(st.ip_addresses())
def test_whatever_the_standard_library_calls_private_is_closed(
    address: IPv4Address | IPv6Address,
) -> None:
    target = effective(address)
    if target.is_private or target.is_multicast or target.is_reserved or target.is_loopback:
        assert not is_public(address)


@given(st.integers(0, 2**32 - 1), st.sampled_from(["{}", "{:#x}", "0{:o}", "{:#x}.", "1.{}"]))
def test_odd_spellings_of_numbers_are_never_taken_for_names(number: int, form: str) -> None:
    with pytest.raises((EgressRefusedError, ValueError)):
        check_url(f"https://{form.format(number)}/", EgressPolicy())


@given(st.ip_addresses())
def test_a_plain_literal_is_read_as_itself(address: IPv4Address | IPv6Address) -> None:
    assert literal(str(address)) == address


# --- URLs ---


@pytest.mark.parametrize("address", CLOSED)
def test_a_literal_of_a_closed_address_is_refused(address: str) -> None:
    host = f"[{address}]" if ":" in address else address
    with pytest.raises(EgressRefusedError):
        check_url(f"https://{host}/", EgressPolicy())


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/",
        "ftp://example.com/",
        "file:///etc/passwd",
        "//example.com/",
        "example.com",
        "",
        "https://",
        "https://example.com:22/",
        "https://example.com:0/",
        "https://example.com:99999/",
        "https://user@example.com/",
        "https://user:pass@example.com/",
        "https://example.com./",
        "https://example..com/",
        "https://127.1/",
        "https://0x7f.0.0.1/",
        "https://0177.0.0.1/",
        "https://2130706433/",
        "https://127.0.0.1./",
        "https://1.2.3.4.5/",
        "https://[::1/",
        "https://[fe80::1%25lo]/",
        "https://exa mple.com/",
        "https://example.com\\@127.0.0.1/",
        "https://example.com%2f@x/",
        "https://example.com/\r\nX: 1",
        "https://①②⑦.⓪.⓪.①/",
        "https://127。0。0。1/",
        "https://" + "a" * 2050,
    ],
)
def test_a_url_that_can_never_be_called_is_refused(url: str) -> None:
    with pytest.raises(EgressRefusedError):
        check_url(url, EgressPolicy())


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/hook?a=b#c",
        "https://example.com:8443/",
        "https://8.8.8.8/",
        "https://[2606:4700::1111]/",
        "https://bücher.example/",
        "https://xn--bcher-kva.example/",
    ],
)
def test_a_url_of_the_public_internet_is_accepted(url: str) -> None:
    check_url(url, EgressPolicy())


def test_a_platform_is_known_by_exact_hosts() -> None:
    policy = EgressPolicy(hosts=frozenset({"open.feishu.cn"}))
    check_url("https://open.feishu.cn/open-apis", policy)
    check_url("https://OPEN.feishu.cn/", policy)
    for host in ("feishu.cn", "x.open.feishu.cn", "open.feishu.cn.evil.example", "8.8.8.8"):
        with pytest.raises(EgressRefusedError, match="own hosts"):
            check_url(f"https://{host}/", policy)


def test_the_operators_blocks_open_http_and_any_port() -> None:
    for hosts in (frozenset[str](), frozenset({"open.feishu.cn"})):
        policy = EgressPolicy(hosts=hosts, allow=LOOPBACK)
        check_url("http://127.0.0.1:9999/", policy)
        check_url("https://[::ffff:127.0.0.1]:22/", policy)
        check_url("http://emulator.internal:9999/", policy)  # its addresses are judged later
        for closed in ("http://8.8.8.8/", "http://10.0.0.1/", "https://8.8.8.8:22/"):
            with pytest.raises(EgressRefusedError, match="GATEWAY_EGRESS_ALLOW"):
                check_url(closed, policy)


def test_a_proxy_is_judged_like_any_address() -> None:
    for proxy in ("http://10.0.0.1:3128", "socks5://8.8.8.8", "http://[::1", "http://"):
        with pytest.raises(EgressRefusedError):
            check_url("https://example.com", EgressPolicy(proxy=proxy))
    check_url("https://example.com", EgressPolicy(proxy="http://user:pass@proxy.example:3128"))


# --- names ---


@pytest.mark.parametrize(
    "answers",
    [
        ["127.0.0.1"],
        ["10.0.0.1"],
        ["8.8.8.8", "10.0.0.1"],
        ["::ffff:127.0.0.1"],
        ["64:ff9b::7f00:1"],
    ],
)
@pytest.mark.parametrize("hosts", [frozenset[str](), frozenset({"name.example"})])
async def test_a_name_with_any_closed_address_is_refused(
    answers: list[str], hosts: frozenset[str]
) -> None:
    async with resolving(answers) as (egress, _):
        with pytest.raises(EgressRefusedError, match=r"name\.example") as error:
            await egress.client(EgressPolicy(hosts=hosts)).get("https://name.example/")
    assert isinstance(classify(error.value), ContentError)
    assert not any(answer in str(error.value) for answer in answers)


async def test_plain_http_needs_every_address_to_be_the_operators() -> None:
    async with resolving(["127.0.0.1", "8.8.8.8"]) as (egress, _):
        with pytest.raises(EgressRefusedError, match="GATEWAY_EGRESS_ALLOW"):
            await egress.client(PATIENT).get("http://mixed.example/")


async def test_an_unlisted_host_is_reached_only_where_the_operator_opened_it() -> None:
    policy = EgressPolicy(hosts=frozenset({"open.feishu.cn"}), allow=LOOPBACK)
    async with server(answering(OK)) as url, resolving(["127.0.0.1"]) as (egress, _):
        answer = await egress.client(policy).get(url.replace("127.0.0.1", "emulator.internal"))
        assert answer.is_success
    async with resolving(["8.8.8.8"]) as (egress, _):
        with pytest.raises(EgressRefusedError):
            await egress.client(policy).get("https://elsewhere.example/")


async def test_the_connection_goes_to_the_address_that_was_judged() -> None:
    seen: list[bytes] = []
    async with (
        server(answering(OK, seen)) as url,
        resolving(["127.0.0.1"], ["10.0.0.1"]) as (egress, asked),
    ):
        await egress.client(PATIENT).get(url.replace("127.0.0.1", "rebinding.example"))
    assert asked == ["rebinding.example"]
    assert b"Host: rebinding.example:" in seen[0]


async def test_an_allowed_connection_is_no_way_in_for_another_policy(egress: Egress) -> None:
    async with server(answering(OK)) as url:
        await egress.client(PATIENT).get(url)
        with pytest.raises(EgressRefusedError):
            await egress.client(EgressPolicy()).get(url)


async def test_localhost_by_the_machines_own_resolver_is_refused(egress: Egress) -> None:
    with pytest.raises(EgressRefusedError):
        await egress.client(EgressPolicy()).get("https://localhost/")


# --- proxies ---


async def test_a_platform_name_is_left_to_the_proxy() -> None:
    seen: list[bytes] = []
    refused = b"HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n"
    async with (
        server(answering(refused, seen)) as proxy,
        resolving(["10.0.0.1"]) as (egress, asked),
    ):
        policy = EgressPolicy(
            hosts=frozenset({"open.feishu.cn"}),
            allow=LOOPBACK,
            proxy=proxy.replace("//", "//user:pass@"),
        )
        with pytest.raises(httpx.ProxyError) as error:
            await egress.client(policy).get("https://open.feishu.cn/")
    assert seen[0].startswith(b"CONNECT open.feishu.cn:443")
    assert b"Proxy-Authorization: Basic dXNlcjpwYXNz" in seen[0]
    assert asked == []
    assert isinstance(classify(error.value), TemporaryError)


async def test_a_users_name_is_judged_before_the_proxy_hears_it() -> None:
    seen: list[bytes] = []
    async with server(answering(OK, seen)) as proxy, resolving(["10.0.0.1"]) as (egress, _):
        http = egress.client(EgressPolicy(allow=LOOPBACK, proxy=proxy))
        for url in ("https://intranet.example/", "http://intranet.example/", "https://10.0.0.1/"):
            with pytest.raises(EgressRefusedError):
                await http.get(url)
    assert seen == []


async def test_a_users_name_without_an_address_is_surely_not_sent_by_proxy_either() -> None:
    async with resolving([]) as (egress, _):
        http = egress.client(EgressPolicy(allow=LOOPBACK, proxy="http://127.0.0.1:1"))
        with pytest.raises(httpx.ConnectError):
            await http.get("https://gone.example/")


async def test_plain_http_to_the_operators_blocks_goes_through_the_proxy(egress: Egress) -> None:
    seen: list[bytes] = []
    async with server(answering(OK, seen)) as proxy:
        http = egress.client(EgressPolicy(allow=LOOPBACK, proxy=proxy))
        assert (await http.get("http://127.0.0.2:81/x")).text == "ok"
    assert seen[0].startswith(b"GET http://127.0.0.2:81/x ")


async def test_a_proxy_on_a_closed_address_is_refused(egress: Egress) -> None:
    policy = EgressPolicy(hosts=frozenset({"open.feishu.cn"}), proxy="http://127.0.0.1:3128")
    with pytest.raises(EgressRefusedError):
        await egress.client(policy).get("https://open.feishu.cn/")


# --- headers ---


@pytest.mark.parametrize(
    "name",
    [
        *("Host", "content-length", "Transfer-Encoding", "Connection", "Proxy-Authorization"),
        *("Cookie", "X-Forwarded-For", "Upgrade", "TE", "Forwarded"),
        *("", "a b", "a:b", "é", "a\r\nb"),
    ],
)
def test_a_header_of_the_connection_is_refused(name: str) -> None:
    with pytest.raises(EgressRefusedError):
        check_headers({name: "x"})


@given(st.text())
def test_a_header_value_is_printable_ascii_or_refused(value: str) -> None:
    fine = all(character == "\t" or " " <= character <= "~" for character in value)
    if fine:
        check_headers({"X-Token": value})
        return
    with pytest.raises(ValueError, match="X-Token") as error:
        check_headers({"X-Token": value})
    assert len(value) < 2 or value not in str(error.value)
