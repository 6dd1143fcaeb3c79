"""Who is who: look-ups by mobile, unionid and login id, and the departments.

Documentation: "query-users-by-phone-number", "query-user-details",
"query-a-user-by-the-union-id", "obtain-the-department-list-v2". None of them is counted
against the month, save the search by name.
"""

import re
from collections.abc import Callable

from . import permissions
from .call import Call
from .codes import RejectedError
from .directory import ROOT
from .gate import Endpoint, Handler
from .model import Department, Json, Person

V2 = "/topapi/v2"


def by_mobile(call: Call) -> Json:
    """Answer with the userid of a number; enterprise accounts only when they are asked for."""
    mobile = call.old_text("mobile")
    _check_mobile(call, mobile)
    found = call.emulator.directory.of_mobile(mobile)
    usual = [each.id for each in found if each.login_id is None]
    own = [each.id for each in found if each.login_id is not None]
    result: Json = {"userid": usual[0]} if usual else {}
    if call.old_flag("support_exclusive_account_search") and own:
        result["exclusive_account_userid_list"] = own
    if not result:
        raise RejectedError(60121)
    return {"result": result}


def _check_mobile(call: Call, mobile: str) -> None:
    if not re.fullmatch(r"\+?\d[\d-]{4,18}\d", mobile):
        raise RejectedError(40104)
    if mobile.startswith("+86") and not call.emulator.mainland_prefix:
        raise RejectedError(40104)


def by_union_id(call: Call) -> Json:
    """Answer with the userid of a unionid."""
    person = call.emulator.directory.of_union_id(call.old_text("unionid"))
    if person is None:
        raise RejectedError(60121)
    return {"result": {"contact_type": 0, "userid": person.id}}


def user(call: Call) -> Json:
    """Answer with a person's details; a login id comes before a userid."""
    directory = call.emulator.directory
    if call.parsed.get("login_id"):
        person = directory.of_login_id(call.old_text("login_id"))
    else:
        person = directory.get(call.old_text("userid"))
    if person is None:
        raise RejectedError(33012)
    if not person.in_scope:
        raise RejectedError(50002)
    return {"result": _details(call, person)}


def _details(call: Call, person: Person) -> Json:
    """Return what an app may see; a field whose switch is off is not there."""
    shown: Json = {
        "userid": person.id,
        "unionid": person.union_id,
        "name": person.name,
        "avatar": "",
        "title": "",
        "dept_id_list": list(person.departments),
        "active": person.active,
        "admin": False,
        "boss": False,
        "senior": False,
        "hide_mobile": False,
        "exclusive_account": person.login_id is not None,
    }
    if call.emulator.email_visible and person.email:
        shown |= {"email": person.email, "org_email": person.email}
    if call.emulator.mobile_visible and person.mobile:
        shown |= phone(person.mobile)
    if person.login_id is not None:
        shown |= {
            "login_id": person.login_id,
            "exclusive_account_type": "dingtalk",
            "exclusive_account_corp_id": call.emulator.corp_id,
            "exclusive_account_corp_name": call.emulator.organization,
        }
    return shown


def phone(mobile: str) -> Json:
    """Return a number as details show it: without a country code, which stands beside it."""
    for code in ("86", "65", "852", "1"):
        if mobile.startswith(f"+{code}"):
            return {"state_code": code, "mobile": mobile.removeprefix(f"+{code}").lstrip("-")}
    return {"state_code": "86", "mobile": mobile}


def _department(call: Call, default: int | None = None) -> int:
    """Return the department asked about; only where they are nested it may be left out."""
    number = call.old_number("dept_id", default)
    if not call.emulator.directory.has(number):
        raise RejectedError(60003)
    return number


def list_ids(call: Call) -> Json:
    """Answer with the userids of a department's direct members."""
    members = call.emulator.directory.members(_department(call))
    return {"result": {"userid_list": [each.id for each in members]}}


def _page(call: Call, people: list[Person], draw: Callable[[Person], Json]) -> Json:
    cursor, size = call.old_number("cursor"), call.old_number("size")
    if cursor < 0:
        raise RejectedError(40068)
    if not 1 <= size <= 100:
        raise RejectedError(40069)
    more = cursor + size < len(people)
    page: Json = {"has_more": more, "list": [*map(draw, people[cursor : cursor + size])]}
    return {"result": page | ({"next_cursor": cursor + size} if more else {})}


def list_simple(call: Call) -> Json:
    """Answer with one page of a department's direct members, names only."""
    members = call.emulator.directory.members(_department(call))
    return _page(call, members, lambda each: {"userid": each.id, "name": each.name})


def list_details(call: Call) -> Json:
    """Answer with one page of a department's direct members that the app may see."""
    members = call.emulator.directory.members(_department(call))
    in_scope = [each for each in members if each.in_scope]
    return _page(call, in_scope, lambda each: _details(call, each))


def _row(department: Department) -> Json:
    return {
        "dept_id": department.id,
        "name": department.name,
        "parent_id": department.parent,
        "auto_add_user": False,
        "create_dept_group": False,
    }


def list_sub(call: Call) -> Json:
    """Answer with the departments right under one, which the app has to be allowed to see."""
    directory, number = call.emulator.directory, _department(call, ROOT)
    if number in directory.departments and not directory.departments[number].in_scope:
        raise RejectedError(50004)
    return {"result": [_row(each) for each in directory.children(number)]}


def search(call: Call) -> Json:
    """Answer with the userids of people by name: mobiles and e-mails are not searched."""
    word, exact = call.text("queryWord"), call.number("fullMatchField", 0) == 1
    offset, size = call.number("offset", 0), call.number("size", 10)
    people = call.emulator.people.values()
    found = [each.id for each in people if (each.name == word if exact else word in each.name)]
    more = offset + size < len(found)
    return {"hasMore": more, "totalCount": len(found), "list": found[offset : offset + size]}


def account_status(call: Call) -> Json:
    """Tell whether an enterprise account is disabled."""
    person = call.emulator.directory.get(call.query.get("userId", ""))
    if person is None or person.login_id is None:
        raise RejectedError("exclusive.account.only")
    return {"disable": not person.active}


def _free(path: str, handler: Handler, permission: str) -> Endpoint:
    return Endpoint("POST", path, handler, permission, counted=False)


ENDPOINTS = (
    _free(f"{V2}/user/getbymobile", by_mobile, permissions.MOBILE),
    _free("/topapi/user/getbyunionid", by_union_id, permissions.MEMBER),
    _free(f"{V2}/user/get", user, permissions.MEMBER),
    _free("/topapi/user/listid", list_ids, permissions.MEMBER),
    _free("/topapi/user/listsimple", list_simple, permissions.DEPARTMENT_MEMBER),
    _free(f"{V2}/user/list", list_details, permissions.DEPARTMENT_MEMBER),
    _free(f"{V2}/department/listsub", list_sub, permissions.DEPARTMENTS),
    Endpoint("POST", "/v1.0/contact/users/search", search, permissions.SEARCH),
    Endpoint("GET", "/v1.0/contact/orgAccounts/status", account_status, permissions.ACCOUNTS),
)
