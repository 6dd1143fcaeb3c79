"""A tenant's rules: written by its admins, applied to whatever its applications send."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy import Connection

from gateway import expressions, naming
from gateway.facts import MOST_RULES
from gateway.merge import merge_patch
from gateway.problems import ProblemError, field_errors
from gateway.registry import Registry
from gateway.request import Slug, To
from gateway.store import Store
from gateway.store.audit import By, record
from gateway.store.rules import RuleRow, delete_rule, list_rules, put_rule, read_rule
from gateway.tenants import known_tenant

LONGEST_WINDOW = 7 * 86_400


def _expression(value: str) -> str:
    if value.startswith(expressions.MARK):
        expressions.check(value.removeprefix(expressions.MARK))
    return value


Text = Annotated[str, Field(max_length=255), AfterValidator(_expression)]
Scalar = Text | bool | int | float
AnyOf = Annotated[tuple[Scalar, ...], Field(min_length=1, max_length=20)]
Condition = Annotated[str, Field(min_length=1, max_length=100)]


class RuleBody(BaseModel):
    """A rule, as it is created or replaced.

    `match` has the value, or any of several, of the notification's `type` and of its
    attributes; `*` in a value stands for any text, and `=~` begins a regular expression. Every
    condition has to hold.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    enabled: bool = True
    match: Annotated[dict[Condition, Scalar | AnyOf], Field(max_length=20)] = Field(
        default_factory=dict
    )
    channels: Annotated[tuple[Slug, ...], Field(max_length=20)] = ()
    recipients: Annotated[tuple[To, ...], Field(max_length=200)] = ()
    user_window_seconds: Annotated[int, Field(ge=0, le=LONGEST_WINDOW)] | None = None
    mobile_only: bool = False


class HouseRules:
    """Every change of a tenant's rules."""

    def __init__(self, store: Store, registry: Registry) -> None:
        self._store = store
        self._registry = registry

    async def get(self, tenant: str, name: str) -> RuleRow:
        """Return one rule."""
        return await self._store.read(lambda connection: _known(connection, tenant, name))

    async def list(self, tenant: str, after: str, limit: int) -> list[RuleRow]:
        """Return the tenant's rules by name, those behind `after`."""

        def read(connection: Connection) -> list[RuleRow]:
            known_tenant(connection, tenant)
            return list_rules(connection, tenant, after=after, limit=limit)

        return await self._store.read(read)

    async def put(self, by: By, name: str, body: RuleBody) -> tuple[RuleRow, bool]:
        """Create or replace a rule; tell whether it is new."""
        return await self._store.write(lambda c: self._put(c, by, name, body))

    async def patch(self, by: By, name: str, patch: Mapping[str, Any]) -> RuleRow:
        """Change some fields of a rule, as a JSON Merge Patch."""

        def change(connection: Connection) -> RuleRow:
            before = shown(_known(connection, by.owner, name))
            return self._put(connection, by, name, _patched(before, patch))[0]

        return await self._store.write(change)

    async def delete(self, by: By, name: str) -> None:
        """Delete a rule."""
        await self._store.write(lambda connection: _delete(connection, by, name))

    def _put(
        self, connection: Connection, by: By, name: str, body: RuleBody
    ) -> tuple[RuleRow, bool]:
        tenant = known_tenant(connection, by.owner).id
        before = read_rule(connection, tenant, name)
        self._check(connection, tenant, body)
        if before is None and len(list_rules(connection, tenant)) >= MOST_RULES:
            raise ProblemError("conflict", f"a tenant has at most {MOST_RULES} rules")
        put_rule(connection, _row(tenant, name, body, by.now))
        after = _known(connection, tenant, name)
        was = shown(before) if before else None
        record(connection, by, "rule.put", name, before=was, after=shown(after))
        return after, before is None

    def _check(self, connection: Connection, tenant: str, body: RuleBody) -> None:
        known = naming.stored(connection, self._registry, tenant, body.recipients)
        for index, channel in enumerate(body.channels):
            naming.check_channel(["body", "channels", index], channel, known)
        for index, to in enumerate(body.recipients):
            naming.check_named(["body", "recipients", index], to, known)


def shown(row: RuleRow) -> dict[str, Any]:
    """Return a rule as a body would write it."""
    return {
        "enabled": row.enabled,
        "match": dict(row.match),
        "channels": list(row.channels),
        "recipients": list(row.recipients),
        "user_window_seconds": row.user_window_seconds,
        "mobile_only": row.mobile_only,
    }


def _row(tenant: str, name: str, body: RuleBody, now: int) -> RuleRow:
    values = body.model_dump(mode="json", exclude={"recipients"})
    recipients = naming.shown(body.recipients)
    return RuleRow(
        tenant=tenant, name=name, recipients=recipients, created=now, updated=now, **values
    )


def _patched(before: Mapping[str, Any], patch: Mapping[str, Any]) -> RuleBody:
    try:
        return RuleBody.model_validate(merge_patch(before, patch))
    except ValidationError as error:
        errors = field_errors(error.errors(include_url=False), ["body"])
        raise ProblemError("validation_failed", "some fields are not valid", errors) from None


def _known(connection: Connection, tenant: str, name: str) -> RuleRow:
    known_tenant(connection, tenant)
    row = read_rule(connection, tenant, name)
    if row is None:
        raise ProblemError("not_found", "the tenant has no such rule")
    return row


def _delete(connection: Connection, by: By, name: str) -> None:
    before = _known(connection, by.owner, name)
    delete_rule(connection, before.tenant, name)
    record(connection, by, "rule.delete", name, before=shown(before))
