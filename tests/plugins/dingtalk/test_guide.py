import re

import pytest

from gateway.plugin import FEATURES, GuideRequest, SetupGuide
from gateway_dingtalk import EDITIONS, EXCLUSIVE, STANDARD, Edition, channel_type
from gateway_dingtalk.cards import VARIABLES
from gateway_dingtalk.guide import write
from gateway_dingtalk.scopes import ASKED, SCOPES, Scope

HOME = "https://notify.example.com/app/acme/dingtalk"
CALLBACK = "https://notify.example.com/v1/callbacks/acme/dingtalk"
BOTH = pytest.mark.parametrize("edition", EDITIONS, ids=lambda edition: edition.name)
SEED_PERMISSIONS = """
Basic permissions to call the SNS API operations
Permissions to read information about members
Permissions to query basic information about a member by the mobile number
Basic permissions to call API operations of the enterprise
Basic permissions to query the access credentials that are used to call DingTalk API operations
Permissions to manage the basic information about DingTalk groups
Permissions to send messages by using a chatbot in an enterprise
Permissions to write the content of interactive cards
"""


def guide(
    edition: Edition = STANDARD,
    features: tuple[str, ...] = FEATURES,
    locale: str = "en",
    **config: str,
) -> SetupGuide:
    known = {"app_key": "dingkey", **config}
    return write(edition, GuideRequest(known, frozenset(features), HOME, CALLBACK, locale))


def words(written: SetupGuide) -> str:
    steps = [f"{step.title}\n{step.body}" for step in written.steps]
    blocks = [f"{b.label} {b.value}" for step in written.steps for b in step.blocks]
    return "\n".join([written.performer, *steps, *blocks])


@BOTH
@pytest.mark.parametrize("locale", ["en", "zh-CN"])
def test_the_steps_of_the_vendors_guide_are_all_there(edition: Edition, locale: str) -> None:
    written = guide(edition, locale=locale)
    assert [step.id for step in written.steps] == [
        *("create", "chatbot", "homepage", "permissions", "template"),
        *("release", "credentials", "check"),
    ]
    said = words(written)
    assert HOME in said
    assert CALLBACK in said
    assert edition.title(locale) in said
    assert not re.search(r"\{\w+\}", said)
    chinese = bool(re.search("[\u4e00-\u9fff]", said))
    assert chinese == (locale == "zh-CN")


@BOTH
@pytest.mark.parametrize("permission", SEED_PERMISSIONS.strip().splitlines())
def test_every_permission_of_the_vendors_guide_is_named(edition: Edition, permission: str) -> None:
    assert permission in words(guide(edition))


@pytest.mark.parametrize("scope", SCOPES, ids=lambda scope: scope.name)
def test_every_permission_has_a_reason_and_a_page(scope: Scope) -> None:
    assert scope.reason.endswith(".")
    assert scope.reason_zh.endswith("。")
    assert scope.doc_url.startswith("https://open.dingtalk.com/document/orgapp/")
    assert set(scope.features) <= set(FEATURES)


def test_the_eight_permissions_are_asked_for_in_the_vendors_order() -> None:
    assert [scope.title for scope in ASKED] == SEED_PERMISSIONS.strip().splitlines()


@pytest.mark.parametrize(
    "phrase",
    [
        "Create Application",
        "Chatbot Configuration",
        "HTTP Mode",
        "Web Application",
        "Permission Management",
        "Regular Card",
        "Associated Applications",
        "Version Management and Publishing",
        "Credential and Basic Information",
        "chatbot code",
        "Card Platform, Templates",
        "mobile number",
        "administrator or application developer",
    ],
)
@BOTH
def test_what_an_admin_has_to_know_is_said(edition: Edition, phrase: str) -> None:
    assert phrase.lower() in words(guide(edition)).lower()


def test_every_variable_of_the_template_is_explained() -> None:
    (step,) = [step for step in guide().steps if step.id == "template"]
    contract = next(block for block in step.blocks if block.kind == "text")
    assert [line.partition(":")[0] for line in contract.value.splitlines()] == list(VARIABLES)
    layout = " ".join(block.value for block in step.blocks if block.kind == "note")
    assert set(VARIABLES) <= set(re.findall(r"[a-z_]+", layout))
    assert '"primary" or "secondary"' in layout


def test_each_edition_says_where_to_find_its_own_fields() -> None:
    assert "Agent ID:" in words(guide(STANDARD))
    assert "Agent ID:" not in words(guide(EXCLUSIVE))
    assert "Agent ID:" in words(guide(EXCLUSIVE, person_messages="work_notice"))
    assert "5,000 counted calls" in words(guide(STANDARD))
    assert "contract" in words(guide(EXCLUSIVE))


@BOTH
@pytest.mark.parametrize(("locale", "said"), [("en", "two calls"), ("zh-CN", "两次调用")])
def test_what_work_notices_cost_is_told_to_who_chose_them(
    edition: Edition, locale: str, said: str
) -> None:
    assert said in words(guide(edition, locale=locale, person_messages="work_notice"))
    assert said not in words(guide(edition, locale=locale))


def test_a_permission_can_be_applied_for_by_a_link_once_the_application_is_known() -> None:
    assert "appscope/apply?content=dingkey%23Card.Instance.Write" in words(guide())
    request = GuideRequest({}, frozenset(FEATURES), HOME, CALLBACK)
    assert "appscope" not in words(write(STANDARD, request))


def test_plain_messages_need_no_template() -> None:
    ids = {step.id for step in guide(features=("send", "resolve")).steps}
    assert "template" not in ids


def test_features_choose_the_permissions() -> None:
    written = guide(features=("send", "cards"))
    assert written.scopes_json == {
        "scopes": {
            "tenant": ["Card.Instance.Write", "qyapi_base", "qyapi_robot_sendmsg"],
            "user": [],
        }
    }
    assert {scope.feature for scope in written.scopes} == {"send", "cards"}


def test_addresses_are_ready_to_paste() -> None:
    written = guide(oapi_base="https://old.ding.example.com")
    assert written.redirect_urls[1] == f"{HOME}/workbench"
    assert written.trusted_domains == ("https://notify.example.com",)
    assert written.allowlist_hosts == (
        *("notify.example.com", "api.dingtalk.com", "old.ding.example.com"),
        *("login.dingtalk.com", "open-dev.dingtalk.com"),
    )
    assert "login.dingtalk.com" not in guide(features=("send",)).allowlist_hosts


@BOTH
def test_the_channel_type_writes_its_own_guide(edition: Edition) -> None:
    kind = channel_type(edition)
    assert kind.guide is not None
    written = kind.guide(GuideRequest({}, frozenset({"send"}), HOME, CALLBACK))
    assert edition.titles["en"] in written.performer
