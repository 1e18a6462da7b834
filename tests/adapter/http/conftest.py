"""A server that writes the bytes it is given, whatever they are, at the pace it is given."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest

Serve = Callable[..., str]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """``serve(piece, …, pause=seconds)`` answers every connection with the pieces; the address of its door."""
    doors: list[socket.socket] = []

    def start(*pieces: bytes, pause: float = 0.0, hold: bool = False) -> str:
        door = socket.create_server(("127.0.0.1", 0))
        doors.append(door)
        threading.Thread(target=_answer, args=(door, pieces, pause, hold), daemon=True).start()
        return f"http://127.0.0.1:{door.getsockname()[1]}/x"

    yield start
    for door in doors:
        door.close()


def _answer(door: socket.socket, pieces: tuple[bytes, ...], pause: float, hold: bool) -> None:
    kept = []
    while True:
        try:
            client, _ = door.accept()
        except OSError:
            return
        kept.append(client)
        try:
            client.settimeout(3)
            client.recv(65536)
            for piece in pieces:
                client.sendall(piece)
                time.sleep(pause)
            if not hold:
                client.shutdown(socket.SHUT_WR)
                while client.recv(65536):  # to hang up on a request that was not read would throw our answer away
                    pass
                client.close()
        except OSError:
            client.close()
