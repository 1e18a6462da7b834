"""The connection to the ledger breaks after a commit and before its answer: what was claimed by it is not forgotten."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest

from fleet_tests.ledger import Ledger, Partner
from workers.ledger.store import Store
from workers.spine.delivery import drain


class Proxy:
    """Forwards to Postgres; while ``deaf`` it swallows what the server answers, and then hangs up."""

    def __init__(self, host: str, port: int) -> None:
        self.target, self.deaf = (host, port), False
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self.server.accept()
                upstream = socket.create_connection(self.target)
            except OSError:
                return
            for pair in ((client, upstream, False), (upstream, client, True)):
                threading.Thread(target=self._pump, args=pair, daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket, answers: bool) -> None:
        try:
            while data := source.recv(65536):
                if answers and self.deaf:
                    time.sleep(0.5)
                    self.deaf = False
                    break
                sink.sendall(data)
        except OSError:
            pass
        for one in (source, sink):
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue


@pytest.fixture
def proxy(ledger: Ledger) -> Iterator[Proxy]:
    parts = urlsplit(ledger.dsn)
    opened = Proxy(str(parts.hostname), int(parts.port or 5432))
    yield opened
    opened.server.close()


@pytest.fixture
def far(ledger: Ledger, proxy: Proxy) -> Iterator[Store]:
    """A process's door to the ledger, through the proxy."""
    port = urlsplit(ledger.dsn).port
    store = Store(ledger.dsn.replace(f":{port}/", f":{proxy.port}/"), size=2)
    ledger.alive(store.process_id)
    store.rows("select 1")
    yield store
    store.close()


@pytest.mark.parametrize("at", ["SO1-1", "SO5-1"], ids=["of one message", "of several"])
def test_what_a_turn_claimed_whose_answer_was_lost_is_given_back(
    ledger: Ledger, partner: Partner, proxy: Proxy, far: Store, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    ledger.store.run("delete from slot where number > 1")  # one call at a time
    for n in range(1, 8):
        ledger.post(f"SO{n}-1")
    real = partner.push

    def push(message: Any, wire: bytes) -> Any:
        answer = real(message, wire)
        proxy.deaf = message.reference == at
        return answer

    monkeypatch.setattr(partner, "push", push)
    slot = ledger.slot(partner, store=far, lease=210.0, sleep=time.sleep, clock=lambda: 0.0)
    assert drain(slot, "orders-out") == 7
    assert {reference: len(wires) for reference, wires in partner.books.items()} == {f"SO{n}-1": 1 for n in range(1, 8)}
    assert ledger.store.rows("select note from timeline where step = 'late answer'") == []
    assert (ledger.store.rows("select 1 from message"), ledger.slots_held()) == ([], 0)


def test_what_a_first_claim_took_whose_answer_was_lost_is_given_back(
    ledger: Ledger, partner: Partner, proxy: Proxy, far: Store
) -> None:
    ledger.post("SO1-1")
    proxy.deaf = True
    with pytest.raises(psycopg.OperationalError):
        far.claim("orders-out", 210.0)
    assert ledger.state("SO1-1") == "working"
    assert drain(ledger.slot(partner, store=far), "orders-out") == 1
    assert (ledger.state("SO1-1"), len(partner.books["SO1-1"])) == ("delivered", 1)


def test_a_doubt_that_is_given_back_is_a_doubt_still(ledger: Ledger, proxy: Proxy, far: Store) -> None:
    ledger.post("SO1-1", wire=b"frozen")
    ledger.store.run("update message set maybe_sent_at = now() - interval '1 hour', resends = 1")
    proxy.deaf = True
    with pytest.raises(psycopg.OperationalError):
        far.claim("orders-out", 210.0)
    claimed = far.claim("orders-out", 210.0)
    assert claimed is not None
    assert (claimed.doubt_since is not None, claimed.resends) == (True, 1)
