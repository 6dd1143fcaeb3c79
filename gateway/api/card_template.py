"""`/v1/channel-types/{type}/card-template`: the file that a platform's card editor imports."""

from typing import Any

from fastapi import APIRouter, Request, Response

from gateway.api.channel_types import offered
from gateway.api.docs import openapi_answer
from gateway.api.parts import Parts
from gateway.fence import fence
from gateway.problems import ProblemError

router = APIRouter(tags=["channel-types"], responses=openapi_answer(404, 422, 500, 503))
DOWNLOADED: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The file, as a download.",
        "content": {"application/json": {"schema": {"type": "object"}}},
    }
}


@router.get("/v1/channel-types/{type}/card-template", responses=DOWNLOADED)
async def get_card_template(
    request: Request,
    type: str,  # noqa: A002 - its name in the address
) -> Response:
    """Download the card template of a channel type, to import on its platform.

    It needs no key, so that the link in a setup guide works in a browser; it is the same for
    everybody and names no tenant.
    """
    parts: Parts = request.app.state.parts
    channel_type = offered(parts.registry, type).channel_type
    if channel_type.card_template is None:
        raise ProblemError("not_found", f"{type} has no card template")
    with fence("the card template"):
        written = channel_type.card_template()
    name = f"{channel_type.name}-card-template.json"
    headers = {
        "Content-Disposition": f'attachment; filename="{name}"',
        "X-Content-Type-Options": "nosniff",
    }
    return Response(written, media_type="application/json", headers=headers)
