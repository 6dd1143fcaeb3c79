"""Log lines without secrets, and metrics without people.

Redaction goes by value, not by field name: whatever was opened from the vault is learnt, and
is then found in any text, also where a platform's error quotes it back.
"""

import base64
import html
import json
import logging
import re
from collections import OrderedDict
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TextIO
from urllib.parse import quote, quote_plus

import structlog
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import generate_latest

_SHORTEST = 6
_MARK = "***"  # shorter than any learnt value, so that cleaning always comes to an end
_REMEMBERED = 50_000

# C0, C1, bidi controls, line separators and half surrogate pairs: all that could forge a line,
# steer a terminal, or fail to be written.
_CONTROL = re.compile(
    "[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)


class Redactor:
    """Knows secrets by value and takes them out of whatever is shown.

    Args:
        remembered: How many values are kept; the ones not learnt again for longest go first.
    """

    def __init__(self, remembered: int = _REMEMBERED) -> None:
        self._remembered = remembered
        self._values: OrderedDict[str, tuple[str, ...]] = OrderedDict()
        # Every form by its last letters: URLs and prefixed tokens begin alike but end apart.
        self._by_end: dict[str, list[str]] = {}

    def learn(self, secret: str) -> None:
        """Remember a secret in every form it may turn up in; very short ones are no secrets."""
        if len(secret) < _SHORTEST:
            return
        if secret in self._values:
            self._values.move_to_end(secret)
            return
        self._values[secret] = forms = _forms(secret)
        for form in forms:
            self._by_end.setdefault(form[-_SHORTEST:], []).append(form)
        if len(self._values) > self._remembered:
            self._forget(self._values.popitem(last=False)[1])

    def clean(self, text: str) -> str:
        """Return the text with every learnt value replaced by `***`."""
        while spans := list(self._spans(text)):
            text = _without(text, spans)
        return text

    def clean_data(self, data: object) -> Any:  # noqa: ANN401 - as JSON: any of its types
        """Return the same data for JSON, cleaned: keys too, unknown objects as their text."""
        match data:
            case str():
                return self.clean(data)
            case None | int() | float():
                return data if self.clean(str(data)) == str(data) else _MARK
            case bytes():
                return self.clean(data.decode(errors="replace"))
            case Mapping():
                return {self.clean(str(key)): self.clean_data(data[key]) for key in data}
            case list() | tuple() | set() | frozenset():
                return [self.clean_data(item) for item in data]
            case _:
                return self.clean(str(data))

    def _spans(self, text: str) -> Iterator[tuple[int, int]]:
        """Yield where learnt values are, by their ends from left to right."""
        for end in range(_SHORTEST, len(text) + 1) if self._by_end else ():
            for form in self._by_end.get(text[end - _SHORTEST : end], ()):
                if text.endswith(form, 0, end):
                    yield end - len(form), end

    def _forget(self, forms: tuple[str, ...]) -> None:
        for form in forms:
            alike = self._by_end[form[-_SHORTEST:]]
            alike.remove(form)
            if not alike:
                del self._by_end[form[-_SHORTEST:]]


def _without(text: str, spans: list[tuple[int, int]]) -> str:
    """Put one mark in the place of each run of spans that touch or overlap."""
    shown: list[str] = []
    done = 0
    for start, end in _merged(spans):
        shown += (text[done:start], _MARK)
        done = end
    return "".join((*shown, text[done:]))


def _merged(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _forms(secret: str) -> tuple[str, ...]:
    """Return how a value looks in a URL, in JSON, in HTML, in a representation, in base64."""
    found = {
        secret,
        quote(secret, errors="replace"),
        quote(secret, safe="", errors="replace"),
        quote_plus(secret, errors="replace"),
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        html.escape(secret),
        repr(secret)[1:-1],
        *_base64_forms(secret.encode(errors="replace")),
    }
    return tuple(form for form in found if len(form) >= _SHORTEST)


def _base64_forms(raw: bytes) -> Iterator[str]:
    """Yield the letters that depend on the value alone, wherever in a longer text it stands.

    `Basic` authorization, for one, is the base64 of a user name, a colon and the secret.
    """
    for shift in range(3):
        text = base64.b64encode(b"\0" * shift + raw).decode()
        first = (shift * 8 + 5) // 6
        whole = text[first : (shift + len(raw)) * 8 // 6]
        yield whole
        yield whole.replace("+", "-").replace("/", "_")


# --- logs ---


def configure_logging(
    redactor: Redactor, *, level: str = "INFO", console: bool = False, stream: TextIO | None = None
) -> None:
    """Send structlog's and the standard library's records through one chain to one stream.

    Args:
        redactor: Cleans every line, also of libraries and in tracebacks.
        level: The least level that is written.
        console: Lines for people instead of JSON.
        stream: Where to; stderr if None.
    """
    handler = logging.StreamHandler(stream)
    handler.setFormatter(_formatter(redactor, console=console))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    structlog.configure(
        processors=[*_shared(), structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(root.level),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )


def log_fields(**fields: str) -> AbstractContextManager[None]:
    """Put fields on every line that is logged inside, in this task and those it starts."""
    return structlog.contextvars.bound_contextvars(**fields)


@dataclass(frozen=True, slots=True)
class Redaction:
    """The structlog processor that makes an event safe to be written.

    Attributes:
        console: Whether lines are written as they are; a traceback is then indented, so that
            no line of it passes for a record.
    """

    redactor: Redactor
    console: bool = False

    def __call__(
        self, logger: object, method: str, event: MutableMapping[str, Any]
    ) -> MutableMapping[str, Any]:
        """Return the event cleaned, with control characters spelt out."""
        del logger, method
        return {
            _escaped(str(key)): self._trace(value) if key in _TRACES else _safe(value)
            for key, value in self.redactor.clean_data(event).items()
        }

    def _trace(self, value: object) -> str:
        line_break = "\n    | " if self.console else "\n"
        return line_break.join(_escaped(line) for line in str(value).split("\n"))


_TRACES = frozenset({"exception", "stack"})


def _shared() -> list[structlog.typing.Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]


def _formatter(redactor: Redactor, *, console: bool) -> logging.Formatter:
    last: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer(colors=False)
        if console
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=_shared(),
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            Redaction(redactor, console=console),
            last,
        ],
    )


def _safe(value: Any) -> Any:  # noqa: ANN401 - as JSON: any of its types
    match value:
        case str():
            return _escaped(value)
        case dict():
            return {_escaped(key): _safe(value[key]) for key in value}
        case list():
            return [_safe(item) for item in value]
        case _:
            return value


def _escaped(text: str) -> str:
    return _CONTROL.sub(lambda found: ascii(found[0])[1:-1], text)


# --- metrics ---

_CALL_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 15)
_COMMIT_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2)
_COMMIT_ROWS = (1, 3, 10, 30, 100, 300, 1_000, 3_000)


