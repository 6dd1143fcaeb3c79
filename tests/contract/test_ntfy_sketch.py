import json
from pathlib import Path

import httpx

from gateway.plugin import Clock, Payload, Recipient, RecipientKind
from gateway.testing import ContractSuite, Marks, Subject
from tests.typing import ntfy


def server(_clock: Clock) -> httpx.MockTransport:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.headers["authorization"] != "Bearer tk_canary_ntfy":
            return httpx.Response(401, json={"code": 40101})
        if request.url.path == "/v1/account":
            return httpx.Response(200, json={"username": "phil"})
        return httpx.Response(200, json={"id": "sPs71M8A2T", "event": "message"})

    return httpx.MockTransport(answer)


def marks(payload: Payload) -> Marks:
    """Read a payload as ntfy does: text is text, only its own keys are more."""
    known = {"title", "message"}
    return Marks(buttons=tuple(json.dumps(payload[key]) for key in set(payload) - known))


class TestNtfy(ContractSuite):
    subject = Subject(
        channel_type=ntfy.channel_types()[0],
        config={"token": "tk_canary_ntfy"},
        far_end=server,
        recipients=[Recipient(RecipientKind.USER, "alerts")],
        plugin=ntfy,
        marks=marks,
    )


def test_a_plugin_is_about_forty_lines() -> None:
    lines = Path(ntfy.__file__).read_text().splitlines()
    assert len([line for line in lines if line.strip()]) <= 40
