"""Both sides of every warehouse have the form that the flows ask for: nothing missing, nothing named otherwise."""

from __future__ import annotations

import inspect
from dataclasses import fields, replace
from typing import Any, get_args, get_type_hints

import pytest

from fleet_tests.stage import Stage
from workers.config.system import Role
from workers.ports.warehouse import PartAbsent, Parts, Warehouse, manners
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


def test_a_stage_is_set_for_every_warehouse_that_the_wiring_names(stage: Stage) -> None:
    system = stage.world.runtime.connection(stage.connection).system
    assert system in SYSTEMS


def test_each_part_of_the_warehouse_has_the_form_of_its_port(stage: Stage) -> None:
    parts = stage.world.runtime.warehouse(stage.connection).parts
    ports = get_type_hints(Parts)
    had = {field.name: getattr(parts, field.name) for field in fields(Parts)}
    assert had["orders"] is not None
    for name, part in had.items():
        if part is not None:
            (port,) = [one for one in get_args(ports[name]) or (ports[name],) if one is not type(None)]
            _fits(part, port)


def test_what_the_warehouse_can_do_is_listed_with_the_manner_of_each(stage: Stage) -> None:
    listed = manners(stage.world.runtime.warehouse(stage.connection).parts)
    assert all(listed[needed] for needed in ("takes orders", "takes products", "tells dispatches", "tells stock"))


def test_a_part_that_is_asked_for_and_absent_says_which_there_are(stage: Stage) -> None:
    parts = replace(stage.world.runtime.warehouse(stage.connection).parts, orders=None)
    with pytest.raises(PartAbsent, match=r"connection york has no part 'orders'; it has account, .*dispatches"):
        _ = Warehouse("york", parts).orders


def test_every_warehouse_of_the_wiring_has_a_stage(request: pytest.FixtureRequest) -> None:
    stages = {item.callspec.params["open_stage"] for item in request.session.items if hasattr(item, "callspec")
              and "open_stage" in item.callspec.params}  # fmt: skip
    warehouses = {name for name, system in SYSTEMS.items() if system.role is Role.WAREHOUSE}
    assert not stages or stages == warehouses
