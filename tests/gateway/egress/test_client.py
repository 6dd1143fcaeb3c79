"""A call: for how long it may take, how much of an answer is taken, what a failure is called."""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from typing import Any

import httpx
import pytest

from gateway.egress import (
    AnswerTooLargeError,
    Call,
    Egress,
    EgressRefusedError,
    EncodedAnswerError,
    classify,
)
from gateway.errors import ContentError, TemporaryError, UncertainError
from tests.gateway.egress.far_end import OK, OPEN, PATIENT, answering, certified, server

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
