"""Plugins as third parties install them: distributions on the path, some of which misbehave."""

from pathlib import Path

GOOD_SECONDS = 0.02
MODULE = '''"""A channel type of a third party."""

import asyncio

from pydantic import BaseModel

from gateway import plugin as sdk


class Config(BaseModel):
    name: str = "toy"


class Toy(sdk.Channel[Config]):
    async def check(self):
        return [sdk.Check("toy", "Toy", "ok")]

    async def resolve(self, recipient):
        return sdk.Identity(recipient.id, "toy")

    def render(self, card):
        {render}

    async def send(self, to, payload, *, key):
        {send}


@sdk.hookimpl
def channel_types():
    return [sdk.ChannelType("{name}", "{name}", Config, Toy, attempt_seconds=1)]
'''
RENDER = 'return {"title": card.title}'
SENDS = {
    "good": f'await asyncio.sleep({GOOD_SECONDS}); return sdk.Receipt("m1")',
    "hangs": "await asyncio.Event().wait()",
    "exits": "raise SystemExit(3)",
    "garbage": 'return {"ok": True}',
    "mutates": 'self.credential.name = None; payload.clear(); return sdk.Receipt("m1")',
}
RENDERS = {"exits-rendering": "raise SystemExit(4)", "renders-garbage": "return [card]"}
AT_IMPORT = {"raises-at-import": "raise RuntimeError('no licence')", "exits-at-import": "exit(5)"}
MISBEHAVING = (*(name for name in SENDS if name != "good"), *RENDERS)


def install(folder: Path) -> Path:
    """Write every toy as an installed distribution; the folder goes onto the path."""
    folder.mkdir(parents=True, exist_ok=True)
    sources = {name: module(name, send=body) for name, body in SENDS.items()}
    sources |= {name: module(name, render=body) for name, body in RENDERS.items()}
    for name, source in (sources | AT_IMPORT).items():
        _distribution(folder, name, source)
    return folder


def module(name: str, *, render: str = RENDER, send: str = SENDS["good"]) -> str:
    """Return the source of a plugin."""
    found = MODULE.replace("{name}", name).replace("{render}", render)
    return found.replace("{send}", send)


def _distribution(folder: Path, name: str, source: str) -> None:
    package = f"toy_{name.replace('-', '_')}"
    (folder / f"{package}.py").write_text(source)
    told = folder / f"{package}-1.0.dist-info"
    told.mkdir()
    (told / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
    (told / "entry_points.txt").write_text(f"[gateway]\n{name} = {package}\n")
