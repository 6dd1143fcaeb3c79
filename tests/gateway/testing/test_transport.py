import httpx
import pytest

from gateway.plugin import Context
from gateway.testing import (
    CapturingLog,
    FakeClock,
    ScriptedTransport,
    UnscriptedError,
    context_for,
)


async def test_answers_come_in_order_and_requests_are_remembered() -> None:
    transport = ScriptedTransport(
        {"id": 1}, httpx.Response(503), lambda request: httpx.Response(200, text=request.url.path)
    )
    http = context_for(transport).http
    first = await http.post("https://x.example/a", json={"n": 1})
    second = await http.get("https://x.example/b")
    third = await http.get("https://x.example/c")
    assert (first.json(), second.status_code, third.text) == ({"id": 1}, 503, "/c")
    assert [request.url.path for request in transport.requests] == ["/a", "/b", "/c"]
    assert transport.bodies == [{"n": 1}, None, None]
    assert transport.left == 0


async def test_an_error_in_the_script_is_raised() -> None:
    http = context_for(ScriptedTransport(httpx.ConnectError("no"))).http
    with pytest.raises(httpx.ConnectError):
        await http.get("https://x.example")


async def test_a_request_too_many_is_named() -> None:
    http = context_for(ScriptedTransport()).http
    with pytest.raises(UnscriptedError, match="no answer is scripted for GET /a"):
        await http.get("https://x.example/a")


async def test_otherwise_answers_everything_else() -> None:
    transport = ScriptedTransport({"n": 1}, otherwise={"n": 2})
    http = context_for(transport).http
    told = [(await http.get("https://x.example")).json()["n"] for _ in range(3)]
    assert told == [1, 2, 2]


async def test_a_redirect_is_not_followed() -> None:
    away = httpx.Response(302, headers={"location": "https://y.example"})
    transport = ScriptedTransport(away)
    assert (await context_for(transport).http.get("https://x.example")).status_code == 302
    assert len(transport.requests) == 1


async def test_the_fixtures_fit_together(
    plugin_context: Context,
    far_end: ScriptedTransport,
    captured_log: CapturingLog,
    fake_clock: FakeClock,
) -> None:
    far_end.then({"id": 7})
    assert (await plugin_context.http.get("https://x.example")).json() == {"id": 7}
    plugin_context.log.info("sent", to="li")
    plugin_context.log.warning("slow")
    assert [(line.level, line.event, line.fields) for line in captured_log.lines] == [
        ("info", "sent", {"to": "li"}),
        ("warning", "slow", {}),
    ]
    assert captured_log.text == "info sent {'to': 'li'}\nwarning slow {}"
    assert plugin_context.clock is fake_clock
