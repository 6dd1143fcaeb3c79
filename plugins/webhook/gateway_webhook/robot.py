"""One group's robot, as the gateway uses it: a robot only says things, in its own group."""

import functools
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import httpx
from pydantic import BaseModel

from gateway.plugin import (
    Audience,
    Card,
    Channel,
    ChannelType,
    Check,
    ContentError,
    Context,
    Degrades,
    DeliveryError,
    Identity,
    Limits,
    Loss,
    Payload,
    RateLimitedError,
    Receipt,
    Recipient,
    ScopeMissingError,
    Splits,
)
from gateway_lark.cards import dumps
from gateway_lark.codes import log_id_of

from . import guide, losing
from .credential import HOST, RobotCredential, credential_for
from .fitting import fit, fits
from .group import identity_of
from .post import Post

MAX_BYTES = 20_000
"""Of a whole request's body, on every platform."""
PROOF_BYTES = 200
"""What timestamp, signature and key add to a payload at most."""
MOST_BYTES = MAX_BYTES - PROOF_BYTES
LABEL = "Group robot"
_JSON = {"Content-Type": "application/json; charset=utf-8"}


@dataclass(frozen=True, slots=True)
class Robot:
    """One brand's robot.

    Attributes:
        name: The channel type's name.
        titles: Its name for people by language.
        brands: The platform's name by language.
        host: Where it is called.
        path: What follows the host in its address; the group `token` is the secret part.
        example: The same in words.
        docs_url: The platform's page about it.
        identity_kinds: How people can be mentioned.
        same_people: The channel types on which they have the same identities.
        write: Writes a card, with a keyword where the card lacks it.
        losses: Tells what of a card it cannot show, however short that is.
        sign: Proves a post with the robot's secret.
        error_in: Reads what an answer stands for, without showing secrets; None is success.
        probe: A body that says nothing, so that the platform judges all but the message.
        proofs: The codes with which it refuses such a body from a robot it knows.
        limits: How fast it may speak.
        pause: How long to be silent once it was too fast.
        key_field: Where it takes a key that makes repeats harmless.
        private_host: What a private deployment of it may be called; the first brand that fits.
        emulator: What makes the emulator of its platform, and of which brand.
    """

    name: str
    titles: Mapping[str, str]
    brands: Mapping[str, str]
    host: str
    path: str
    example: str
    docs_url: str
    identity_kinds: tuple[str, ...]
    same_people: frozenset[str]
    write: Callable[[Card, str | None], Payload]
    losses: Callable[[Card], Iterable[Loss]]
    sign: Callable[[Post, str, datetime], Post]
    error_in: Callable[[httpx.Response, Collection[str], datetime], DeliveryError | None]
    probe: Mapping[str, Any]
    proofs: frozenset[str]
    limits: Limits
    pause: timedelta
    key_field: str | None = None
    emulator: str | None = None
    emulator_brand: str | None = None
    private_host: re.Pattern[str] = re.compile(r".*")


