"""Orders that one claim brings to a warehouse by file: written together, numbered in turn, frozen at once."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fleet_tests.gxo import ByFile
from workers.ledger.store import Claimed
from workers.ledger.turns import Wish
from workers.spine import ringer
from workers.spine.delivery import MOST
from workers.spine.settling import claim_some
from workers.spine.writing import write_together
from workers.wiring.handlers import handler_for


@pytest.fixture
def gxo(build_gxo: Callable[..., ByFile]) -> ByFile:
    made = build_gxo()
    made.stock(MUG=20, BOWL=10)
    made.switch(floor=False)
    return made


def claimed_orders(gxo: ByFile, *skus: str) -> list[Claimed]:
    """An order of each SKU, claimed in one turn."""
    gxo.store.run("update connection set shut_kind = 'suspect_release', alerted = true where name = 'gxo'")
    for sku in skus:
        gxo.world.order((sku, 1))
    gxo.world.poll()
    gxo.world.go()
    gxo.store.run("update connection set shut_kind = null where name = 'gxo'")
    claimed = claim_some(gxo.store, Wish("orders-out", 600.0, MOST, ("gxo",)))
    assert len(claimed) == len(skus)
    return claimed


def written(gxo: ByFile, claimed: list[Claimed]) -> list[Claimed]:
    return write_together(gxo.store, lambda *kind: handler_for(gxo.runtime, *kind), claimed)


def test_orders_written_together_take_numbers_in_turn_and_what_cannot_be_written_takes_none(gxo: ByFile) -> None:
    before = gxo.number()
    claimed = claimed_orders(gxo, "MUG", "BOWL", "MUG", "MUG")
    gxo.store.run("delete from sku where connection = 'gxo' and code = 'BOWL'")
    gxo.store.run("update fulfilment set state = 'withdrawn' where reference = %s", claimed[2].reference)
    wires = [message.wire for message in written(gxo, claimed)]
    assert [wire is not None for wire in wires] == [True, False, False, True]
    rows = gxo.store.rows("select message_id, number from control_number where number > %s order by number", before)
    assert [(row["message_id"], row["number"]) for row in rows] == [
        (claimed[0].id, before + 1), (claimed[3].id, before + 2),
    ]  # fmt: skip
    frozen = gxo.store.rows("select message_id, wire from message_body where wire is not null order by message_id")
    marked = gxo.store.rows("select id from message where maybe_sent_at is not null order by id")
    assert [bytes(row["wire"]) for row in frozen if row["message_id"] >= claimed[0].id] == [wires[0], wires[3]]
    assert [row["id"] for row in marked] == [claimed[0].id, claimed[3].id]


def test_an_order_has_the_same_bytes_whether_it_is_written_alone_or_with_others(gxo: ByFile) -> None:
    claimed = claimed_orders(gxo, "MUG", "BOWL")
    together = written(gxo, claimed)
    handler = handler_for(gxo.runtime, "orders-out", "gxo", "order")
    assert [message.wire for message in together] == [handler.write(message) for message in claimed]


def test_a_message_that_was_taken_away_meanwhile_is_not_frozen(gxo: ByFile) -> None:
    claimed = claimed_orders(gxo, "MUG", "MUG")
    gxo.store.run("update message set attempt = attempt + 1 where id = %s", claimed[0].id)
    assert [message.wire is not None for message in written(gxo, claimed)] == [False, True]


def test_after_a_death_orders_written_together_are_laid_once_each_under_their_numbers(gxo: ByFile) -> None:
    claimed = written(gxo, claimed_orders(gxo, "MUG", "BOWL", "MUG"))
    handler = handler_for(gxo.runtime, "orders-out", "gxo", "order")
    handler.push(claimed[0], claimed[0].wire or b"")  # and then the process dies
    gxo.store.run("update message set process_id = gen_random_uuid() where state = 'working'")
    assert len(ringer.release_lost(gxo.runtime)) == 3
    gxo.world.hurry()
    gxo.round(0.3)
    assert [gxo.books()["received"][message.reference] for message in claimed] == [{"N": 1}] * 3
    assert gxo.world.exceptions() == []
