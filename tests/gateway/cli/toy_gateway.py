"""A stand-in for a running gateway: real HTTP on this machine, with answers that tests write."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = tuple[int, dict[str, Any]]


class ToyGateway:
    """Answers each path with its list of answers in turn; the last one stays."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.answers: dict[str, list[Answer]] = {}
        self.asked: list[tuple[str, str | None, Any]] = []

    def answer(self, path: str) -> Answer:
        answers = self.answers[path.split("?", maxsplit=1)[0]]
        return answers.pop(0) if len(answers) > 1 else answers[0]


@contextmanager
def toy_gateway() -> Iterator[ToyGateway]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    toy = ToyGateway(server.server_address[1])
    _Handler.toy = toy
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield toy
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    toy: ToyGateway

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        asked = (self.path, self.headers.get("Authorization"), json.loads(body) if body else None)
        self.toy.asked.append(asked)
        status, answer = self.toy.answer(self.path)
        text = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)
