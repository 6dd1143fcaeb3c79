"""Control of the emulator by other processes, under `/_emulator`."""

import json
from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from .model import Json
from .state import Emulator

Operation = Callable[[Emulator, Any], Json]


def _state(emulator: Emulator, _asked: Any) -> Json:  # noqa: ANN401 - any JSON
    return {
        "brand": emulator.brand.name,
        "calls": dict(emulator.calls),
        "rejections": dict(emulator.rejections),
        "messages": len(emulator.messages),
        "people": len(emulator.people),
        "cards": len(emulator.cards),
        "duplicates": len(emulator.duplicates()),
        "quota_used": emulator.quota.spent(emulator.clock()),
    }


def _messages(emulator: Emulator, asked: Any) -> Json:  # noqa: ANN401 - any JSON
    person = emulator.people.get(asked.get("person", ""))
    if "person" in asked and person is None:
        raise ValueError(f"no such person: {asked['person']}")
    found = emulator.visible_messages(person) if person else emulator.messages
    limit = int(asked.get("limit", "100"))
    return {"messages": [each.as_json() for each in found[-limit:]] if limit > 0 else []}


def _people(emulator: Emulator, asked: Any) -> Json:  # noqa: ANN401 - any JSON
    if isinstance(asked, dict):
        added = emulator.add_people(int(asked["count"]), str(asked.get("prefix", "p")))
    else:
        added = [emulator.add_person(**each) for each in asked]
    return {"people": [{"id": each.id, "email": each.email} for each in added]}


def _reset(emulator: Emulator, _asked: Any) -> Json:  # noqa: ANN401 - any JSON
    emulator.reset()
    return {}


def _switches(emulator: Emulator, asked: Any) -> Json:  # noqa: ANN401 - any JSON
    emulator.turn(asked)
    return {}


def _route(emulator: Emulator, method: str, name: str, operation: Operation) -> Route:
    async def serve(request: Request) -> Response:
        try:
            return JSONResponse(operation(emulator, await _asked(request)))
        except (ValueError, TypeError, KeyError) as error:
            return JSONResponse({"error": str(error)}, 400)

    return Route(f"/_emulator/{name}", serve, methods=[method])


async def _asked(request: Request) -> Any:  # noqa: ANN401 - any JSON
    if request.method == "GET":
        return dict(request.query_params)
    return json.loads(await request.body() or b"{}")


def routes(emulator: Emulator) -> list[Route]:
    """Return the routes of the control API."""
    return [
        _route(emulator, "GET", "state", _state),
        _route(emulator, "GET", "messages", _messages),
        _route(emulator, "POST", "people", _people),
        _route(emulator, "POST", "reset", _reset),
        _route(emulator, "POST", "switches", _switches),
    ]
