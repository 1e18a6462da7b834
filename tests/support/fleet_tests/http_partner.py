"""A tiny HTTP server that stands where somebody else would: it notes what it is asked and answers what a test says."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PATIENCE = 15.0


@dataclass(frozen=True)
class Heard:
    """One request that our side got: header names in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


Answer = tuple[int, dict[str, str], bytes]


@dataclass
class Partner:
    """A tiny HTTP server that stands where our side would: it notes every request and answers as told."""

    url: str = ""
    heard: list[Heard] = field(default_factory=list)
    answers: dict[str, Callable[[Heard], Answer] | Answer] = field(default_factory=dict)

    def answer(self, heard: Heard) -> Answer:
        self.heard.append(heard)
        found = self.answers.get(heard.path, (404, {}, b""))
        return found(heard) if callable(found) else found

    def to(self, path: str) -> list[Heard]:
        return [heard for heard in self.heard if heard.path == path]


@contextmanager
def partners() -> Iterator[Partner]:
    """A partner on a free port, for as long as the block lasts."""
    told = Partner()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, more, answer = told.answer(Heard(self.command, self.path, headers, body))
            self.send_response(status)
            for name, value in {**more, "Content-Length": str(len(answer))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer)

        do_POST = do_GET  # noqa: N815 -- the server looks it up by this name

        def log_message(self, *_: Any) -> None:
            """Tests are quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    told.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield told
    server.shutdown()
    server.server_close()
    thread.join(PATIENCE)
