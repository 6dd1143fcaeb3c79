"""`…/channels/{channel}/directory`, `members` and `bindings/auto`: a platform's people."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field

from gateway.api.auth import Admin, Reader
from gateway.api.bindings import BINDINGS, Binding, IdentityOut, shape
from gateway.api.body import parsed
from gateway.api.docs import body_of, problems
from gateway.api.paging import Cursor, Limit, decode, encode
from gateway.models import Identity, Method
from gateway.people import again, members
from gateway.people.auto import AutoBody, AutoReport
from gateway.people.browsing import Entry
from gateway.people.finding import Way
from gateway.people.matching import Outcome, Verdict
from gateway.people.members import MembersBody

router = APIRouter(tags=["people"], responses=problems(409))
CHANNEL = "/v1/tenants/{tenant}/channels/{channel}"
Calls = Annotated[int, Field(description="Provider calls made on the channel meanwhile.")]


class BoundTo(BaseModel):
    """The user whom somebody in the directory is bound to."""

    user: str
    method: Method
    stale: bool


class PersonOut(BaseModel):
    """Somebody as the platform knows them; what the application may not see is null."""

    identity: IdentityOut
    name: str
    email: str | None
    mobile: str | None
    user_id: str | None
    departments: list[str]
    active: Annotated[bool, Field(description="False: has left, or has not joined yet.")]
    bound: BoundTo | None


class Directory(BaseModel):
    """One page of a directory. It may be empty and still have a next one: a search goes on."""

    items: list[PersonOut]
    next_cursor: str | None
    calls: Calls


class Matched(BaseModel):
    """A user and the person they are."""

    user: str
    identity: IdentityOut
    by: Annotated[str, Field(description="The kind of address that found them.")]


class Unmatched(BaseModel):
    """A user who was left alone, and why."""

    user: str
    reason: str
    detail: str
    identity: IdentityOut | None
    candidates: Annotated[list[IdentityOut], Field(description="The people it might be.")]
    bound_user: Annotated[str | None, Field(description="The user who has the person.")]


class AutoOut(BaseModel):
    """What became of the users. Lists hold the first `limit` of each kind; counts are exact."""

    dry_run: bool
    way: Annotated[Way, Field(description="How the platform was asked.")]
    notes: list[str]
    counts: dict[str, int]
    matched: list[Matched]
    already_bound: list[str]
    ambiguous: list[Unmatched]
    not_found: list[Unmatched]
    conflicts: list[Unmatched]
    failed: list[Unmatched]
    calls: Calls
    next_cursor: Annotated[str | None, Field(description="Go on with it: there are more users.")]


class MemberOut(BaseModel):
    """What became of one person."""

    identity: IdentityOut
    state: members.State
    user: str | None
    detail: str | None


class MembersOut(BaseModel):
    """What became of each person, in the order given."""

    items: list[MemberOut]
    counts: dict[str, int]
    calls: Calls


class LookOut(BaseModel):
    """What a second look came to."""

    outcome: again.Outcome
    detail: str | None
    binding: Binding | None
    calls: Calls


@router.get(CHANNEL + "/directory")
async def browse_directory(  # noqa: PLR0913 - what names the page, each by its name
    call: Reader,
    *,
    tenant: str,
    channel: str,
    query: Annotated[str, Query(max_length=200, description="Part of a name, address…")] = "",
    limit: Limit = 50,
    cursor: Cursor = None,
) -> Directory:
    """List the people the platform shows the application, and who of them is bound.

    The platform decides how many it tells at once: there may be fewer than `limit`, or none.
    """
    after = decode(cursor)
    found = await call.parts.people.browsing.page(tenant, channel, query, after, limit)
    return Directory(
        items=[_person(entry) for entry in found.entries],
        next_cursor=encode(found.after) if found.after is not None else None,
        calls=found.calls,
    )


@router.post(
    BINDINGS + "/auto",
    responses=problems(400, 409, 413),
    openapi_extra=body_of(AutoBody, {"by": ["mobile", "email"], "dry_run": True}),
)
async def bind_automatically(call: Admin, tenant: str, channel: str, request: Request) -> AutoOut:
    """Match users and people by their addresses, and bind who matches; overwrites nothing."""
    body = await parsed(request, AutoBody)
    after = decode(body.cursor) or ""
    report = await call.parts.people.auto.run(call.by(tenant), channel, body, after)
    return _auto(body, report)


@router.post(
    CHANNEL + "/members",
    responses=problems(400, 409, 413),
    openapi_extra=body_of(MembersBody, {"identities": [{"kind": "open_id", "id": "ou_1a2b"}]}),
)
async def add_members(call: Admin, tenant: str, channel: str, request: Request) -> MembersOut:
    """Create users from what the platform knows of people, and bind them."""
    body = await parsed(request, MembersBody)
    added = await call.parts.people.members.add(call.by(tenant), channel, body)
    items = [
        MemberOut(
            identity=_identity(each.identity), state=each.state, user=each.user, detail=each.detail
        )
        for each in added.members
    ]
    return MembersOut(items=items, counts=_counts(members.State, items), calls=added.calls)


@router.post(BINDINGS + "/{user}/resolve")
async def resolve_binding(call: Admin, tenant: str, channel: str, user: str) -> LookOut:
    """Look a user up on the platform now: confirm the binding, renew it, or mark it stale."""
    look = await call.parts.people.again.resolve(call.by(tenant), channel, user)
    binding = shape(look.binding) if look.binding else None
    return LookOut(outcome=look.outcome, detail=look.detail, binding=binding, calls=look.calls)


def _person(entry: Entry) -> PersonOut:
    person, row = entry.person, entry.binding
    bound = shape(row) if row else None
    return PersonOut(
        identity=_identity(person.identity),
        name=person.name,
        email=person.email,
        mobile=person.mobile,
        user_id=person.user_id,
        departments=list(person.departments),
        active=person.active,
        bound=BoundTo(user=bound.user, method=bound.method, stale=bound.stale)
        if bound and bound.user
        else None,
    )


def _auto(body: AutoBody, report: AutoReport) -> AutoOut:
    def of(outcome: Outcome) -> list[Verdict]:
        found = (each for each in report.verdicts if each.outcome is outcome)
        return [each for each, _ in zip(found, range(body.limit), strict=False)]

    lists: dict[str, Any] = {
        outcome.value: [_unmatched(each) for each in of(outcome)]
        for outcome in (Outcome.AMBIGUOUS, Outcome.NOT_FOUND, Outcome.CONFLICTS, Outcome.FAILED)
    }
    counts = {outcome.value: 0 for outcome in Outcome}
    for each in report.verdicts:
        counts[each.outcome.value] += 1
    return AutoOut(
        dry_run=body.dry_run,
        way=report.way,
        notes=list(report.notes),
        counts={"users": len(report.verdicts), **counts},
        matched=[_matched(each) for each in of(Outcome.MATCHED)],
        already_bound=[each.user for each in of(Outcome.ALREADY_BOUND)],
        calls=report.calls,
        next_cursor=encode(report.after) if report.after else None,
        **lists,
    )


def _matched(verdict: Verdict) -> Matched:
    identity = verdict.identity or Identity("", "")
    return Matched(user=verdict.user, identity=_identity(identity), by=verdict.by or "")


def _unmatched(verdict: Verdict) -> Unmatched:
    return Unmatched(
        user=verdict.user,
        reason=verdict.reason or "",
        detail=verdict.sentence or "",
        identity=_identity(verdict.identity) if verdict.identity else None,
        candidates=[_identity(each) for each in verdict.others],
        bound_user=verdict.holder,
    )


def _identity(identity: Identity) -> IdentityOut:
    return IdentityOut(kind=identity.kind, id=identity.id)


def _counts(states: type[members.State], items: Sequence[MemberOut]) -> dict[str, int]:
    return {state.value: sum(each.state is state for each in items) for state in states}
