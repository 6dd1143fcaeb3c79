"""A tenant's templates: each change is a version more; what was sent keeps the one it had."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from gateway.problems import ProblemError
from gateway.store import Store
from gateway.store.audit import By, record
from gateway.store.templates import (
    TemplateRow,
    add_template,
    count_templates,
    delete_template,
    list_templates,
    list_versions,
    next_version,
    read_template,
)
from gateway.template import problem_of, template_of
from gateway.template.cards import TemplateFaultError
from gateway.tenants import Locale, known_tenant

MOST_LOCALES = 50
MOST_TEMPLATES = 1000
CardWithHoles = Annotated[
    dict[str, Any],
    Field(description="A card whose texts may have holes such as `{{ ticket.id }}`."),
]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class LocaleBody(_Body):
    """The card for those of one locale."""

    card: CardWithHoles


class TemplateBody(_Body):
    """A template, as it is created or replaced."""

    card: CardWithHoles
    locales: Annotated[dict[Locale, LocaleBody], Field(max_length=MOST_LOCALES)] = Field(
        default_factory=dict, description="The card in other languages, by locale."
    )
    variables: dict[str, Any] = Field(
        default_factory=dict,
        description="A JSON Schema (2020-12, without references) that the data has to fit.",
    )


class Templates:
    """Every change of a tenant's templates."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def get(self, tenant: str, name: str, version: int | None = None) -> TemplateRow:
        """Return a template: the version in use, or an older one."""
        return await self._store.read(lambda c: _known(c, tenant, name, version))

    async def versions(
        self, tenant: str, name: str, before: int | None, limit: int
    ) -> list[TemplateRow]:
        """Return a template's versions, the newest first, those older than `before`."""

        def read(connection: Connection) -> list[TemplateRow]:
            _known(connection, tenant, name)
            return list_versions(connection, tenant, name, before=before, limit=limit)

        return await self._store.read(read)

    async def list(self, tenant: str, after: str, limit: int) -> list[TemplateRow]:
        """Return the tenant's templates by name, those behind `after`."""

        def read(connection: Connection) -> list[TemplateRow]:
            known_tenant(connection, tenant)
            return list_templates(connection, tenant, after=after, limit=limit)

        return await self._store.read(read)

    async def put(self, by: By, name: str, body: TemplateBody) -> TemplateRow:
        """Add a version, which is used from now on.

        Raises:
            ProblemError: A card of it can be none, or a text or the schema is wrong.
        """
        locales = {locale: dict(each.card) for locale, each in body.locales.items()}
        try:
            template_of(name, 0, body.card, locales, body.variables)
        except TemplateFaultError as error:
            raise problem_of(error) from None
        row = TemplateRow(by.owner, name, 0, body.card, locales, body.variables, by.now)
        return await self._store.write(lambda connection: _put(connection, by, row))

    async def delete(self, by: By, name: str) -> None:
        """Delete a template with all its versions; what was sent by it stays."""
        await self._store.write(lambda connection: _delete(connection, by, name))


def shown(row: TemplateRow) -> dict[str, Any]:
    """Return a template as a body would write it."""
    locales = {locale: {"card": card} for locale, card in row.locales.items()}
    return {"card": row.card, "locales": locales, "variables": row.variables}


def _put(connection: Connection, by: By, row: TemplateRow) -> TemplateRow:
    tenant = known_tenant(connection, row.tenant).id
    version = next_version(connection, tenant, row.name)
    if version == 1 and count_templates(connection, tenant) >= MOST_TEMPLATES:
        raise ProblemError("conflict", f"a tenant has at most {MOST_TEMPLATES} templates")
    values = {"card": row.card, "locales": row.locales, "variables": row.variables}
    new = TemplateRow(tenant, row.name, version, created=row.created, **values)
    add_template(connection, new)
    was = {"version": version - 1} if version > 1 else None
    record(connection, by, "template.put", row.name, before=was, after=_told(new))
    return new


def _told(row: TemplateRow) -> Mapping[str, Any]:
    """Return what the audit log keeps: the version, in which everything else can be read."""
    return {"version": row.version, "locales": sorted(row.locales)}


def _known(
    connection: Connection, tenant: str, name: str, version: int | None = None
) -> TemplateRow:
    known_tenant(connection, tenant)
    row = read_template(connection, tenant, name, version)
    if row is None:
        raise ProblemError("not_found", "the tenant has no such template, or no such version of it")
    return row


def _delete(connection: Connection, by: By, name: str) -> None:
    before = _known(connection, by.owner, name)
    delete_template(connection, before.tenant, name)
    record(connection, by, "template.delete", name, before={"card": before.card, **_told(before)})
