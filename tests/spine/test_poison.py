"""What stands in Redis and is none of ours is kept, and stops nothing."""

from __future__ import annotations

import pytest
import redis

from fleet_tests.ledger import Ledger
from workers.spine import poison


@pytest.mark.parametrize("rubbish", [b"\xff\xff x\0y", b"", b"\0", b"orders \0\0", b"poison " + b"q" * 5000 + b"\0z"])
def test_what_a_stranger_lays_among_the_poison_is_kept_and_swept(
    ledger: Ledger, redis_url: str, rubbish: bytes
) -> None:
    with redis.Redis.from_url(redis_url) as client:
        client.delete(poison.FALLBACK)
        client.lpush(poison.FALLBACK, b"poison orders-out\0ours", rubbish)
        assert poison.sweep(ledger.store, client) == 2
    rows = ledger.store.rows("select source, body from record order by id")
    assert [row["source"].split(" ")[0] for row in rows] == ["poison", "poison"]
    assert bytes(rows[0]["body"]) == b"ours"
