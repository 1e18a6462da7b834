"""A Sentry that only listens: it keeps every envelope, unpacked, and answers as Sentry does."""

from __future__ import annotations

import gzip
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Sentry:
    """POST /api/1/envelope/ on a free port of the loopback."""

    def __init__(self) -> None:
        self.raw: list[bytes] = []
        self.heads: list[str] = []
        kept, kept_heads = self.raw, self.heads

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if self.headers.get("Content-Encoding") == "gzip":
                    body = gzip.decompress(body)
                kept.append(body)
                kept_heads.append(f"{self.path}\n{self.headers}")
                self.send_response(200)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *_args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()
        self.dsn = f"http://public@127.0.0.1:{self._server.server_port}/1"

    def items(self, kind: str) -> list[dict[str, Any]]:
        """The payloads of all envelope items of one type: event, check_in, …"""
        found = []
        for request in self.raw:
            lines = iter(request.split(b"\n")[1:])
            for head in lines:
                if head:
                    payload = next(lines)
                    if json.loads(head)["type"] == kind:
                        found.append(json.loads(payload))
        return found

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
