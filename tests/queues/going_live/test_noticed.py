"""A restore that nobody has reported is noticed by what the ledger has yet to give, and nothing more is sent."""

from __future__ import annotations

import pytest

from fleet_tests.gxo import ByFile
from fleet_tests.world import World
from workers.edi.control_numbers import look_at_folders
from workers.going_live import restoring
from workers.orders_out import polls
from workers.spine import gates, restored
from workers.spine.polling import Busy

KIND = "ledger_restored_suspected"


def shut(world: World, name: str = "leeds") -> str | None:
    row = world.store.row("select shut_kind from connection where name = %s", name)
    kind: str | None = row["shut_kind"]
    return kind


def set_back(world: World) -> None:
    """The ledger is one of before its last ten messages."""
    last = world.store.row("select setval('message_id_seq', greatest(last_value - 10, 1)) as id from message_id_seq")[
        "id"
    ]
    world.store.run("delete from message_body where message_id > %s", last)
    world.store.run("delete from message_key where message_id > %s", last)
    world.store.run("delete from message_settled where id > %s", last)


def test_a_message_that_redis_has_seen_and_the_ledger_never_gave_shuts_every_warehouse(world: World) -> None:
    world.poll()
    for _ in range(12):
        world.order(("MUG", 1))
    world.poll()
    assert not restored.look_at_mark(world.runtime)
    assert not restored.look_at_mark(world.runtime)
    set_back(world)
    assert restored.look_at_mark(world.runtime)
    assert (shut(world), world.exceptions()) == ("restored_suspected", [KIND])
    world.order(("MUG", 1))
    there = len(world.there())
    polls.poll_orders(world.runtime)
    world.go()
    assert gates.tend(world.runtime) == 0
    assert (shut(world), len(world.there())) == ("restored_suspected", there)
    assert not restored.look_at_mark(world.runtime)
    restoring.take_back(world.store, ["leeds"], "Sam", {})
    assert (shut(world), world.exceptions()) == ("not_live", [])
    assert not restored.look_at_mark(world.runtime)


def test_a_bell_of_a_message_that_the_ledger_never_gave_is_a_sign_and_a_person_may_know_better(world: World) -> None:
    world.poll()
    row = world.store.row("select last_value as last from message_id_seq")
    assert not restored.look_at_bell(world.runtime, row["last"])
    assert restored.look_at_bell(world.runtime, row["last"] + 7)
    assert (shut(world), world.exceptions()) == ("restored_suspected", [KIND])
    assert gates.open_connection(world.runtime.store, "leeds")
    assert (shut(world), world.exceptions()) == (None, [])


@pytest.mark.parametrize("sent_as", ["its own number", "a number that was never given"])
def test_an_order_at_the_warehouse_that_was_never_sent_is_a_sign(world: World, sent_as: str) -> None:
    world.poll()
    world.store.run("update connection set shut_kind = 'not_live', shut_since = now() where name = 'leeds'")
    order = world.order(("MUG", 1))
    polls.poll_orders(world.runtime)
    world.go()
    row = world.store.row(
        "select b.wire from message m join message_body b on b.message_id = m.id where m.reference = %s", f"{order}-1"
    )
    number = 1 if sent_as == "its own number" else 2
    wire = bytes(row["wire"]).replace(f"{order}-1".encode(), f"{order}-{number}".encode())
    world.runtime.warehouse("leeds").orders.send_order(wire)
    world.store.run("update connection set shut_kind = null where name = 'leeds'")
    with pytest.raises(Busy):  # the sweep itself is stopped by what it found
        world.sweep()
    world.go()
    assert shut(world) == "restored_suspected"
    assert f"{order}-{number}" in world.exception(KIND)["reason"]
    assert len(world.there()) == 1


def test_control_numbers_beyond_our_last_are_a_sign_in_an_answer_and_in_a_folder(gxo: ByFile) -> None:
    gxo.stock(MUG=50)
    for _ in range(3):
        gxo.order(("MUG", 1))
    assert not look_at_folders(gxo.runtime, "gxo")
    last = gxo.number()
    gxo.store.run("update series set last = %s", last - 2)
    assert look_at_folders(gxo.runtime, "gxo")
    assert (shut(gxo.world, "gxo"), gxo.world.exceptions()) == ("restored_suspected", [KIND])
    assert gates.open_connection(gxo.runtime.store, "gxo")
    gxo.store.run("delete from control_number where number > %s", last - 2)
    with pytest.raises(Busy):  # once the answers are read, nothing more is taken
        gxo.round()
    assert (shut(gxo.world, "gxo"), gxo.world.exceptions()) == ("restored_suspected", [KIND])
    assert f"control number {last - 1}" in gxo.world.exception(KIND)["reason"]
    assert shut(gxo.world) is None
