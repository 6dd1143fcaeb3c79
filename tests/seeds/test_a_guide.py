"""A: how an application is set up on its platform, and whether it was (all five seeds)."""

import json
import os
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.faults.stage import TENANT, Api, house
from tests.seeds.guides import APPLICATIONS, TYPES, guide_of, scopes, step, words
from tests.seeds.people_stage import Company, company

GOLDEN = Path(__file__).parent / "golden"
PUBLIC = "https://notify-sg.example.com"
CHANNELS = f"/v1/tenants/{TENANT}/channels"
HOME = f"{PUBLIC}/app/{TENANT}"
LARKS = ("lark", "feishu")
FOUR = [
    "application:application:self_manage",
    "cardkit:card:write",
    "im:message:send_as_bot",
    "tenant:tenant:readonly",
]
CONFIGS: dict[str, dict[str, str]] = {
    "lark": {"app_id": "cli_a1b2c3d4"},
    "feishu": {"app_id": "cli_a1b2c3d4"},
    "dingtalk": {"app_key": "dinga1b2c3"},
    "dingtalk-exclusive": {"app_key": "dinga1b2c3"},
}


@pytest.fixture
async def api(sqlite_url: str) -> AsyncIterator[Api]:
    """A gateway with a public address, and a channel of each kind whose application is known."""
    async with house(sqlite_url, public_url=PUBLIC) as served:
        await served.api.call("PUT", f"/v1/tenants/{TENANT}", {"name": "Acme"})
        for name, config in CONFIGS.items():
            body = {"type": name, "config": config}
            await served.api.call("PUT", f"{CHANNELS}/{name}", body)
        yield served.api


@pytest.fixture
async def lark(sqlite_url: str) -> AsyncIterator[Company]:
    async with company(sqlite_url, "lark") as made:
        yield made


@pytest.fixture
async def dingtalk(sqlite_url: str) -> AsyncIterator[Company]:
    async with company(sqlite_url, "dingtalk") as made:
        yield made


async def of(api: Api, kind: str, **query: str) -> dict[str, Any]:
    return await guide_of(api.http, f"{CHANNELS}/{kind}", **query)


async def checked(made: Company, **query: str) -> dict[str, Any]:
    report = await made.call("POST", f"{made.channel}/check", **query)
    return {"ok": report["ok"], **{line["id"]: line for line in report["checks"]}}


def app_of(made: Company) -> Any:  # noqa: ANN401 - each emulator's own application
    return made.emulator.apps[made.config["app_id" if made.brand == "lark" else "app_key"]]


@pytest.mark.parametrize("kind", APPLICATIONS)
async def test_a1_the_guide_names_both_roles_and_the_own_organization(api: Api, kind: str) -> None:
    guide = await of(api, kind)
    assert "administrator" in guide["performer"]
    assert "admin of the tenant" in guide["performer"]
    assert "your own organization" in words(guide) or "your organization" in words(guide)


async def test_a1_a_check_names_the_organization_and_fails_for_another(lark: Company) -> None:
    line = (await checked(lark))["organization"]
    assert lark.emulator.organization in line["detail"]
    await lark.call("PATCH", lark.channel, {"config": {"organization": "Somebody else"}})
    found = await checked(lark)
    assert (found["ok"], found["organization"]["state"]) == (False, "error")


@pytest.mark.parametrize("kind", TYPES)
async def test_a2_the_steps_of_each_kind_are_these(api: Api, kind: str) -> None:
    for locale in ("en", "zh-CN"):
        guide = await guide_of(api.http, f"/v1/channel-types/{kind}", locale=locale)
        written = json.dumps(guide, ensure_ascii=False, indent=2) + "\n"
        golden = GOLDEN / f"guide.{kind}.{locale}.json"
        if os.environ.get("UPDATE_GOLDEN"):
            golden.write_text(written)
        assert written == golden.read_text()


@pytest.mark.parametrize("kind", LARKS)
async def test_a3_the_guide_asks_for_bot_and_web_app(api: Api, kind: str) -> None:
    assert "Bot and Web App" in step(await of(api, kind), "features")["title"]


