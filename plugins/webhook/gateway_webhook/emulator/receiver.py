"""Takes events as the standard asks of a receiver (specification: "Standard Webhooks")."""

import time
from collections import deque
from dataclasses import dataclass, field

from standardwebhooks import Webhook, WebhookVerificationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from .received import Received

KEPT = 200
LARGEST = 1 << 20
STATUSES = range(200, 600)


@dataclass(eq=False)
class Receiver:
    """What came in, and how the next event is answered.

    Attributes:
        status: What a genuine event is answered with; 410 says that the receiver is gone.
    """

    secret: str = field(repr=False)
    status: int = 204
    events: deque[Received] = field(default_factory=lambda: deque(maxlen=KEPT))
    seen: set[str] = field(default_factory=set)

    def receive(self, headers: dict[str, str], body: bytes) -> Received:
        """Verify, keep and return one event."""
        refusal = self._refusal(headers, body)
        id_ = headers.get("webhook-id", "")
        event = Received(
            id_,
            time.time(),
            headers.get("webhook-signature", ""),
            headers.get("webhook-timestamp", ""),
            body.decode(errors="replace"),
            refusal,
            repeat=not refusal and id_ in self.seen,
            status=401 if refusal else self.status,
        )
        self.events.append(event)
        self.seen |= set() if refusal else {id_}
        return event

    def reset(self) -> None:
        """Forget what came in, and take events again."""
        self.events.clear()
        self.seen.clear()
        self.status = 204

    def _refusal(self, headers: dict[str, str], body: bytes) -> str:
        """Let the standard's own library judge signature and age."""
        if len(body) > LARGEST:
            return "The body is larger than 1 MiB"
        try:
            Webhook(self.secret).verify(body, headers)
        except WebhookVerificationError as error:
            return str(error)
        except ValueError:
            return "The body is no JSON"
        return ""


def take(receiver: Receiver, path: str) -> Route:
    """Return the route at which events come in."""

    async def serve(request: Request) -> Response:
        event = receiver.receive(dict(request.headers), await request.body())
        return Response(event.refusal or None, event.status)

    return Route(path, serve, methods=["POST"])
