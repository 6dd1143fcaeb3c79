"""Which addresses are the public internet, however they are written."""

from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.egress import EgressPolicy, EgressRefusedError, check_url
from gateway.egress.addresses import effective, is_public, literal

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


@given(st.ip_addresses())
def test_a_plain_literal_is_read_as_itself(address: IPv4Address | IPv6Address) -> None:
    assert literal(str(address)) == address


@given(st.integers(0, 2**32 - 1), st.sampled_from(["{}", "{:#x}", "0{:o}", "{:#x}.", "1.{}"]))
def test_odd_spellings_of_numbers_are_never_taken_for_names(number: int, form: str) -> None:
    with pytest.raises((EgressRefusedError, ValueError)):
        check_url(f"https://{form.format(number)}/", EgressPolicy())


@pytest.mark.parametrize("address", CLOSED)
def test_a_literal_of_a_closed_address_is_refused(address: str) -> None:
    host = f"[{address}]" if ":" in address else address
    with pytest.raises(EgressRefusedError):
        check_url(f"https://{host}/", EgressPolicy())
