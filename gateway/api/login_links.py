"""`…/channels/{channel}/bindings/{user}/login-link`: lets a user bind themselves by logging in."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, Field

from gateway.api.auth import Sender
from gateway.api.bindings import BINDINGS
from gateway.api.docs import problems
from gateway.api.paging import Time, when

router = APIRouter(tags=["bindings"], responses=problems(409))


class LoginLink(BaseModel):
    """An address for one user alone; whoever has it can bind themselves as that user."""

    url: Annotated[str, Field(description="Hand it to the user, and to nobody else.")]
    expires_at: Time


@router.post(BINDINGS + "/{user}/login-link")
async def make_login_link(call: Sender, tenant: str, channel: str, user: str) -> LoginLink:
    """Make a link by which a user logs in on the platform and is bound; it serves once."""
    link = await call.parts.people.logins.link(tenant, channel, user)
    return LoginLink(url=link.url, expires_at=when(link.expires))
