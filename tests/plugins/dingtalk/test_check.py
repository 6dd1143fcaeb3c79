import httpx
import pytest

from gateway.plugin import Check
from gateway_dingtalk.cards import VARIABLES
from gateway_dingtalk.check_variables import variables_in

from .conftest import Rig, Scripted

ASKED = {
    *("snsapi_base", "qyapi_get_member", "qyapi_get_member_by_mobile", "qyapi_base"),
    *("open_app_api_base", "qyapi_chat_manage", "qyapi_robot_sendmsg", "Card.Instance.Write"),
}
UNTOLD = {
    *("scope:snsapi_base", "scope:open_app_api_base", "scope:Contact.User.Read"),
    "card_template_variables",
}


async def checked(rig: Rig, **changes: object) -> dict[str, Check]:
    return {line.id: line for line in await rig.channel(**changes).check()}


async def test_all_is_well_but_for_what_the_platform_does_not_tell(rig: Rig) -> None:
    lines = await checked(rig)
    assert {id_ for id_, line in lines.items() if line.state != "ok"} == UNTOLD
    assert {lines[id_].state for id_ in UNTOLD} == {"unknown"}
    assert {f"scope:{name}" for name in ASKED} <= set(lines)


async def test_a_check_shows_nothing_to_anybody(rig: Rig) -> None:
    await checked(rig)
    assert rig.emulator.messages == []


async def test_a_wrong_secret_ends_the_check(rig: Rig) -> None:
    lines = await checked(rig, app_secret="wrong")
    assert [(line.id, line.state) for line in lines.values()] == [("token", "error")]
    assert rig.calls() == 1


@pytest.mark.parametrize(
    "point",
    ["qyapi_get_member", "qyapi_get_member_by_mobile", "qyapi_robot_sendmsg", "qyapi_chat_manage"],
)
async def test_a_missing_permission_is_named_with_the_page_that_grants_it(
    rig: Rig, point: str
) -> None:
    rig.permissions().discard(point)
    line = (await checked(rig))[f"scope:{point}"]
    assert line.state == "missing"
    assert line.fix_url is not None
    assert point in line.fix_url
    assert line.required == (point == "qyapi_robot_sendmsg")


@pytest.mark.parametrize(
    "point",
    [
        *("Premium.Ding.Write", "qyapi_get_microapp_list"),
        *("qyapi_get_department_member", "qyapi_get_department_list"),
    ],
)
async def test_what_is_only_nice_to_have_is_named_too_and_needed_by_nothing(
    rig: Rig, point: str
) -> None:
    line = (await checked(rig))[f"scope:{point}"]
    assert (line.state, line.required) == ("ok", False)
    rig.permissions().discard(point)
    line = (await checked(rig))[f"scope:{point}"]
    assert (line.state, line.required) == ("missing", False)
    assert point in (line.fix_url or "")


async def test_cards_need_their_permission_only_with_a_template(rig: Rig) -> None:
    rig.permissions().discard("Card.Instance.Write")
    line = (await checked(rig))["scope:Card.Instance.Write"]
    assert (line.state, line.required) == ("missing", True)
    line = (await checked(rig, card_template_id=None))["scope:Card.Instance.Write"]
    assert (line.state, line.required) == ("missing", False)


async def test_a_wrong_chatbot_code_is_told(rig: Rig) -> None:
    line = (await checked(rig, robot_code="4711"))["robot"]
    assert line.state == "error"
    assert line.provider_code == "invalidParameter.robotCode.notExsit"


async def test_an_agent_id_of_another_application_is_told() -> None:
    line = (await checked(Rig("dingtalk"), agent_id="1"))["agent"]
    assert line.state == "error"


async def test_another_app_id_is_doubted_and_no_more() -> None:
    line = (await checked(Rig("dingtalk"), app_id="another"))["app"]
    assert (line.state, line.required) == ("unknown", False)


async def test_without_the_list_of_applications_the_fields_are_not_called_wrong() -> None:
    rig = Rig("dingtalk")
    rig.permissions().discard("qyapi_get_microapp_list")
    lines = await checked(rig)
    assert lines["agent"].state == lines["app"].state == "unknown"
    assert "qyapi_get_microapp_list" in lines["agent"].detail
    assert lines["robot"].state == "ok"


async def test_without_the_list_a_wrong_agent_id_is_still_told(rig: Rig) -> None:
    rig.permissions().discard("qyapi_get_microapp_list")
    line = (await checked(rig, agent_id="1"))["agent"]
    assert (line.state, line.provider_code) == ("error", "40056")
    assert "another Agent ID" in line.detail


