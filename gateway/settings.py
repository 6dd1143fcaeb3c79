"""What an operator may set, one sentence each."""

import ipaddress
import os
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AnyHttpUrl, Field, SecretStr, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
CommaList = NoDecode


class Settings(BaseSettings):
    """Environment variables `GATEWAY_…`, or a TOML file named by `GATEWAY_CONFIG`."""

    model_config = SettingsConfigDict(
        env_prefix="GATEWAY_", extra="ignore", frozen=True, hide_input_in_errors=True
    )

    database_url: Annotated[
        str,
        Field(
            description="Where everything is kept: `sqlite:///path` for one process, "
            "`postgresql://…` for several."
        ),
    ] = "sqlite:///data/gateway.db"
    host: Annotated[str, Field(description="The address to listen on.")] = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535, description="The port to listen on.")] = 8080
    public_url: Annotated[
        AnyHttpUrl | None,
        Field(
            description="The address under which platforms and people reach this gateway; "
            "setup guides print it."
        ),
    ] = None
    owner_key: Annotated[
        SecretStr | None,
        Field(description="A key with the role owner, for the first steps and for automation."),
    ] = None
    encryption_keys: Annotated[
        SecretStr | None,
        Field(
            description="The keys that seal credentials: base64 of 32 bytes each, "
            "comma-separated, newest first. Required with PostgreSQL."
        ),
    ] = None
    egress_allow: Annotated[
        tuple[Network, ...],
        CommaList,
        Field(
            description="Networks (CIDR, comma-separated) that user-given URLs may reach "
            "besides the public internet."
        ),
    ] = ()
    plugins: Annotated[
        frozenset[str] | None,
        CommaList,
        Field(description="The plugins that may load, comma-separated; all installed by default."),
    ] = None
    regions: Annotated[
        frozenset[str] | None,
        CommaList,
        Field(
            description="The regions that a tenant may be in, comma-separated; any name by default."
        ),
    ] = None
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"],
        Field(description="The least important lines that are logged."),
    ] = "info"
    log_format: Annotated[
        Literal["json", "console"], Field(description="How a log line looks.")
    ] = "json"
    concurrency: Annotated[
        int, Field(ge=1, le=4096, description="The most provider calls in flight at once.")
    ] = 128

    @field_validator("egress_allow", "plugins", "regions", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return [part.strip() for part in value.split(",") if part.strip()]
        return value

    @model_validator(mode="after")
    def _postgres_needs_keys(self) -> Self:
        if not self.sqlite_path and self.encryption_keys is None:
            raise ValueError("GATEWAY_ENCRYPTION_KEYS is required with PostgreSQL")
        return self

    @property
    def sqlite_path(self) -> Path | None:
        """The database file; None with PostgreSQL."""
        scheme, _, rest = self.database_url.partition("://")
        return Path(rest[1:]) if scheme == "sqlite" else None

    @property
    def base_url(self) -> str:
        """The public address without a slash at its end."""
        return str(self.public_url or f"http://{self.host}:{self.port}").rstrip("/")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Let arguments win over the environment, and the environment over the file."""
        del dotenv_settings, file_secret_settings
        return (init_settings, env_settings, TomlConfigSettingsSource(settings_cls, _toml_file()))


def _toml_file() -> Path | None:
    named = os.environ.get("GATEWAY_CONFIG")
    return Path(named) if named else None
