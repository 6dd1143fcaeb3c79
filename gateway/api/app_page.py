"""`/app/{tenant}/{channel}/…`: what people see who open the application inside their platform.

The setup guide prints these addresses as homepage and redirect URLs, so that each is there from
the moment the channel is saved, and says whether the channel works and whom to ask if not.
"""

from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response
from jinja2 import Environment, FileSystemLoader, select_autoescape

from gateway.api.app_words import PAGES, PageWords, State
from gateway.api.parts import Parts
from gateway.api.reference import PAGES as FOLDER
from gateway.store.channels import ChannelRow, read_channel
from gateway.text import storable

router = APIRouter(include_in_schema=False)
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    ),
    # A redirect URL carries the code of a login: it goes nowhere and stays nowhere.
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Vary": "Accept-Language",
}
LONGEST = 63
_pages = Environment(loader=FileSystemLoader(FOLDER), autoescape=select_autoescape())


@dataclass(frozen=True, slots=True)
class Page:
    """One page in one language.

    Attributes:
        code: What to tell an administrator; empty where all is well.
        user: The account that it is about.
        link: Where its action leads; without one it has none.
    """

    language: str
    words: PageWords
    code: str = ""
    user: str | None = None
    link: str | None = None


@router.get("/app/style.css")
async def style() -> Response:
    """Return the pages' looks."""
    return Response((FOLDER / "app.css").read_text(), media_type="text/css")


@router.get("/app/{tenant}/{channel}")
@router.get("/app/{tenant}/{channel}/{page:path}")
async def app_page(request: Request, tenant: str, channel: str) -> HTMLResponse:
    """Tell whether the channel behind an application works, and whom to ask."""
    parts: Parts = request.app.state.parts
    row = await _find(parts, tenant, channel)
    state, link = state_of(row), parts.people.logins.offered(row) if row else None
    language = language_of(request.headers.get("Accept-Language", ""))
    code = "" if state == "enabled" else state
    page = Page(language, PAGES[state][language], code, link=link)
    return drawn(page, 404 if state == "unknown_channel" else 200)


def drawn(page: Page, status: int = 200) -> HTMLResponse:
    """Return a page as it is sent."""
    body = _pages.get_template("app.html").render(page=page)
    return HTMLResponse(body, status, HEADERS)


def state_of(row: ChannelRow | None) -> State:
    """Return what there is to say of a channel; to a stranger nothing else is told."""
    if row is None:
        return "unknown_channel"
    return "enabled" if row.enabled else "channel_disabled"


def language_of(accepted: str) -> str:
    """Return the first of our languages that a browser asks for; English where it asks for none."""
    wanted = (part.split(";")[0].strip().lower() for part in accepted.split(","))
    known = (part[:2] for part in wanted if part[:2] in {"en", "zh"})
    return {"zh": "zh-CN"}.get(next(known, "en"), "en")


async def _find(parts: Parts, tenant: str, channel: str) -> ChannelRow | None:
    if max(len(tenant), len(channel)) > LONGEST or storable(tenant + channel) != tenant + channel:
        return None
    return await parts.store.read(lambda connection: read_channel(connection, tenant, channel))
