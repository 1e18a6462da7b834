"""A ledger that was restored from a backup: nothing is doubled and nothing lost, by the partners' own books."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

import psycopg
import pytest

from fleet_tests.acs import Garments
from fleet_tests.gxo import ByFile
from fleet_tests.world import World
from workers.going_live import going, restoring
from workers.orders_out.polls import poll_open_orders, poll_orders
from workers.spine.reading import Reader, read_inbox
from workers.wiring.readers import reader_for

TABLES = (
    "select relname from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace"
    " and relname <> 'alembic_version' order by 1"
)


class Backup:
    """Every row of the ledger as it was."""

    def __init__(self, world: World) -> None:
        self._dsn = world.runtime.configuration.fleet.database_url
        with psycopg.connect(self._dsn) as db:
            names = [row[0] for row in db.execute(TABLES).fetchall()]
            self._rows = {name: self._dump(db, name) for name in names}

    @staticmethod
    def _dump(db: psycopg.Connection, name: str) -> bytes:
        with db.cursor().copy(f'copy "{name}" to stdout') as out:
            return b"".join(bytes(part) for part in out)

    def restore(self) -> None:
        with psycopg.connect(self._dsn) as db:
            db.execute("set session_replication_role = replica")
            for name in self._rows:
                db.execute(f'delete from "{name}"')  # noqa: S608  names of our own tables
            for name, rows in self._rows.items():
                with db.cursor().copy(f'copy "{name}" from stdin') as into:
                    into.write(rows)


@pytest.fixture
def traded(world: World) -> World:
    """An order that is at the warehouse, and one that has left it."""
    world.poll()
    world.order(("MUG", 1))
    world.poll()
    world.round_trip()
    world.order(("BOWL", 1))
    world.poll()
    return world


def test_after_a_restore_nothing_is_doubled_and_nothing_is_lost(traded: World) -> None:
    world = traded
    backup = Backup(world)
    told = world.order(("TRAY", 3))
    world.poll()
    world.round_trip()
    gone = world.order(("MUG", 1), ("TRAY", 1))
    world.poll()
    world.ship()
    sent = world.order(("MUG", 2))
    world.poll()
    waiting = world.order(("BOWL", 2))
    backup.restore()
    assert restoring.take_back(world.store, ["leeds"], "Sam", {}).shut == ("leeds",)
    world.poll()
    assert len(world.there()) == 5
    counts = going.go_live(world.runtime, going.Wish("leeds", "Sam", datetime.now(UTC)))
    assert counts == {"adopted": 1, "to send": 1, "held": 0}
    world.go()
    world.round_trip()
    every = [one["reference"] for one in world.there()]
    assert sorted(every) == sorted(set(every))
    assert f"{waiting}-1" in every
    assert len(world.shipments(told)) == 1
    assert len(world.shipments(gone)) == 1
    for order in (sent, waiting):
        assert world.fulfilments(order) == [(f"{order}-1", "dispatched")]
        assert len(world.shipments(order)) == 1
    assert world.exceptions() == []


def read_and_not_sent(world: World) -> str:
    world.poll()
    order = world.order(("MUG", 1))
    poll_orders(world.runtime)
    read_inbox(world.runtime, lambda connection, source: reader_for(world.runtime, connection, source))
    return order


def test_a_shipment_that_khaos_shows_from_before_a_restore_leaves_nothing_for_a_person(world: World) -> None:
    order = read_and_not_sent(world)
    backup = Backup(world)
    world.go()
    world.round_trip()
    number = world.there(f"{order}-1")[0]["parcels"][0]["tracking"]
    backup.restore()
    restoring.take_back(world.store, ["leeds"], "Sam", {})
    poll_open_orders(world.runtime)
    world.go()
    assert "issued_elsewhere" in world.exceptions()  # it left, as far as the ledger knows, without the warehouse
    going.go_live(world.runtime, going.Wish("leeds", "Sam", datetime.now(UTC)))
    world.go()
    world.round_trip()
    assert world.exceptions() == []
    row = world.store.row("select parcels, route from shipment where fulfilment = %s", f"{order}-1")
    assert row is not None
    assert ([one["tracking"] for one in row["parcels"]], row["route"]) == ([number], "before")
    assert len(world.shipments(order)) == 1


def test_the_dispatch_of_an_order_that_is_adopted_is_awaited(world: World) -> None:
    order = read_and_not_sent(world)
    backup = Backup(world)
    world.go()
    backup.restore()
    restoring.take_back(world.store, ["leeds"], "Sam", {})
    going.go_live(world.runtime, going.Wish("leeds", "Sam", datetime.now(UTC)))
    world.go()
    assert world.fulfilments(order) == [(f"{order}-1", "sent")]
    awaited = world.store.rows("select what, kind from expectation where subject = %s", f"order:{order}-1")
    assert awaited == [{"what": "dispatch", "kind": "dispatch_overdue"}]


def test_what_left_between_the_backup_and_the_restore_is_awaited_no_more(world: World) -> None:
    order = read_and_not_sent(world)
    backup = Backup(world)
    world.go()
    world.round_trip()
    backup.restore()
    restoring.take_back(world.store, ["leeds"], "Sam", {})
    going.go_live(world.runtime, going.Wish("leeds", "Sam", datetime.now(UTC)))
    assert world.fulfilments(order) == [(f"{order}-1", "dispatched")]
    assert world.store.rows("select what from expectation where subject = %s", f"order:{order}-1") == []


def test_what_was_told_of_an_order_before_the_restored_ledger_knew_it_is_read_again(world: World) -> None:
    world.poll()
    backup = Backup(world)
    order = world.order(("MUG", 2))
    world.poll()
    backup.restore()
    world.ship()
    world.until(lambda: world.store.row("select 1 from record where source = 'webhook goods_out.completed'"))
    world.go()
    assert world.exceptions() == ["dispatch_unknown_order"]
    restoring.take_back(world.store, ["leeds"], "Sam", {})
    going.go_live(world.runtime, going.Wish("leeds", "Sam", datetime.now(UTC)))
    world.go()
    assert world.fulfilments(order) == [(f"{order}-1", "dispatched")]
    assert len(world.shipments(order)) == 1
    assert world.exceptions() == []


def test_a_number_that_khaos_never_had_is_named_after_a_restore(world: World) -> None:
    order = read_and_not_sent(world)
    backup = Backup(world)
    world.go()
    world.ship()
    backup.restore()
    world.khaos.post("stage", invoice=world.invoice(order), stage=70)  # by hand, without a number
    restoring.take_back(world.store, ["leeds"], "Sam", {})
    world.poll()
    going.go_live(world.runtime, going.Wish("leeds", "Sam", datetime.now(UTC)))
    world.go()
    world.round_trip()
    assert world.exceptions() == ["tracking_late"]


def test_an_order_of_the_lost_ledger_is_settled_although_a_worker_reads_its_files(gxo: ByFile) -> None:
    gxo.stock(MUG=5)
    gxo.order(("MUG", 1))
    gxo.round()
    backup = Backup(gxo.world)
    gxo.order(("MUG", 2))
    gxo.round()
    gxo.world.read_back()
    backup.restore()
    restoring.take_back(gxo.store, ["gxo"], "Sam", {})

    def slow(connection: str, source: str) -> tuple[str, Reader]:
        time.sleep(0.3)
        return reader_for(gxo.runtime, connection, source)

    over = threading.Event()

    def work() -> None:
        while not over.wait(0.01):
            read_inbox(gxo.runtime, slow)

    worker = threading.Thread(target=work)
    worker.start()
    try:
        going.go_live(gxo.runtime, going.Wish("gxo", "Sam", datetime.now(UTC)))
    finally:
        over.set()
        worker.join()
    gxo.round()
    assert gxo.world.exceptions() == []


def test_control_numbers_go_on_above_the_last_one_that_was_seen(gxo: ByFile) -> None:
    gxo.stock(MUG=5)
    gxo.order(("MUG", 1))
    backup, seen = Backup(gxo.world), gxo.number()
    assert restoring.take_back(gxo.store, ["gxo"], "Sam", {"gxo": seen + 40}).numbers == {"gxo": seen + 40}
    backup.restore()
    assert restoring.take_back(gxo.store, ["gxo"], "Sam", {}).numbers == {"gxo": seen + restoring.STEP}


def test_set_up_files_of_garments_take_names_that_the_warehouse_has_not_seen(
    build_acs: Callable[..., Garments],
) -> None:
    acs = build_acs(switches={"event_url": ""})
    acs.world.stock("DRESS", units=3)
    acs.runtime.read_facts("acs")
    acs.world.poll()
    acs.announce("DRESS", "DRESS-1")
    backup = Backup(acs.world)
    acs.announce("DRESS", "DRESS-2")  # with a file that the backup does not know
    backup.restore()
    restoring.take_back(acs.store, ["acs"], "Sam", {})
    going.go_live(acs.runtime, going.Wish("acs", "Sam", datetime.now(UTC)))
    acs.announce("DRESS", "DRESS-3")
    names = [one["name"] for one in acs.books()["setups"]]
    assert len(names) == len(set(names)) == 3
    row = acs.store.row("select state from garment_item where unique_sku = 'DRESS-3'")
    assert row == {"state": "accepted"}


def test_a_dispatch_of_garments_that_khaos_was_told_of_before_a_restore_counts_once(
    build_acs: Callable[..., Garments],
) -> None:
    acs = build_acs()
    acs.stock(DRESS=3)
    order = acs.order(("DRESS", 2))
    acs.world.poll()
    backup = Backup(acs.world)
    acs.pass_time(5.0)
    acs.poll()
    acs.world.read_back()
    acs.world.go()
    assert acs.world.fulfilments(order) == [(f"{order}-1", "dispatched")]
    backup.restore()
    restoring.take_back(acs.store, ["acs"], "Sam", {})
    going.go_live(acs.runtime, going.Wish("acs", "Sam", datetime.now(UTC)))
    acs.tell_again(*acs.told("order.dispatched"))  # the people of ACS are asked for it
    acs.world.read_back()
    acs.world.go()
    row = acs.store.row("select state, shipped, shipments from fulfilment where order_code = %s", order)
    assert row == {"state": "dispatched", "shipped": {"DRESS": 2}, "shipments": 1}
    assert (len(acs.world.shipments(order)), acs.world.exceptions()) == (1, [])
