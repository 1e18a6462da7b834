"""The steps of docs/operations.md with real parts: trade, dump, trade on, restore, reconcile; by partners' books."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from fleet_tests.gxo import SHOP_SITES, ByFile
from fleet_tests.places import ROOT
from workers.embedded.binaries import postgres_tree
from workers.spine.runtime import Runtime

ROUTING = """
[[routing]]
name = "by hand and by call"
when = { site = ["Elsewhere"] }
to = "leeds"
facility = "LDS1"
[[routing]]
name = "everything else"
to = "gxo"
facility = "GBNH01"
"""


OPERATIONS = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
SCALING = re.findall(r'^psql .+fleet_scaling.*"$', OPERATIONS, re.MULTILINE)
SECTION = OPERATIONS.partition("## Backup and restore")[2]
DUMP, RESTORE, GO_LIVE = re.findall(r"```\n(.*?)```", SECTION.partition("\n## ")[0], re.DOTALL)


class Merchant:
    """GXO and Clarus beside each other, and what stands in a shell on the fleet's machine."""

    def __init__(self, gxo: ByFile, folder: Path) -> None:
        self.gxo, self.world, self.folder = gxo, gxo.world, folder
        self.dsn = self.world.runtime.configuration.fleet.database_url

    def follow(self, steps: str) -> str:
        """Type what a block of the document says. Returns what was answered."""
        tools = f"{postgres_tree() / 'bin'}:{Path(sys.executable).parent}:{os.environ['PATH']}"
        ended = subprocess.run(
            ["sh", "-ec", steps], cwd=self.folder, capture_output=True, text=True, timeout=120, check=False,
            env={
                "PATH": tools, "DATABASE_URL": self.dsn, "FLEET_CONFIG": str(self.folder / "fleet.toml"),
                "FLEET_VAR": str(self.folder / "var"), "USER": "sam", "LOGNAME": "sam", "HOME": str(self.folder),
            },
        )  # fmt: skip
        assert ended.returncode == 0, ended.stderr
        return ended.stdout

    def begin(self, runtime: Runtime) -> None:
        for one in (self.world, self.gxo):
            one.runtime, one.store = runtime, runtime.store

    def at(self, warehouse: str, *lines: tuple[str, int]) -> str:
        order = self.world.order(*lines, site="Elsewhere" if warehouse == "leeds" else "Main Site")
        self.world.poll()
        return str(order)

    def rest(self) -> None:
        """Everybody works until nothing is left to do."""
        for _ in range(4):
            self.world.poll()
            self.world.ship()
            self.gxo.round()
            self.world.sweep()
            self.world.read_back()
            self.world.go()

    def ship_in_two_goes(self, order: str) -> None:
        """A part leaves, and Khaos Control is told; then the rest leaves."""
        world = self.world
        world.clarus.switch(floor=True, pick_seconds=0.0, dispatch_seconds=1.5, two_goes=[f"{order}-1"])
        world.until(lambda: world.there(f"{order}-1")[0]["lines"]["BOWL"]["dispatched"] == 2)
        world.clarus.switch(floor=False)
        world.sweep()
        world.read_back()
        assert [one["lines"] for one in world.shipments(order)] == [{"BOWL": 2}]
        world.ship()

    def left(self, order: str) -> Counter[str]:
        units: Counter[str] = Counter()
        for shipment in self.world.shipments(order):
            units.update(shipment["lines"])
        return units


@pytest.fixture
def merchant(build_gxo: Callable[..., ByFile], tmp_path: Path) -> Merchant:
    gxo = build_gxo(routing=ROUTING)
    gxo.stock(MUG=90, BOWL=90)
    for code in ("MUG", "BOWL"):
        gxo.world.stock(code, units=90, sites=(*SHOP_SITES, "Elsewhere"), site="Elsewhere")
    gxo.world.poll()
    return Merchant(gxo, tmp_path)


@pytest.fixture
def scaling_role(merchant: Merchant) -> Iterator[str]:
    """The autoscaler's role, as docs/operations.md has it made; roles are the whole server's, so it goes again."""
    merchant.follow("\n".join(SCALING))
    yield "fleet_scaling"
    merchant.follow('psql "$DATABASE_URL" --command="drop owned by fleet_scaling" --command="drop role fleet_scaling"')


def test_the_autoscaler_s_role_asks_on_after_a_restore(merchant: Merchant, scaling_role: str) -> None:
    merchant.follow(DUMP)
    merchant.world.runtime.close()
    merchant.follow(RESTORE)
    with psycopg.connect(merchant.dsn) as connection:
        connection.execute(f"set role {scaling_role}")
        assert connection.execute("select ready_by_queue('orders-out')").fetchone() == (0,)


def test_after_a_real_restore_nothing_is_doubled_and_nothing_is_lost(merchant: Merchant) -> None:
    world, gxo = merchant.world, merchant.gxo
    orders = {name: merchant.at(name[:3].replace("lee", "leeds"), ("MUG", 2)) for name in ("gxo sent", "lee sent")}
    orders["lee parts"] = merchant.at("leeds", ("BOWL", 4))
    merchant.follow(DUMP)
    merchant.ship_in_two_goes(orders["lee parts"])
    for name in ("gxo over", "lee over"):
        orders[name] = merchant.at(name[:3].replace("lee", "leeds"), ("MUG", 1), ("BOWL", 1))
    merchant.rest()
    for name in ("gxo there", "lee there"):
        orders[name] = merchant.at(name[:3].replace("lee", "leeds"), ("MUG", 3))
    gxo.round(0.2)
    waiting = {"gxo waits": world.order(("BOWL", 5)), "lee waits": world.order(("BOWL", 5), site="Elsewhere")}
    last = gxo.number()
    configuration = world.runtime.configuration
    world.runtime.close()
    merchant.follow(RESTORE)
    merchant.begin(Runtime(configuration))
    merchant.follow(GO_LIVE)
    assert gxo.store.row("select last from series where connection = 'gxo'")["last"] > last
    merchant.rest()
    every: dict[str, Any] = {**orders, **waiting}
    for name, code in every.items():
        ordered: Counter[str] = Counter()
        for invoice in world.invoices(code):
            ordered.update(invoice["lines"])
        assert merchant.left(code) == ordered, name
        assert {state for _, state in world.fulfilments(code)} <= {"dispatched"}, name
    for books in (gxo.books()["orders"], world.there()):
        names = [one["reference"] for one in books]
        assert len(names) == len(set(names))
    assert len(gxo.books()["orders"]) + len(world.there()) == len(every)
    assert not any(file["repeated"] for file in gxo.books()["files"])
    assert world.exceptions() == []
