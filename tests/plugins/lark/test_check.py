from collections.abc import Callable

import httpx
import pytest

from gateway.plugin import Check
from gateway_lark.channel import LarkChannel
from gateway_lark.scopes import SCOPES

from .conftest import Rig


async def lines(rig: Rig, **changes: object) -> dict[str, Check]:
    return {line.id: line for line in await rig.channel(**changes).check()}


def passes(found: dict[str, Check]) -> bool:
    return all(line.state == "ok" for line in found.values() if line.required)


async def test_everything_in_order(rig: Rig) -> None:
    found = await lines(rig)
    assert passes(found)
    assert [*found][:4] == ["token", "bot", "application", "publication"]
    assert [*found][-2:] == ["organization", "lookup"]
    broken = {line.id for line in found.values() if line.state != "ok"}
    assert broken <= {"scope:docs:document.media:upload"}
    assert sum(rig.emulator.calls.values()) == 6
    assert not any(line.pending_review for line in found.values())


async def test_nothing_of_another_brand_is_asked_for(rig: Rig) -> None:
    found = {line.removeprefix("scope:") for line in await lines(rig) if line.startswith("scope:")}
    assert found == {scope.name for scope in SCOPES} - rig.platform.unavailable


async def test_a_wrong_secret_ends_the_check(rig: Rig) -> None:
    found = await lines(rig, app_secret="wrong")
    assert [*found] == ["token"]
    assert found["token"].state == "error"
    assert found["token"].provider_code == "10014"
    assert "wrong" not in found["token"].detail.replace("secret is wrong", "")


async def test_an_unknown_application_may_be_of_the_other_brand(rig: Rig) -> None:
    found = await lines(rig, app_id="cli_unknown123")
    assert rig.platform.twin in found["token"].detail


async def test_a_missing_permission_has_the_link_that_adds_it(rig: Rig) -> None:
    rig.emulator.apps[rig.app_id].scopes -= {"im:message", "im:message:send_as_bot"}
    found = await lines(rig)
    line = found["scope:im:message:send_as_bot"]
    assert (line.state, line.required) == ("missing", True)
    assert line.fix_url == (
        f"{rig.platform.api_base}/app/{rig.app_id}/auth"
        "?q=im:message:send_as_bot&op_from=openapi&token_type=tenant"
    )
    assert not passes(found)


async def test_a_broader_permission_holds_a_narrower_one(rig: Rig) -> None:
    rig.emulator.apps[rig.app_id].scopes.discard("im:message:send_as_bot")
    assert (await lines(rig))["scope:im:message:send_as_bot"].state == "ok"


async def test_a_permission_saved_but_not_published_is_told_as_that(rig: Rig) -> None:
    app = rig.emulator.apps[rig.app_id]
    app.scopes.discard("contact:user.id:readonly")
    app.unpublished.add("contact:user.id:readonly")
    found = await lines(rig)
    line = found["scope:contact:user.id:readonly"]
    assert "if it was saved, its version is not published yet" in line.detail
    assert line.fix_url == f"{rig.platform.api_base}/app/{rig.app_id}/version"
    assert "waits for review" in found["publication"].detail
    assert [id_ for id_, each in found.items() if each.pending_review] == ["publication"]


async def test_every_line_of_a_permission_says_what_wants_it(rig: Rig) -> None:
    found = await lines(rig)
    wanted = {scope.name: scope.features for scope in SCOPES}
    told = {id_: line.features for id_, line in found.items() if id_.startswith("scope:")}
    assert told == {id_: wanted[id_.removeprefix("scope:")] for id_ in told}


async def test_an_application_never_published_is_told(rig: Rig) -> None:
    rig.emulator.apps[rig.app_id].published = False
    found = await lines(rig)
    assert not passes(found)
    assert len(found) > 10


