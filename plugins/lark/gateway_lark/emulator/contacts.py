"""Who is who (documentation: "Obtain user ID via email or mobile number" and contact v3)."""

from .call import Call
from .codes import RejectedError
from .directory import ROOT
from .gate import Endpoint
from .model import Department, Json, Person
from .scopes import (
    CONTACTS,
    DEPARTMENT_USERS,
    DEPARTMENTS,
    EMPLOYEE_ID,
    USER_FIELDS,
    USER_ID,
    USER_STATUS,
)

BASE = "/open-apis/contact/v3"
MOST_LOOKUPS = 50
MOST_DEPARTMENTS = 1000


def batch_get_id(call: Call) -> Json:
    """Answer one entry per e-mail and mobile; who is not found has no `user_id`."""
    kind = call.id_type()
    if kind == "user_id":
        call.require(EMPLOYEE_ID)
    emails = call.texts("emails", MOST_LOOKUPS)
    mobiles = call.texts("mobiles", MOST_LOOKUPS)
    entries = [_entry(call, kind, "email", value) for value in emails]
    entries += [_entry(call, kind, "mobile", value) for value in mobiles]
    return {"data": {"user_list": entries}}


def _entry(call: Call, kind: str, name: str, value: str) -> Json:
    entry: Json = {name: value}
    person = call.person(name, value)
    resigned_too = call.parsed.get("include_resigned") is True
    if person is None or not person.in_contact_range or (person.resigned and not resigned_too):
        return entry
    entry["user_id"] = call.emulator.directory.id_of(kind, person, call.app.app_id)
    if call.app.grants(USER_STATUS):
        entry["status"] = _status(person)
    return entry


def _status(person: Person) -> Json:
    return {
        "is_frozen": person.frozen,
        "is_resigned": person.resigned,
        "is_activated": person.activated,
        "is_exited": False,
        "is_unjoin": False,
    }


def _user(call: Call, person: Person) -> Json:
    """Return a user object; a field whose scope is missing is not there."""
    avatar = f"{call.emulator.brand.open_host}/avatar/{person.id}.png"
    sizes = ("avatar_72", "avatar_240", "avatar_640", "avatar_origin")
    fields = {
        "name": person.name,
        "en_name": person.name if person.locale == "en" else "",
        "avatar": dict.fromkeys(sizes, avatar),
        "email": person.email or "",
        "mobile": person.mobile or "",
        "user_id": person.id,
        "department_ids": [person.department],
        "status": _status(person),
    }
    shown = {name: fields[name] for name in fields if call.app.grants(USER_FIELDS[name])}
    open_id = call.emulator.open_id(call.app.app_id, person)
    return {"open_id": open_id, "union_id": person.union_id, **shown}


def _in_range(person: Person | None) -> bool:
    return person is not None and person.in_contact_range and not person.resigned


def users_batch(call: Call) -> Json:
    """Answer with the users in range; the others are silently absent."""
    kind = call.id_type()
    wanted = call.request.query_params.getlist("user_ids")
    if not 1 <= len(wanted) <= MOST_LOOKUPS:
        raise RejectedError(40001)
    found = [call.person(kind, value) for value in wanted]
    return {"data": {"items": [_user(call, each) for each in found if each and _in_range(each)]}}


def user(call: Call) -> Json:
    """Answer with one user."""
    person = call.person(call.id_type(), call.path("user_id"))
    if person is None:
        raise RejectedError(41012)
    if not _in_range(person):
        raise RejectedError(41050)
    return {"data": {"user": _user(call, person)}}


def users_of_department(call: Call) -> Json:
    """Answer with the direct members of one department."""
    members = call.emulator.directory.members(_department_id(call, call.query.get("department_id")))
    page = call.page([each for each in members if _in_range(each)], 50)
    return {"data": page | {"items": [_user(call, each) for each in page["items"]]}}


def _department_id(call: Call, value: str | None) -> str:
    if not value:
        raise RejectedError(40001)
    if value == ROOT:
        return ROOT
    department = call.emulator.directory.department(value)
    if department is None:
        raise RejectedError(40004)
    return department.id


def children(call: Call) -> Json:
    """Answer with the departments under one, at any depth when asked to fetch all."""
    parent = _department_id(call, call.path("department_id"))
    found = call.emulator.directory.below(parent)[:MOST_DEPARTMENTS]
    if call.query.get("fetch_child", "false") != "true":
        found = [each for each in found if each.parent == parent]
    return {"data": call.page([_department(call, each) for each in found], 50)}


def _department(call: Call, department: Department) -> Json:
    members = len(call.emulator.directory.members(department.id))
    shown: Json = {
        "department_id": department.id,
        "open_department_id": department.open_id,
        "parent_department_id": department.parent,
        "member_count": members,
        "primary_member_count": members,
        "order": "0",
        "status": {"is_deleted": False},
        "leaders": [],
    }
    if call.app.grants(("contact:department.base:readonly", *CONTACTS[1:])):
        shown |= {"name": department.name, "i18n_name": {"en_us": department.name}}
    return shown


def visible(call: Call) -> Json:
    """Answer with what the app may see: first-level departments and the root's people."""
    directory, kind = call.emulator.directory, call.id_type()
    top = [each.open_id for each in directory.below(ROOT) if each.parent == ROOT]
    people = [each for each in directory.members(ROOT) if _in_range(each)]
    ids = [directory.id_of(kind, each, call.app.app_id) for each in people]
    page = call.page(ids, 100, "user_ids")
    return {"data": {"department_ids": top, "group_ids": [], **page}}


def _free(path: str) -> str:
    return f"{BASE}/{path}"


ENDPOINTS = (
    Endpoint("POST", _free("users/batch_get_id"), batch_get_id, USER_ID, counted=False),
    Endpoint("GET", _free("users/batch"), users_batch, CONTACTS, counted=False),
    Endpoint(
        "GET",
        _free("users/find_by_department"),
        users_of_department,
        DEPARTMENT_USERS,
        counted=False,
    ),
    Endpoint("GET", _free("users/:user_id"), user, CONTACTS, counted=False),
    Endpoint(
        "GET", _free("departments/:department_id/children"), children, DEPARTMENTS, counted=False
    ),
    Endpoint("GET", _free("scopes"), visible, CONTACTS, counted=False),
)
