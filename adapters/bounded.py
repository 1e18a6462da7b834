"""HTTP connections on which every wait, from the name's look-up to the last byte of a body, ends at one moment.

urllib3's time-outs bound one read: headers or a body that drip outlast them. Here each socket operation gets what is
left of the whole exchange. A connection belongs to one thread, and so does the moment.
"""

from __future__ import annotations

import io
import socket
import threading
import time
from collections.abc import Mapping
from typing import Any

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError

LEAST = 0.001  # a socket's time-out of 0 would mean "do not wait" and fail on data that is there


class _Exchange(threading.local):
    """The exchange of this thread: when it must end, and whether anything of the request may have left."""

    ends = 0.0
    sent = False


UNDER_WAY = _Exchange()


def begin(ends: float) -> None:
    """From now on this thread's connections wait until ``ends`` (``time.monotonic``) at the latest."""
    UNDER_WAY.ends, UNDER_WAY.sent = ends, False


def begin_sending() -> None:
    """From now on something of this thread's request may have left."""
    UNDER_WAY.sent = True


def sent() -> bool:
    """Whether a byte of this thread's request may have reached the other side."""
    return UNDER_WAY.sent


def left() -> float:
    """Seconds until the end. Raises TimeoutError when there are none."""
    remains = UNDER_WAY.ends - time.monotonic()
    if remains <= 0:
        raise TimeoutError("the deadline of the exchange")
    return max(LEAST, remains)


class Door(io.RawIOBase):
    """A socket's bytes, those first that were received before; reading never waits beyond the end."""

    def __init__(self, wire: socket.socket, begun: bytes) -> None:
        self._wire, self._begun = wire, begun

    def makefile(self, _mode: str) -> io.BufferedReader:
        """The stream, as http.client asks a socket for it."""
        return io.BufferedReader(self)

    def readable(self) -> bool:
        """As a stream that is read from."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer with what is there, waiting for the first of it. Raises OSError."""
        if self._begun:
            given = self._begun[: len(buffer)]
            buffer[: len(given)], self._begun = given, self._begun[len(given) :]
            return len(given)
        self._wire.settimeout(left())
        return self._wire.recv_into(buffer)


class _Bounded(HTTPConnection):
    """What is common to plain and TLS connections."""

    def _new_conn(self) -> socket.socket:
        """Try each address of the host, all of them together within the time for connecting."""
        seconds = min(left(), self.timeout if isinstance(self.timeout, (int, float)) else left())
        ends = time.monotonic() + seconds
        try:
            found = socket.getaddrinfo(self._dns_host, self.port, type=socket.SOCK_STREAM)
        except (socket.gaierror, UnicodeError) as error:
            reason = error if isinstance(error, socket.gaierror) else socket.gaierror(str(error))
            raise NameResolutionError(self.host, self, reason) from error
        why: OSError = TimeoutError("no address")
        for family, kind, protocol, _, address in found:
            if time.monotonic() >= ends:
                break
            wire = socket.socket(family, kind, protocol)
            try:
                wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                wire.settimeout(max(LEAST, ends - time.monotonic()))
                wire.connect(address)
                wire.settimeout(left())  # TLS shakes hands within this
            except OSError as error:
                why = error
                wire.close()
            else:
                return wire
        if isinstance(why, TimeoutError):
            raise ConnectTimeoutError(self, "connecting took too long") from why
        raise NewConnectionError(self, type(why).__name__) from why


class _BoundedTls(_Bounded, HTTPSConnection):
    """The same over TLS."""


def connection_of(
    scheme: str, host: str, port: int | None, connect_timeout: float, trust: Mapping[str, Any]
) -> HTTPConnection:
    """A connection that is yet to be opened. ``trust`` says whom to believe, in urllib3's words."""
    if scheme == "https":
        return _BoundedTls(host, port, timeout=connect_timeout, **trust)
    return _Bounded(host, port, timeout=connect_timeout)
