"""`POST /v1/notify/batch`: up to a hundred notifications, each judged by itself."""

import asyncio
import hashlib
import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, TypeAdapter, ValidationError

from gateway.api.auth import Call, Sender
from gateway.api.body import parsed, refused
from gateway.api.docs import body_of, problems
from gateway.api.notify import EXAMPLE, IdempotencyKey, check_key
from gateway.api.parts import Accepted
from gateway.problems import FieldError, Problem, ProblemError
from gateway.request import BatchRequest, Key, NotifyRequest

router = APIRouter(tags=["notify"], responses=problems(400, 413))
_KEY: TypeAdapter[str | None] = TypeAdapter(Key | None)


class BatchItemOut(BaseModel):
    """One item's answer: `notification`, or `error`."""

    status: int
    notification: dict[str, Any] | None = None
    error: dict[str, Any] | None = None
    replayed: bool | None = None


class BatchOut(BaseModel):
    """Every item's answer, in the order given."""

    items: list[BatchItemOut]


@router.post(
    "/v1/notify/batch",
    responses={200: {"model": BatchOut, "description": "Each item has its own answer."}},
    openapi_extra=body_of(BatchRequest, {"notifications": [EXAMPLE]}),
)
async def notify_batch(
    call: Sender, request: Request, idempotency_key: IdempotencyKey = None
) -> Response:
    """Accept up to a hundred notifications, each judged by itself, in one commit.

    A key in the header stands for each item by its place that has none of its own.
    """
    body = await parsed(request, BatchRequest)
    check_key(idempotency_key)
    return JSONResponse({"items": await _Batch(call, idempotency_key).answers(body.notifications)})


_Wanted = tuple[int, NotifyRequest, str | None, str]


class _Batch:
    """The items of one batch on their way to the router and back, in order."""

    def __init__(self, call: Call, key: str | None) -> None:
        self._call = call
        self._key = key
        self._answers: dict[int, dict[str, Any]] = {}
        self._wanted: dict[str, list[_Wanted]] = defaultdict(list)

    async def answers(self, items: tuple[Mapping[str, Any], ...]) -> list[dict[str, Any]]:
        for index, item in enumerate(items):
            try:
                await self._sort(index, item)
            except ProblemError as error:
                self._answers[index] = _error(index, error.problem)
        await asyncio.gather(*(self._accept(tenant) for tenant in self._wanted))
        return [self._answers[index] for index in range(len(items))]

    async def _sort(self, index: int, item: Mapping[str, Any]) -> None:
        request, key = _item(item)
        if key is None and self._key is not None:
            key = hashlib.sha256(f"{self._key}#{index}".encode()).hexdigest()
        tenant = self._call.one_tenant(request.tenant)
        if request.dry_run:
            preview = await self._call.parts.router.preview(tenant, request)
            self._answers[index] = {"status": 200, "notification": dict(preview)}
            return
        self._wanted[tenant].append((index, request, key, _digest(item) if key else ""))

    async def _accept(self, tenant: str) -> None:
        wanted = self._wanted[tenant]
        items = [(request, key, digest) for _, request, key, digest in wanted]
        results = await self._call.parts.router.accept_many(tenant, items)
        for (index, *_), result in zip(wanted, results, strict=True):
            self._answers[index] = (
                _error(index, result) if isinstance(result, Problem) else _ok(result)
            )


def _item(item: Mapping[str, Any]) -> tuple[NotifyRequest, str | None]:
    rest = {name: value for name, value in item.items() if name != "idempotency_key"}
    try:
        request = NotifyRequest.model_validate(rest)
    except ValidationError as error:
        raise refused(error) from None
    try:
        return request, _KEY.validate_python(item.get("idempotency_key"))
    except ValidationError as error:
        raise refused(error, ("body", "idempotency_key")) from None


def _digest(item: Mapping[str, Any]) -> str:
    text = json.dumps(item, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _error(index: int, problem: Problem) -> dict[str, Any]:
    errors = tuple(_moved(index, each) for each in problem.errors)
    document = replace(problem, errors=errors).document
    return {"status": problem.status, "error": dict(document)}


def _moved(index: int, error: FieldError) -> FieldError:
    """Say where in the batch it is; an item has its key inside, instead of as a header."""
    head, *rest = error["loc"]
    inside = ["idempotency_key"] if head == "header" else rest
    return {**error, "loc": ["body", "notifications", index, *inside]}


def _ok(accepted: Accepted) -> dict[str, Any]:
    answer = {"status": 202, "notification": json.loads(accepted.answer)}
    return {**answer, "replayed": True} if accepted.replayed else answer
