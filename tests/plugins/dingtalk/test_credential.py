import pytest
from pydantic import ValidationError

from gateway_dingtalk import EDITIONS, EXCLUSIVE, STANDARD, Edition
from gateway_dingtalk.credential import DingTalkCredential

from .conftest import CONFIG


def credential(edition: Edition = STANDARD, **changes: object) -> DingTalkCredential:
    return edition.credential.model_validate({**CONFIG, **changes})


def test_the_standard_edition_asks_for_what_its_guide_names() -> None:
    assert list(STANDARD.credential.model_fields) == [
        *("app_id", "agent_id", "app_key", "app_secret"),
        *("robot_code", "card_template_id", "person_messages", "api_base", "oapi_base"),
    ]


def test_the_exclusive_edition_asks_for_less() -> None:
    assert list(EXCLUSIVE.credential.model_fields) == [
        *("app_key", "app_secret", "robot_code", "card_template_id"),
        *("agent_id", "person_messages", "api_base", "oapi_base"),
    ]
    with pytest.raises(ValidationError):
        credential(EXCLUSIVE, app_id="1")


@pytest.mark.parametrize("edition", EDITIONS, ids=lambda edition: edition.name)
def test_work_notices_need_an_agent_id_which_is_said_of_their_field(edition: Edition) -> None:
    made = credential(edition, person_messages="work_notice", agent_id="4711")
    assert (made.person_messages, credential(edition).person_messages) == ("work_notice", "robot")
    with pytest.raises(ValidationError, match="Agent ID") as refused:
        credential(edition, person_messages="work_notice")
    assert [error["loc"] for error in refused.value.errors()] == [("person_messages",)]


@pytest.mark.parametrize("edition", EDITIONS, ids=lambda edition: edition.name)
def test_every_field_says_what_it_is_and_where_to_find_it(edition: Edition) -> None:
    for field in edition.credential.model_fields.values():
        extra = field.json_schema_extra
        assert isinstance(extra, dict)
        assert field.title
        assert field.description
        assert extra["title_zh"]
        assert extra["where"]


def test_a_key_a_secret_and_a_chatbot_are_all_that_is_needed() -> None:
    required = {n for n, f in STANDARD.credential.model_fields.items() if f.is_required()}
    assert required == {"app_key", "app_secret", "robot_code"}


@pytest.mark.parametrize("edition", EDITIONS, ids=lambda edition: edition.name)
def test_the_platforms_own_hosts_are_the_default(edition: Edition) -> None:
    made = credential(edition)
    assert (made.api_base, made.oapi_base) == (
        "https://api.dingtalk.com",
        "https://oapi.dingtalk.com",
    )
    assert edition.hosts == {"api.dingtalk.com", "oapi.dingtalk.com"}


def test_blanks_around_a_value_are_dropped() -> None:
    made = credential(app_key=" dingkey ", app_secret=" s ", api_base="http://127.0.0.1:8/ ")
    assert (made.app_key, made.api_base) == ("dingkey", "http://127.0.0.1:8")
    assert made.app_secret.get_secret_value() == "s"


def test_an_empty_field_is_none() -> None:
    assert credential(card_template_id=" ").card_template_id is None


@pytest.mark.parametrize(
    "change",
    [
        {"app_key": ""},
        {"app_key": "a b"},
        {"app_secret": " "},
        {"app_secret": "密"},
        {"robot_code": "a/b"},
        {"agent_id": "agent"},
        {"agent_id": 4711},
        {"card_template_id": "<b>"},
        {"api_base": "api.dingtalk.com"},
        {"oapi_base": "https://a b"},
        {"person_messages": "pigeon"},
        {"unknown": 1},
    ],
)
def test_a_value_that_is_none_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        STANDARD.credential.model_validate({**CONFIG, **change})


@pytest.mark.parametrize("host", ["openplatform.dg-work.cn", "openplatform-pro.ding.zj.gov.cn"])
def test_another_product_is_refused_by_name(host: str) -> None:
    with pytest.raises(ValidationError, match="government edition"):
        credential(api_base=f"https://{host}")


def test_the_secret_is_not_shown() -> None:
    assert "very-secret-value" not in f"{credential()!r}"