async def test_a3_a_check_tells_whether_the_bot_is_on_in_a_line_of_its_own(lark: Company) -> None:
    assert (await checked(lark))["bot"]["state"] == "ok"
    app_of(lark).bot_active = False
    line = (await checked(lark))["bot"]
    assert (line["state"], "/bot" in line["fix_url"]) == ("missing", True)


@pytest.mark.parametrize("kind", APPLICATIONS)
async def test_a4_the_homepage_has_no_hole_left_and_the_host_of_its_region(
    sqlite_url: str, api: Api, kind: str
) -> None:
    guide = await of(api, kind)
    assert guide["homepage_url"] == f"{HOME}/{kind}"
    assert not re.search(r"\{\w+\}", words(guide) + str(guide["quick_add_url"]))
    assert guide["homepage_url"] in words(guide)


async def test_a4_another_region_has_another_host(sqlite_url: str) -> None:
    async with house(sqlite_url, public_url="https://notify-us.example.com/") as served:
        guide = await guide_of(served.api.http, "/v1/channel-types/lark")
    assert guide["homepage_url"].startswith("https://notify-us.example.com/app/")


@pytest.mark.parametrize("kind", LARKS)
async def test_a5_the_guide_recommends_a_new_tab_inside_the_platform(api: Api, kind: str) -> None:
    assert "Open in a new tab inside" in step(await of(api, kind), "homepage")["body"]


@pytest.mark.parametrize("kind", APPLICATIONS)
async def test_a6_redirect_urls_are_ready_to_paste(api: Api, kind: str) -> None:
    home = f"{HOME}/{kind}"
    assert (await of(api, kind))["redirect_urls"] == [
        home,
        f"{home}/workbench",
        f"{home}/login",
        f"{home}/oauth2/callback",
        f"{home}/person/inviteToGroup",
    ]


@pytest.mark.parametrize("kind", LARKS)
async def test_a6_they_stand_in_the_step_one_in_each_line(api: Api, kind: str) -> None:
    guide = await of(api, kind)
    values = [block["value"] for block in step(guide, "security")["blocks"]]
    assert "\n".join(guide["redirect_urls"]) in values


@pytest.mark.parametrize("kind", APPLICATIONS)
async def test_a7_the_trusted_domain_is_the_origin_of_the_homepage(api: Api, kind: str) -> None:
    guide = await of(api, kind)
    assert guide["trusted_domains"] == [PUBLIC]


SEED_SCOPES: dict[str, str] = {
    "Obtain apps information": "admin:app.info:readonly",
    "Get basic information in contacts": "contact:contact.base:readonly",
    "Manage app visibility": "admin:app.visibility",
    "Obtain department's basic information": "contact:department.base:readonly",
    "Obtain department's organizational structure": "contact:department.organize:readonly",
    "Obtain user's basic information": "contact:user.base:readonly",
    "Obtain user's organization information": "contact:user.department:readonly",
    "Obtain user's email information": "contact:user.email:readonly",
    "Obtain user's employment information": "contact:user.employee:readonly",
    "Obtain user ID": "contact:user.employee_id:readonly",
    "Obtain user's mobile number": "contact:user.phone:readonly",
    "Read and send messages in private and group chats": "im:message",
    "Obtain tenant information": "tenant:tenant:readonly",
    "Obtain user groups information": "contact:group:readonly",
    "Read address book as app": "contact:contact:readonly_as_app",
    "User id by phone number or email": "contact:user.id:readonly",
    "Access and update group information": "im:chat",
    "Send messages as an application": "im:message:send_as_bot",
    "Send messages to multiple users at a time": "im:message:send_multi_users",
    "Query and upload image or file resources": "im:resource",
}


@pytest.mark.parametrize("kind", LARKS)
async def test_a8_every_permission_that_a_seed_names_is_in_the_list(api: Api, kind: str) -> None:
    assert set(SEED_SCOPES.values()) | set(FOUR) <= set(scopes(await of(api, kind)))


