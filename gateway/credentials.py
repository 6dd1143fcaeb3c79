"""A channel's secrets: sealed with the tenant's own data key, opened for one use."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from gateway.store import Store
from gateway.store.tenants import TenantRow, read_tenant
from gateway.telemetry import Redactor
from gateway.vault import Place, Vault


class Credentials:
    """Seals and opens. Whatever passes is learnt by the redactor, so that no log shows it."""

    def __init__(self, store: Store, vault: Vault, redactor: Redactor) -> None:
        self._store = store
        self._vault = vault
        self._redactor = redactor

    def new_data_key(self) -> bytes:
        """Return a wrapped data key for a new tenant."""
        return self._vault.new_data_key()

    def seal(
        self, tenant: TenantRow, channel: str, secrets: Mapping[str, Any]
    ) -> dict[str, bytes | None]:
        """Return each secret sealed for its place; None stays None, which removes it."""
        self.learn(secrets)
        return {
            name: None if value is None else self._seal(tenant, channel, name, value)
            for name, value in secrets.items()
        }

    def open(self, tenant: TenantRow, channel: str, sealed: Mapping[str, bytes]) -> dict[str, Any]:
        """Return the secrets in the clear.

        Raises:
            SealBrokenError: One was changed or moved, or its key is not among the operator's.
        """
        secrets = {
            name: json.loads(
                self._vault.open(tenant.data_key, Place(tenant.id, channel, name), value)
            )
            for name, value in sealed.items()
        }
        self.learn(secrets)
        return secrets

    def digest(self, tenant: TenantRow, secret: str) -> str:
        """Return a name for a secret, the same for all channels of a tenant."""
        return self._vault.digest(tenant.data_key, secret)

    async def unseal(
        self, tenant: str, channel: str, sealed: Mapping[str, bytes]
    ) -> Mapping[str, Any]:
        """Open the secrets of a channel whose tenant is still to be read."""
        if not sealed:
            return {}
        row = await self._store.gather(_read_tenants, tenant)
        return self.open(row, channel, sealed) if row else {}

    def learn(self, secrets: object) -> None:
        """Teach every text among `secrets` to the redactor."""
        for text in _texts(secrets):
            self._redactor.learn(text)

    def clean(self, text: str) -> str:
        """Return `text` without any secret that was ever learnt."""
        return self._redactor.clean(text)

    def _seal(self, tenant: TenantRow, channel: str, name: str, value: object) -> bytes:
        text = json.dumps(value, ensure_ascii=False)
        return self._vault.seal(tenant.data_key, Place(tenant.id, channel, name), text)


def _read_tenants(connection: Connection, tenants: Sequence[str]) -> list[TenantRow | None]:
    known = {tenant: read_tenant(connection, tenant) for tenant in dict.fromkeys(tenants)}
    return [known[tenant] for tenant in tenants]


def _texts(value: object) -> Iterator[str]:
    match value:
        case str():
            yield value
        case Mapping():
            for inner in value.values():
                yield from _texts(inner)
        case list() | tuple():
            for inner in value:
                yield from _texts(inner)
