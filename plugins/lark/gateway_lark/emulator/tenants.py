"""What an app may ask about itself, its bot and its tenant."""

from .call import Call
from .codes import RejectedError
from .gate import Endpoint
from .model import App, Json
from .scopes import APPLICATION, EVERY_SCOPE, TENANT

LANGUAGES = ("zh_cn", "en_us", "ja_jp")


def bot_info(call: Call) -> Json:
    """Answer with the bot beside code and msg (documentation: "Get bot information")."""
    app = call.app
    status = 2 if app.bot_active and app.published else 0 if not app.published else 3
    bot = {
        "activate_status": status,
        "app_name": app.name,
        "avatar_url": f"{call.emulator.brand.open_host}/avatar.png",
        "ip_white_list": list(app.ip_white_list),
        "open_id": app.open_id,
    }
    return {"bot": bot}


def tenant_query(call: Call) -> Json:
    """Answer with the organisation (documentation: "Get tenant information")."""
    avatar = f"{call.emulator.brand.open_host}/tenant.png"
    sizes = ("avatar_origin", "avatar_72", "avatar_240", "avatar_640")
    tenant = {
        "name": call.emulator.organization,
        "display_id": "F" + str(int(call.emulator.tenant_key, 16))[:10],
        "tenant_tag": 0,
        "tenant_key": call.emulator.tenant_key,
        "avatar": dict.fromkeys(sizes, avatar),
    }
    return {"data": {"tenant": tenant}}


def application(call: Call) -> Json:
    """Answer with the app itself (documentation: "Get application information")."""
    asked = call.path("app_id")
    call.choice("lang", LANGUAGES)
    if asked in ("me", call.app.app_id):
        return {"data": {"app": _described(call, call.app)}}
    raise RejectedError(210508 if asked in call.emulator.apps else 210503)


def _described(call: Call, app: App) -> Json:
    version = f"oav_{app.app_id.removeprefix('cli_')}" if app.published else ""
    pending = f"oav_next_{app.app_id.removeprefix('cli_')}" if app.unpublished else ""
    granted = sorted(app.scopes) if app.published else []
    return {
        "app_id": app.app_id,
        "creator_id": app.open_id,
        "status": (1 if app.published else 2) if app.enabled else 0,
        "scene_type": 0,
        "payment_type": 0,
        "redirect_urls": list(app.redirect_urls),
        "online_version_id": version,
        "unaudit_version_id": pending,
        "app_name": app.name,
        "avatar_url": f"{call.emulator.brand.open_host}/avatar.png",
        "description": "",
        "scopes": [_scope(scope) for scope in granted],
        "back_home_url": "",
        "i18n": [{"i18n_key": call.query["lang"], "name": app.name, "description": ""}],
        "primary_language": "en_us",
        "common_categories": [],
        "owner": {"type": 1, "owner_id": app.open_id, "name": call.emulator.organization},
        "mobile_default_ability": "bot",
        "pc_default_ability": "bot",
    }


def _scope(scope: str) -> Json:
    return {"scope": scope, "description": scope, "level": 1, "token_types": ["tenant"]}


def scope_list(call: Call) -> Json:
    """Answer with every scope and whether it is granted; a prefix is dropped as in the example."""
    app = call.app
    names = [*EVERY_SCOPE, *sorted((app.scopes | app.unpublished) - set(EVERY_SCOPE))]
    rows = [
        {
            "scope_name": name.removeprefix("contact:") if "user.phone" in name else name,
            "grant_status": 1 if app.grants((name,)) else 2,
        }
        for name in names
    ]
    return {"data": {"scopes": rows}}


def scope_apply(call: Call) -> Json:
    """Ask the administrator for what is pending; once only."""
    if call.app.published and not call.app.unpublished:
        raise RejectedError(212002)
    if call.app.applied:
        raise RejectedError(212004)
    call.app.applied = True
    return {"data": {}}


ENDPOINTS = (
    Endpoint("GET", "/open-apis/bot/v3/info", bot_info),
    Endpoint("GET", "/open-apis/tenant/v2/tenant/query", tenant_query, TENANT),
    Endpoint("GET", "/open-apis/application/v6/scopes", scope_list),
    Endpoint("POST", "/open-apis/application/v6/scopes/apply", scope_apply),
    Endpoint("GET", "/open-apis/application/v6/applications/:app_id", application, APPLICATION),
)
