"""The emulated platforms of all installed channel types that have one."""

import contextlib
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint
from typing import Any

import structlog
from starlette.applications import Starlette

from gateway.plugin import ChannelType
from gateway.registry import load
from gateway.serving import listen_near, port_of

LOCAL = "127.0.0.1"
FIRST_PORT = 8091


@dataclass(frozen=True, slots=True)
class Emulated:
    """One platform, and the socket it will answer on."""

    channel_type: ChannelType
    app: Starlette
    sock: socket.socket

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://{LOCAL}:{port_of(self.sock)}"

    @property
    def people(self) -> list[dict[str, str]]:
        """Who may be written to there."""
        people: list[dict[str, str]] = self.app.state.demo["people"]
        return people

    @property
    def config(self) -> dict[str, Any]:
        """What a channel needs to be told to use it."""
        bases = dict.fromkeys(self.channel_type.host_fields, self.url)
        return {**self.app.state.demo["config"], **bases}


def emulated_types(allowed: frozenset[str] | None = None) -> Mapping[str, ChannelType]:
    """Return the installed channel types that have an emulator, by name."""
    offers = load(structlog.get_logger("gateway.demo"), allowed=allowed).offers
    found = {name: offer.channel_type for name, offer in offers.items()}
    return {name: found[name] for name in sorted(found) if found[name].emulator}


def create(channel_type: ChannelType) -> Starlette:
    """Make the emulator of a channel type, with a ready organisation."""
    point = EntryPoint(name=channel_type.name, value=channel_type.emulator or "", group="")
    app: Starlette = point.load()(brand=channel_type.name)
    return app


@contextlib.contextmanager
def emulated(types: Mapping[str, ChannelType], first_port: int) -> Iterator[list[Emulated]]:
    """Make every emulator and give each the next free port."""
    with contextlib.ExitStack() as sockets:
        found: list[Emulated] = []
        for channel_type in types.values():
            sock = sockets.enter_context(contextlib.closing(listen_near(LOCAL, first_port)))
            found.append(Emulated(channel_type, create(channel_type), sock))
        yield found
