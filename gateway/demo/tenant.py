"""Makes the demo's tenant through the HTTP API, as any application could."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from gateway.demo.emulators import Emulated

TENANT = "demo"
CALL_SECONDS = 15.0
# Whoever tries the same line twice wants to see two cards, not one and a digest ten minutes later.
NO_WINDOW = {"user_window_seconds": 0}


class DemoError(Exception):
    """The gateway refused what the demo asked for."""


@dataclass(frozen=True, slots=True)
class Checked:
    """A channel of the demo and what its check said."""

    channel: str
    ok: bool


class Api:
    """The few calls that the demo makes."""

    def __init__(self, url: str, key: str) -> None:
        headers = {"Authorization": f"Bearer {key}"}
        self._http = httpx.AsyncClient(
            base_url=url, headers=headers, timeout=CALL_SECONDS, trust_env=False
        )

    async def call(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        """Make one call.

        Raises:
            DemoError: It was refused; the sentence is the API's own.
        """
        reply = await self._http.request(method, path, json=body)
        answer: dict[str, Any] = reply.json() if reply.content else {}
        if reply.is_error:
            raise DemoError(f"{method} {path}: {answer.get('detail', reply.status_code)}")
        return answer

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()


async def fill(api: Api, emulators: Iterable[Emulated]) -> list[Checked]:
    """Make the tenant, its users and one enabled, checked channel for each platform."""
    emulators = list(emulators)
    await api.call("PUT", f"/v1/tenants/{TENANT}", {"name": "Demo"})
    for user_id, profile in _users(emulators).items():
        await api.call("PUT", f"/v1/tenants/{TENANT}/users/{user_id}", profile)
    return [await _channel(api, each) for each in emulators]


def first_notification(person: str, groups: Sequence[str] = ()) -> dict[str, Any]:
    """Return the body that the demo sends, and prints for copying (there without `groups`)."""
    return {
        "tenant": TENANT,
        "type": "ticket.pending_approval",
        "to": [f"user:{person}", *({"channel": name} for name in groups)],
        "card": {
            "title": "Approve export?",
            "severity": "warning",
            "blocks": [
                {"type": "markdown", "text": "**SQL result** export asks for approval"},
                {
                    "type": "fields",
                    "fields": [
                        {"label": "Ticket", "value": "#4711", "short": True},
                        {"label": "Rows", "value": "1,204", "short": True},
                    ],
                },
            ],
            "actions": [
                {
                    "id": "open",
                    "label": "Open the ticket",
                    "kind": "url",
                    "url": "https://example.com/tickets/4711",
                }
            ],
        },
    }


def _users(emulators: Iterable[Emulated]) -> dict[str, dict[str, str]]:
    """Merge the platforms' people: the same person may be on several."""
    people = [person for each in emulators for person in each.people]
    return {person["id"]: _profile(person) for person in people}


def _profile(person: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in person.items() if name != "id"}


async def _channel(api: Api, emulated: Emulated) -> Checked:
    name = emulated.channel_type.name
    path = f"/v1/tenants/{TENANT}/channels/{name}"
    body = {"type": name, "config": emulated.config, "limits": NO_WINDOW}
    await api.call("PUT", path, body)
    await api.call("POST", f"{path}/enable")
    report = await api.call("POST", f"{path}/check")
    return Checked(name, bool(report["ok"]))
