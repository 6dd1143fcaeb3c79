"""Gives a command the options that name a gateway, and hands it a client that is open."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import typer

from gateway.cli.output import AsJson, CommandError
from gateway.cli.posting import Gateway, Server, path_to

Key = Annotated[str | None, typer.Option(envvar="GATEWAY_KEY", help="An API key.")]
Url = Annotated[str, typer.Option(envvar="GATEWAY_URL", help="Where the gateway answers.")]
Tenant = Annotated[str | None, typer.Option(envvar="GATEWAY_TENANT", help="Whose it is.")]
HERE = "http://127.0.0.1:8080"
KEYWORD = inspect.Parameter.KEYWORD_ONLY
COMMON = (
    inspect.Parameter("url", KEYWORD, default=HERE, annotation=Url),
    inspect.Parameter("key", KEYWORD, default=None, annotation=Key),
    inspect.Parameter("as_json", KEYWORD, default=False, annotation=AsJson),
)
TENANT = inspect.Parameter("tenant", KEYWORD, default=None, annotation=Tenant)
Command = Callable[..., Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Call:
    """What a command works with: the gateway, and how it is to answer."""

    gateway: Gateway
    as_json: bool
    named: str | None = None

    @property
    def tenant(self) -> str:
        """The tenant that was named.

        Raises:
            CommandError: None was.
        """
        if not self.named:
            raise CommandError("A tenant is needed: --tenant, or GATEWAY_TENANT.", 2)
        return self.named

    def path(self, *parts: str) -> str:
        """Return the address of something of the tenant's."""
        return path_to("tenants", self.tenant, *parts)


def connected(command: Command, *, tenant: bool = True) -> Callable[..., None]:
    """Return `command(call, …)` as typer takes it: with the options that name a gateway."""
    own = list(inspect.signature(command).parameters.values())[1:]

    def run(**given: Any) -> None:  # noqa: ANN401 - whatever the command line holds
        common = {each.name: given.pop(each.name) for each in COMMON}
        named = given.pop("tenant") if tenant else None
        asyncio.run(_run(command, Server(common["url"], _key(common["key"])), named, common, given))

    return signed(run, (*own, *((TENANT,) if tenant else ()), *COMMON), command)


def signed(
    run: Callable[..., Any], parameters: Iterable[inspect.Parameter], like: Callable[..., Any]
) -> Callable[..., Any]:
    """Give `run`, which takes anything by name, the parameters that typer is to read."""
    known = [each.replace(kind=KEYWORD) for each in parameters]
    run.__name__, run.__doc__ = like.__name__, like.__doc__
    run.__annotations__ = {each.name: each.annotation for each in known}
    vars(run)["__signature__"] = inspect.Signature(known)
    return run


def _key(given: str | None) -> str:
    if not given:
        raise CommandError("An API key is needed: --key, or GATEWAY_KEY.", 2)
    return given


async def _run(
    command: Command,
    server: Server,
    tenant: str | None,
    common: Mapping[str, Any],
    given: Mapping[str, Any],
) -> None:
    async with Gateway(server) as gateway:
        await command(Call(gateway, common["as_json"], tenant), **given)
