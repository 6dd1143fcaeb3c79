"""What is wrong with a file is said at once, and where; no secret is repeated."""

from typing import Any

import pytest

from gateway.cli.declare.state import TypeFacts
from gateway.cli.declare.wishing import WishError, wished

LARK = TypeFacts(frozenset({"app_id", "app_secret"}), frozenset({"app_secret"}), "app_id")


def faults(**sections: Any) -> list[str]:  # noqa: ANN401 - any JSON
    document = {"tenant": {"id": "acme"}, **sections}
    with pytest.raises(WishError) as raised:
        wished(document, {"lark": LARK}, {})
    return raised.value.faults


def lark(**config: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
    return {"lark": {"type": "lark", "config": config}}


def test_a_number_for_a_mobile_says_what_yaml_did() -> None:
    [told] = faults(users={"li": {"mobile": 6581234567}})
    assert told.startswith("users.li.mobile: ")
    assert "write it in quotes" in told


def test_everything_that_is_wrong_is_told_at_once() -> None:
    told = faults(
        users={"li wei": {}, "tan": {"emial": "x"}},
        rules={"r": {"enabled": "maybe"}},
        chanels={},
        topics=[],
    )
    assert [each.split(":")[0] for each in told] == [
        "chanels",
        "users.li wei",
        "users.tan.emial",
        "topics",
        "rules.r.enabled",
    ]


def test_a_file_names_its_tenant() -> None:
    assert "tenant.id" in faults(tenant={})[0]
    assert "tenant" in faults(tenant="acme")[0]


def test_an_unknown_type_and_an_unknown_field_of_a_channel_are_refused() -> None:
    assert faults(channels={"x": {"type": "larkk"}}) == ["channels.x.type: the gateway has lark"]
    [told] = faults(channels=lark(app_secrt="hush-hush"))
    assert told == "channels.lark.config.app_secrt: lark has no such field"


def test_a_variable_of_a_field_that_is_no_secret_has_to_be_set() -> None:
    [told] = faults(channels=lark(app_id="${APP}"))
    assert told == "channels.lark: the environment lacks APP"


def test_variables_of_secrets_wait_until_they_are_sent() -> None:
    document = {"tenant": {"id": "acme"}, "channels": lark(app_secret="${APP}")}
    wish = wished(document, {"lark": LARK}, {})
    assert wish.sections["channels"]["lark"]["secrets"] == {"app_secret": "${APP}"}


def test_a_template_with_a_broken_hole_is_told_with_its_place() -> None:
    [told] = faults(templates={"t": {"card": {"title": "{{ oh"}}})
    assert told.startswith("templates.t.card.title: ")


def test_a_binding_is_named_by_channel_and_user() -> None:
    [told] = faults(bindings={"lark": {"li": {"kind": "open_id"}}})
    assert told.startswith("bindings.lark/li.id: ")


def test_a_section_may_be_empty() -> None:
    wish = wished({"tenant": {"id": "acme"}, "users": None, "topics": {"t": None}}, {}, {})
    assert wish.sections == {"users": {}, "topics": {"t": {"members": []}}}
