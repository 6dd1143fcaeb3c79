"""What stands in front of every API: faults, tokens, limits, quota, envelope and log."""

from collections.abc import Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from . import faults
from .call import Call
from .codes import Generation, RejectedError, at_gate, generation, refusal
from .ids import request_id
from .model import App, Json, LoggedCall
from .state import Emulator

Handler = Callable[[Call], Json]

HEADER = "x-acs-dingtalk-access-token"


@dataclass(frozen=True)
class Endpoint:
    """One API: its address, who may call it, and how it differs from the others.

    `counted` is whether it spends the monthly quota; `raw` ones read their body themselves.
    """

    method: str
    path: str
    handler: Handler
    permission: str = ""
    public: bool = False
    counted: bool = True
    raw: bool = False

    @property
    def key(self) -> str:
        """The name under which calls are counted: method and path template."""
        return f"{self.method} {self.path}"

    @property
    def generation(self) -> Generation:
        """The API it belongs to."""
        return generation(self.path)

    def route(self, emulator: Emulator) -> Route:
        """Return the route that leads through the gate."""

        async def serve(request: Request) -> Response:
            return await _serve(self, emulator, request)

        return Route(self.path, serve, methods=[self.method])


async def _serve(endpoint: Endpoint, emulator: Emulator, request: Request) -> Response:
    emulator.calls[endpoint.key] += 1
    if emulator.latency:
        await emulator.sleep(emulator.latency)
    path = request.url.path
    fault = faults.take(emulator.faults, request.method, path)
    if fault and not fault["processed"]:
        emulator.calls_log.append(LoggedCall(emulator.clock(), endpoint.key, 0, "fault"))
        return faults.answer(fault, path, emulator.sleep)
    body, now = await request.body(), emulator.clock()
    response = _answer(
        endpoint, Call(emulator, request, endpoint.key, endpoint.generation, now, body)
    )
    return faults.answer(fault, path, emulator.sleep) if fault else response


def _answer(endpoint: Endpoint, call: Call) -> Response:
    try:
        _admit(endpoint, call)
        payload = endpoint.handler(call)
    except RejectedError as rejected:
        return refuse(call.emulator, call.key, call.generation, rejected)
    call.emulator.calls_log.append(LoggedCall(call.now, call.key, 200, "0"))
    return JSONResponse(_envelope(call.generation, payload))


def _envelope(kind: Generation, payload: Json) -> Json:
    if kind == "new":
        return payload
    answer = {"errcode": 0, "errmsg": "ok", **payload}
    return answer if kind == "robot" else answer | {"request_id": request_id()}


def _admit(endpoint: Endpoint, call: Call) -> None:
    if not endpoint.public:
        call.known_app = _app_of(call)
        _check_address(call)
        check_rate(call, call.app.app_key)
        if endpoint.counted:
            _spend(call)
        if endpoint.permission:
            call.require(endpoint.permission)
    if not endpoint.raw and call.request.method != "GET":
        read = call.read_json if call.generation == "new" else call.read_old
        read()


def _app_of(call: Call) -> App:
    """Return whose token came in the one place the API looks for it."""
    emulator = call.emulator
    value = call.request.headers.get(HEADER) if call.generation == "new" else _old_token(call)
    if not value:
        raise at_gate("token missing", call.generation)
    token = emulator.tokens.get(value)
    if token is None or not emulator.apps[token.app_key].enabled:
        raise at_gate("token bad", call.generation)
    if token.old and call.generation == "new" and not emulator.one_token:
        raise at_gate("token bad", call.generation)
    if token.expires <= call.now:
        raise at_gate("token expired", call.generation)
    return emulator.apps[token.app_key]


def _old_token(call: Call) -> str:
    if "access_token" in call.query:
        return call.query["access_token"]
    if call.content_type != "application/x-www-form-urlencoded":
        return ""
    call.read_old()
    return str(call.parsed.get("access_token", ""))


def _check_address(call: Call) -> None:
    if call.app.ip_white_list and call.address not in call.app.ip_white_list:
        raise at_gate("address", call.generation)


def check_rate(call: Call, app_key: str) -> None:
    """Count the call against its API and app, or raise the refusal of this very second."""
    emulator = call.emulator
    key, cap = (call.key, app_key), emulator.brand.calls_a_second
    if emulator.enforce_limits and not emulator.windows.take(key, cap, 1.0, call.now):
        raise at_gate("rate", call.generation)


def _spend(call: Call) -> None:
    emulator = call.emulator
    allowed = emulator.calls_a_month
    if allowed is not None and emulator.quota.spent(call.now) >= allowed:
        raise at_gate("quota", call.generation)
    emulator.quota.count(call.now)


def refuse(emulator: Emulator, key: str, kind: Generation, rejected: RejectedError) -> Response:
    """Return the answer to a refused call and count the refusal."""
    emulator.rejections[str(rejected.code)] += 1
    bare = emulator.old_throttle == "bare"
    status, answer = refusal(kind, rejected, request_id(), bare=bare)
    emulator.calls_log.append(LoggedCall(emulator.clock(), key, status, str(rejected.code)))
    return JSONResponse(answer, status)


def no_such_api(emulator: Emulator, request: Request) -> Response:
    """Return what each host says of an address it does not know; both say it with HTTP 200."""
    key = f"{request.method} {request.url.path}"
    kind = generation(request.url.path)
    if kind != "new":
        emulator.rejections["22"] += 1
        _, answer = refusal("old", RejectedError(22), request_id())
        return JSONResponse(answer | {"sub_msg": answer["errmsg"]})
    emulator.rejections["404"] += 1
    emulator.calls_log.append(LoggedCall(emulator.clock(), key, 200, "404"))
    return JSONResponse({"errcode": 404, "errmsg": "请求的URI地址不存在"})