class RobotChannel(Channel[RobotCredential], Degrades, Splits):
    """A channel to one group, of whichever brand."""

    def __init__(self, credential: RobotCredential, context: Context, *, robot: Robot) -> None:
        super().__init__(credential, context)
        self.robot = robot
        self._last: tuple[Card, Sequence[Payload]] | None = None

    async def check(self) -> Sequence[Check]:
        """Let the platform judge address, network address and signature; the group hears nothing.

        A wrong keyword cannot be found without saying something.
        """
        try:
            reply = await self._post(self.robot.probe, purpose="check")
        except httpx.HTTPError as error:
            detail = f"No answer came: {type(error).__name__}."
            return [Check("robot", LABEL, "error", detail=detail)]
        refused = self._error(reply)
        if refused is None or refused.provider_code in self.robot.proofs:
            return [Check("robot", LABEL, "ok")]
        return [_refused(refused)]

    async def resolve(self, recipient: Recipient) -> Identity:
        """Return the robot's own group; nobody else can be reached."""
        return identity_of(recipient)

    def render(self, card: Card) -> Payload:
        """Write the card: cut with its link where it is too long, without one its first part."""
        return self.split(card)[0]

    def split(self, card: Card) -> Sequence[Payload]:
        """Write the card in as many messages as it needs; more than one only without a link."""
        if self._last is None or self._last[0] is not card:  # each part is asked for by itself
            parts = fit(card, self._write, MOST_BYTES)
            self._last = card, [self._write(part) for part in parts]
        return self._last[1]

    def losses(self, card: Card) -> Sequence[Loss]:
        """Return what the robot has no place for, and whether it says the beginning only."""
        whole = card.link is None or fits(card, self._write, MOST_BYTES)
        cut = () if whole else (Loss(("blocks",), "shortened", losing.TOO_LONG),)
        return (*cut, *self.robot.losses(card))

    def _write(self, card: Card) -> Payload:
        return self.robot.write(card, self.credential.keyword)

    async def send(self, to: Identity, payload: Payload, *, key: str) -> Receipt:
        """Say it in the group; a platform without a key for repeats may say it twice."""
        del to
        keyed = {self.robot.key_field: key} if self.robot.key_field else {}
        reply = await self._post({**payload, **keyed}, purpose="send")
        error = self._error(reply)
        if error is not None:
            raise error
        return Receipt(
            message_id=key if keyed else "",
            log_id=log_id_of(reply, None),
            http_status=reply.status_code,
            provider_code="0",
        )

    async def _post(self, body: Mapping[str, Any], *, purpose: str) -> httpx.Response:
        """Post once, with a signature of this very moment: an old one is refused."""
        post = self._signed(Post(self.credential.webhook_url.get_secret_value(), body))
        content = dumps({**post.body}).encode()
        if len(content) > MAX_BYTES:
            raise ContentError(f"The message has {len(content)} bytes; a robot takes {MAX_BYTES}.")
        return await self.http.request(
            "POST", post.url, content=content, headers=_JSON, extensions={"purpose": purpose}
        )

    def _signed(self, post: Post) -> Post:
        secret = self.credential.secret
        if secret is None:
            return post
        return self.robot.sign(post, secret.get_secret_value(), self.context.clock.now())

    def _error(self, reply: httpx.Response) -> DeliveryError | None:
        now = self.context.clock.now()
        error = self.robot.error_in(reply, self.credential.secrets, now)
        if isinstance(error, RateLimitedError) and error.retry_after < self.robot.pause:
            error.retry_after = self.robot.pause
        return error


def channel_type(robot: Robot) -> ChannelType:
    """Return what a brand's robot offers."""
    model: type[BaseModel] = credential_for(robot.titles["en"], _address(robot), _wanted(robot))
    return ChannelType(
        name=robot.name,
        title=robot.titles,
        credential=model,
        channel=RobotChannel,
        connect=functools.partial(RobotChannel, robot=robot),
        audience=Audience.GROUP,
        limits=robot.limits,
        hosts=frozenset({robot.host}),
        host_fields=("webhook_url",),
        app_field="webhook_url",
        identity_kinds=robot.identity_kinds,
        same_people=robot.same_people,
        recipients=frozenset({"channel"}),
        guide=functools.partial(guide.for_robot, _facts(robot)),
        example={"webhook_url": f"https://{robot.host}{robot.example.split()[0]}an-example"},
        emulator=robot.emulator,
        emulator_brand=robot.emulator_brand,
    )


def _address(robot: Robot) -> str:
    """Any host, for the way out knows which are allowed; and any folder, for deployments."""
    return rf"https?://{HOST}(?:/[A-Za-z0-9._-]+)*{robot.path}"


def _wanted(robot: Robot) -> str:
    return f"A robot's address is https://{robot.host}{robot.example}."


def _facts(robot: Robot) -> guide.RobotFacts:
    return guide.RobotFacts(robot.name, robot.brands, robot.host, robot.example, robot.docs_url)


def _refused(error: DeliveryError) -> Check:
    return Check(
        "robot",
        LABEL,
        "missing" if isinstance(error, ScopeMissingError) else "error",
        detail=error.message,
        provider_code=error.provider_code,
        fix_url=error.fix_url,
    )
