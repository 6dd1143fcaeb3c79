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
class Platform:
    """An emulator, and the socket it answers on."""

    app: Starlette
    sock: socket.socket

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://{LOCAL}:{port_of(self.sock)}"


@dataclass(frozen=True, slots=True)
class Emulated:
    """One channel type, and the platform it is at home on, alone or with others."""

    channel_type: ChannelType
    platform: Platform

    @property
    def url(self) -> str:
        """Where the platform answers."""
        return self.platform.url

    @property
    def people(self) -> list[dict[str, str]]:
        """Who may be written to there."""
        people: list[dict[str, str]] = self.platform.app.state.demo["people"]
        return people

    @property
    def config(self) -> dict[str, Any]:
        """What a channel needs to be told to use it; addresses begin with the platform's own."""
        told = self.platform.app.state.demo
        own = told.get("channels", {}).get(self.channel_type.name, told["config"])
        bases = {name: self.url + own.get(name, "") for name in self.channel_type.host_fields}
        return {**own, **bases}


def emulated_types(allowed: frozenset[str] | None = None) -> Mapping[str, ChannelType]:
    """Return the installed channel types that have an emulator, by name."""
    offers = load(structlog.get_logger("gateway.demo"), allowed=allowed).offers
    found = {name: offer.channel_type for name, offer in offers.items()}
    return {name: found[name] for name in sorted(found) if found[name].emulator}


def create(channel_type: ChannelType) -> Starlette:
    """Make the emulator of a channel type, with a ready organisation."""
    path, brand = home(channel_type)
    app: Starlette = EntryPoint(name=channel_type.name, value=path, group="").load()(brand=brand)
    return app


def home(channel_type: ChannelType) -> tuple[str, str]:
    """Name the platform of a channel type: types with the same one share an emulator."""
    return channel_type.emulator or "", channel_type.emulator_brand or channel_type.name


@contextlib.contextmanager
def emulated(types: Mapping[str, ChannelType], first_port: int) -> Iterator[list[Emulated]]:
    """Make every platform once and give each the next free port."""
    with contextlib.ExitStack() as sockets:
        platforms: dict[tuple[str, str], Platform] = {}
        for channel_type in types.values():
            if home(channel_type) not in platforms:
                sock = sockets.enter_context(contextlib.closing(listen_near(LOCAL, first_port)))
                platforms[home(channel_type)] = Platform(create(channel_type), sock)
        yield [Emulated(each, platforms[home(each)]) for each in types.values()]
