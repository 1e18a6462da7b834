"""Both sides of every warehouse have the form that the flows ask for: nothing missing, nothing named otherwise."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from workers.ports.api import Asked, WarehouseStock
from workers.ports.edi import Files, Telling
from workers.ports.goods_in import GoodsIn
from workers.ports.warehouse import Warehouse
from workers.wiring.systems import SYSTEMS


def _asks(port: type) -> dict[str, inspect.Signature]:
    told = {name: one for base in port.__mro__ for name, one in vars(base).items() if not name.startswith("_")}
    return {name: inspect.signature(one) for name, one in told.items() if inspect.isfunction(one)}


def _members(port: type) -> set[str]:
    return {name for base in port.__mro__ for name in getattr(base, "__annotations__", {}) if not name.startswith("_")}


def _fits(side: Any, port: type) -> None:
    for name, asked in _asks(port).items():
        given = inspect.signature(getattr(side, name))
        wanted = [p.name for p in list(asked.parameters.values())[1:]]
        assert [p.name for p in given.parameters.values()] == wanted, f"{type(side).__name__}.{name}"
    missing = {name for name in _members(port) if not hasattr(side, name)}
    assert not missing, f"{type(side).__name__} lacks {missing}"


def test_a_stage_is_set_for_every_warehouse_that_the_wiring_names(stage: Any) -> None:
    system = stage.world.runtime.connection(stage.connection).system
    assert system in SYSTEMS


def test_the_warehouse_has_the_form_of_its_port(stage: Any) -> None:
    runtime = stage.world.runtime
    _fits(runtime.warehouse(stage.connection), Warehouse)
    if runtime.connection(stage.connection).tells:
        told = runtime.telling(stage.connection)
        _fits(told, Telling)
        _fits(told.files, Files)
    else:
        asked = runtime.asked(stage.connection)
        _fits(asked, Asked)
        _fits(asked.stock, WarehouseStock)
        _fits(asked.goods_in, GoodsIn)


def test_every_warehouse_of_the_wiring_has_a_stage(request: pytest.FixtureRequest) -> None:
    stages = {item.callspec.params["open_stage"] for item in request.session.items if hasattr(item, "callspec")
              and "open_stage" in item.callspec.params}  # fmt: skip
    warehouses = {name for name in SYSTEMS if name != "khaos"}
    assert not stages or stages == warehouses
