"""One suite over every warehouse. A new one joins by a module ``<system>_stage.py`` beside this: nothing else changes.

A stage plays a warehouse with its sandbox, a real ledger and Khaos Control's sandbox around it. Its module names the
fixture that builds its world (``WORLD``), and has a class ``Stage`` with what ``fleet_tests.stage.Stage`` says.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from fleet_tests.acs import Garments, places
from fleet_tests.gxo import ByFile, sites
from fleet_tests.servers import servers_end
from fleet_tests.stage import Stage
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


@pytest.fixture
def build_acs(build: Callable[..., World], tmp_path: Path) -> Iterator[Callable[..., Garments]]:
    with places(build, tmp_path) as begin:
        yield begin


@pytest.fixture(params=sorted(STAGES))
def open_stage(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[..., Stage]:
    """Sets a stage for each warehouse in turn; ``settings`` are those of its world.

    A test that ``needs`` what a warehouse cannot do (``LACKS`` of its stage's module) is left out for it.
    """
    module = STAGES[request.param]
    needs = {word for mark in request.node.iter_markers("needs") for word in mark.args}
    if missing := needs & getattr(module, "LACKS", frozenset()):
        pytest.skip(f"{request.param} has no {', '.join(sorted(missing))}")
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
