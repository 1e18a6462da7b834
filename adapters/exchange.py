"""HTTP/1.1 over connections that a thread keeps: a request in one piece, and a plain answer read without a library.

Almost every answer has a status line, headers of one line each and a Content-Length, and such a one is read here. What
is written otherwise (chunks, an encoding, no length, a head in pieces, anything odd) goes as it came to http.client and
urllib3, which know all that a server may write; they cost three times as much (docs/decisions.md).
"""

from __future__ import annotations

import re
import select
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from http.client import HTTPException, HTTPResponse
from typing import Any

import urllib3
from urllib3 import exceptions
from urllib3.connection import HTTPConnection
from urllib3.util import parse_url
from urllib3.util.ssl_match_hostname import CertificateError

from adapters.bounded import Door, begin_sending, connection_of, left

MAX_BODY = 64 * 1024 * 1024
PIECE = 65536
PLAIN_STATUS = re.compile(rb"HTTP/1\.1 ([2-5][0-9][0-9])(?: [\t\x20-\x7e]*)?")
PLAIN_HEADER = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*([\t\x20-\x7e]*)")
PLAIN_LENGTH = re.compile(r"[0-9]{1,12}")
WITHOUT_BODY = frozenset({204, 304})
LINE_BREAK = re.compile(r"[\r\n\0]")
UNSENT_LENGTH = frozenset({"GET", "HEAD", "DELETE", "OPTIONS"})  # methods whose request need not have a body

Answer = tuple[int, dict[str, str], bytes]  # status, headers with names in lower case, body


class TooLarge(Exception):
    """The answer's body is larger than ``MAX_BODY``."""


@dataclass(frozen=True, slots=True)
class _Target:
    origin: tuple[str, str, int | None]  # scheme, host, port
    host: str  # as the Host header names it
    path: str


class Connections:
    """A thread's open connections, one to each origin. Nothing of it is shared between threads."""

    def __init__(self, trust: Mapping[str, Any]) -> None:
        """``trust`` says whom to believe, in urllib3's words."""
        self._trust = trust
        self._kept: dict[tuple[str, str, int | None], HTTPConnection] = {}

    def exchange(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, connect_timeout: float
    ) -> Answer:
        """Send a request and read its answer, within the moment that ``bounded.begin`` was given.

        Raises TooLarge, what urllib3 raises, OSError, and ValueError for a request that cannot be written.
        """
        target = _target(url)
        head = _head(method, target, headers, body)
        connection = self._open(target, connect_timeout)
        keep = False
        try:
            wire = connection.sock
            wire.settimeout(left())
            begin_sending()
            if body is None or len(body) <= PIECE:  # in one piece: a packet where there would be two
                wire.sendall(head + (body or b""))
            else:
                wire.sendall(head)
                wire.settimeout(left())
                wire.sendall(body)
            answer, keep = _answer(wire, method)
        finally:
            if keep:
                self._kept[target.origin] = connection
            else:
                connection.close()
        return answer

    def _open(self, target: _Target, connect_timeout: float) -> HTTPConnection:
        kept = self._kept.pop(target.origin, None)
        if kept is not None:
            if not _readable(kept.sock):
                return kept
            kept.close()  # the server hung up, or said something that nobody asked for
        scheme, host, port = target.origin
        connection = connection_of(scheme, host, port, connect_timeout, self._trust)
        try:
            connection.connect()
        except (ssl.SSLError, CertificateError) as error:
            raise exceptions.SSLError(error) from error
        return connection


@lru_cache(maxsize=1024)
def _target(url: str) -> _Target:
    parts = parse_url(url)
    if parts.scheme not in {"http", "https"} or not parts.host:
        raise exceptions.LocationParseError(url)
    default = {"http": 80, "https": 443}[parts.scheme]
    host = parts.host if parts.port in (None, default) else f"{parts.host}:{parts.port}"
    return _Target((parts.scheme, parts.host.strip("[]"), parts.port), host, parts.request_uri)


