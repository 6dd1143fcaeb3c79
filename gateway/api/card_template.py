"""`/v1/channel-types/{type}/card-template`: the file that a platform's card editor imports.

The setup guide links to `/card-templates/{type}`: the same for a browser, which has no key. It is
what everybody gets and names no tenant.
"""

from typing import Any

from fastapi import APIRouter, Request, Response

from gateway.api.auth import Anybody
from gateway.api.channel_types import offered
from gateway.api.docs import problems
from gateway.api.parts import Parts
from gateway.fence import fence
from gateway.problems import ProblemError
from gateway.registry import Registry

router = APIRouter(tags=["channel-types"], responses=problems())
DOWNLOADED: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The file, as a download.",
        "content": {"application/json": {"schema": {"type": "object"}}},
    }
}


@router.get("/v1/channel-types/{type}/card-template", responses=DOWNLOADED)
async def get_card_template(
    call: Anybody,
    type: str,  # noqa: A002 - its name in the address
) -> Response:
    """Download the card template of a channel type, to import on its platform."""
    return _file(call.parts.registry, type)


@router.get("/card-templates/{name}", include_in_schema=False)
async def download(request: Request, name: str) -> Response:
    """Download it without a key."""
    parts: Parts = request.app.state.parts
    return _file(parts.registry, name)


def _file(registry: Registry, name: str) -> Response:
    channel_type = offered(registry, name).channel_type
    if channel_type.card_template is None:
        raise ProblemError("not_found", f"{name} has no card template")
    with fence("the card template"):
        written = channel_type.card_template()
    headers = {
        "Content-Disposition": f'attachment; filename="{channel_type.name}-card-template.json"',
        "X-Content-Type-Options": "nosniff",
    }
    return Response(written, media_type="application/json", headers=headers)
