"""Sends one notification through `gateway serve` and a third party's plugin to its emulator.

Both programs and the plugin are the installed ones; nothing of the gateway's source is in reach.
"""
# ruff: noqa: INP001 - a script, no package

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from smoke import read_document

KEY = "an-owner-key-for-this-run-only"
PATIENCE_SECONDS = 20.0
STOP_SECONDS = 15.0
TITLE = "Backup finished"


def main(program: str) -> None:
    """Run emulator and gateway, make the channel, notify, and see the message arrive."""
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {
            "GATEWAY_DATABASE_URL": f"sqlite:///{Path(folder) / 'gateway.db'}",
            "GATEWAY_OWNER_KEY": KEY,
            "GATEWAY_EGRESS_ALLOW": "127.0.0.0/8",
            "GATEWAY_PORT": str(free_port()),
        }
        url = f"http://127.0.0.1:{environment['GATEWAY_PORT']}"
        emulate = [program, "emulate", "ntfy", "--port", "0", "--json"]
        with running(emulate, environment) as emulator:
            told = read_document(emulator)
            with running([program, "serve"], environment):
                prepare(url, told["config"])
                notify(program, url, environment)
            see(told["url"])


@contextlib.contextmanager
def running(command: list[str], environment: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """Run a program while the body runs, and end it as Ctrl-C does."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:  # noqa: S603 - our own program
        try:
            yield process
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(STOP_SECONDS)


def prepare(url: str, config: dict[str, Any]) -> None:
    """Make a tenant with one user and one enabled channel whose check is fine."""
    until_ready(url)
    call("PUT", f"{url}/v1/tenants/acme", {"name": "Acme"})
    call("PUT", f"{url}/v1/tenants/acme/users/alerts", {"display_name": "The topic alerts"})
    channel = f"{url}/v1/tenants/acme/channels/ntfy"
    call("PUT", channel, {"type": "ntfy", "config": config})
    call("POST", f"{channel}/enable")
    report = call("POST", f"{channel}/check")
    if not report["ok"]:
        sys.exit(f"the check failed: {report}")


def notify(program: str, url: str, environment: dict[str, str]) -> None:
    """Post as a person would and follow it to its end."""
    words = ["--tenant", "acme", "--to", "user:alerts", "--title", TITLE, "--text", "All is safe."]
    where = ["--url", url, "--key", KEY, "--wait"]
    subprocess.run([program, "notify", *words, *where], env=environment, check=True)  # noqa: S603 - our own program


def see(emulator: str) -> None:
    """Find the message on the emulated server."""
    with urllib.request.urlopen(f"{emulator}/alerts/json?poll=1") as reply:  # noqa: S310 - our own emulator
        messages = [json.loads(line) for line in reply]
    if [message["title"] for message in messages] != [TITLE]:
        sys.exit(f"ntfy got {messages}")
    print(f"{emulator}: the message arrived")  # noqa: T201 - a report


def until_ready(url: str) -> None:
    """Wait until the gateway answers."""
    ends = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < ends:
        with contextlib.suppress(urllib.error.URLError):
            call("GET", f"{url}/readyz")
            return
        time.sleep(0.1)
    sys.exit("the gateway does not answer")


def call(method: str, url: str, body: object = None) -> dict[str, Any]:
    """Make one call of the API."""
    headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, headers, method=method)  # noqa: S310 - our own gateway
    with urllib.request.urlopen(request) as reply:  # noqa: S310 - as above
        text = reply.read()
    answer: dict[str, Any] = json.loads(text) if text else {}
    return answer


def free_port() -> int:
    """Find a port that is free now."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


if __name__ == "__main__":
    main(sys.argv[1])