def _head(method: str, target: _Target, headers: Mapping[str, str], body: bytes | None) -> bytes:
    head = _lines(method, target, tuple(headers.items()))
    if body is not None or method not in UNSENT_LENGTH:
        return b"%bContent-Length: %d\r\n\r\n" % (head, len(body or b""))
    return head + b"\r\n"


@lru_cache(maxsize=256)
def _lines(method: str, target: _Target, headers: tuple[tuple[str, str], ...]) -> bytes:
    """What is the same in each request to a place, as long as a token lasts."""
    lines = [f"{method} {target.path} HTTP/1.1", f"Host: {target.host}"]
    lines += [f"{name}: {value}" for name, value in headers]
    if any(map(LINE_BREAK.search, lines)):
        raise ValueError("a header with a line break in it: see what is put into the request's headers")
    return "\r\n".join([*lines, ""]).encode("latin-1")


def _readable(wire: Any) -> bool:
    """Whether something is there to read; under TLS the library may hold it back already."""
    if isinstance(wire, ssl.SSLSocket) and wire.pending():
        return True
    waiting = select.poll()
    waiting.register(wire, select.POLLIN)
    return bool(waiting.poll(0))


def _answer(wire: Any, method: str) -> tuple[Answer, bool]:
    """The answer, and whether another may follow on the connection."""
    wire.settimeout(left())
    data = wire.recv(PIECE)
    head, end, rest = data.partition(b"\r\n\r\n")
    plain = _plain(head) if end and method != "HEAD" else None
    if plain is None:
        return _any_answer(Door(wire, data), method)
    status, headers, length = plain
    if length > MAX_BODY:
        raise TooLarge
    keep = "close" not in headers.get("connection", "").lower() and len(rest) <= length
    return (status, headers, _body(wire, rest[:length], length)), keep


def _plain(head: bytes) -> tuple[int, dict[str, str], int] | None:
    """Status, headers and length of the body; None for a head that can be understood in more than one way."""
    first, *lines = head.split(b"\r\n")
    status = PLAIN_STATUS.fullmatch(first)
    if status is None or int(status[1]) in WITHOUT_BODY:
        return None
    headers: dict[str, str] = {}
    for line in lines:
        header = PLAIN_HEADER.fullmatch(line)
        if header is None:
            return None
        name = header[1].decode().lower()
        if name == "content-length" and name in headers:
            return None
        headers[name] = header[2].decode()
    length = headers.get("content-length", "")
    if "transfer-encoding" in headers or "content-encoding" in headers or not PLAIN_LENGTH.fullmatch(length):
        return None
    return int(status[1]), headers, int(length)


def _body(wire: Any, begun: bytes, length: int) -> bytes:
    pieces, missing = [begun], length - len(begun)
    while missing:
        wire.settimeout(left())
        piece = wire.recv(min(missing, PIECE))
        if not piece:
            raise exceptions.IncompleteRead(length - missing, missing)
        pieces.append(piece)
        missing -= len(piece)
    return b"".join(pieces)


def _any_answer(door: Door, method: str) -> tuple[Answer, bool]:
    source = HTTPResponse(door, method=method)  # type: ignore[arg-type]  # of the socket it only asks for its stream
    try:
        source.begin()
        answer = urllib3.HTTPResponse(
            body=source,
            headers=urllib3.HTTPHeaderDict(source.msg.items()),
            status=source.status,
            version=source.version,
            preload_content=False,
            original_response=source,
            request_method=method,
        )
        content = _content(answer)
    except HTTPException as error:
        raise exceptions.ProtocolError("Connection aborted.", error) from error
    finally:
        source.close()
    return (
        answer.status,
        {name.lower(): value for name, value in answer.headers.items()},
        content,
    ), not source.will_close


def _content(answer: urllib3.BaseHTTPResponse) -> bytes:
    """The whole body, as long as its Content-Length says where that counts (RFC 9112 6.3: urllib3 sees to it)."""
    chunks: list[bytes] = []
    size = 0
    for chunk in answer.stream(PIECE, decode_content=True):
        chunks.append(chunk)
        size += len(chunk)
        if size > MAX_BODY:
            raise TooLarge
    return b"".join(chunks)