@pytest.mark.parametrize(("messages", "needed"), [("robot", False), ("work_notice", True)])
async def test_an_agent_id_is_needed_for_work_notices_alone(
    rig: Rig, messages: str, needed: bool
) -> None:
    number = str(rig.emulator.apps[rig.config["app_key"]].agent_id)
    line = (await checked(rig, agent_id=number, person_messages=messages))["agent"]
    assert (line.state, line.required) == ("ok", needed)


async def test_a_chatbot_that_answers_proves_a_published_version(rig: Rig) -> None:
    assert (await checked(rig))["publication"].state == "ok"
    rig.emulator.apps[rig.config["app_key"]].robot_active = False
    assert (await checked(rig))["publication"].state == "unknown"


async def test_a_version_without_a_chatbot_is_told(scripted: type[Scripted]) -> None:
    row = {"agentId": 1, "appStatus": 1, "name": "app"}

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/allInnerApps"):
            return httpx.Response(200, json={"appList": [row]})
        return httpx.Response(400, json={"code": "invalidParameter.robotCode.notExsit"})

    lines = {line.id: line for line in await scripted(answer, agent_id="1").channel.check()}
    assert (lines["publication"].state, lines["robot"].state) == ("missing", "error")


@pytest.mark.parametrize(
    ("scopes", "state", "says"),
    [
        ({"authed_dept": [1], "authed_user": []}, "ok", "Everybody"),
        ({"authed_dept": [5, 6], "authed_user": ["a"]}, "ok", "2 departments and 1 people"),
        ({"authed_dept": [], "authed_user": []}, "missing", "nobody"),
        (None, "missing", "nobody"),
    ],
)
async def test_whom_the_application_may_find_is_told(
    scripted: type[Scripted], scopes: object, state: str, says: str
) -> None:
    reply = httpx.Response(200, json={"errcode": 0, "auth_org_scopes": scopes})
    lines = {line.id: line for line in await scripted(lambda _: reply).channel.check()}
    assert lines["contacts"].state == state
    assert says in lines["contacts"].detail
    assert not lines["contacts"].required


async def test_the_range_is_read_from_the_platform(rig: Rig) -> None:
    assert "Everybody" in (await checked(rig))["contacts"].detail


@pytest.mark.parametrize("same", [True, False])
async def test_a_chatbot_that_cannot_be_tried_is_unknown(rig: Rig, same: bool) -> None:
    rig.permissions().difference_update({"qyapi_robot_sendmsg", "qyapi_get_microapp_list"})
    lines = await checked(rig, **({} if same else {"robot_code": "other"}))
    assert lines["robot"].state == "unknown"
    assert ("not the AppKey" in lines["robot"].detail) != same


async def test_the_exclusive_edition_has_no_agent_to_check(exclusive: Rig) -> None:
    assert not {"agent", "app"} & set(await checked(exclusive))


async def test_a_template_is_proved_by_a_card_for_nobody(rig: Rig) -> None:
    assert (await checked(rig))["card_template"].state == "ok"
    assert rig.emulator.messages == []


@pytest.mark.parametrize(
    ("template", "code"),
    [("gone.schema", "param.templateNotExist"), ("no-ending", "param.templateNotExist")],
)
async def test_a_wrong_template_is_told_with_its_page(rig: Rig, template: str, code: str) -> None:
    line = (await checked(rig, card_template_id=template))["card_template"]
    assert (line.state, line.provider_code, line.required) == ("error", code, True)
    assert line.fix_url == "https://open-dev.dingtalk.com/fe/card"
    assert (".schema" in line.detail) == (template == "no-ending")


async def test_an_unpublished_template_is_told(rig: Rig) -> None:
    rig.emulator.add_template("draft.schema", "Draft", published=False)
    line = (await checked(rig, card_template_id="draft.schema"))["card_template"]
    assert (line.state, line.provider_code) == ("error", "param.templateUnpublished")


async def test_no_template_is_fine(rig: Rig) -> None:
    line = (await checked(rig, card_template_id=None))["card_template"]
    assert (line.state, line.required) == ("ok", False)


async def test_an_address_that_is_not_allowed_is_told_everywhere(scripted: type[Scripted]) -> None:
    refusal = {"code": "Forbidden.AccessDenied.IpNotInWhiteList", "message": "ip"}
    lines = await scripted(lambda _: httpx.Response(403, json=refusal)).channel.check()
    tried = [line for line in lines if line.id.startswith("scope:") and line.id not in UNTOLD]
    assert {line.state for line in tried if line.id != "scope:qyapi_base"} == {"missing"}
    assert not any("appscope" in (line.fix_url or "") for line in lines)


async def test_a_permission_that_the_answer_does_not_name_is_the_one_tried(
    scripted: type[Scripted],
) -> None:
    refusal = {"errcode": 88, "sub_code": "60011", "sub_msg": "no"}
    lines = await scripted(lambda _: httpx.Response(200, json=refusal)).channel.check()
    line = next(line for line in lines if line.id == "scope:qyapi_get_member")
    assert line.fix_url == (
        "https://open-dev.dingtalk.com/appscope/apply?content=dingkey%23qyapi_get_member"
    )


