"""The pages: people and groups, and each one's chat with its cards as the platform draws them."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from jinja2 import Environment, FileSystemLoader
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from .drawing import View, clock_time
from .model import Chat, Message, Person
from .state import Emulator

HERE = Path(__file__).parent
MOST_SHOWN = 100
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; "
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
        "groups": [each for each in emulator.chats.values() if not each.private],
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
        emulator, request, "chat.html", views=views, person=person, chat=None, active=person.id
    )


async def _chat(emulator: Emulator, request: Request) -> Response:
    chat = emulator.chats.get(request.path_params["chat"])
    if chat is None or chat.private:
        return PlainTextResponse("No such group.", 404)
    reader = _first_member(emulator, chat)
    views = _views(emulator, emulator.outbox.to(chat.chat_id), reader)
    return _draw(
        emulator, request, "chat.html", views=views, person=reader, chat=chat, active=chat.chat_id
    )


def _first_member(emulator: Emulator, chat: Chat) -> Person | None:
    return emulator.people.get(chat.members[0]) if chat.members else None


def _views(emulator: Emulator, messages: list[Message], reader: Person | None) -> list[View]:
    return [View(emulator, each, reader) for each in messages[-MOST_SHOWN:]]


async def _press(emulator: Emulator, request: Request) -> Response:
    """Record the press of a callback button and show the chat again."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return PlainTextResponse("Press buttons on the page itself.", 403)
    message = emulator.outbox.get(request.path_params["message"])
    form = parse_qs((await request.body()).decode())
    person = emulator.people.get(form.get("person", [""])[0])
    if message is None or person is None:
        return PlainTextResponse("No such message or person.", 404)
    view = View(emulator, message, person)
    number = form.get("button", [""])[0]
    buttons = view.buttons()
    if not number.isdigit() or int(number) >= len(buttons):
        return PlainTextResponse("No such button.", 404)
    button = buttons[int(number)]
    emulator.press(message, person, view.said(button.get("text") or {}), view.value(button))
    back = f"people/{person.id}" if message.receiver == person.id else f"chats/{message.chat_id}"
    return RedirectResponse(f"/{back}#{message.message_id}", 303)


async def _image(emulator: Emulator, request: Request) -> Response:
    upload = emulator.uploads.get(request.path_params["key"])
    if upload is None or upload.kind != "image":
        return PlainTextResponse("No such image.", 404)
    return Response(upload.data, media_type=upload.media_type, headers=HEADERS)


def _route(emulator: Emulator, method: str, path: str, page: Page) -> Route:
    async def serve(request: Request) -> Response:
        return await page(emulator, request)

    return Route(path, serve, methods=[method])


def routes(emulator: Emulator) -> list[BaseRoute]:
    """Return the routes of the pages."""
    return [
        _route(emulator, "GET", "/", _index),
        _route(emulator, "GET", "/people/{person}", _person),
        _route(emulator, "GET", "/chats/{chat}", _chat),
        _route(emulator, "POST", "/messages/{message}/press", _press),
        _route(emulator, "GET", "/_emulator/images/{key}", _image),
        Mount("/_emulator/static", StaticFiles(directory=HERE / "static")),
    ]
