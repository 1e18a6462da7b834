"""Servers over a network of their own, which can be cut: what is sent is lost, and nobody says so. As root only."""

from __future__ import annotations

import ctypes
import os
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

CLONE_NEWNET = 0x40000000
HERE, THERE = "10.231.77.1", "10.231.77.2"


class FarNetwork:
    """A network namespace on the other end of a cable, with doors that lead to servers of this machine."""

    def __init__(self) -> None:
        self._name = f"fleet-{os.getpid()}"
        self._near, self._far = f"flt{os.getpid()}a", f"flt{os.getpid()}b"
        self._ip(f"netns add {self._name}")
        self._ip(f"link add {self._near} type veth peer name {self._far} netns {self._name}")
        self._ip(f"addr add {HERE}/30 dev {self._near}")
        self._ip(f"link set {self._near} up")
        self._ip(f"-n {self._name} addr add {THERE}/30 dev {self._far}")
        self._ip(f"-n {self._name} link set {self._far} up")

    @staticmethod
    def _ip(words: str) -> None:
        subprocess.run(["ip", *words.split()], check=True)

    def door(self, port: int) -> tuple[str, int]:
        """The address over there that leads to a port of this machine."""
        opened: list[socket.socket] = []
        thread = threading.Thread(target=lambda: opened.append(self._listen()))
        thread.start()
        thread.join()
        (server,) = opened
        threading.Thread(target=self._accept, args=(server, port), daemon=True).start()
        return THERE, int(server.getsockname()[1])

    def _listen(self) -> socket.socket:
        """A socket of the namespace: this thread goes over there and ends."""
        with Path(f"/run/netns/{self._name}").open("rb") as namespace:
            assert ctypes.CDLL(None).setns(namespace.fileno(), CLONE_NEWNET) == 0
        return socket.create_server((THERE, 0), backlog=128)

    @staticmethod
    def _accept(server: socket.socket, port: int) -> None:
        while True:
            with suppress(OSError):
                client, _ = server.accept()
                upstream = socket.create_connection(("127.0.0.1", port))
                for pair in ((client, upstream), (upstream, client)):
                    threading.Thread(target=_pump, args=pair, daemon=True).start()

    @contextmanager
    def cut(self) -> Iterator[None]:
        """Pull the cable on the far side."""
        self._ip(f"-n {self._name} link set {self._far} down")
        yield
        self._ip(f"-n {self._name} link set {self._far} up")

    def close(self) -> None:
        """Take the cable and the namespace away."""
        self._ip(f"link del {self._near}")
        self._ip(f"netns del {self._name}")


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    for one in (source, sink):
        with suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
