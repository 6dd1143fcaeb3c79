from pathlib import Path

import pytest
from pydantic import ValidationError

from gateway.settings import Settings

POSTGRES = "postgresql://gw@db/gw"


@pytest.fixture(autouse=True)
def _nothing_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [*Settings.model_fields, "config"]:
        monkeypatch.delenv(f"GATEWAY_{name.upper()}", raising=False)


def test_without_any_setting_it_serves_this_machine_from_a_file() -> None:
    settings = Settings()
    assert settings.sqlite_path == Path("data/gateway.db")
    assert settings.base_url == "http://127.0.0.1:8080"
    assert settings.plugins is None
    assert settings.egress_allow == ()


def test_the_environment_is_read_with_its_prefix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_PORT", "9000")
    monkeypatch.setenv("GATEWAY_PUBLIC_URL", "https://gw.example/sub/")
    monkeypatch.setenv("GATEWAY_PLUGINS", "lark, feishu,,")
    monkeypatch.setenv("GATEWAY_EGRESS_ALLOW", "10.0.0.0/8, fd00::/8")
    monkeypatch.setenv("PORT", "1")
    settings = Settings()
    assert settings.port == 9000
    assert settings.base_url == "https://gw.example/sub"
    assert settings.plugins == frozenset({"lark", "feishu"})
    assert [str(each) for each in settings.egress_allow] == ["10.0.0.0/8", "fd00::/8"]


def test_an_empty_list_of_plugins_is_none_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_PLUGINS", "")
    assert Settings().plugins == frozenset()


def test_a_toml_file_is_read_and_the_environment_wins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "gateway.toml"
    file.write_text('port = 9001\nlog_level = "debug"\nplugins = ["lark"]\n')
    monkeypatch.setenv("GATEWAY_CONFIG", str(file))
    monkeypatch.setenv("GATEWAY_PORT", "9002")
    settings = Settings()
    assert (settings.port, settings.log_level, settings.plugins) == (
        9002,
        "debug",
        frozenset({"lark"}),
    )


def test_an_argument_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_PORT", "9002")
    assert Settings(port=9003).port == 9003


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "70000"),
        ("PORT", "http"),
        ("CONCURRENCY", "0"),
        ("LOG_LEVEL", "verbose"),
        ("LOG_FORMAT", "xml"),
        ("PUBLIC_URL", "gw.example"),
        ("EGRESS_ALLOW", "10.0.0.1/8"),
        ("EGRESS_ALLOW", "everything"),
    ],
)
def test_a_wrong_value_is_refused_with_its_name(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"GATEWAY_{name}", value)
    with pytest.raises(ValidationError) as caught:
        Settings()
    assert caught.value.errors()[0]["loc"][0] == name.lower()


def test_postgresql_needs_encryption_keys() -> None:
    with pytest.raises(ValidationError, match="GATEWAY_ENCRYPTION_KEYS is required"):
        Settings(database_url=POSTGRES)


def test_with_postgresql_there_is_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_ENCRYPTION_KEYS", "a2V5")
    assert Settings(database_url=POSTGRES).sqlite_path is None


def test_secrets_are_masked_wherever_settings_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_OWNER_KEY", "canary-owner")
    monkeypatch.setenv("GATEWAY_ENCRYPTION_KEYS", "canary-keys")
    settings = Settings()
    shown = f"{settings} {settings!r} {settings.model_dump_json()}"
    assert "canary" not in shown
    assert settings.owner_key
    assert settings.owner_key.get_secret_value() == "canary-owner"


def test_a_refusal_shows_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GATEWAY_OWNER_KEY", "canary-owner")
    monkeypatch.setenv("GATEWAY_DATABASE_URL", "postgresql://gw:canary-password@db/gw")
    with pytest.raises(ValidationError) as caught:
        Settings()
    assert "canary" not in str(caught.value)


def test_settings_do_not_change() -> None:
    with pytest.raises(ValidationError):
        setattr(Settings(), "port", 1)  # noqa: B010 - mypy refuses the plain way


def test_each_setting_says_what_it_is_in_one_sentence() -> None:
    for name, field in Settings.model_fields.items():
        assert field.description, name
        assert field.description.endswith("."), name