async def test_a_chatbot_of_another_application_is_told(scripted: type[Scripted]) -> None:
    row = {"agentId": 1, "appStatus": 1, "robotInfo": {"robotCode": "other"}}

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/allInnerApps"):
            return httpx.Response(200, json={"appList": [row]})
        return httpx.Response(400, json={"code": "invalidParameter.userIds.empty"})

    lines = {line.id: line for line in await scripted(answer, agent_id="1").channel.check()}
    assert lines["robot"].state == "error"
    assert "other" in lines["robot"].detail


async def test_a_disabled_application_is_told(scripted: type[Scripted]) -> None:
    reply = httpx.Response(200, json={"appList": [{"agentId": 1, "appStatus": 0}]})
    lines = await scripted(lambda _: reply, agent_id="1").channel.check()
    assert {line.id: line.state for line in lines}["agent"] == "missing"


async def test_an_answer_that_nobody_knows_proves_no_chatbot(scripted: type[Scripted]) -> None:
    reply = httpx.Response(400, json={"code": "brand.new"})
    lines = {line.id: line for line in await scripted(lambda _: reply).channel.check()}
    assert lines["robot"].state == "unknown"
    assert lines["scope:qyapi_robot_sendmsg"].state == "unknown"


async def test_a_wrong_address_of_the_api_is_told(scripted: type[Scripted]) -> None:
    reply = httpx.Response(200, json={"errcode": 404, "errmsg": "no such API"})
    lines = {line.id: line for line in await scripted(lambda _: reply).channel.check()}
    assert lines["robot"].state == "error"
    assert "base addresses" in lines["robot"].detail


@pytest.mark.parametrize(
    "reply",
    [
        httpx.Response(500, text="no"),
        httpx.Response(200, text="<html>"),
        httpx.Response(200, json={"errcode": 404, "errmsg": "no such API"}),
    ],
)
async def test_a_platform_in_trouble_proves_nothing_wrong(
    scripted: type[Scripted], reply: httpx.Response
) -> None:
    lines = await scripted(lambda _: reply).channel.check()
    scopes = {line.state for line in lines if line.id.startswith("scope:")}
    assert scopes == {"ok", "unknown"}  # ok: what the token itself proves


async def test_a_dead_wire_ends_its_own_line_only(scripted: type[Scripted]) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("late", request=request)

    lines = {line.id: line for line in await scripted(answer).channel.check()}
    assert lines["token"].state == "ok"
    assert lines["robot"].state == lines["card_template"].state == "unknown"
    assert "ReadTimeout" in lines["card_template"].detail


async def variables_line(rig: Rig, **types: str | None) -> Check:
    """Check a template that has our variables but for these changes; None leaves one out."""
    [template] = rig.emulator.templates.values()
    changed = {**VARIABLES, **types}
    template.variables = {name: kind for name, kind in changed.items() if kind is not None}
    return (await checked(rig))["card_template_variables"]


async def test_a_template_with_all_of_our_variables_is_told(rig: Rig) -> None:
    line = await variables_line(rig, another="string")
    assert (line.state, line.required, line.fix_url) == ("ok", False, None)


async def test_a_template_that_lacks_some_is_told_which_and_still_sends(rig: Rig) -> None:
    line = await variables_line(rig, footer=None, notice_id=None)
    assert (line.state, line.required) == ("missing", False)
    assert "It lacks notice_id, footer:" in line.detail
    assert line.fix_url


async def test_a_variable_of_another_type_is_told(rig: Rig) -> None:
    line = await variables_line(rig, markdown="string")
    assert line.state == "error"
    assert "markdown (string, not markdown)" in line.detail


async def test_an_application_that_may_not_ask_learns_nothing_of_the_variables(rig: Rig) -> None:
    rig.permissions().discard("Card.Template.ReadWrite.All")
    line = await variables_line(rig, footer=None)
    assert (line.state, line.fix_url) == ("unknown", None)


async def test_without_a_published_template_its_variables_are_no_question(rig: Rig) -> None:
    assert "card_template_variables" not in await checked(rig, card_template_id=None)
    assert "card_template_variables" not in await checked(rig, card_template_id="nobody.schema")


@pytest.mark.parametrize(
    ("told", "types"),
    [
        ([{"name": "title", "type": "string"}], {"title": "string"}),
        ([{"id": "title"}], {"title": ""}),
        ('[{"name": "title", "type": "string"}]', {"title": "string"}),
        *((strange, None) for strange in (None, "", "{", "{}", [], ["title"], 7)),
    ],
)
def test_variables_are_read_where_they_are_understood(
    told: object, types: dict[str, str] | None
) -> None:
    assert variables_in(told) == types
