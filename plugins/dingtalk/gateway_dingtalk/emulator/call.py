"""One call of the API as the handlers see it: who asks, and what, with strict reading."""

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from starlette.requests import Request

from .codes import Generation, RejectedError, at_gate, invalid, missing
from .model import App, Json

if TYPE_CHECKING:
    from .state import Emulator

WHOLE = re.compile(r"-?[0-9]{1,18}")


@dataclass
class Call:
    """A request past the gate; `app` is the one whose token came with it."""

    emulator: "Emulator"
    request: Request
    key: str
    generation: Generation
    now: float
    body: bytes
    known_app: App | None = None
    parsed: Json = field(default_factory=dict)

    @property
    def app(self) -> App:
        """The calling app."""
        if self.known_app is None:
            raise at_gate("token missing", self.generation)
        return self.known_app

    @property
    def query(self) -> dict[str, str]:
        """The query, one value a name."""
        return dict(self.request.query_params)

    @property
    def address(self) -> str:
        """The address the call comes from."""
        return self.request.client.host if self.request.client else ""

    @property
    def content_type(self) -> str:
        """The media type of the body without its parameters."""
        return self.request.headers.get("content-type", "").partition(";")[0].strip().lower()

    def path(self, name: str) -> str:
        """Return a part of the path."""
        return str(self.request.path_params[name])

    def require(self, point: str) -> None:
        """Raise the refusal of a missing permission point, which names it."""
        if not self.app.grants(point):
            rejected = at_gate("permission", self.generation)
            rejected.more["accessdenieddetail"] = {"requiredScopes": [point]}
            raise rejected

    def read_json(self) -> None:
        """Parse the body of the new API: it must say it is JSON, and be an object."""
        if not self.body or self.content_type != "application/json":
            raise RejectedError("Missingbody")
        parsed = self.loaded(self.body)
        if not isinstance(parsed, dict):
            raise RejectedError("Invalidbody")
        self.parsed = parsed

    def read_old(self) -> None:
        """Parse the body of the old API, which is JSON or a form."""
        if not self.body:
            return
        if self.content_type == "application/x-www-form-urlencoded":
            self.parsed = dict(parse_qsl(self.body.decode(errors="replace")))
            return
        if self.content_type != "application/json":
            raise RejectedError(43004)
        parsed = self.loaded(self.body)
        if not isinstance(parsed, dict):
            raise RejectedError(40035, "不合法的参数 json")
        self.parsed = parsed

    @staticmethod
    def loaded(text: bytes | str) -> Any:  # noqa: ANN401 - any JSON
        """Return what a JSON text says, or None when it is none or holds half a character."""
        try:
            parsed = json.loads(text)
            json.dumps(parsed, ensure_ascii=False).encode()
        except (ValueError, RecursionError):
            return None
        return parsed

    @staticmethod
    def dumped(value: object) -> str:
        """Return a value as the text it would travel as."""
        return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)

    def text(self, name: str, empty: str | None = None) -> str:
        """Return a required string of the body; `empty` is the code for an empty one."""
        value = self.parsed.get(name)
        if value is None:
            raise missing(name)
        if not isinstance(value, str):
            raise invalid(name)
        if not value:
            raise RejectedError(empty) if empty else missing(name)
        return value

    def texts(self, name: str) -> list[str]:
        """Return a required list of strings of the body."""
        value = self.parsed.get(name)
        if value is None:
            raise missing(name)
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            raise invalid(name)
        return value

    def mapping(self, name: str) -> Json | None:
        """Return an object of the body, or None when it is absent."""
        value = self.parsed.get(name)
        if value is not None and not isinstance(value, dict):
            raise invalid(name)
        return value

    def number(self, name: str, default: int) -> int:
        """Return a whole number of the body, or the default when it is absent."""
        value = self.parsed.get(name, default)
        if not isinstance(value, int) or isinstance(value, bool):
            raise invalid(name)
        return value

    def old_text(self, name: str) -> str:
        """Return a required string of the old API."""
        value = self.parsed.get(name)
        if not isinstance(value, str) or not value:
            raise RejectedError(40035, f"缺少参数 {name}")
        return value

    def old_number(self, name: str, default: int | None = None) -> int:
        """Return a whole number of the old API, which may come as text."""
        value = self.parsed.get(name, default)
        if isinstance(value, bool) or not WHOLE.fullmatch(str(value)):
            raise RejectedError(40035, f"不合法的参数 {name}")
        return int(str(value))

    def old_flag(self, name: str) -> bool:
        """Return a flag of the old API; a form says it in letters, and only in lower case."""
        value = self.parsed.get(name, False)
        if value not in (True, False, "true", "false"):
            raise RejectedError(41, f"Invalid arguments:{name}")
        return value in (True, "true")
