"""A dry run shows what would be sent, sends nothing, and leaves nothing behind in the ledger."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fleet_tests.world import worlds
from workers.cases.rehearsal import dry_run
from workers.orders_out import polls as orders_out_polls
from workers.sku_sync import polls as sku_sync_polls
from workers.spine import exceptions, reading
from workers.spine.people import CannotDo
from workers.wiring.readers import reader_for


def test_a_dry_run_writes_the_order_and_sends_nothing(database: str, redis_url: str, tmp_path: Path) -> None:
    with worlds(database, redis_url, tmp_path) as begin:
        world = begin()
        sku_sync_polls.poll_catalogue(world.runtime)
        world.go()
        world.order(("MUG", 2), postcode="LS9 9ZZ")
        orders_out_polls.poll_orders(world.runtime)
        reading.read_inbox(world.runtime, lambda c, s: reader_for(world.runtime, c, s))
        message = world.store.row("select m.*, b.body from message m join message_body b on b.message_id = m.id")
        assert message is not None
        exceptions.file(
            world.store.run, "bad_address", subject=message["subject"], story=message["story"], flow="orders-out",
            connection="leeds", why="x", message=message["id"],
        )  # fmt: skip
        number = world.exception("bad_address")["id"]
        tables = ("timeline", "message", "exception", "expectation", "fulfilment", "message_body")
        before = {table: world.store.rows(f"select md5(t::text) as m from {table} t order by 1") for table in tables}  # noqa: S608
        written = dry_run(world.store, world.runtime.configuration, number)
        edited = {**message["body"], "address": {**message["body"]["address"], "postcode": "LS1 4AB"}}
        other = dry_run(world.store, world.runtime.configuration, number, edited)
        after = {table: world.store.rows(f"select md5(t::text) as m from {table} t order by 1") for table in tables}  # noqa: S608
        assert json.loads(written.text)
        assert ("LS9 9ZZ" in written.text, "LS1 4AB" in other.text, "LS9 9ZZ" in other.text) == (True, True, False)
        assert (before == after, world.there()) == (True, [])
        world.store.run("update product set for_warehouse = false")
        assert (
            "nothing would be sent: it is not needed any more"
            in dry_run(world.store, world.runtime.configuration, number).says
        )
        with pytest.raises(CannotDo, match="has no message"):
            dry_run(world.store, world.runtime.configuration, 987)
