"""One access token of Clarus for every process: where a server keeps only the last one alive, nobody ends another's."""

from __future__ import annotations

import logging
import threading
from typing import Any

import pytest

from adapters.clarus.client import Clarus
from adapters.clarus.sandbox import oauth
from adapters.clarus.token import Held
from adapters.errors import ReachError, Unavailable
from fleet_tests.world import World
from workers.ledger.store import Store
from workers.systems.clarus import access_tokens
from workers.systems.clarus.access_tokens import LedgerTokens


@pytest.fixture
def one_alive(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Each token that the server gives ends the one before; how many it gave."""
    plain, issued = oauth.Tokens.issue, list[int]()

    def issue(self: Any, *asked: Any) -> Any:
        self._ends.clear()
        issued.append(1)
        return plain(self, *asked)

    monkeypatch.setattr(oauth.Tokens, "issue", issue)
    return issued


@pytest.fixture
def stores(world: World) -> Any:
    """The ledger as four processes know it."""
    opened = [Store(world.runtime.configuration.fleet.database_url, size=4) for _ in range(4)]
    yield opened
    for store in opened:
        store.close()


def test_processes_that_share_the_ledger_share_one_token(
    world: World, stores: list[Store], one_alive: list[int]
) -> None:
    settings = world.runtime.configuration.connections["leeds"].settings
    sides = [Clarus(settings, LedgerTokens(store)) for store in stores]
    failed: list[str] = []

    def work(side: Clarus) -> None:
        for _ in range(10):
            try:
                side.ping()
            except ReachError as error:
                failed.append(error.what)

    threads = [threading.Thread(target=work, args=(side,)) for side in sides]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (failed, len(one_alive) <= 1) == ([], True)


def test_a_token_that_was_ended_over_there_is_fetched_once_for_all(
    world: World, stores: list[Store], one_alive: list[int]
) -> None:
    settings = world.runtime.configuration.connections["leeds"].settings
    sides = [Clarus(settings, LedgerTokens(store)) for store in stores]
    for side in sides:
        side.ping()
    world.clarus.switch(unauthorised_next=1)
    before = len(one_alive)
    for side in sides:
        side.ping()
    assert len(one_alive) == before + 1


def test_a_process_that_ended_while_it_fetched_keeps_nobody_waiting(stores: list[Store]) -> None:
    first, second = LedgerTokens(stores[0]), LedgerTokens(stores[1])
    first._take("login")
    stores[0].run(
        "insert into process (id, name, host, pid, beat_at) values (%s, 'worker', 'here', 1,"
        " now() - interval '5 minutes')",
        stores[0].process_id,
    )
    with second.alone("login"):
        second.write("login", Held("kept", second.now() + 60.0))
    assert LedgerTokens(stores[2]).read("login").value == "kept"


def test_one_that_is_fetched_by_another_is_waited_for_and_not_for_ever(
    stores: list[Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access_tokens, "LEASE", 0.5)
    first, second = LedgerTokens(stores[0]), LedgerTokens(stores[1])
    with first.alone("login"), first.alone("login"):
        first.write("login", Held("new", first.now() + 60.0))
        monkeypatch.setattr(access_tokens, "LEASE", 0.1)
        with pytest.raises(Unavailable), second.alone("login"):
            pass
    with second.alone("login"):
        assert second.read("login").value == "new"


def test_the_token_stands_in_no_log_and_in_no_error(
    world: World, stores: list[Store], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    side = Clarus(world.runtime.configuration.connections["leeds"].settings, LedgerTokens(stores[0]))
    side.ping()
    token = stores[0].rows("select value from access_token where value <> ''")[0]["value"]
    assert token not in caplog.text
    held = Held(token, 1.0)
    assert token not in repr(held)
