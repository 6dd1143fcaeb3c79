"""What an app may ask about itself, its robot and its card templates.

Documentation: "obtain-the-list-of-all-internal-applications", "queries-the-address-book-scope",
"api-queryexclusivebenefits". The robot and template queries exist in the vendor's client only.
"""

from . import permissions
from .call import Call
from .codes import RejectedError
from .gate import Endpoint
from .model import App, Json, Template
from .robots import robot_of

APPS = "/v1.0/microApp"


def all_inner_apps(call: Call) -> Json:
    """Answer with every internal app of the organisation."""
    return {"appList": [_row(app) for app in call.emulator.apps.values()]}


def _row(app: App) -> Json:
    robot = {"robotInfo": {"robotCode": app.robot_code}} if app.published else {}
    return {
        "agentId": app.agent_id,
        "appId": 0,
        "unifiedAppId": app.app_id,
        "appStatus": 1 if app.enabled else 0,
        "name": app.name,
        "desc": "",
        "developType": 0,
        "coolAppInfo": [],
        **robot,
    }


def app_scopes(call: Call) -> Json:
    """Answer with who may see an app."""
    number = call.path("agent_id")
    if number not in {str(app.agent_id) for app in call.emulator.apps.values()}:
        raise RejectedError("invalidParam")
    scopes = {"userIds": [], "deptIds": [1], "roleIds": [], "onlyAdminVisible": False}
    return {"result": scopes}


def auth_scopes(call: Call) -> Json:
    """Answer with the departments and the fields the app may read."""
    switches = {"email": call.emulator.email_visible, "mobile": call.emulator.mobile_visible}
    shown = [name for name, visible in switches.items() if visible]
    return {
        "auth_user_field": ["name", "userid", *shown],
        "condition_field": [],
        "auth_org_scopes": {"authed_dept": [1], "authed_user": []},
    }


def robot_groups(call: Call) -> Json:
    """Answer with the groups the robot is in."""
    app = robot_of(call, call.text("robotCode", "invalidParameter.robotCode.empty"))
    groups = call.emulator.groups.values()
    found = [each.open_conversation_id for each in groups if app.robot_code in each.robots]
    return {"openConversationIds": found, "hasMore": False}


def robot_info(call: Call) -> Json:
    """Answer with the robot of a code, on Exclusive."""
    app = robot_of(call, call.query.get("robotCode", ""))
    return {"robotInfoVO": {"robotCode": app.robot_code, "name": app.name}}


def benefits(call: Call) -> Json:
    """Answer with the paid abilities; only Exclusive has any."""
    exclusive = call.emulator.brand.enterprise_accounts
    return {"benefitsList": ["private_store_benefit"] if exclusive else []}


def templates_by_ids(call: Call) -> Json:
    """Answer with the card templates of some ids; unknown ones are absent."""
    known = call.emulator.templates
    return {
        "success": True,
        "data": [_template(known[each]) for each in call.texts("templateIds") if each in known],
    }


def template(call: Call) -> Json:
    """Answer with one card template."""
    found = call.emulator.templates.get(call.query.get("templateId", ""))
    if found is None:
        raise RejectedError("param.templateNotExist")
    return {"success": True, "data": [_template(found)]}


def _template(found: Template) -> Json:
    status = "PUBLISHED" if found.published else "DRAFT"
    row: Json = {
        "templateId": found.template_id,
        "name": found.name,
        "status": status,
        "type": "im",
    }
    if found.variables is not None:
        listed = [{"id": n, "name": n, "type": kind} for n, kind in found.variables.items()]
        row["commonVariableList"] = listed
    return row


ENDPOINTS = (
    Endpoint("GET", f"{APPS}/allInnerApps", all_inner_apps, permissions.APPS),
    Endpoint("GET", f"{APPS}/apps/{{agent_id}}/scopes", app_scopes, permissions.APP_SCOPES),
    Endpoint("GET", "/auth/scopes", auth_scopes, permissions.BASE, counted=False),
    Endpoint("POST", "/v1.0/robot/installed/groups/query", robot_groups, permissions.ROBOT),
    Endpoint("GET", "/v1.0/exclusive/robots/infos", robot_info, permissions.ROBOT),
    Endpoint("GET", "/v1.0/exclusive/benefits", benefits, permissions.BENEFITS),
    Endpoint("POST", "/v1.0/card/templates/lists/query", templates_by_ids, permissions.TEMPLATES),
    Endpoint("GET", "/v1.0/card/templates", template, permissions.TEMPLATES),
)
