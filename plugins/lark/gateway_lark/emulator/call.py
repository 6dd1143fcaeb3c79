"""One call of the API as the handlers see it: who asks, and what, with strict reading."""

import base64
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from starlette.requests import Request

from .codes import RejectedError, invalid_field
from .model import App, Json, Person

if TYPE_CHECKING:
    from .state import Emulator

ID_TYPES = ("open_id", "union_id", "user_id")


@dataclass
class Call:
    """A request past the gate; `app` is the one whose token came with it."""

    emulator: "Emulator"
    request: Request
    key: str
    now: float
    body: bytes
    known_app: App | None = None
    parsed: Json = field(default_factory=dict)

    @property
    def app(self) -> App:
        """The calling app."""
        if self.known_app is None:
            raise RejectedError(99991661)
        return self.known_app

    @property
    def query(self) -> dict[str, str]:
        """The query, one value a name."""
        return dict(self.request.query_params)

    def path(self, name: str) -> str:
        """Return a part of the path."""
        return str(self.request.path_params[name])

    def read_json(self) -> None:
        """Parse the body, or raise 9499 when it is no JSON object."""
        try:
            parsed = json.loads(self.body or b"{}")
        except (ValueError, RecursionError):
            raise RejectedError(9499) from None
        if not isinstance(parsed, dict):
            raise RejectedError(9499)
        self.parsed = parsed

    def text(self, name: str, longest: int | None = None) -> str:
        """Return a required string of the body."""
        value = self.parsed.get(name)
        if not isinstance(value, str) or not value:
            raise invalid_field(name, f"{name} is required and must be a string", value)
        if longest is not None and len(value) > longest:
            raise invalid_field(name, f"the max length is {longest}", value)
        return value

    def optional_text(self, name: str, longest: int | None = None) -> str | None:
        """Return a string of the body, or None when it is absent or empty."""
        return self.text(name, longest) if self.parsed.get(name) not in (None, "") else None

    def number(self, name: str) -> int:
        """Return a required whole number of the body."""
        value = self.parsed.get(name)
        if not isinstance(value, int) or isinstance(value, bool):
            raise invalid_field(name, f"{name} is required and must be a number", value)
        return value

    def texts(self, name: str, most: int) -> list[str]:
        """Return a list of strings of the body; it may be absent."""
        value = self.parsed.get(name)
        value = [] if value is None else value
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            raise invalid_field(name, f"{name} must be a list of strings", value)
        if len(value) > most:
            raise invalid_field(name, f"the max len is {most}", len(value))
        return value

    def choice(self, name: str, allowed: tuple[str, ...], default: str | None = None) -> str:
        """Return a value of the query that must be one of a few."""
        value = self.query.get(name, default)
        if value not in allowed:
            raise invalid_field(name, f"{name} must be one of {', '.join(allowed)}", value)
        return value

    def id_type(self, name: str = "user_id_type") -> str:
        """Return which kind of user id the call speaks; open_id when it says nothing."""
        return self.choice(name, ID_TYPES, "open_id")

    def person(self, kind: str, value: str) -> Person | None:
        """Return who the calling app means by an id, or None."""
        return self.emulator.directory.named(kind, value, self.app.app_id)

    def require(self, scopes: tuple[str, ...]) -> None:
        """Raise 99991672 unless the app has one of the scopes."""
        if not self.app.grants(scopes):
            raise scope_missing(self, scopes)

    def page(self, items: list[Any], most: int, name: str = "items") -> Json:
        """Return one page of a list with `has_more` and the token of the next."""
        size = self._page_size(most)
        start = self._page_start()
        more = start + size < len(items)
        token = base64.urlsafe_b64encode(str(start + size).encode()).decode() if more else ""
        return {name: items[start : start + size], "has_more": more, "page_token": token}

    def _page_size(self, most: int) -> int:
        size = self.query.get("page_size", str(min(most, 20)))
        if not size.isdigit() or not 1 <= int(size) <= most:
            raise RejectedError(40011)
        return int(size)

    def _page_start(self) -> int:
        token = self.query.get("page_token", "")
        if not token:
            return 0
        try:
            return int(base64.urlsafe_b64decode(token))
        except ValueError:
            raise RejectedError(40012) from None


def scope_missing(call: Call, scopes: tuple[str, ...]) -> RejectedError:
    """Return 99991672 in the shape of "How to fix the 99991672 error"."""
    rejected = RejectedError(99991672)
    names = f"[{', '.join(scopes)}]"
    rejected.msg = f"{rejected.msg}: {names}"
    rejected.error["permission_violations"] = [
        {"type": "action_scope_required", "subject": scope} for scope in scopes
    ]
    link = call.emulator.brand.scope_link(call.app.app_id, ",".join(scopes))
    description = f"Learn more about scopes and how to add them: {names}"
    rejected.error["helps"] = [{"url": link, "description": description}]
    return rejected
