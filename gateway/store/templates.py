"""Templates: every version of each, of which the greatest is in use."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from gateway.store.schema import template, tenant


@dataclass(frozen=True, slots=True)
class TemplateRow:
    """One version of a template, as its body had it; `locales` holds cards by locale."""

    tenant: str
    name: str
    version: int
    card: Mapping[str, Any]
    locales: Mapping[str, Mapping[str, Any]]
    variables: Mapping[str, Any]
    created: int


def read_template(
    connection: Connection, tenant_id: str, name: str, version: int | None = None
) -> TemplateRow | None:
    """Return one version of a template, by default the one in use, or None."""
    query = sa.select(template).where(_is(tenant_id, name))
    if version is not None:
        query = query.where(template.c.version == version)
    newest = query.order_by(template.c.version.desc()).limit(1)
    found = connection.execute(newest).one_or_none()
    return TemplateRow(**found._asdict()) if found else None


def list_templates(
    connection: Connection, tenant_id: str, *, after: str = "", limit: int = 1000
) -> list[TemplateRow]:
    """Return the tenant's templates in use by name, those behind `after`."""
    newest = (
        sa.select(template.c.name, sa.func.max(template.c.version).label("version"))
        .where(template.c.tenant == tenant_id, template.c.name > after)
        .group_by(template.c.name)
        .order_by(template.c.name)
        .limit(limit)
        .subquery()
    )
    query = (
        sa.select(template)
        .join(newest, (template.c.name == newest.c.name) & (template.c.version == newest.c.version))
        .where(template.c.tenant == tenant_id)
    )
    found = connection.execute(query.order_by(template.c.name))
    return [TemplateRow(**row._asdict()) for row in found]


def list_versions(
    connection: Connection,
    tenant_id: str,
    name: str,
    *,
    before: int | None = None,
    limit: int = 1000,
) -> list[TemplateRow]:
    """Return a template's versions, the newest first, those older than `before`."""
    query = sa.select(template).where(_is(tenant_id, name))
    if before is not None:
        query = query.where(template.c.version < before)
    found = connection.execute(query.order_by(template.c.version.desc()).limit(limit))
    return [TemplateRow(**row._asdict()) for row in found]


def next_version(connection: Connection, tenant_id: str, name: str) -> int:
    """Return the number of the version to be written; nobody else takes it meanwhile."""
    locked = sa.select(tenant.c.id).where(tenant.c.id == tenant_id).with_for_update()
    connection.execute(locked).all()
    query = sa.select(sa.func.max(template.c.version)).where(_is(tenant_id, name))
    return int(connection.execute(query).scalar() or 0) + 1


def add_template(connection: Connection, row: TemplateRow) -> None:
    """Store one more version."""
    connection.execute(sa.insert(template).values(**asdict(row)))


def count_templates(connection: Connection, tenant_id: str) -> int:
    """Return how many templates the tenant has, whatever their versions."""
    names = sa.select(sa.func.count(sa.distinct(template.c.name)))
    return int(connection.execute(names.where(template.c.tenant == tenant_id)).scalar() or 0)


def delete_template(connection: Connection, tenant_id: str, name: str) -> bool:
    """Delete every version of a template; tell whether there was one."""
    return connection.execute(sa.delete(template).where(_is(tenant_id, name))).rowcount > 0


def _is(tenant_id: str, name: str) -> sa.ColumnElement[bool]:
    return sa.and_(template.c.tenant == tenant_id, template.c.name == name)


Names = Sequence[tuple[str, str]]


def read_many(connection: Connection, wanted: Names) -> list[TemplateRow | None]:
    """Return the version in use of each (tenant, name)."""
    found = {each: read_template(connection, *each) for each in dict.fromkeys(wanted)}
    return [found[each] for each in wanted]
