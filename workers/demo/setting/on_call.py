"""Who is on call in the demo: takes what Sentry and the owners' chat would get, and keeps it to be counted.

Everything that came is in the run folder's ``alerts.log`` as well, one body a line, and goes on to the Sentry of
``SENTRY_DSN``, where that is set.
"""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import threading
from collections import Counter
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import requests
from sentry_sdk.utils import Dsn

CHAT, CHAT_URL = "/chat", "ON_CALL_CHAT"  # the door of notices, and the name of its address in the environment
LOG = "alerts.log"
SETTINGS = f"""
[owners.support]
webhook = "env:{CHAT_URL}"
urgent = ["critical"]
"""


@dataclass
class Heard:
    """What on-call was told of connections: Sentry's events by exception and state, and the chat's notices by title.

    An event that came twice, after a crash, is the same event.
    """

    events: set[tuple[int, str]] = field(default_factory=set)
    notices: Counter[str] = field(default_factory=Counter)


class OnCall:
    """Listens on a free port of the loopback until ``close``. ``dsn`` and ``chat`` are its two doors."""

    def __init__(self, folder: Path) -> None:
        """``folder`` exists; the log is kept there."""
        self.heard = Heard()
        self._lock = threading.Lock()
        self._log = (folder / LOG).open("ab")
        theirs = os.environ.get("SENTRY_DSN", "")
        self._beyond = Dsn(theirs).to_auth("fleet-demo") if theirs else None
        on_call = self

        class Door(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                if self.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
                on_call.take(self.path, body)
                self.send_response(200)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *_args: Any) -> None:
                """Say nothing on the console."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
        threading.Thread(target=self._server.serve_forever, args=(0.1,), name="on call", daemon=True).start()
        base = f"127.0.0.1:{self._server.server_port}"
        self.dsn, self.chat = f"http://demo@{base}/1", f"http://{base}{CHAT}"

    @property
    def environment(self) -> dict[str, str]:
        """What the fleet's processes need to reach it."""
        return {"SENTRY_DSN": self.dsn, CHAT_URL: self.chat}

    def take(self, path: str, body: bytes) -> None:
        """Keep one call: an envelope of Sentry's, or a notice."""
        with self._lock:
            self._log.write(body.replace(b"\n", b" ") + b"\n")
            self._log.flush()
            if path == CHAT:
                title = str(json.loads(body)["text"]).split("\n")[0].strip("*")
                self.heard.notices[title] += 1
            else:
                self.heard.events |= {one for one in map(_of_a_gate, _payloads(body)) if one is not None}
        if path != CHAT and self._beyond is not None:
            header = {"X-Sentry-Auth": self._beyond.to_header()}
            with contextlib.suppress(requests.RequestException):
                requests.post(self._beyond.get_api_url(), data=body, headers=header, timeout=5)

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
        self._log.close()


def _payloads(envelope: bytes) -> list[dict[str, Any]]:
    """The events of an envelope: after its head each item is a line of its own head and a line of its payload."""
    lines = [line for line in envelope.split(b"\n")[1:] if line]
    found = []
    for head, payload in zip(lines[::2], lines[1::2], strict=False):
        with contextlib.suppress(ValueError):
            if json.loads(head).get("type") == "event":
                found.append(json.loads(payload))
    return found


def _of_a_gate(event: dict[str, Any]) -> tuple[int, str] | None:
    state = event.get("tags", {}).get("state", "")
    number = event.get("contexts", {}).get("fleet", {}).get("exception")
    return (int(number), str(state)) if state and number is not None else None
