"""A far end that answers from a list and remembers what it was asked."""

import json
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

import httpx

Answer = httpx.Response | Exception | Mapping[str, Any] | Callable[[httpx.Request], httpx.Response]


class UnscriptedError(AssertionError):
    """The channel asked for more than the script answers."""


class ScriptedTransport(httpx.AsyncBaseTransport):
    """Answers each request with the next of `answers`, then with `otherwise`.

    An answer is a response, an error to raise, a mapping (a 200 with this JSON), or a function of
    the request.

    Attributes:
        requests: What was asked, in order, with their bodies read.
    """

    def __init__(self, *answers: Answer, otherwise: Answer | None = None) -> None:
        self._answers = deque(answers)
        self._otherwise = otherwise
        self.requests: list[httpx.Request] = []

    def then(self, *answers: Answer) -> None:
        """Add answers to the script."""
        self._answers.extend(answers)

    @property
    def bodies(self) -> list[Any]:
        """The JSON bodies of the requests; None for one without a body."""
        return [json.loads(each.content) if each.content else None for each in self.requests]

    @property
    def left(self) -> int:
        """How many answers nobody has asked for yet."""
        return len(self._answers)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Remember the request and give the next answer.

        Raises:
            UnscriptedError: There is none.
        """
        await request.aread()
        self.requests.append(request)
        answer = self._answers.popleft() if self._answers else self._otherwise
        if answer is None:
            raise UnscriptedError(f"no answer is scripted for {request.method} {request.url.path}")
        return _respond(answer, request)


def _respond(answer: Answer, request: httpx.Request) -> httpx.Response:
    if isinstance(answer, Exception):
        raise answer
    if isinstance(answer, httpx.Response):
        return answer
    return httpx.Response(200, json=answer) if isinstance(answer, Mapping) else answer(request)
