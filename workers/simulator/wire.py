"""The wire between the fleet and the stand-ins, inside one process: every call goes over here, and here it fails.

It stands where a thread's connections would be, so that all of the adapters' own judging runs.
"""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol
from urllib.parse import urlsplit

from starlette.types import ASGIApp
from urllib3 import exceptions

from adapters import bounded
from adapters.exchange import Answer, Connections
from workers.simulator.clock import CLOCK
from workers.web import khaos_channel, khaos_courier, returns_advice, warehouse_hooks

A_CALL = 0.02  # seconds that a call takes
NO_ANSWER = 4.9  # seconds until the fleet gives a call up
PARTNER_TIMEOUT = 9  # seconds after that in which it may still take effect
NO_SUCH = b"<!DOCTYPE html><html><body>404 - File or directory not found.</body></html>"
HTML = b"<!DOCTYPE html><html><body>Maintenance</body></html>"
FAULTS = ("refused", "cut", "silent", "lost", "late", "error", "throttled", "html", "half")
IN_THREADS = (khaos_channel, khaos_courier, returns_advice, warehouse_hooks)


class Heard(Protocol):
    """Somebody who hears that a call begins or was answered, and whether it changes anything at its host."""

    def __call__(self, host: str, /, *, writes: bool) -> None:
        """Hear it."""


def _nobody(_host: str, *, writes: bool) -> None:
    """Nobody listens."""


class Wire:
    """Hosts by name, the faults that wait for their next calls, and calls that arrive when nobody waits any more."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self.apps: dict[str, ASGIApp] = {}
        self.faults: dict[str, deque[str]] = defaultdict(deque)
        self.on_writes: dict[str, deque[str]] = defaultdict(deque)
        self.late: deque[tuple[datetime, Callable[[], object]]] = deque()
        self.before: Heard = _nobody
        self.after: Heard = _nobody
        self.calls = 0
        self.asked: Counter[str] = Counter()  # calls of the fleet by host
        self.updated: dict[str, datetime] = {}  # hosts whose service is away behind its web server, and until when
        self.application: Any = None  # that answered last

    def clear(self) -> None:
        """No hosts, no faults."""
        self.apps.clear()
        self.mend()
        self.late.clear()
        self.calls = 0
        self.asked.clear()

    def mend(self) -> None:
        """No faults any more."""
        self.faults.clear()
        self.on_writes.clear()
        self.updated.clear()

    def install(self) -> None:
        """Stand where the adapters would open a connection."""
        wire = self

        def call(
            _kept: object, method: str, url: str, headers: Mapping[str, str], body: bytes | None, _connect: float
        ) -> Answer:
            return wire.exchange(method, url, headers, body or b"")

        setattr(Connections, "exchange", call)  # noqa: B010  mypy refuses to assign to a method
        for module in IN_THREADS:  # a thread would only be waited for
            setattr(module, "run_in_threadpool", _here)  # noqa: B010  as above

    def exchange(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """One call, spoiled if a fault waits for it. Raises what urllib3 raises."""
        CLOCK.wait(A_CALL)
        host = urlsplit(url).netloc
        writes = _writes(method, url, headers)
        self.before(host, writes=writes)
        fault = self.next_fault(host, writes=writes)
        if CLOCK.at < self.updated.get(host, CLOCK.at):
            bounded.begin_sending()
            status, said, content = 404, {"Content-Type": "text/html"}, NO_SUCH
        else:
            status, said, content = self._spoiled(fault, method, url, body, headers)
        self.after(host, writes=writes)
        return status, {name.lower(): value for name, value in said.items()}, content

    def next_fault(self, host: str, *, writes: bool) -> str:
        """What spoils this call; nothing where no fault waits for it."""
        self.calls += 1
        self.asked[host] += 1
        waiting = self.faults[host] or (self.on_writes[host] if writes else ())
        return waiting.popleft() if waiting else ""

    def peek(self, host: str) -> str:
        """What will spoil the next call that writes."""
        waiting = self.faults[host] or self.on_writes[host]
        return waiting[0] if waiting else ""

    def _spoiled(self, fault: str, method: str, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        if fault == "refused":
            raise exceptions.NewConnectionError(None, "refused")  # type: ignore[arg-type]  # the pool is not looked at
        bounded.begin_sending()
        if fault == "throttled":
            return 429, {"Retry-After": "2"}, b"{}"
        if fault in ("lost", "late"):
            if fault == "late":
                after = timedelta(seconds=NO_ANSWER + self.calls % PARTNER_TIMEOUT)
                self.late.append((CLOCK.at + after, lambda: self.call(method, url, body, headers)))
            CLOCK.wait(NO_ANSWER)
            raise exceptions.ReadTimeoutError(None, url, "Read timed out.")  # type: ignore[arg-type]
        status, said, content = self.call(method, url, body, headers)
        if fault == "silent":
            CLOCK.wait(NO_ANSWER)
            raise exceptions.ReadTimeoutError(None, url, "Read timed out.")  # type: ignore[arg-type]
        if fault == "cut":
            raise exceptions.ProtocolError("Connection aborted.", ConnectionResetError())
        if fault == "error":
            return 500, {}, b"Internal Server Error"
        if fault == "html":
            return 200, {"Content-Type": "text/html"}, HTML
        if fault == "half":
            content = content[: len(content) // 2]
            return status, said | {"content-length": str(len(content))}, content
        return status, said, content

    def arrive(self, moment: datetime) -> None:
        """The calls that nobody waits for any more arrive in their time, all within the partner's own time-out."""
        due = [call for at, call in self.late if at <= moment]
        self.late = deque(one for one in self.late if one[0] > moment)
        for call in due:
            call()

    def call(self, method: str, url: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Answer:
        """A call that nothing spoils."""
        return self._loop.run_until_complete(self._ask(method, url, body, headers or {}))

    async def _ask(self, method: str, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        parts = urlsplit(url)
        sent: list[dict[str, Any]] = []
        given = iter(({"type": "http.request", "body": body, "more_body": False},))

        async def receive() -> Any:
            return next(given, {"type": "http.disconnect"})

        async def send(message: Any) -> None:
            sent.append(message)

        raw = [(b"host", parts.netloc.encode()), (b"content-length", str(len(body)).encode())]
        raw += [(name.lower().encode(), str(text).encode("latin-1")) for name, text in headers.items()]
        scope: dict[str, Any] = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method,
            "scheme": parts.scheme, "path": parts.path, "raw_path": parts.path.encode(),
            "query_string": parts.query.encode(), "root_path": "", "headers": raw,
            "client": ("127.0.0.1", 1), "server": (parts.hostname, 80), "state": {},
        }  # fmt: skip
        await self.apps[parts.netloc](scope, receive, send)
        start = sent[0]
        content = b"".join(one.get("body", b"") for one in sent[1:])
        said = {name.decode(): text.decode() for name, text in start["headers"]}
        self.application = scope.get("app")
        return start["status"], said, content


async def _here(do: Callable[..., Any], *given: Any, **more: Any) -> Any:
    """What the doors hand to a thread, done by this one."""
    return do(*given, **more)


def _writes(method: str, url: str, headers: Mapping[str, str]) -> bool:
    """Whether a call changes anything: at Clarus by its verb, at Khaos Control by its operation."""
    action = headers.get("SOAPAction", "").strip('"').rpartition("#")[2]
    if action:
        return action.startswith(("Import", "Confirm", "Post"))
    return method != "GET" and not url.endswith(("/graphql", "/oauth/token"))
