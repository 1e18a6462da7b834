"""A process's connections to the ledger: those that the server closed while nobody used them are noticed unused."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import psycopg
import pytest

from workers.ledger.pool import Pool

SIZE = 4


@pytest.fixture
def pool(database: str) -> Iterator[Pool]:
    """A pool whose connections are all open."""
    opened = Pool(database, size=SIZE, application="pool test")
    all_lent = threading.Barrier(SIZE)

    def hold() -> None:
        with opened.connection() as connection:
            connection.execute("select 1")
            all_lent.wait(30)

    threads = [threading.Thread(target=hold) for _ in range(SIZE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    yield opened
    opened.close()


def test_connections_that_the_server_closed_fail_nobody(database: str, pool: Pool) -> None:
    """After an outage each would fail one caller: a claim, a heartbeat, a tick."""
    with psycopg.connect(database, autocommit=True) as other:
        ended = other.execute(
            "select count(*) filter (where pg_terminate_backend(pid, 10000)) from pg_stat_activity"
            " where application_name = 'pool test'"
        ).fetchone()
    assert ended == (SIZE,)
    for _ in range(2 * SIZE):
        with pool.connection() as connection:
            assert connection.execute("select 1 as one").fetchone() == {"one": 1}
