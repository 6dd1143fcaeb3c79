"""A running gateway, as a command talks to it."""
# ruff: noqa: PLC0415 - heavy imports wait until a command runs

from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote

from gateway.cli.output import CommandError

if TYPE_CHECKING:
    import httpx

CALL_SECONDS = 15.0
PAGE = 200
NO_CONTENT = 204


class RefusedError(CommandError):
    """The gateway answered, and said no; `status` is the HTTP status."""

    def __init__(self, sentence: str, status: int) -> None:
        super().__init__(sentence)
        self.status = status


def path_to(*parts: str) -> str:
    """Return the address below `/v1` that is made of these names, whatever is in them."""
    return "/".join(("/v1", *(quote(part, safe="@") for part in parts)))


@dataclass(frozen=True, slots=True)
class Server:
    """Where a gateway answers and who calls; tests bring a transport of their own."""

    url: str
    key: str = field(repr=False, default="")
    transport: "httpx.AsyncBaseTransport | None" = None


class Gateway:
    """A client whose failures are sentences."""

    def __init__(self, server: Server) -> None:
        import httpx

        self._url = server.url
        headers = {"Authorization": f"Bearer {server.key}"} if server.key else {}
        try:
            self._http = httpx.AsyncClient(
                base_url=server.url,
                headers=headers,
                timeout=CALL_SECONDS,
                transport=server.transport,
            )
        except (httpx.InvalidURL, UnicodeEncodeError):
            raise CommandError("The address or the key holds characters it may not.", 2) from None

    async def post(self, path: str, body: object) -> dict[str, Any]:
        """Post JSON and return the answer.

        Raises:
            CommandError: The gateway cannot be reached, or refused; in its own words.
        """
        return await self._call("POST", path, body)

    async def get(self, path: str, **query: str | int) -> dict[str, Any]:
        """Ask for JSON; failures as with `post`."""
        return await self._call("GET", path, None, query)

    async def call(self, method: str, path: str, body: object = None) -> dict[str, Any]:
        """Call with any method; an answer without a body is an empty one.

        Raises:
            RefusedError: The gateway refused; otherwise as with `post`.
        """
        return await self._call(method, path, body)

    async def text(self, path: str) -> str:
        """Ask for a file, and return it without its byte order mark."""
        reply = await self._send("GET", path, None, {})
        if not reply.is_success:
            raise RefusedError(_refusal(reply, _json(reply)), reply.status_code)
        return reply.content.decode("utf-8-sig")

    async def post_text(self, path: str, text: bytes, **query: str) -> dict[str, Any]:
        """Post a file and return the answer; failures as with `post`."""
        reply = await self._send("POST", path, text, query)
        return _told(reply)

    async def every(self, path: str, **query: str | int) -> list[dict[str, Any]]:
        """Return a list's items from all its pages."""
        found: list[dict[str, Any]] = []
        while True:
            page = await self.get(path, **{"limit": PAGE, **query})
            found += page["items"]
            if not page.get("next_cursor"):
                return found
            query["cursor"] = page["next_cursor"]

    async def answer(self, path: str) -> "httpx.Response":
        """Return whatever is answered, also a refusal."""
        return await self._send("GET", path, None, {})

    async def _call(
        self, method: str, path: str, body: object, query: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        reply = await self._send(method, path, body, query or {})
        return _told(reply)

    async def _send(
        self, method: str, path: str, body: object, query: dict[str, Any]
    ) -> "httpx.Response":
        import httpx

        try:
            if isinstance(body, bytes):
                return await self._http.request(method, path, content=body, params=query)
            return await self._http.request(method, path, json=body, params=query)
        except httpx.UnsupportedProtocol:
            raise CommandError(f"{self._url} is no address: it begins with http://.", 2) from None
        except httpx.TimeoutException:
            raise CommandError(f"The gateway at {self._url} does not answer in time.") from None
        except httpx.TransportError:
            hint = "start it with `gateway serve`, or set GATEWAY_URL"
            raise CommandError(f"No gateway answers at {self._url}: {hint}.") from None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._http.aclose()


def _told(reply: "httpx.Response") -> dict[str, Any]:
    if reply.status_code == NO_CONTENT:
        return {}
    answer = _json(reply)
    if reply.is_success and answer is not None:
        return answer
    raise RefusedError(_refusal(reply, answer), reply.status_code)


def _json(reply: "httpx.Response") -> dict[str, Any] | None:
    try:
        answer = reply.json()
    except ValueError:
        return None
    return answer if isinstance(answer, dict) else None


def _refusal(reply: "httpx.Response", answer: dict[str, Any] | None) -> str:
    if answer is None or "code" not in answer:
        return (
            f"{reply.url.copy_with(query=None)} answered {reply.status_code}: no gateway's words."
        )
    fields = "; ".join(
        f"{'.'.join(map(str, each['loc']))}: {each['message']}" for each in answer.get("errors", ())
    )
    detail = str(answer.get("detail") or answer.get("title")).rstrip(".")
    return f"{detail}{f' ({fields})' if fields else ''} [{answer['code']}]."
