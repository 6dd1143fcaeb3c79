"""Names are judged by every address they have, also where a proxy resolves them."""

import httpx
import pytest

from gateway.egress import Egress, EgressPolicy, EgressRefusedError, classify
from gateway.errors import ContentError, TemporaryError
from tests.gateway.egress.far_end import LOOPBACK, OK, PATIENT, answering, resolving, server

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
