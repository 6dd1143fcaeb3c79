import json
import re

import pytest

from gateway.plugin import FEATURES, GuideRequest, SetupGuide
from gateway_feishu import FEISHU
from gateway_lark import LARK, Platform, channel_type
from gateway_lark.guide import write
from gateway_lark.scopes import SCOPES, Scope, doc_url

from .conftest import BRANDS

HOME = "https://notify.example.com/app/acme/lark"
CALLBACK = "https://notify.example.com/v1/callbacks/acme/lark"
SEED_SCOPES = [
    "application:application:self_manage",
    "cardkit:card:write",
    "im:message:send_as_bot",
    "tenant:tenant:readonly",
]
SEED_LINK = (
    "/app/cli_abc123/auth?q=application:application:self_manage,tenant:tenant:readonly,"
    "im:message:send_as_bot,cardkit:card:write&op_from=openapi&token_type=tenant"
)


def guide(
    platform: Platform = LARK,
    features: tuple[str, ...] = FEATURES,
    locale: str = "en",
    **config: str,
) -> SetupGuide:
    known = {"app_id": "cli_abc123", **config}
    return write(platform, GuideRequest(known, frozenset(features), HOME, CALLBACK, locale))


def words(written: SetupGuide) -> str:
    steps = [f"{step.title}\n{step.body}" for step in written.steps]
    blocks = [f"{b.label} {b.value}" for step in written.steps for b in step.blocks]
    return "\n".join([written.performer, *steps, *blocks])


@pytest.mark.parametrize("brand", BRANDS)
def test_sending_cards_asks_for_the_four_permissions_of_the_vendors_own_guide(brand: str) -> None:
    written = guide(BRANDS[brand], ("send", "cards"))
    assert written.scopes_json == {"scopes": {"tenant": SEED_SCOPES, "user": []}}
    assert written.quick_add_url == BRANDS[brand].api_base + SEED_LINK


def test_permissions_to_import_are_sorted_whatever_the_features() -> None:
    for feature in FEATURES:
        tenant = guide(features=(feature,)).scopes_json["scopes"]["tenant"]
        assert tenant == sorted(tenant)


def test_the_permission_to_import_can_be_pasted() -> None:
    (block,) = [b for step in guide().steps for b in step.blocks if b.kind == "json"]
    assert json.loads(block.value) == guide().scopes_json


@pytest.mark.parametrize("scope", SCOPES, ids=lambda scope: scope.name)
def test_every_permission_has_a_reason_and_a_page(scope: Scope) -> None:
    assert scope.reason.endswith(".")
    assert scope.reason_zh.endswith("。")
    assert doc_url(LARK, scope).startswith("https://open.larksuite.com/document/")
    assert set(scope.features) <= set(FEATURES)


def test_what_a_brand_does_not_offer_is_not_asked_for() -> None:
    name = "docs:document.media:upload"
    assert name not in {scope.scope for scope in guide(LARK).scopes}
    assert name in {scope.scope for scope in guide(FEISHU).scopes}


def test_every_permission_that_vendors_guides_name_is_known() -> None:
    named = """
    tenant:tenant:readonly application:application:self_manage admin:app.info:readonly
    admin:app.visibility im:message im:message:send_as_bot im:message:send_multi_users im:resource
    cardkit:card:write im:chat contact:contact.base:readonly contact:contact:readonly_as_app
    contact:department.base:readonly contact:department.organize:readonly
    contact:user.base:readonly contact:user.department:readonly contact:user.email:readonly
    contact:user.employee:readonly contact:user.employee_id:readonly contact:user.phone:readonly
    contact:group:readonly contact:user.id:readonly docs:document.media:upload
    """
    assert set(named.split()) <= {scope.scope for scope in guide(FEISHU).scopes}


def test_each_permission_says_which_feature_wants_it() -> None:
    features = {scope.scope: scope.feature for scope in guide(features=("login",)).scopes}
    assert features == {
        "contact:user.email:readonly": "login",
        "contact:user.phone:readonly": "login",
        "contact:user.employee_id:readonly": "login",
    }


def test_addresses_are_ready_to_paste() -> None:
    written = guide()
    assert written.homepage_url == HOME
    assert written.callback_url == CALLBACK
    assert written.redirect_urls == (
        HOME,
        f"{HOME}/workbench",
        f"{HOME}/login",
        f"{HOME}/oauth2/callback",
        f"{HOME}/person/inviteToGroup",
    )
    assert written.trusted_domains == ("https://notify.example.com",)
    assert written.allowlist_hosts == (
        "notify.example.com",
        "open.larksuite.com",
        "accounts.larksuite.com",
        "applink.larksuite.com",
    )


def test_a_private_deployment_gets_its_own_console() -> None:
    written = guide(api_base="https://open.lark.example.com/")
    assert written.quick_add_url is not None
    assert written.quick_add_url.startswith("https://open.lark.example.com/app/cli_abc123/auth?q=")
    assert "open.lark.example.com" in written.allowlist_hosts
    assert "open.larksuite.com/app" not in words(written)


@pytest.mark.parametrize("locale", ["en", "zh-CN"])
@pytest.mark.parametrize("brand", BRANDS)
def test_the_steps_of_the_vendors_guides_are_all_there(brand: str, locale: str) -> None:
    written = guide(BRANDS[brand], locale=locale)
    assert [step.id for step in written.steps] == [
        *("create", "features", "credentials", "homepage", "permissions", "security"),
        *("callbacks", "contacts", "release", "review", "check"),
    ]
    assert written.minutes == 10
    said = words(written)
    assert "1.0.1" in said
    assert HOME in said
    assert CALLBACK in said
    assert BRANDS[brand].title(locale) in said
    assert not re.search(r"\{\w+\}", said)
    chinese = bool(re.search("[\u4e00-\u9fff]", said.replace("飞书", "")))
    assert chinese == (locale == "zh-CN")


@pytest.mark.parametrize(
    "phrase",
    [
        "Create Custom App",
        "Bot and Web App",
        "Personal Center",
        "Open in a new tab inside Lark",
        "Batch Import/Export",
        "Request to Enable",
        "redirect URLs",
        "trusted H5 domain",
        "contact data range",
        "default feature on mobile Bot",
        "default feature on desktop Web App",
        "availability all members",
        "lark-robot",
        "10,000 calls a month",
        "administrator or application developer",
    ],
)
def test_what_an_admin_has_to_know_is_said(phrase: str) -> None:
    assert phrase.lower() in words(guide()).lower()


def test_steps_that_no_feature_needs_are_left_out() -> None:
    ids = {step.id for step in guide(features=("send", "cards")).steps}
    assert "callbacks" not in ids
    assert "contacts" not in ids


def test_before_the_application_exists_nothing_has_a_hole() -> None:
    request = GuideRequest({}, frozenset({"send"}), HOME, CALLBACK)
    written = write(LARK, request)
    assert written.quick_add_url is None
    assert not re.search(r"\{\w+\}", words(written))
    assert "once the App ID is saved" in words(written)


def test_the_channel_type_writes_its_own_brands_guide() -> None:
    for platform in (LARK, FEISHU):
        kind = channel_type(platform)
        assert kind.guide is not None
        written = kind.guide(GuideRequest({}, frozenset({"send"}), HOME, CALLBACK))
        assert platform.titles["en"] in written.performer