@dataclass(frozen=True, slots=True)
class Metrics:
    """What an operator watches; no label names a tenant, a person or a URL.

    The registry is its own, so that several gateways fit into one process.
    """

    registry: CollectorRegistry
    accepted: Counter
    deliveries: Counter
    calls: Counter
    call_seconds: Histogram
    attempt_seconds: Histogram
    commit_rows: Histogram
    commit_seconds: Histogram
    lanes: Gauge
    queue_depth: Gauge
    oldest_due_seconds: Gauge

    @classmethod
    def create(cls) -> "Metrics":
        """Return metrics that start at zero, on a registry of their own."""
        to = CollectorRegistry()
        by_call = ("channel_type", "purpose")
        return cls(
            registry=to,
            accepted=Counter(
                "gateway_notifications_accepted", "Notifications answered with 202.", registry=to
            ),
            deliveries=Counter(
                "gateway_deliveries",
                "Deliveries that came into a state, with the reason where it has one.",
                ("channel_type", "state", "reason"),
                registry=to,
            ),
            calls=Counter(
                "gateway_provider_calls",
                "Calls to platforms by what came of them: a status class or no_answer.",
                (*by_call, "outcome"),
                registry=to,
            ),
            call_seconds=Histogram(
                "gateway_provider_call_seconds",
                "How long calls to platforms took.",
                by_call,
                buckets=_CALL_SECONDS,
                registry=to,
            ),
            attempt_seconds=Histogram(
                "gateway_attempt_seconds",
                "How long attempts took, with look-ups and tokens.",
                ("channel_type",),
                buckets=_CALL_SECONDS,
                registry=to,
            ),
            commit_rows=Histogram(
                "gateway_store_commit_rows",
                "Rows that one commit wrote.",
                buckets=_COMMIT_ROWS,
                registry=to,
            ),
            commit_seconds=Histogram(
                "gateway_store_commit_seconds",
                "How long a commit took.",
                buckets=_COMMIT_SECONDS,
                registry=to,
            ),
            lanes=Gauge("gateway_lanes", "Lanes this process works.", registry=to),
            queue_depth=Gauge(
                "gateway_queue_depth", "Deliveries that wait, by state.", ("state",), registry=to
            ),
            oldest_due_seconds=Gauge(
                "gateway_queue_oldest_due_seconds",
                "How long the delivery that is due for longest has been waiting.",
                registry=to,
            ),
        )

    def delivery(
        self, channel_type: str, state: str, reason: str | None = None, count: int = 1
    ) -> None:
        """Count deliveries that came into a state."""
        self.deliveries.labels(channel_type, state, reason or "").inc(count)

    def call(
        self, channel_type: str, purpose: str, status: int | None, duration: timedelta
    ) -> None:
        """Count one call to a platform; status is None where no answer was seen."""
        outcome = "no_answer" if status is None else f"{status // 100}xx"
        self.calls.labels(channel_type, purpose, outcome).inc()
        self.call_seconds.labels(channel_type, purpose).observe(duration.total_seconds())

    def attempt(self, channel_type: str, duration: timedelta) -> None:
        """Note how long an attempt took."""
        self.attempt_seconds.labels(channel_type).observe(duration.total_seconds())

    def commit(self, rows: int, duration: timedelta) -> None:
        """Note one commit of the store."""
        self.commit_rows.observe(rows)
        self.commit_seconds.observe(duration.total_seconds())

    def render(self) -> tuple[bytes, str]:
        """Return the body and the content type of `GET /metrics`."""
        return generate_latest(self.registry), CONTENT_TYPE_LATEST
