"""Logins on a platform: where they lead, whom they name, and what is kept of them.

Kept is the binding and nothing else. What there is between two pages, the browser carries.
"""

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

from gateway.clock import to_millis
from gateway.connections import Live
from gateway.credentials import Credentials
from gateway.directory import known_channel, known_user
from gateway.people.asking import Asking, Questions
from gateway.people.connecting import Connecting, Ending, Somebody, Standing, found, seen
from gateway.people.identifying import (
    LoginError,
    able,
    described,
    identified,
    known,
    login_page,
    told_as_pages,
)
from gateway.people.pacing import Pace
from gateway.people.passes import Pass, PassError, Sign, fingerprint, read, written
from gateway.plugin import LogsIn, Person
from gateway.problems import ProblemError
from gateway.registry import Registry
from gateway.store.audit import By
from gateway.store.bindings import USERS, read_bindings
from gateway.store.channels import ChannelRow, read_channel
from gateway.store.tenants import read_tenant
from gateway.store.users import UserRow, read_user
from gateway.text import storable

ABILITY = "logs_in"
ACTOR = "login"
START = "/login"
CALLBACK = "/oauth2/callback"
LINK_LASTS = timedelta(hours=24)
STATE_LASTS = timedelta(minutes=10)
LONGEST_CODE = 4096


@dataclass(frozen=True, slots=True)
class Link:
    """An address that lets one user log in."""

    url: str
    expires: int


@dataclass(frozen=True, slots=True)
class Begun:
    """A login on its way.

    Attributes:
        url: The platform's page.
        nonce: What the browser has to bring back, and nobody else may know.
        user: The user whom a link names.
    """

    url: str
    nonce: str
    user: str | None


