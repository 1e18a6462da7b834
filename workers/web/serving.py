"""How the web process is served: uvicorn, with a bound on what a stranger may send before a request is understood.

uvicorn's parsers in C take headers of any size and wait for them for ever; h11, which has a bound, is several times
slower. So the bytes and the time of each head are counted here.
"""

from __future__ import annotations

import asyncio
import sys

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

LARGEST_HEAD = 32 * 1024  # bytes of a request's first line and headers; one piece that a socket gives may be more
HEAD_PATIENCE = 10.0  # seconds for all of a head to arrive, and for the first of it on a new connection
MOST_AT_ONCE = 500  # connections and requests; more are answered with 503
TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


class BoundedHeads(HttpToolsProtocol):
    """uvicorn's own protocol, which ends a connection whose head is too large or too slow."""

    _size = 0
    _open = True  # a head is awaited or under way
    _patience: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Wait for the first head."""
        super().connection_made(transport)
        self._begin()

    def data_received(self, data: bytes) -> None:
        """Take a piece, and look whether the head has become too large."""
        self._size += len(data)
        super().data_received(data)
        if self._open and self._size > LARGEST_HEAD and not self.transport.is_closing():
            self.transport.write(TOO_LARGE)
            self.transport.close()

    def on_message_begin(self) -> None:
        """Begin to count: a head has begun."""
        super().on_message_begin()
        self._begin()

    def on_headers_complete(self) -> None:
        """End counting: the rest is the body, which its reader bounds."""
        self._end()
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the timer."""
        self._end()
        super().connection_lost(exc)

    def _begin(self) -> None:
        self._end()
        self._open, self._size = True, 0
        self._patience = self.loop.call_later(HEAD_PATIENCE, self._give_up)

    def _end(self) -> None:
        self._open = False
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def _give_up(self) -> None:
        self._patience = None
        if not self.transport.is_closing():
            self.transport.close()


def serve(host: str, port: int) -> None:
    """Serve until told to stop."""
    uvicorn.run(
        "workers.web:application",
        factory=True,
        host=host,
        port=port,
        http=BoundedHeads,
        limit_concurrency=MOST_AT_ONCE,
        timeout_keep_alive=5,
        access_log=False,
        log_level="warning",
        server_header=False,
    )


def main() -> None:
    """``python -m workers.web.serving HOST PORT``."""
    serve(sys.argv[1], int(sys.argv[2]))


if __name__ == "__main__":
    main()
