"""Every refusal of the API: one table of codes, and the error that carries one."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NotRequired, cast

from typing_extensions import TypedDict

DOCS = "/problems"
RETRY_SECONDS = 1
# Lists of several kinds of things: behind an element pydantic names its kind, too.
_OF_KINDS = frozenset({"to", "recipients", "members", "blocks", "actions"})


@dataclass(frozen=True, slots=True)
class Kind:
    """What a code stands for: its HTTP status and its title."""

    status: int
    title: str


PROBLEMS: dict[str, Kind] = {
    "invalid_json": Kind(400, "The body is not JSON"),
    "bad_request": Kind(400, "The request is malformed"),
    "unauthenticated": Kind(401, "A valid key is needed"),
    "forbidden": Kind(403, "The key's role does not allow this"),
    "not_found": Kind(404, "There is no such thing"),
    "unknown_tenant": Kind(404, "There is no such tenant"),
    "method_not_allowed": Kind(405, "This address does not take that method"),
    "conflict": Kind(409, "The current state does not allow this"),
    "id_immutable": Kind(409, "An id never changes: delete and add again"),
    "channel_incomplete": Kind(409, "The channel's configuration is incomplete"),
    "draft_outdated": Kind(409, "The channel has changed since the draft was saved"),
    "channel_in_use": Kind(409, "A rule or a topic names this channel"),
    "topic_in_use": Kind(409, "A rule names this topic"),
    "permission_missing": Kind(409, "The application lacks a permission on its platform"),
    "credential_refused": Kind(409, "The platform refuses the channel's credential"),
    "tenant_not_entitled": Kind(409, "The tenant is not entitled to channels"),
    "nothing_to_cancel": Kind(409, "Nothing is left to cancel"),
    "not_supported": Kind(409, "This channel cannot do that"),
    "body_too_large": Kind(413, "The body is larger than 1 MiB"),
    "validation_failed": Kind(422, "Some fields are not valid"),
    "secret_required": Kind(422, "Another application needs its own secret"),
    "unknown_channel": Kind(422, "The tenant has no such channel"),
    "unknown_channel_type": Kind(422, "No installed plugin offers this channel type"),
    "unknown_template": Kind(422, "The tenant has no such template"),
    "unknown_topic": Kind(422, "The tenant has no such topic"),
    "unknown_department": Kind(422, "The channel knows no such department"),
    "idempotency_mismatch": Kind(422, "The key was used with another body"),
    "too_many_requests": Kind(429, "Too many requests"),
    "internal_error": Kind(500, "Something went wrong here"),
    "store_unavailable": Kind(503, "The store is not available"),
    "plugin_failed": Kind(503, "The channel's plugin failed"),
    "platform_unavailable": Kind(503, "The platform did not answer as hoped"),
    "not_ready": Kind(503, "The gateway is not ready"),
}


class FieldError(TypedDict):
    """One field that is not valid."""

    loc: list[str | int]
    message: str
    type: str


class ProblemDocument(TypedDict):
    """An RFC 9457 problem document."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    errors: NotRequired[list[FieldError]]
    scopes: NotRequired[list[str]]
    fix_url: NotRequired[str | None]
    provider_code: NotRequired[str | None]


class PlatformFacts(TypedDict, total=False):
    """What the platform told with its refusal, in the problem's document."""

    scopes: list[str]
    fix_url: str | None
    provider_code: str | None


@dataclass(frozen=True, slots=True)
class Problem:
    """One refusal: a code of the table, a sentence, and the fields concerned."""

    code: str
    detail: str
    errors: tuple[FieldError, ...] = ()
    facts: PlatformFacts = field(default_factory=PlatformFacts)

    @property
    def status(self) -> int:
        """The HTTP status."""
        return PROBLEMS[self.code].status

    @property
    def document(self) -> ProblemDocument:
        """The answer's body."""
        kind = PROBLEMS[self.code]
        told: dict[str, object] = {
            "type": f"{DOCS}#{self.code}",
            "title": kind.title,
            "status": kind.status,
            "detail": self.detail,
            "code": self.code,
            **self.facts,
        }
        if kind.status == 422:  # noqa: PLR2004
            told["errors"] = list(self.errors)
        return cast("ProblemDocument", told)

    @property
    def headers(self) -> dict[str, str]:
        """The headers that belong to the status."""
        if self.status in {429, 503}:
            return {"Retry-After": str(RETRY_SECONDS)}
        return {"WWW-Authenticate": "Bearer"} if self.status == 401 else {}  # noqa: PLR2004


class ProblemError(Exception):
    """The caller has to change something; it becomes a problem document."""

    def __init__(
        self,
        code: str,
        detail: str = "",
        errors: Sequence[FieldError] = (),
        facts: PlatformFacts | None = None,
    ) -> None:
        super().__init__(detail or PROBLEMS[code].title)
        self.problem = Problem(code, str(self), tuple(errors), facts or PlatformFacts())


def field_error(loc: Sequence[str | int], message: str, kind: str = "value_error") -> FieldError:
    """Name one field that is not valid."""
    return {"loc": list(loc), "message": message, "type": kind}


def invalid(
    loc: Sequence[str | int], message: str, kind: str = "value_error", *, code: str | None = None
) -> ProblemError:
    """Refuse one field."""
    return ProblemError(code or "validation_failed", message, [field_error(loc, message, kind)])


def field_errors(found: Sequence[Any], prefix: Sequence[str | int]) -> list[FieldError]:
    """Turn pydantic's errors into ours: never the input, which may be a secret."""
    return [
        field_error([*prefix, *place_in_body(error["loc"])], _sentence(error["msg"]), error["type"])
        for error in found
        if not _follows(error, found)
    ]


def place_in_body(loc: Sequence[str | int]) -> list[str | int]:
    """Return where in the body a fault is: pydantic's place without the kinds of elements."""
    return [part for at, part in enumerate(loc) if not _is_kind(loc, at)]


def _is_kind(loc: Sequence[str | int], at: int) -> bool:
    if at and loc[at - 1] == "to":  # a sample's one recipient
        return isinstance(loc[at], str)
    return at > 1 and isinstance(loc[at - 1], int) and loc[at - 2] in _OF_KINDS


def _follows(error: Any, found: Sequence[Any]) -> bool:  # noqa: ANN401 - as pydantic has it
    """Tell whether a list is too short only because its elements are wrong."""
    loc = error["loc"]
    return error["type"] == "too_short" and any(
        len(each["loc"]) > len(loc) and each["loc"][: len(loc)] == loc for each in found
    )


def _sentence(message: str) -> str:
    """Return the sentence in the words of JSON, which has no tuples."""
    told = message.removeprefix("Value error, ").replace("Tuple should", "List should")
    return told.replace(" after validation", "")
