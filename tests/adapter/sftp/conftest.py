"""A real SFTP server, a session with it, and whatever else may answer on its port."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from adapters.sftp.account import Account
from adapters.sftp.files import Sftp
from fleet_tests.sftp_partner import Partner, account_at, partners


@pytest.fixture
def partner(tmp_path: Path) -> Iterator[Partner]:
    with partners(tmp_path) as served:
        yield served


@pytest.fixture
def account(partner: Partner) -> Account:
    return account_at(partner)


@pytest.fixture
def sftp(account: Account) -> Iterator[Sftp]:
    opened = Sftp(account)
    yield opened
    opened.close()


@pytest.fixture
def speaks() -> Iterator[Callable[[bytes], int]]:
    """Starts something that is no SSH server: it says the words to whoever comes, and waits; its port."""
    open_ones: list[socket.socket] = []

    def start(words: bytes, *, drip: bool = False, hang_up: bool = False) -> int:
        listening = socket.create_server(("127.0.0.1", 0))
        open_ones.append(listening)

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    guest, _ = listening.accept()
                    open_ones.append(guest)
                    for one in words if drip else [0]:
                        guest.sendall(bytes([one]) if drip else words)
                        if drip:
                            time.sleep(0.05)
                    if hang_up:
                        guest.close()

        threading.Thread(target=serve, daemon=True).start()
        return int(listening.getsockname()[1])

    yield start
    for one in open_ones:
        with contextlib.suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
        one.close()
