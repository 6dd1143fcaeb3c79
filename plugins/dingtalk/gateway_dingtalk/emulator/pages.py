"""The pages: people and groups, and each one's chat with its cards as the platform draws them."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote

from jinja2 import Environment, FileSystemLoader
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from .drawing import View, clock_time
from .model import Message, Person
from .state import Emulator

HERE = Path(__file__).parent
MOST_SHOWN = 100
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
TEMPLATES = Environment(
    loader=FileSystemLoader(HERE / "templates"),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
)
TEMPLATES.filters["time"] = clock_time

Page = Callable[[Emulator, Request], Awaitable[Response]]


def _draw(emulator: Emulator, request: Request, template: str, **values: Any) -> Response:  # noqa: ANN401 - whatever a template shows
    query = request.query_params.get("q", "").strip()
    found = [each for each in emulator.people.values() if _matches(each, query.lower())]
    shared = {
        "emulator": emulator,
        "query": query,
        "people": [_row(emulator, each) for each in found[:MOST_SHOWN]],
        "hidden": max(len(found) - MOST_SHOWN, 0),
        "groups": list(emulator.groups.values())[:MOST_SHOWN],
        "active": "",
    }
    text = TEMPLATES.get_template(template).render(**shared | values)
    return HTMLResponse(text, headers=HEADERS)


def _matches(person: Person, query: str) -> bool:
    return query in f"{person.name} {person.id} {person.email}".lower()


def _row(emulator: Emulator, person: Person) -> dict[str, object]:
    sent = [each for each in emulator.outbox.to(person.id) if not each.recalled]
    last = View(emulator, sent[-1], person) if sent else None
    return {
        "person": person,
        "unread": emulator.unread(person),
        "preview": last.preview() if last else "",
        "time": sent[-1].created if sent else None,
    }


async def _index(emulator: Emulator, request: Request) -> Response:
    return _draw(emulator, request, "index.html")


async def _person(emulator: Emulator, request: Request) -> Response:
    person = emulator.people.get(request.path_params["person"])
    if person is None:
        return PlainTextResponse("No such person.", 404)
    emulator.read(person)
    views = _views(emulator, emulator.outbox.to(person.id), person)
    return _draw(
        emulator, request, "chat.html", views=views, person=person, group=None, active=person.id
    )


async def _group(emulator: Emulator, request: Request) -> Response:
    group = emulator.groups.get(request.path_params["group"])
    if group is None:
        return PlainTextResponse("No such group.", 404)
    group_id = group.open_conversation_id
    reader = emulator.people.get(group.members[0]) if group.members else None
    views = _views(emulator, emulator.outbox.to(group_id), reader)
    return _draw(
        emulator, request, "chat.html", views=views, person=reader, group=group, active=group_id
    )


def _views(emulator: Emulator, messages: list[Message], reader: Person | None) -> list[View]:
    return [View(emulator, each, reader) for each in messages[-MOST_SHOWN:]]


async def _press(emulator: Emulator, request: Request) -> Response:
    """Record the press of a call-back button and show the chat again."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return PlainTextResponse("Press buttons on the page itself.", 403)
    message = emulator.outbox.get(request.path_params["message"])
    form = parse_qs((await request.body()).decode(errors="replace"))
    person = emulator.people.get(form.get("person", [""])[0])
    if message is None or person is None:
        return PlainTextResponse("No such message or person.", 404)
    action = form.get("button", [""])[0]
    shown = View(emulator, message, person).card_buttons
    if not any(each.action == action for each in shown if each.action):
        return PlainTextResponse("No such button.", 404)
    emulator.press(message, person, action)
    kind = "people" if message.receiver == person.id else "groups"
    return RedirectResponse(f"/{kind}/{quote(message.receiver)}#{message.message_id}", 303)


def _route(emulator: Emulator, method: str, path: str, page: Page) -> Route:
    async def serve(request: Request) -> Response:
        return await page(emulator, request)

    return Route(path, serve, methods=[method])


def routes(emulator: Emulator) -> list[BaseRoute]:
    """Return the routes of the pages."""
    return [
        _route(emulator, "GET", "/", _index),
        _route(emulator, "GET", "/people/{person}", _person),
        _route(emulator, "GET", "/groups/{group}", _group),
        _route(emulator, "POST", "/messages/{message}/press", _press),
        Mount("/_emulator/static", StaticFiles(directory=HERE / "static")),
    ]
