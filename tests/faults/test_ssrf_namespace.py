"""What attackers type into a webhook's URL, really connected to.

Outside a network namespace such a list contacts other machines, so the calls are made by a
subprocess in a namespace of its own, where every address there is belongs to `lo` and one
victim listens on all of them.
"""

import asyncio
import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Sequence
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path

import httpx
import pytest

import gateway
from gateway.egress import Egress, EgressPolicy, EgressRefusedError

ATTACKS = """
127.0.0.1 127.1 127.0.0.2 0.0.0.0 0 2130706433 0x7f000001 0x7f.0.0.1 0177.0.0.1 017700000001
127.0.0.1. localhost localhost. 10.0.0.1 172.16.0.1 192.168.0.1 100.64.0.1 100.100.100.200
169.254.169.254 169.254.170.2 192.0.0.192 168.63.129.16 192.0.2.1 198.18.0.1 198.51.100.1
203.0.113.1 192.88.99.1 224.0.0.1 240.0.0.1 255.255.255.255 [::] [::1] [::127.0.0.1]
[::ffff:127.0.0.1] [::ffff:7f00:1] [::ffff:10.0.0.1] [::ffff:169.254.169.254] [2002:7f00:1::]
[2002:a9fe:a9fe::] [64:ff9b::7f00:1] [64:ff9b::a9fe:a9fe] [64:ff9b:1::7f00:1] [2001:0:7f00:1::]
[fd00:ec2::254] [fc00::1] [fe80::1] [fec0::1] [100::1] [2001:db8::1] [3fff::1] [5f00::1]
[ff02::1] ①②⑦.⓪.⓪.① 127。0。0。1 user@127.0.0.1 example.com@127.0.0.1 127.0.0.1:443@example.com
""".split()  # noqa: SIM905 - a table reads best as one
FORMS = ("https://{}/", "http://{}/", "https://{}:8443/", "http://{}:8080/", "https://{}:22/")
NAMES = {
    "private.example": ["10.0.0.1"],
    "metadata.example": ["169.254.169.254"],
    "mapped.example": ["::ffff:127.0.0.1"],
    "sixtofour.example": ["2002:7f00:1::"],
    "nat64.example": ["64:ff9b::7f00:1"],
    "mixed.example": ["8.8.8.8", "127.0.0.1"],
    "mixed6.example": ["2606:4700::1111", "::1"],
}
PORTS = (22, 80, 443, 8080, 8443)
REACHABLE = ("127.0.0.1", "10.0.0.1", "169.254.169.254", "100.100.100.200", "192.0.0.192")
PUBLIC = ("8.8.8.8", "[2606:4700::1111]")

pytestmark = pytest.mark.faults


@pytest.fixture(scope="module")
def report() -> dict[str, list[str]]:
    unshare = shutil.which("unshare")
    if unshare is None or shutil.which("ip") is None:
        pytest.skip("needs unshare and ip")
    isolate = [unshare, "-n"] if os.geteuid() == 0 else [unshare, "-rn"]
    if subprocess.run([*isolate, "true"], check=False, capture_output=True).returncode:
        pytest.skip("may not make a network namespace here")
    root = str(Path(gateway.__file__).parent.parent)
    done = subprocess.run(
        [*isolate, sys.executable, __file__],
        check=True,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": root},
        timeout=100,
    )
    found: dict[str, list[str]] = json.loads(done.stdout)
    return found


def test_no_attack_reaches_the_victim(report: dict[str, list[str]]) -> None:
    assert report["reached"] == []


def test_every_attack_is_refused_rather_than_failing(report: dict[str, list[str]]) -> None:
    assert report["not refused"] == []


def test_the_victim_could_have_been_reached(report: dict[str, list[str]]) -> None:
    assert report["unreachable with an allow-list"] == []


def test_public_addresses_are_reached(report: dict[str, list[str]]) -> None:
    assert report["public but unreachable"] == []


async def attack() -> dict[str, list[str]]:
    """Try everything; runs inside the namespace only."""
    _make_every_address_local()
    reached = 0

    async def victim(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal reached
        reached += 1
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        writer.close()

    for port in PORTS:
        await asyncio.start_server(victim, ["0.0.0.0", "::"], port)

    async def reaches(egress: Egress, policy: EgressPolicy, url: str) -> tuple[bool, bool]:
        before, refused = reached, False
        try:
            await egress.client(policy).get(url)
        except EgressRefusedError:
            refused = True
        except httpx.HTTPError:
            pass
        await asyncio.sleep(0.002)
        return reached > before, refused

    egress, named = Egress(), Egress(lookup=_lookup)
    soon = timedelta(seconds=2)
    public = EgressPolicy(total=soon)
    platform = EgressPolicy(hosts=frozenset(NAMES), total=soon)
    opened = EgressPolicy(allow=(ip_network("0.0.0.0/0"), ip_network("::/0")), total=soon)
    found: dict[str, list[str]] = {"reached": [], "not refused": []}
    tries = [(egress, public, form.format(host)) for host in ATTACKS for form in FORMS]
    tries += [(named, public, form.format(host)) for host in NAMES for form in FORMS]
    tries += [(named, platform, f"https://{host}/") for host in NAMES]
    for via, policy, url in tries:
        got_there, refused = await reaches(via, policy, url)
        found["reached"] += [url] if got_there else []
        found["not refused"] += [] if refused else [url]
    urls = [f"http://{host}/" for host in REACHABLE]
    found["unreachable with an allow-list"] = [
        url for url in urls if not (await reaches(egress, opened, url))[0]
    ]
    urls = [f"https://{host}/" for host in PUBLIC]
    found["public but unreachable"] = [
        url for url in urls if not (await reaches(egress, public, url))[0]
    ]
    await egress.aclose()
    await named.aclose()
    return found


async def _lookup(host: str) -> Sequence[str]:
    return NAMES[host]


def _make_every_address_local() -> None:
    if [name for _, name in socket.if_nameindex()] != ["lo"]:
        raise SystemExit("this is no namespace of its own; nothing was contacted")
    for command in (
        "ip link set lo up",
        "ip route add local 0.0.0.0/0 dev lo",
        "ip -6 route add local ::/0 dev lo",
    ):
        subprocess.run(command.split(), check=True)


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(attack())))
