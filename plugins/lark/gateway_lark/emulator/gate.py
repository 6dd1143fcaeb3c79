"""What stands in front of every API: faults, tokens, limits, quota, envelope and log."""

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from . import faults
from .call import Call
from .codes import RejectedError, rate_limited
from .limits import STANDARD
from .model import App, Json, LoggedCall
from .state import Emulator

Handler = Callable[[Call], Json]

# With a slash at the end too: clients that are used with the real platform write them so.
SLASHED = ("/internal", "/hook/:token")
ERROR_PAGE = "server-docs/api-call-guide/generic-error-code"


@dataclass(frozen=True)
class Endpoint:
    """One API: its address, who may call it, and how it differs from the others.

    `counted` is whether it spends the monthly quota; `old` APIs answer refusals with HTTP 200
    and their rate limit with HTTP 400; `raw` ones read their body themselves; `oauth` ones speak
    of errors as OAuth does, and have no message.
    """

    method: str
    path: str
    handler: Handler
    scopes: tuple[str, ...] = ()
    public: bool = False
    counted: bool = True
    old: bool = False
    raw: bool = False
    oauth: bool = False

    @property
    def key(self) -> str:
        """The name under which calls are counted: method and documented path."""
        return f"{self.method} {self.path}"

    def routes(self, emulator: Emulator) -> list[Route]:
        """Return the routes that lead through the gate; some also answer with a slash."""
        path = re.sub(r":(\w+)", r"{\1}", self.path)

        async def serve(request: Request) -> Response:
            return await _serve(self, emulator, request)

        paths = [path, f"{path}/"] if self.path.endswith(SLASHED) else [path]
        return [Route(each, serve, methods=[self.method]) for each in paths]


async def _serve(endpoint: Endpoint, emulator: Emulator, request: Request) -> Response:
    emulator.calls[endpoint.key] += 1
    if emulator.latency:
        await emulator.sleep(emulator.latency)
    fault = faults.take(emulator.faults, request.method, request.url.path)
    if fault and not fault["processed"]:
        emulator.calls_log.append(LoggedCall(emulator.clock(), endpoint.key, 0, -1))
        return faults.answer(fault, emulator.sleep)
    body = await request.body()
    response = _answer(endpoint, Call(emulator, request, endpoint.key, emulator.clock(), body))
    return faults.answer(fault, emulator.sleep) if fault else response


def _answer(endpoint: Endpoint, call: Call) -> Response:
    try:
        _admit(endpoint, call)
        payload = endpoint.handler(call)
    except RejectedError as rejected:
        _lower_status(endpoint, rejected)
        _count(endpoint, call, rejected.status)
        return refuse(call.emulator, call.key, rejected, flat=endpoint.public, oauth=endpoint.oauth)
    except RecursionError:
        return refuse(call.emulator, call.key, RejectedError(9499), flat=endpoint.public)
    _count(endpoint, call, 200)
    said = {} if endpoint.oauth else {"msg": secrets.choice(("ok", "success"))}
    return _reply(call.emulator, call.key, 200, {"code": 0, **said, **payload})


def _count(endpoint: Endpoint, call: Call, status: int) -> None:
    """Spend the monthly quota: refusals with HTTP 4xx are free, those with HTTP 200 are not."""
    if endpoint.counted and not endpoint.public and status < 400:
        call.emulator.quota.count(call.now)


def _lower_status(endpoint: Endpoint, rejected: RejectedError) -> None:
    if endpoint.old and rejected.code == 99991400:
        rejected.status = 400
    elif endpoint.public and not endpoint.old and rejected.code == 9499:
        rejected.status = 200


def _admit(endpoint: Endpoint, call: Call) -> None:
    if not endpoint.public:
        call.known_app = _app_of(call)
        _check_address(call)
        check_rate(call, call.app.app_id)
        if endpoint.counted:
            _check_quota(call)
        if endpoint.scopes:
            call.require(endpoint.scopes)
    if not endpoint.raw:
        call.read_json()


def _app_of(call: Call) -> App:
    kind, _, token = call.request.headers.get("authorization", "").partition(" ")
    if kind != "Bearer" or not token.strip():
        raise RejectedError(99991661)
    if not token.startswith(("t-", "u-")):
        raise RejectedError(99991671)
    app_id, expires = call.emulator.tokens.get(token, ("", 0.0))
    if app_id not in call.emulator.apps or expires <= call.now:
        raise RejectedError(99991663)
    if not call.emulator.apps[app_id].enabled:
        raise RejectedError(99991662)
    return call.emulator.apps[app_id]


def _check_address(call: Call) -> None:
    client = call.request.client
    if call.app.ip_white_list and (client is None or client.host not in call.app.ip_white_list):
        raise RejectedError(99991401)


def check_rate(call: Call, app_id: str) -> None:
    """Count the call against its API and app, or raise 99991400 with the wait."""
    if not call.emulator.enforce_limits:
        return
    full = call.emulator.windows.take(("api", call.key, app_id), STANDARD, call.now)
    if full is not None:
        raise rate_limited(*full)


def _check_quota(call: Call) -> None:
    allowed = call.emulator.calls_a_month
    if allowed is not None and call.emulator.quota.spent(call.now) >= allowed:
        raise RejectedError(99991403)


def refuse(
    emulator: Emulator,
    key: str,
    rejected: RejectedError,
    *,
    flat: bool = False,
    oauth: bool = False,
) -> Response:
    """Return the answer to a refused call and count the refusal."""
    emulator.rejections[rejected.code] += 1
    answer: Json = {"code": rejected.code, "msg": rejected.msg}
    if oauth:
        answer = {
            "code": rejected.code,
            "error": "invalid_request",
            "error_description": rejected.msg,
        }
    else:
        answer |= {"data": {}} if flat else {"error": dict(rejected.error)}
    return _reply(emulator, key, rejected.status, answer, rejected.headers)


def _reply(
    emulator: Emulator, key: str, status: int, answer: Json, headers: dict[str, str] | None = None
) -> Response:
    now = emulator.clock()
    log_id = f"{datetime.fromtimestamp(now, UTC):%Y%m%d%H%M%S}{secrets.token_hex(9).upper()}"
    if isinstance(answer.get("error"), dict):
        link = emulator.brand.document_link(ERROR_PAGE)
        message = f"Refer to the documentation to fix the error: {link}"
        answer["error"] |= {"message": message, "log_id": log_id}
    emulator.calls_log.append(LoggedCall(now, key, status, answer["code"]))
    response = JSONResponse(answer, status, headers)
    # the vendor's client looks for this very spelling, which the response would lower
    response.raw_headers.append((b"X-Tt-Logid", log_id.encode()))
    return response


def no_such_api(emulator: Emulator, request: Request, *, wrong_method: bool) -> Response:
    """Return what the gateway says of an address or a method no API has."""
    key = f"{request.method} {request.url.path}"
    return refuse(emulator, key, RejectedError(99991301 if wrong_method else 99991201))