@dataclass(frozen=True, slots=True)
class Logins:
    """Begins and ends logins.

    Attributes:
        home: The address of the pages under `/app/`.
    """

    asking: Asking
    registry: Registry
    credentials: Credentials
    home: str
    pace: Pace = field(default_factory=Pace)

    async def link(self, tenant: str, channel: str, user: str) -> Link:
        """Return a link by which a user binds themselves; nothing is stored for it.

        Raises:
            ProblemError: There is no such channel or user, or nobody can log in there.
        """
        row = await self.asking.store.read(lambda c: known_user(c, tenant, user))
        kind = await self.asking.store.read(lambda c: known_channel(c, tenant, channel))
        if not self._able(kind):
            raise ProblemError("not_supported", f"nobody can log in on {kind}")
        expires = to_millis(self.asking.clock.now() + LINK_LASTS)
        paper = Pass("link", channel, expires, user, await self._seen(row, channel))
        text = written(paper, await self._sign(tenant))
        return Link(f"{self._start(tenant, channel)}?link={text}", expires)

    def offered(self, row: ChannelRow) -> str | None:
        """Return where people begin to log in on a channel, if they can.

        It is on the host that the platform sends them back to: the cookie belongs to one host.
        """
        can = row.enabled and self._able(row.type)
        return self._start(row.tenant, row.name) if can else None

    async def begin(self, tenant: str, channel: str, link: str | None) -> Begun:
        """Return where to log in, for the user of a link or for whoever the platform names.

        Raises:
            LoginError: The link counts no more, or nobody can log in there.
        """
        live = await self._live(tenant, channel)
        sign = await self._sign(tenant)
        named = await self._named(tenant, channel, link, sign) if link is not None else None
        nonce = secrets.token_urlsafe(32)
        state = Pass(
            "state",
            channel,
            to_millis(self.asking.clock.now() + STATE_LASTS),
            named.user if named else None,
            named.seen if named else "",
            fingerprint(nonce),
        )
        with told_as_pages():
            page = login_page(live.channel, self._back(tenant, channel), written(state, sign))
        return Begun(page, nonce, state.user)

    async def end(self, tenant: str, channel: str, answer: Mapping[str, str], nonce: str) -> Ending:
        """Bind whoever comes back with a code, if nothing speaks against it.

        Raises:
            LoginError: Nobody logged in, the state is not this browser's, or the platform refuses.
        """
        live = await self._live(tenant, channel)
        if answer.get("error"):
            raise LoginError("login_refused")
        state = await self._state(tenant, channel, answer.get("state", ""), nonce)
        code = _code(able(live.channel), answer)
        by_link, now = state.user is not None, self.asking.clock.now()
        if not self.pace.admits(tenant, channel, now, by_link=by_link):
            raise LoginError("too_many_logins")
        # No redactor learns the code: whoever makes codes up would make it forget the secrets.
        with told_as_pages(hidden=code):
            return await self._connected(tenant, channel, code, state)

    async def _connected(self, tenant: str, channel: str, code: str, state: Pass) -> Ending:
        async with self.asking.open(tenant, channel) as questions:
            told = await identified(questions, code, self._back(tenant, channel))
            somebody = await known(questions, told)
            by = By(ACTOR, tenant, self.asking.clock.now())
            if state.user is not None:
                connecting = Connecting(by, channel, somebody, state.user, state.seen)
                return await self._bound(questions, connecting)
            users = await self.asking.store.read(lambda c: found(c, by, channel, somebody))
            if len(users) == 1:
                return await self._bound(questions, Connecting(by, channel, somebody, users[0]))
            return Ending(Standing.SEVERAL if users else Standing.NOBODY)

    async def _bound(self, questions: Questions, connecting: Connecting) -> Ending:
        ending = await self.asking.store.write(connecting.write)
        if ending.standing is not Standing.OTHER:
            return ending
        # The user may be bound to the same person by an id that the login does not tell.
        mine = await self.asking.store.read(connecting.binding)
        somebody = connecting.somebody
        people = await described(questions, mine.who) if mine and mine.who else []
        if mine is None or mine.who is None or not _one_of(people, somebody):
            return ending
        known_too = replace(somebody, names=somebody.names | {mine.who})
        return await self.asking.store.write(replace(connecting, somebody=known_too).write)

    async def _live(self, tenant: str, channel: str) -> Live:
        row = await self.asking.store.read(lambda c: read_channel(c, tenant, channel))
        if row is None or not row.enabled:
            raise LoginError("channel_disabled" if row else "unknown_channel")
        if not self._able(row.type):
            raise LoginError("not_supported")
        with told_as_pages():
            return await self.asking.connections.live(tenant, channel, row.version)

    async def _named(self, tenant: str, channel: str, link: str, sign: Sign) -> Pass:
        """Return what a link says, if its user's binding is still what it was."""
        try:
            paper = read(link, "link", channel, self._now(), sign)
        except PassError:
            raise LoginError("login_link_expired") from None
        name = paper.user or ""
        user = await self.asking.store.read(lambda c: read_user(c, tenant, name))
        if user is None or await self._seen(user, channel) != paper.seen:
            raise LoginError("login_link_used")
        return paper

    async def _state(self, tenant: str, channel: str, state: str, nonce: str) -> Pass:
        try:
            paper = read(state, "state", channel, self._now(), await self._sign(tenant))
        except PassError:
            raise LoginError("login_expired") from None
        if not nonce or fingerprint(nonce) != paper.browser:
            raise LoginError("login_expired")
        return paper

    async def _seen(self, user: UserRow, channel: str) -> str:
        names = [USERS + user.id]
        rows = await self.asking.store.read(lambda c: read_bindings(c, user.tenant, channel, names))
        return seen(user, rows.get(names[0]))

    async def _sign(self, tenant: str) -> Sign:
        row = await self.asking.store.read(lambda c: read_tenant(c, tenant))
        if row is None:
            raise LoginError("unknown_channel")
        return lambda text: self.credentials.digest(row, text)

    def _able(self, kind: str) -> bool:
        offer = self.registry.offers.get(kind)
        return offer is not None and ABILITY in offer.channel_type.capabilities

    def _place(self, tenant: str, channel: str) -> str:
        return f"{self.home}/app/{tenant}/{channel}"

    def _start(self, tenant: str, channel: str) -> str:
        return self._place(tenant, channel) + START

    def _back(self, tenant: str, channel: str) -> str:
        return self._place(tenant, channel) + CALLBACK

    def _now(self) -> int:
        return to_millis(self.asking.clock.now())


def _code(channel: LogsIn, answer: Mapping[str, str]) -> str:
    """Return what the platform gave the browser for us, under any of its names."""
    named = (answer.get(name, "") for name in channel.code_names)
    code = next((each for each in named if each), "")
    if not code or len(code) > LONGEST_CODE or storable(code) != code:
        raise LoginError("login_expired")
    return code


def _one_of(people: Iterable[Person], somebody: Somebody) -> bool:
    return any(each.identity in somebody.names for each in people)