async def test_the_bot_being_off_is_told(rig: Rig) -> None:
    rig.emulator.apps[rig.app_id].bot_active = False
    line = (await lines(rig))["bot"]
    assert (line.state, line.required) == ("missing", True)
    assert line.fix_url == f"{rig.platform.api_base}/app/{rig.app_id}/bot"


async def test_another_organization_fails_the_check(rig: Rig) -> None:
    found = await lines(rig, organization="Somebody else")
    assert found["organization"].state == "error"
    assert rig.emulator.organization in found["organization"].detail
    assert not passes(found)


async def test_no_declared_organization_is_only_told(rig: Rig) -> None:
    line = (await lines(rig, organization=None))["organization"]
    assert (line.state, line.required) == ("ok", False)


async def test_an_ip_allow_list_is_warned_of(lark_channel: Callable[..., LarkChannel]) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        body: dict[str, object] = {"code": 0, "tenant_access_token": "t-1", "expire": 7200}
        if "bot/v3" in request.url.path:
            body = {"code": 0, "bot": {"activate_status": 2, "ip_white_list": ["203.0.113.7"]}}
        return httpx.Response(200, json=body)

    (line,) = [line for line in await lark_channel(answer).check() if line.id == "ip_allowlist"]
    assert (line.state, line.required) == ("ok", False)
    assert "203.0.113.7" in line.detail


async def test_a_call_that_may_not_be_made_ends_its_own_line_only(rig: Rig) -> None:
    rig.emulator.apps[rig.app_id].scopes -= {
        "application:application:self_manage",
        "admin:app.info:readonly",
        "tenant:tenant:readonly",
        "contact:user.id:readonly",
    }
    found = await lines(rig)
    for id_ in ("application", "publication", "organization", "lookup"):
        assert found[id_].state == "missing"
        assert found[id_].fix_url
    assert found["scope:im:message:send_as_bot"].state == "ok"
    assert passes(found)


@pytest.mark.parametrize(
    "failure", [httpx.ReadTimeout("slow"), httpx.Response(502), httpx.Response(200, text="<html>")]
)
async def test_a_platform_that_does_not_answer_is_not_known_to_be_wrong(
    lark_channel: Callable[..., LarkChannel], failure: httpx.Response | Exception
) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if "auth/v3" in request.url.path:
            body = {"code": 0, "tenant_access_token": "t-1", "expire": 7200}
            return httpx.Response(200, json=body)
        if isinstance(failure, Exception):
            raise failure
        return failure

    found = await lark_channel(answer).check()
    assert found[0].state == "ok"
    assert {line.state for line in found[1:]} == {"unknown"}


async def test_without_an_answer_about_the_token_nothing_is_proved(
    lark_channel: Callable[..., LarkChannel],
) -> None:
    def answer(_: httpx.Request) -> httpx.Response:
        raise httpx.UnsupportedProtocol("not there")

    (line,) = await lark_channel(answer).check()
    assert (line.id, line.state, line.required) == ("token", "error", True)


@pytest.mark.parametrize("status", [0, 1, 3, 4, 5, 6, 99, None, "2"])
async def test_any_state_of_the_bot_but_on_is_told(
    lark_channel: Callable[..., LarkChannel], status: object
) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        body: dict[str, object] = {"code": 0, "tenant_access_token": "t-1", "expire": 7200}
        if "bot/v3" in request.url.path:
            body = {"code": 0, "bot": {"activate_status": status}}
        return httpx.Response(200, json=body)

    found = {line.id: line for line in await lark_channel(answer).check()}
    assert found["bot"].state == "missing"
    assert found["application"].state == "missing"


async def test_a_private_deployment_gets_links_of_its_own() -> None:
    rig = Rig("feishu")
    app = rig.emulator.apps[rig.app_id]
    app.bot_active = False
    found = await lines(rig, api_base="https://open.lark.example.com/")
    assert found["bot"].fix_url == f"https://open.lark.example.com/app/{rig.app_id}/bot"
    await rig.http.aclose()