async def test_a8_what_lark_lacks_is_hidden_there_and_asked_for_on_feishu(api: Api) -> None:
    name = "docs:document.media:upload"
    assert name not in scopes(await of(api, "lark"))
    assert name in scopes(await of(api, "feishu"))


@pytest.mark.parametrize("kind", ["dingtalk", "dingtalk-exclusive"])
async def test_a8_dingtalk_asks_for_its_eight(api: Api, kind: str) -> None:
    assert {
        *("snsapi_base", "qyapi_get_member", "qyapi_get_member_by_mobile", "qyapi_base"),
        *("open_app_api_base", "qyapi_chat_manage", "qyapi_robot_sendmsg"),
        "Card.Instance.Write",
    } <= set(scopes(await of(api, kind)))


@pytest.mark.parametrize("kind", APPLICATIONS)
async def test_a8_the_features_in_use_decide_in_guide_and_check_alike(api: Api, kind: str) -> None:
    few = await of(api, kind, features="send,cards")
    assert set(scopes(few)) < set(scopes(await of(api, kind)))
    assert {one["for"] for one in few["scopes"]} == {"send", "cards"}


async def test_a8_a_check_goes_permission_by_permission_with_the_link_that_adds_it(
    lark: Company,
) -> None:
    lark.forbid("im:message", "im:message:send_as_bot", "contact:user.id:readonly")
    found = await checked(lark)
    line = found["scope:im:message:send_as_bot"]
    assert (found["ok"], line["state"], line["required"]) == (False, "missing", True)
    assert "q=im:message:send_as_bot&" in line["fix_url"]
    assert found["scope:contact:user.id:readonly"]["required"] is False
    assert found["scope:tenant:tenant:readonly"]["state"] == "ok"
    few = await checked(lark, features="send,cards")
    asked = sorted(id_.removeprefix("scope:") for id_ in few if id_.startswith("scope:"))
    assert asked == FOUR


async def test_a8_where_the_platform_does_not_tell_the_check_does_not_pretend(
    dingtalk: Company,
) -> None:
    found = await checked(dingtalk)
    for name in ("snsapi_base", "open_app_api_base"):
        assert found[f"scope:{name}"]["state"] == "unknown"
        assert "does not tell" in found[f"scope:{name}"]["detail"]
    dingtalk.forbid("qyapi_robot_sendmsg")
    line = (await checked(dingtalk))["scope:qyapi_robot_sendmsg"]
    assert (line["state"], "qyapi_robot_sendmsg" in line["fix_url"]) == ("missing", True)


@pytest.mark.parametrize("kind", LARKS)
async def test_a9_the_json_to_import_is_that_of_the_seed(api: Api, kind: str) -> None:
    guide = await of(api, kind, features="send,cards")
    assert guide["scopes_json"] == {"scopes": {"tenant": FOUR, "user": []}}
    (block,) = [b for b in step(guide, "permissions")["blocks"] if b["kind"] == "json"]
    assert json.loads(block["value"]) == guide["scopes_json"]


@pytest.mark.parametrize(
    ("kind", "console"),
    [("lark", "https://open.larksuite.com"), ("feishu", "https://open.feishu.cn")],
)
async def test_a10_the_link_that_adds_all_at_once_is_that_of_the_seed(
    api: Api, kind: str, console: str
) -> None:
    guide = await of(api, kind, features="send,cards")
    assert guide["quick_add_url"] == (
        f"{console}/app/cli_a1b2c3d4/auth?q=application:application:self_manage,"
        "tenant:tenant:readonly,im:message:send_as_bot,cardkit:card:write"
        "&op_from=openapi&token_type=tenant"
    )


@pytest.mark.parametrize("kind", APPLICATIONS)
async def test_a11_every_permission_says_what_for_and_where_it_is_documented(
    api: Api, kind: str
) -> None:
    for locale, full_stop in (("en", "."), ("zh-CN", "。")):
        for one in (await of(api, kind, locale=locale))["scopes"]:
            assert one["reason"].endswith(full_stop)
            assert one["doc_url"].startswith("https://")


