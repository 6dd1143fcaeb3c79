"""Which URLs and headers a policy lets out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.egress import EgressPolicy, EgressRefusedError, check_headers, check_url
from tests.gateway.egress.far_end import LOOPBACK

# --- URLs ---


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
