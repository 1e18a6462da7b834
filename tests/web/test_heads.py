"""Before a request is understood a stranger may send little, and not slowly."""

from __future__ import annotations

import contextlib
import socket
import time
from urllib.parse import urlsplit

import pytest

from fleet_tests.web import Web
from workers.web.serving import HEAD_PATIENCE


def opened(web: Web) -> socket.socket:
    address = urlsplit(web.url)
    return socket.create_connection((str(address.hostname), int(address.port or 0)), timeout=30)


def answer(wire: socket.socket) -> bytes:
    with contextlib.suppress(ConnectionError):
        return wire.recv(4096)
    return b""


@pytest.mark.parametrize("head", [b"x-a: " + b"y" * 96 * 1024 * 1024, b"x-a: 1\r\n" * 400_000])
def test_a_head_of_any_size_is_refused_before_it_is_whole(web: Web, head: bytes) -> None:
    with opened(web) as wire:
        wire.sendall(b"GET /health/live HTTP/1.1\r\nhost: a\r\n")
        sent = 0
        with contextlib.suppress(ConnectionError):
            for at in range(0, len(head), 65536):
                sent += wire.send(head[at : at + 65536])
        assert sent < 8 * 1024 * 1024  # what the two kernels hold between them


def test_a_head_that_drips_and_a_silent_connection_are_ended(web: Web) -> None:
    with opened(web) as silent, opened(web) as dripping:
        dripping.sendall(b"GET /health/live HTTP/1.1\r\n")
        began = time.monotonic()
        with contextlib.suppress(ConnectionError):
            while time.monotonic() - began < HEAD_PATIENCE + 5:
                dripping.sendall(b"x-a: 1\r\n")
                time.sleep(0.3)
        assert HEAD_PATIENCE - 1 < time.monotonic() - began < HEAD_PATIENCE + 4
        assert answer(silent) == b""


def test_requests_in_pieces_and_one_after_the_other_are_answered(web: Web) -> None:
    with opened(web) as wire:
        for _ in range(3):
            for piece in (b"GET /health/live HT", b"TP/1.1\r\nhost: a\r\nx-a: ", b"y" * 8000, b"\r\n\r\n"):
                wire.sendall(piece)
                time.sleep(0.05)
            assert answer(wire).startswith(b"HTTP/1.1 200")
        wire.sendall(b"GET /health/live HTTP/1.1\r\nhost: a\r\n\r\n" * 2)
        time.sleep(0.3)
        found = answer(wire)
        assert found.count(b"HTTP/1.1 200") == 2
        assert b"uvicorn" not in found
