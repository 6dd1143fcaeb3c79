"""Plugins that misbehave, as their authors would write them to a file: what they break, how."""

from dataclasses import dataclass

HEAD = '''"""A plugin that breaks the contract."""

import os
import time

import httpx
from pydantic import BaseModel, Field, SecretStr

from gateway import plugin as sdk


class Credential(BaseModel):
    token: SecretStr = Field(description="The token.")


class Toy(sdk.Channel[Credential]):
    async def check(self):
        sdk.json_of(await self._post({}), "id")
        return [sdk.Check("token", "Token", "ok")]

    async def resolve(self, recipient):
        return sdk.Identity(recipient.id, "toy")

    def render(self, card):
        return {"text": card.title}

    async def send(self, to, payload, *, key):
        return sdk.Receipt(str(sdk.json_of(await self._post({"to": to.id, **payload}), "id")["id"]))

    async def _post(self, body):
        login = {"authorization": "Bearer " + self.credential.token.get_secret_value()}
        extensions = {"purpose": "send"}
        url = "https://toy.example/"
        return await self.http.post(url, json=body, headers=login, extensions=extensions)

'''
TAIL = """

HOSTS = frozenset({"toy.example"})
TITLES = {"en": "Toy", "zh-CN": "玩具"}


@sdk.hookimpl
def channel_types():
    return [sdk.ChannelType("toy", TITLES, Credential, Toy, hosts=HOSTS)]
"""
SUBJECTS = '''"""The toy's platform takes everything that carries its token."""

import httpx
import toy

from gateway.plugin import Recipient, RecipientKind
from gateway.testing import Subject


def far_end(_clock):
    def answer(request):
        good = request.headers.get("authorization") == "Bearer canary-token"
        return httpx.Response(200 if good else 401, json={"id": "m1"})

    return httpx.MockTransport(answer)


def subjects():
    yield Subject(
        toy.channel_types()[0],
        {"token": "canary-token"},
        far_end=far_end,
        recipients=[Recipient(RecipientKind.USER, "li")],
        plugin=toy,
    )
'''


@dataclass(frozen=True)
class Bad:
    """A misdeed: methods that replace the good ones, and the rule that catches it."""

    rule: str
    told: str
    body: str = ""
    first: str = ""
    last: str = ""
    subjects: str = SUBJECTS

    @property
    def text(self) -> str:
        return self.first + HEAD + self.body + TAIL + self.last


GOOD = HEAD + TAIL
BAD = {
    "raises at import": Bad(
        "loads", "RuntimeError: no licence", first='raise RuntimeError("no licence")\n'
    ),
    "exits at import": Bad("loads", "SystemExit: 3", first="raise SystemExit(3)\n"),
    "is no Python": Bad("loads", "SyntaxError", first="def\n"),
    "lacks a dependency": Bad("loads", "ModuleNotFoundError", first="import no_such_thing\n"),
    "forgets a method": Bad(
        "loads", "toy lacks send", last="Toy.__abstractmethods__ = frozenset({'send'})\n"
    ),
    "offers nothing": Bad("offers-a-channel-type", "it offers none", last="channel_types = list\n"),
    "looks at the clock": Bad(
        "render-is-pure",
        "render calls time.time",
        '    def render(self, card):\n        return {"text": card.title, "at": time.time()}\n',
    ),
    "tells its secret": Bad(
        "secrets-never-show",
        "a secret is in what send tells",
        "    async def send(self, to, payload, *, key):\n"
        "        try:\n"
        '            return sdk.Receipt(sdk.json_of(await self._post(payload), "id")["id"])\n'
        "        except sdk.DeliveryError as error:\n"
        "            secret = self.credential.token.get_secret_value()\n"
        "            raise sdk.TemporaryError(secret) from error\n",
    ),
    "calls a failure a success": Bad(
        "failure-is-never-success",
        "send counts as a success after",
        "    async def send(self, to, payload, *, key):\n"
        "        await self._post(payload)\n"
        '        return sdk.Receipt("m1")\n',
    ),
    "raises what nobody knows": Bad(
        "errors-are-from-the-table",
        "send ends in JSONDecodeError",
        "    async def send(self, to, payload, *, key):\n"
        '        return sdk.Receipt((await self._post(payload)).json()["id"])\n',
    ),
    "exits in send": Bad(
        "sends",
        "SystemExit",
        "    async def send(self, to, payload, *, key):\n        raise SystemExit(3)\n",
    ),
    "blocks": Bad(
        "never-blocks",
        "send calls time.sleep",
        "    async def send(self, to, payload, *, key):\n"
        "        time.sleep(0.001)\n"
        '        return sdk.Receipt(str(sdk.json_of(await self._post(payload), "id")["id"]))\n',
    ),
    "calls elsewhere": Bad(
        "calls-stay-on-declared-hosts",
        "it calls telemetry.example",
        "    async def check(self):\n"
        '        await self.http.get("https://telemetry.example/")\n'
        '        return [sdk.Check("token", "Token", "ok")]\n',
    ),
    "returns garbage": Bad(
        "sends",
        "send returns a str, no Receipt",
        "    async def send(self, to, payload, *, key):\n"
        "        sdk.raise_for_reply(await self._post(payload))\n"
        '        return "sent"\n',
    ),
    "changes its configuration": Bad(
        "keeps-its-configuration",
        "send changes the configuration",
        "    async def send(self, to, payload, *, key):\n"
        '        reply = sdk.json_of(await self._post(payload), "id")\n'
        '        self.credential.token = SecretStr("another")\n'
        '        return sdk.Receipt(str(reply["id"]))\n',
    ),
}
