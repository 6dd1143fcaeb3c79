"""One process with emulated platforms, the gateway and a ready tenant."""

import contextlib
import os
import secrets
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gateway.app import build_app
from gateway.demo.emulators import FIRST_PORT, LOCAL, Emulated, emulated, emulated_types
from gateway.demo.tenant import Api, Checked, DemoError, fill, first_notification
from gateway.plugin import Audience
from gateway.serving import listen_near, port_of, serving
from gateway.settings import Settings

KEY_FILE = "owner-key"
# A demo ends at once: nobody waits for the last request of an emulator.
DRAIN_SECONDS = 1


@dataclass(frozen=True, slots=True)
class Options:
    """Where the demo keeps its data and which ports it tries first."""

    data: Path
    port: int = 8080
    first_emulator_port: int = FIRST_PORT
    plugins: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Demo:
    """What is running, for whoever tries it."""

    url: str
    key: str
    key_file: Path
    emulators: list[Emulated]
    checks: list[Checked]
    api: Api = field(repr=False)

    @property
    def person(self) -> str:
        """The user to whom the first notification goes."""
        return next(one["id"] for each in self.emulators for one in each.people)

    @property
    def groups(self) -> list[str]:
        """The channels that address a group or a receiver, and nobody in person."""
        types = [each.channel_type for each in self.emulators]
        return [each.name for each in types if each.audience is Audience.GROUP]

    async def send(self) -> dict[str, Any]:
        """Post the first notification, to groups too, and return the API's answer."""
        body = first_notification(self.person, self.groups)
        return await self.api.call("POST", "/notify", body)


@contextlib.asynccontextmanager
async def running(options: Options) -> AsyncIterator[Demo]:
    """Run the emulators and the gateway while the body runs, with a tenant that is ready.

    Raises:
        DemoError: No emulator with people is installed, or the gateway refused something.
        StoreLockedError: Another demo already works in this folder.
    """
    types = emulated_types(options.plugins)
    if not types:
        raise DemoError("No installed plugin has an emulator.")
    async with contextlib.AsyncExitStack() as stack:
        sock = stack.enter_context(contextlib.closing(listen_near(LOCAL, options.port)))
        emulators = stack.enter_context(emulated(types, options.first_emulator_port))
        if not any(each.people for each in emulators):
            raise DemoError("No installed plugin has an emulator with people.")
        for each in dict.fromkeys(one.platform for one in emulators):
            await stack.enter_async_context(serving(each.app, each.sock, drain=DRAIN_SECONDS))
        yield await _gateway(stack, options, sock, emulators)


async def _gateway(
    stack: contextlib.AsyncExitStack,
    options: Options,
    sock: socket.socket,
    emulators: list[Emulated],
) -> Demo:
    key_file = options.data / KEY_FILE
    key = _owner_key(key_file)
    app = build_app(_settings(options, port_of(sock), key))
    await stack.enter_async_context(serving(app, sock, drain=DRAIN_SECONDS))
    url = f"http://{LOCAL}:{port_of(sock)}"
    api = Api(url, key)
    stack.push_async_callback(api.aclose)
    return Demo(url, key, key_file, emulators, await fill(api, emulators), api)


def _settings(options: Options, port: int, key: str) -> Settings:
    values: dict[str, Any] = {
        "database_url": f"sqlite:///{options.data / 'gateway.db'}",
        "host": LOCAL,
        "port": port,
        "public_url": None,
        "owner_key": key,
        "egress_allow": "127.0.0.0/8",
        "plugins": options.plugins,
        "log_level": "warning",
        "log_format": "console",
    }
    return Settings(**values)


def _owner_key(path: Path) -> str:
    """Return the key of this demo, the same whenever it runs on the same data."""
    given = os.environ.get("GATEWAY_OWNER_KEY")
    if given:
        return given
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
            file.write(f"demo_{secrets.token_urlsafe(24)}\n")
    return path.read_text().strip()