@pytest.mark.parametrize("kind", APPLICATIONS)
async def test_a12_the_guide_says_how_a_version_is_published_and_that_changes_need_one(
    api: Api, kind: str
) -> None:
    body = step(await of(api, kind), "release")["body"]
    assert "all members" in body
    assert "Every later change" in body
    if kind in LARKS:
        assert "default feature on mobile Bot, default feature on desktop Web App" in body


async def test_a12_a_permission_that_was_saved_but_not_published_is_told_as_that(
    lark: Company,
) -> None:
    lark.forbid("contact:user.id:readonly")
    app_of(lark).unpublished.add("contact:user.id:readonly")
    line = (await checked(lark))["scope:contact:user.id:readonly"]
    assert "saved, its version is not published yet" in line["detail"]
    assert line["fix_url"].endswith("/version")


async def test_a13_the_guide_and_the_check_tell_of_a_review(lark: Company) -> None:
    guide = await guide_of(lark.http, lark.channel)
    assert "approve the version" in step(guide, "review")["body"]
    app_of(lark).unpublished.add("im:resource")
    assert "waits for review" in (await checked(lark))["publication"]["detail"]


async def test_a13_a_review_that_is_awaited_can_be_said_and_is_shown(lark: Company) -> None:
    await lark.call("POST", f"{lark.channel}/disable")
    said = await lark.call("PATCH", lark.channel, {"pending_review": True})
    assert (said["pending_review"], bool(said["pending_review_since"])) == (True, True)
    guide = await guide_of(lark.http, lark.channel)
    assert guide["pending_review_since"] == said["pending_review_since"]
    person = next(iter(lark.emulator.people.values()))
    note = {"tenant": TENANT, "type": "t", "to": [{"email": person.email}], "card": {"title": "Hi"}}
    sent = await lark.call("POST", "/notify", {**note, "routing": {"channels": ["lark"]}})
    told = await lark.call("GET", sent["links"]["explain"])
    [delivery] = told["recipients"]
    assert delivery["reason"] == "channel_disabled"
    assert "awaits a review on the platform" in delivery["sentence"]["en"]


async def test_a13_a_check_sets_it_where_the_platform_tells_and_ends_it_once_it_is_over(
    lark: Company,
) -> None:
    app_of(lark).unpublished.add("im:resource")
    assert (await lark.call("POST", f"{lark.channel}/check"))["pending_review"] is True
    assert (await lark.call("GET", lark.channel))["pending_review"] is True
    app_of(lark).unpublished.clear()
    assert (await lark.call("POST", f"{lark.channel}/check"))["pending_review"] is False
    shown = await lark.call("GET", lark.channel)
    assert (shown["pending_review"], shown["pending_review_since"]) == (False, None)
    changes = [line["after"] for line in await lark.audited() if line["action"] == "channel.review"]
    assert changes == [{"pending_review": False}, {"pending_review": True}]


async def test_a13_where_the_platform_tells_of_no_review_all_that_is_granted_ends_it(
    dingtalk: Company,
) -> None:
    await dingtalk.call("PATCH", dingtalk.channel, {"pending_review": True})
    dingtalk.forbid("qyapi_robot_sendmsg")
    assert (await dingtalk.call("POST", f"{dingtalk.channel}/check"))["pending_review"] is True
    app_of(dingtalk).permissions.add("qyapi_robot_sendmsg")
    assert (await dingtalk.call("POST", f"{dingtalk.channel}/check"))["pending_review"] is False


@pytest.mark.parametrize("kind", ["dingtalk", "dingtalk-exclusive"])
async def test_a14_the_chatbot_is_set_up_in_http_mode_with_our_address(api: Api, kind: str) -> None:
    found = step(await of(api, kind), "chatbot")
    assert "HTTP Mode" in found["body"]
    assert "overview and description" in found["body"]
    assert [block["value"] for block in found["blocks"]] == [
        f"{PUBLIC}/v1/callbacks/{TENANT}/{kind}"
    ]


