"""Who calls, and may they: 401, then 404 for another tenant, then 403. Before any body is read."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from gateway.access import Principal
from gateway.api.parameters import check_parameters
from gateway.api.parts import Parts
from gateway.models import Role
from gateway.problems import ProblemError, invalid
from gateway.store.audit import By

_BEARER = HTTPBearer(auto_error=False, description="`Authorization: Bearer <key>`")
Credentials = Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)]


@dataclass(frozen=True, slots=True)
class Call:
    """A request from somebody who may make it."""

    principal: Principal
    parts: Parts

    def by(self, tenant: str | None) -> By:
        """Return who makes a change, where, and when."""
        return By(self.principal.key_id, tenant, self.parts.clock.now())

    @property
    def scope(self) -> str | None:
        """The tenant whose things the key reaches; None is every tenant, for owners only."""
        return self.principal.tenant

    def within(self, tenant: str | None) -> str | None:
        """Return the tenant that a list is narrowed to; None is every tenant."""
        if tenant and not self.principal.reaches(tenant):
            raise unknown_tenant()
        return tenant or self.scope

    def one_tenant(self, named: str | None, loc: tuple[str | int, ...] = ("body", "tenant")) -> str:
        """Return the tenant meant.

        Raises:
            ProblemError: It is another's, or an owner named none.
        """
        if named is not None and not self.principal.reaches(named):
            raise unknown_tenant()
        tenant = named or self.principal.tenant
        if tenant is None:
            raise invalid(loc, "an owner's key has to name the tenant", "missing")
        return tenant


def unknown_tenant() -> ProblemError:
    """Return the same answer for a tenant of others as for one that is not there."""
    return ProblemError("unknown_tenant", "there is no such tenant")


def allow(*roles: Role) -> Callable[[Request, Credentials], Awaitable[Call]]:
    """Return the dependency that lets these roles in."""
    allowed = frozenset(roles)

    async def admitted(request: Request, _documented: Credentials) -> Call:
        return await admit(request, allowed)

    return admitted


async def admit(request: Request, allowed: frozenset[Role]) -> Call:
    """Return the call, if whoever makes it may.

    Raises:
        ProblemError: 401, 404 for another tenant, 403, or 422 for a parameter that is none, in
            this order.
    """
    parts: Parts = request.app.state.parts
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    principal = await parts.access.principal(key.strip()) if scheme.lower() == "bearer" else None
    if principal is None:
        raise ProblemError("unauthenticated", "send `Authorization: Bearer <key>`")
    asked = _tenant_asked(request)
    if asked is not None and not principal.reaches(asked):
        raise unknown_tenant()
    if principal.role not in allowed:
        raise ProblemError("forbidden", f"a key with the role {principal.role} may not do this")
    check_parameters(request)
    return Call(principal, parts)


def _tenant_asked(request: Request) -> str | None:
    """Return the tenant in the address; no name holds a NUL, and PostgreSQL takes none."""
    if any("\x00" in str(value) for value in request.path_params.values()):
        raise ProblemError("not_found")
    if any("\x00" in value for value in request.query_params.values()):
        raise invalid(["query"], "a parameter may not hold U+0000")
    found = request.path_params.get("tenant") or request.query_params.get("tenant")
    return str(found) if found else None


SENDERS = frozenset({Role.OWNER, Role.ADMIN, Role.SENDER})
Owner = Annotated[Call, Depends(allow(Role.OWNER))]
Admin = Annotated[Call, Depends(allow(Role.OWNER, Role.ADMIN))]
Reader = Annotated[Call, Depends(allow(Role.OWNER, Role.ADMIN, Role.VIEWER))]
Sender = Annotated[Call, Depends(allow(*SENDERS))]
Anybody = Annotated[Call, Depends(allow(*Role))]
