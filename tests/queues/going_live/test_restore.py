"""A ledger that was restored from a backup: nothing is doubled and nothing lost, by the partners' own books."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import psycopg
import pytest

from fleet_tests.acs import Garments
from fleet_tests.gxo import ByFile
from fleet_tests.world import World
from workers.going_live import going, restoring

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
