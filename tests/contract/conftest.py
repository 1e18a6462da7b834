"""One suite over every warehouse. A new one joins by a module ``<system>_stage.py`` beside this: nothing else changes.

A stage plays a warehouse with its sandbox, a real ledger and Khaos Control's sandbox around it. Its module names the
fixture that builds its world (``WORLD``), and has a class ``Stage`` with what ``Stage`` says here.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

import pytest

from fleet_tests.gxo import ByFile, sites
from fleet_tests.servers import servers_end
from fleet_tests.world import World, worlds

HERE = Path(__file__).parent
TABLES = """
[stock]
[stock.sites."Main Site"]
quarantine = "Main Quarantine"
damaged = "Main Damaged"
[tables.return_dispositions.good]
"*" = { reason = "1" }
[tables.adjustment_reasons.clarus]
LOST = { account = "5200" }
FOUND = { account = "5200" }
QUARANTINE = { khaos = "HELD", account = "5210" }
[tables.adjustment_reasons.gxo]
AA = { account = "5200" }
05 = { account = "5210" }
"""
KHAOS = "extensions.confirm_shipment = {{}}\nchannel = {{ password = {password}, public_url = {url} }}"


class Stage(Protocol):
    """What the suite does with a warehouse, in the trade's words. ``order`` is Khaos Control's code.

    Whatever people do at the warehouse, the fleet hears of it only by ``hear``, unless it says otherwise.
    """

    connection: str
    world: World

    def stock(self, **units: int) -> None:
        """So many units on both sides; the warehouse knows the SKUs and was counted."""

    def order(self, *lines: tuple[str, int]) -> str:
        """An order in Khaos Control that was polled and sent; nobody works on it yet."""

    def there(self, order: str) -> list[dict[str, int]]:
        """What the warehouse has live under numbers of the order: each order's units by SKU."""

    def twice(self) -> int:
        """How many orders the warehouse has twice, by its own books."""

    def begin(self) -> None:
        """People start on everything that is there: from now on it is too late to cancel."""

    def work(self, **plan: Any) -> None:
        """People end everything that is there. ``short`` {sku: units}, ``over`` {order: units} are planted."""

    def work_in_parts(self, order: str) -> None:
        """Half of the order leaves now; the rest by ``work``."""

    def hear(self) -> None:
        """The fleet hears everything that was said, works it off, and Khaos Control's read-back proves it."""

    def say_again(self) -> None:
        """The warehouse says everything that it ever said once more, oldest last, and the fleet hears it."""

    def settle(self) -> None:
        """The warehouse answers what it was sent, without working on it, and the fleet hears that."""

    def lose_answer(self) -> None:
        """The next sending has its effect over there, and the answer is lost."""

    def drop(self) -> None:
        """The next sending breaks off before it has an effect."""

    def refuse(self, sku: str = "", order: str = "") -> None:
        """The warehouse turns away this SKU, or this order; with nothing named, it takes all again."""

    def away(self, seconds: float) -> None:
        """The warehouse cannot be reached for so long; 0: from now on it can."""

    def stranger_ships(self) -> None:
        """The warehouse ships one MUG for an order STRANGER-1 that nobody sent."""

    def adjust(self, sku: str, units: int) -> None:
        """Units are found or lost."""

    def hold(self, sku: str, units: int) -> None:
        """Units are put on hold, to be looked at."""

    def strange(self, sku: str, units: int) -> None:
        """Units come into a condition that no table knows."""

    def supply(self, reference: str, sku: str, units: int) -> None:
        """A supplier delivers on a purchase order."""

    def back(self, sku: str, units: int, *, order: str = "", rma: str = "RMA-1", good: bool = True) -> None:
        """A customer sends goods back; ``good`` or in a condition for which the merchant has no row."""


def _load(path: Path) -> ModuleType:
    name = f"contract_{path.parent.name}_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


STAGES = {path.stem.removesuffix("_stage"): _load(path) for path in sorted(HERE.glob("*_stage.py"))}


@pytest.fixture(scope="module", autouse=True)
def _all_servers_end() -> Iterator[None]:
    yield
    servers_end()


@pytest.fixture
def database(emptied_database: str) -> str:
    return emptied_database


@pytest.fixture
def build(database: str, redis_url: str, tmp_path: Path) -> Iterator[Callable[..., World]]:
    with worlds(database, redis_url, tmp_path) as begin:
        yield begin


@pytest.fixture
def build_gxo(build: Callable[..., World], tmp_path: Path) -> Iterator[Callable[..., ByFile]]:
    with sites(build, tmp_path) as begin:
        yield begin


@pytest.fixture(params=sorted(STAGES))
def open_stage(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[..., Stage]:
    """Sets a stage for each warehouse in turn; ``settings`` are those of its world."""
    module = STAGES[request.param]
    (tmp_path / "channel").write_text("a-password")
    khaos = KHAOS.format(password=f'"file:{tmp_path}/channel"', url='"http://127.0.0.1:9"')

    def begin(**settings: Any) -> Stage:
        world = request.getfixturevalue(module.WORLD)(stock=TABLES, khaos_more=khaos, **settings)
        stage: Stage = module.Stage(world)
        return stage

    return begin


@pytest.fixture
def stage(open_stage: Callable[..., Stage]) -> Stage:
    """A stage whose both sides hold 20 MUG and 10 BOWL."""
    opened = open_stage()
    opened.stock(MUG=20, BOWL=10)
    return opened
