"""A whole gateway on real ports, with emulated platforms and an owner's key, in a thread."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gateway.demo.process import Demo, Options, running

ANY_PORT = 0


@dataclass
class Live:
    url: str = ""
    key: str = ""
    configs: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What a channel of each type needs to be told to use its emulator."""
    started: threading.Event = field(default_factory=threading.Event)
    failed: BaseException | None = None

    def tell(self, demo: Demo) -> None:
        self.url, self.key = demo.url, demo.key
        self.configs = {each.channel_type.name: each.config for each in demo.emulators}
        self.started.set()


@contextmanager
def live_gateway(folder: Path) -> Iterator[Live]:
    live, loop, stop = Live(), asyncio.new_event_loop(), asyncio.Event()

    async def serve() -> None:
        async with running(Options(folder, ANY_PORT, ANY_PORT)) as demo:
            live.tell(demo)
            await stop.wait()

    def run() -> None:
        try:
            loop.run_until_complete(serve())
        except BaseException as error:  # noqa: BLE001 - the test that waits is told
            live.failed = error
        finally:
            live.started.set()
            loop.close()

    thread = threading.Thread(target=run)
    thread.start()
    live.started.wait()
    try:
        if live.failed:
            raise live.failed
        yield live
    finally:
        if not loop.is_closed():
            loop.call_soon_threadsafe(stop.set)
        thread.join()
