from typing import Any

import pytest
from pydantic import ValidationError

from gateway_feishu import FEISHU
from gateway_lark import LARK
from gateway_lark.credential import LarkCredential, credential_for

GOOD = {"app_id": "cli_a1b2c3d4e5", "app_secret": "s3cr3t-value"}
Credential = credential_for(LARK)


def make(**changes: object) -> LarkCredential:
    return Credential.model_validate({**GOOD, **changes})


def complaints(**changes: object) -> str:
    with pytest.raises(ValidationError) as refused:
        make(**changes)
    assert "s3cr3t" not in str(refused.value)
    return str(refused.value)


def test_two_values_are_enough() -> None:
    made = make()
    assert made.app_secret.get_secret_value() == "s3cr3t-value"
    assert (made.edition, made.organization, made.encrypt_key) == ("free", None, None)


@pytest.mark.parametrize("app_id", ["", "abc", "cli_", "cli_12345", "cli_a-b-c-d", "CLI_a1b2c3d4"])
def test_a_malformed_app_id_is_refused_in_one_sentence(app_id: str) -> None:
    assert "cli_ followed by 6 to 64 letters and digits" in complaints(app_id=app_id)


def test_blanks_around_what_was_copied_do_no_harm() -> None:
    made = make(app_id=" cli_a1b2c3d4e5\n", app_secret=" s \n", organization=" ", encrypt_key="")
    assert made.app_id == "cli_a1b2c3d4e5"
    assert made.app_secret.get_secret_value() == "s"
    assert made.organization is None
    assert made.encrypt_key is None


def test_an_empty_secret_is_refused() -> None:
    assert "empty" in complaints(app_secret="  ")


def test_unknown_fields_are_refused() -> None:
    assert "Extra inputs" in complaints(appid="x")


@pytest.mark.parametrize("base", ["", "open.example.com", "ftp://x", "https://x/?q", "https://a b"])
def test_a_base_that_is_no_address_is_refused(base: str) -> None:
    assert "API base address" in complaints(api_base=base)


@pytest.mark.parametrize(
    ("base", "kept"),
    [
        ("https://open.example.com/", "https://open.example.com"),
        ("http://127.0.0.1:8801", "http://127.0.0.1:8801"),
        ("https://example.com/lark", "https://example.com/lark"),
    ],
)
def test_a_private_deployments_base_is_kept_without_its_last_slash(base: str, kept: str) -> None:
    assert make(api_base=base).api_base == kept


@pytest.mark.parametrize("platform", [LARK, FEISHU])
def test_each_brand_has_its_own_address_by_default(platform: Any) -> None:  # noqa: ANN401 - a brand
    schema = credential_for(platform).model_json_schema()
    assert schema["properties"]["api_base"]["default"] == platform.api_base
    assert "api_base" not in schema["required"]


def test_every_field_says_what_it_is_and_where_it_is_found() -> None:
    schema = Credential.model_json_schema()
    for field in schema["properties"].values():
        assert field["title"]
        assert field["title_zh"]
        assert field["where"]
        assert field["description"].endswith(".")
    assert [*schema["properties"]] == [
        *("app_id", "app_secret", "organization", "encrypt_key", "verification_token"),
        *("edition", "api_base"),
    ]


def test_secrets_are_sealed_and_never_shown() -> None:
    made = make(encrypt_key="e-k", verification_token="v-t")
    assert not {"s3cr3t", "e-k", "v-t"} & {*repr(made).split("'")}
    schema = Credential.model_json_schema()["properties"]
    assert schema["app_secret"]["writeOnly"]
    assert schema["encrypt_key"]["anyOf"][0]["writeOnly"]