@pytest.mark.parametrize("kind", ["dingtalk", "dingtalk-exclusive"])
async def test_a15_the_guide_says_how_the_card_template_is_built(api: Api, kind: str) -> None:
    found = step(await of(api, kind), "template")
    assert "Regular Card" in found["body"]
    assert "Associated Applications" in found["body"]
    contract = next(block["value"] for block in found["blocks"] if block["kind"] == "text")
    named = {line.partition(":")[0] for line in contract.splitlines()}
    assert {"title", "markdown", "status_text", "primary_text", "detail_url", "notice_id"} <= named
    layout = " ".join(block["value"] for block in found["blocks"] if block["kind"] == "note")
    assert all(name in layout for name in named)


async def test_a15_the_guide_offers_a_template_to_import_and_no_key_is_needed_for_it(
    dingtalk: Company,
) -> None:
    found = step(await guide_of(dingtalk.http, dingtalk.channel), "template")
    links = [block["value"] for block in found["blocks"] if block["kind"] == "link"]
    [url] = [link for link in links if "/card-templates/" in link]
    async with httpx.AsyncClient(base_url=dingtalk.http.base_url, trust_env=False) as stranger:
        answer = await stranger.get(httpx.URL(url).path)
    template = answer.json()
    assert list(template) == ["editorData", "widgetInfo", "type", "mode"]
    declared = {each["name"] for each in json.loads(template["editorData"])["variableList"]}
    contract = next(block["value"] for block in found["blocks"] if block["kind"] == "text")
    assert {line.partition(":")[0] for line in contract.splitlines()} == declared
    assert "Import" in found["body"]


async def test_a15_a_check_compares_the_templates_variables_where_the_platform_tells_them(
    dingtalk: Company,
) -> None:
    assert (await checked(dingtalk))["card_template_variables"]["state"] == "unknown"
    [template] = dingtalk.emulator.templates.values()
    template.variables = {"title": "string"}
    found = await checked(dingtalk)
    assert (found["ok"], found["card_template_variables"]["state"]) == (True, "missing")
    assert "notice_id" in found["card_template_variables"]["detail"]


async def test_a15_a_check_tries_the_template(dingtalk: Company) -> None:
    assert (await checked(dingtalk))["card_template"]["state"] == "ok"
    wrong = {"config": {"card_template_id": "nobody.schema"}}
    await dingtalk.call("PATCH", dingtalk.channel, wrong)
    found = await checked(dingtalk)
    assert (found["ok"], found["card_template"]["state"]) == (False, "error")
    assert found["card_template"]["fix_url"]


@pytest.mark.parametrize("kind", APPLICATIONS)
async def test_a16_a_strict_network_learns_which_hosts_to_allow(api: Api, kind: str) -> None:
    guide = await of(api, kind)
    assert guide["allowlist_hosts"][0] == PUBLIC.removeprefix("https://")
    assert len(guide["allowlist_hosts"]) >= 3
    assert ", ".join(guide["allowlist_hosts"]) in words(guide)


@pytest.mark.parametrize("kind", APPLICATIONS)
async def test_a17_opening_the_application_before_activation_says_whom_to_ask(
    api: Api, kind: str
) -> None:
    guide = await of(api, kind)
    async with httpx.AsyncClient(base_url=api.http.base_url, trust_env=False) as stranger:
        for url in (guide["homepage_url"], *guide["redirect_urls"]):
            answer = await stranger.get(url.removeprefix(PUBLIC))
            assert answer.status_code == 200
            assert "not in effect" in answer.text
            assert "channel_disabled" in answer.text
            assert "Ask the administrator" in answer.text


async def test_a17_the_page_says_so_once_it_is_in_effect(lark: Company) -> None:
    answer = await lark.http.get(f"/app/{TENANT}/lark", headers={"Accept-Language": "zh-CN"})
    assert "此应用已生效" in answer.text


@pytest.mark.parametrize("kind", TYPES)
async def test_a18_the_guide_says_who_does_it_and_how_long_it_takes(api: Api, kind: str) -> None:
    guide = await guide_of(api.http, f"/v1/channel-types/{kind}")
    assert guide["performer"]
    assert 0 < guide["minutes"] <= 20
    if kind in LARKS:
        assert guide["minutes"] == 10
