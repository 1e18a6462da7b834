"""A system that lives only under ``tests``: its own folder, one row of wiring, and nothing else had to know it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

from adapters.khaos.sandbox.app import create_app
from fleet_tests.servers import serve, servers_end
from fleet_tests.world import Side, World
from toy_system.parts import toy
from toy_system.server import KEY, SIGNING_KEY, Floor
from toy_system.settings import Settings
from workers import config
from workers.config.system import Role, System
from workers.edi import collect
from workers.ports.warehouse import Manner, manners
from workers.spine import live
from workers.spine.runtime import Runtime
from workers.views.snapshot import reading_engine
from workers.web.warehouse_hooks import Inbox, routes
from workers.wiring import schedules
from workers.wiring.systems import SYSTEMS

ROW = {"toy": System(Role.WAREHOUSE, Settings, toy, ("carriers",))}
TOML = """
[fleet]
database_url = "{database}"
broker_url = "{redis}"
[connections.khaos]
system = "khaos"
url = "{khaos}/LiveSoap/Khaos.exe"
rate = "10000/s"
partner_timeout = 0.1
extensions.confirm_shipment = {{}}
[connections.toy]
system = "toy"
url = "{toy}"
api_key = "file:{folder}/key"
signing_key = "file:{folder}/signing"
folder = "{folder}/stock"
sites = {{ SHED = "Main Site" }}
[[routing]]
name = "everything"
to = "toy"
facility = "SHED"
[tables.carriers.toy]
BIKE = "Royal Mail"
"""
NOW = datetime.now(UTC)
AT = NOW.isoformat()


@dataclass
class Town:
    """A merchant whose only warehouse is the toy."""

    world: World
    floor: Floor
    hooks: str
    folder: Path

    def sent(self) -> str:
        """An order of two mugs that is at the toy; our number of it."""
        order = self.world.order(("MUG", 2))
        self.world.poll()
        return f"{order}-1"


@pytest.fixture
def town(emptied_database: str, redis_url: str, tmp_path: Path) -> Iterator[Town]:
    floor = Floor()
    (tmp_path / "key").write_text(KEY)
    (tmp_path / "signing").write_text(SIGNING_KEY)
    (tmp_path / "stock").mkdir()
    with ExitStack() as stack:
        khaos = stack.enter_context(serve(create_app(seed=7, confirm_shipment=True)))
        url = stack.enter_context(serve(floor.app()))
        text = TOML.format(database=emptied_database, redis=redis_url, khaos=khaos, toy=url, folder=tmp_path)
        (tmp_path / "fleet.toml").write_text(text)
        runtime = Runtime(config.read(tmp_path / "fleet.toml", {**SYSTEMS, **ROW}))
        engine = reading_engine(emptied_database)
        web = FastAPI()
        web.include_router(routes(Inbox(runtime.store, engine, runtime.warehouses)))
        hooks = stack.enter_context(serve(web))
        schedules.install(runtime, schedules.schedules(runtime, lambda _bell: None))
        live.set_live(runtime.store, runtime.configuration.connections, "a test")
        runtime.redis.flushall()
        world = World(Side(khaos), Side(url), runtime, engine)
        world.stock("MUG")
        runtime.read_facts("toy")
        yield Town(world, floor, hooks, tmp_path / "stock")
        runtime.close()
        engine.dispose()
    servers_end()


def test_an_order_goes_out_leaves_and_is_proven_in_khaos_with_one_row_of_wiring(town: Town) -> None:
    reference = town.sent()
    assert town.floor.orders[reference]["lines"] == {"MUG": 2}
    assert town.floor.items == ["MUG"]

    assert town.floor.ship(town.hooks, reference, number="e1", at=AT) == 200
    town.world.go()
    town.world.read_back()
    (shipment,) = town.world.shipments(reference.removesuffix("-1"))
    assert (shipment["lines"], shipment["consignment"]) == ({"MUG": 2}, f"T-{reference}")
    assert (town.world.exceptions(), town.world.live_messages()) == ([], [])


def test_an_event_that_is_a_fact_counts_once_by_the_id_in_its_header(town: Town) -> None:
    reference = town.sent()
    for number in ("e1", "e1", "e2"):  # posted again, and told again under an id of its own
        assert town.floor.ship(town.hooks, reference, number=number, at=AT) == 200
    town.world.go()
    town.world.read_back()
    assert town.world.store.row("select count(*) as n from record where connection = 'toy'")["n"] == 2
    assert len(town.world.shipments(reference.removesuffix("-1"))) == 1
    assert town.world.exceptions() == []


def test_an_event_whose_signature_is_not_of_its_body_is_refused(town: Town) -> None:
    reference = town.sent()
    assert town.floor.ship(town.hooks, reference, number="e1", at=AT, key="guessed") == 401
    assert town.world.store.row("select count(*) as n from record where connection = 'toy'")["n"] == 0


def test_a_refusal_without_a_number_of_ours_is_found_by_the_orders_reference(town: Town) -> None:
    reference = town.sent()
    assert town.floor.refuse(town.hooks, reference, "NO_SUCH_STREET") == 200
    town.world.go()
    found = town.world.exception("refused_by_warehouse")
    assert "NO_SUCH_STREET" in found["reason"]
    assert town.world.fulfilment(reference)["state"] == "new"


def test_an_answer_to_an_order_that_was_never_sent_is_a_persons(town: Town) -> None:
    assert town.floor.refuse(town.hooks, "STRANGER-1", "NO_SUCH_STREET") == 200
    town.world.go()
    assert town.world.exceptions() == ["answer_unmatched"]


def test_an_event_that_nobody_knows_stands_with_a_person(town: Town) -> None:
    assert town.floor.post(town.hooks, {"event": "order.painted"}, "e9", SIGNING_KEY) == 200
    town.world.go()
    assert "order.painted" in town.world.exception("unreadable")["reason"]


def test_a_cancellation_has_the_whole_order_in_hand(town: Town) -> None:
    reference = town.sent()
    town.world.khaos.post("cancel", order=reference.removesuffix("-1"))
    town.world.poll()
    assert town.floor.orders[reference] == {"order": reference, "lines": {"MUG": 2}, "cancelled": True}
    assert town.world.fulfilment(reference)["state"] == "cancelled"


def test_a_warehouse_with_an_api_tells_its_stock_by_a_daily_file(town: Town) -> None:
    file = town.folder / NOW.strftime("stock_%Y%m%d%H%M.csv")
    file.write_text("sku,units\nMUG,17\n")
    assert collect.take_files(town.world.runtime, "toy", "SHED") == 1
    town.world.go()
    held = town.world.store.rows("select sku, good, other from position where home = 'Main Site'")
    assert [(row["sku"], row["good"], row["other"]) for row in held] == [("MUG", 17, {})]
    assert not file.exists()
    assert town.world.exceptions() == []


def test_what_runs_on_a_schedule_follows_from_the_parts(town: Town) -> None:
    runtime = town.world.runtime
    names = set(schedules.schedules(runtime, lambda _bell: None))
    assert "files Main Site" in names
    assert not names & {"sweep toy", "items toy", "count Main Site", "movements Main Site", "goods in Main Site"}
    assert manners(runtime.warehouse("toy").parts) == {
        "takes orders": (Manner.CALL,),
        "takes products": (Manner.CALL,),
        "takes returns": (),
        "tells dispatches": (Manner.EVENT,),
        "tells stock": (Manner.FILE,),
        "tells returns": (),
    }


def test_a_secret_of_a_new_system_is_refused_in_the_file_by_its_type_alone(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(KEY)
    text = TOML.format(database="", redis="", khaos="http://127.0.0.1:9", toy="http://127.0.0.1:9", folder=tmp_path)
    (tmp_path / "plain.toml").write_text(text.replace(f"file:{tmp_path}/signing", "hunter2"))
    with pytest.raises(config.Misconfigured, match=r"connections\.toy\.signing_key: a secret never stands") as caught:
        config.read(tmp_path / "plain.toml", {**SYSTEMS, **ROW})
    assert "hunter2" not in str(caught.value)


def test_a_table_is_for_the_systems_that_take_its_rows(tmp_path: Path) -> None:
    (tmp_path / "fleet.toml").write_text('[tables.item_columns.toy]\nname = "x"\n')
    why = r"tables\.item_columns\.toy: no system of this name takes its rows; known are gxo"
    with pytest.raises(config.Misconfigured, match=why):
        config.read(tmp_path / "fleet.toml", {**SYSTEMS, **ROW})


def test_the_toy_is_named_nowhere_but_here() -> None:
    root = Path(__file__).parents[2]
    known: list[Any] = [
        path for package in ("workers", "adapters", "mappings") for path in (root / package).rglob("*.py")
        if "toy_system" in path.read_text(encoding="utf-8")
    ]  # fmt: skip
    assert known == []
