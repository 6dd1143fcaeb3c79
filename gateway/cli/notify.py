"""`gateway notify`: post one notification to a running gateway, and follow it if wished."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.cli.following import TIMEOUT_SECONDS, follow
from gateway.cli.inputs import Words, read_body, recipients
from gateway.cli.output import AsJson, CommandError, print_json
from gateway.cli.posting import Gateway, Server
from gateway.cli.told import failed, show

if TYPE_CHECKING:
    from gateway.cli.told import Told


def notify(  # noqa: PLR0913 - each is an option of the command line
    *,
    to: Annotated[
        Words, typer.Option(help="user:x, email:x@y, mobile:+65…, topic:x or channel:x; repeatable")
    ] = None,
    title: Annotated[str | None, typer.Option(help="The card's title.")] = None,
    text: Annotated[str | None, typer.Option(help="The card's text, in Markdown.")] = None,
    kind: Annotated[str | None, typer.Option("--type", help="What happened: ticket.new")] = None,
    severity: Annotated[
        str | None, typer.Option(help="neutral, info, success, warning or critical")
    ] = None,
    channel: Annotated[Words, typer.Option(help="Only on this channel; repeatable")] = None,
    tenant: Annotated[str | None, typer.Option(help="Needed with an owner's key.")] = None,
    file: Annotated[
        Path | None, typer.Option(help="A body as JSON or YAML; options are laid over it.")
    ] = None,
    key: Annotated[str | None, typer.Option(envvar="GATEWAY_KEY", help="An API key.")] = None,
    url: Annotated[
        str, typer.Option(envvar="GATEWAY_URL", help="Where the gateway answers.")
    ] = "http://127.0.0.1:8080",
    wait: Annotated[
        bool, typer.Option("--wait", help="Follow the deliveries until they end.")
    ] = False,
    timeout: Annotated[float, typer.Option(help="Seconds to wait at most.")] = TIMEOUT_SECONDS,
    as_json: AsJson = False,
) -> None:
    """Post a notification; with --wait the exit code is 1 when a delivery did not get through."""
    if not key:
        raise CommandError("An API key is needed: --key, or GATEWAY_KEY.", 2)
    card = {"title": title, "severity": severity, "blocks": _blocks(text)}
    named = {
        "type": kind,
        "tenant": tenant,
        "to": recipients(to, "--to") or [],
        "routing": _routing(channel),
    }
    body = _body(read_body(file), named, card)
    told = asyncio.run(_post(Server(url, key), body, timeout if wait else None))
    if as_json:
        print_json(told)
    else:
        show(told)
    raise typer.Exit(1 if wait and failed(told) else 0)


async def _post(server: Server, body: dict[str, Any], patience: float | None) -> "Told":
    async with Gateway(server) as gateway:
        accepted = await gateway.post("/notify", body)
        if patience is None or "id" not in accepted:
            return {"notification": accepted, "deliveries": accepted.get("deliveries", [])}
        return await follow(gateway, accepted["id"], patience)


def _body(base: dict[str, Any], named: dict[str, Any], card: dict[str, Any]) -> dict[str, Any]:
    body = {"type": "message", **base, **_given(named)}
    laid = {**(base.get("card") or {}), **_given(card)}
    return {**body, "card": laid} if laid else body


def _given(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value}


def _blocks(text: str | None) -> list[dict[str, str]]:
    return [{"type": "markdown", "text": text}] if text else []


def _routing(channels: Sequence[str] | None) -> dict[str, Any]:
    return {"channels": list(channels)} if channels else {}
