"""`…/audit-log`: who changed what, when."""

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel

from gateway.api.auth import Reader
from gateway.api.docs import problems
from gateway.api.paging import Cursor, Limit, Listed, Time, decode, page, when
from gateway.store.audit import AuditRow, list_audit

router = APIRouter(tags=["audit log"], responses=problems())


class AuditEntry(BaseModel):
    """One change."""

    id: str
    at: Time
    actor: str
    action: str
    target: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None


@router.get("/v1/tenants/{tenant}/audit-log")
async def get_audit_log(
    call: Reader, tenant: str, limit: Limit = 50, cursor: Cursor = None
) -> Listed[AuditEntry]:
    """List a tenant's changes, the newest first; never a secret's value."""
    await call.parts.tenants.get(tenant)
    before = decode(cursor)
    rows = await call.parts.store.read(
        lambda c: list_audit(c, tenant, before=before, limit=limit + 1)
    )
    return page(rows, limit, lambda row: row.id, _shape)


def _shape(row: AuditRow) -> AuditEntry:
    return AuditEntry(
        id=row.id,
        at=when(row.at),
        actor=row.actor,
        action=row.action,
        target=row.target,
        before=dict(row.before) if row.before is not None else None,
        after=dict(row.after) if row.after is not None else None,
    )
