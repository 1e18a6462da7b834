"""The client reads the stock and the movements of a building, whole, in few calls."""

from __future__ import annotations

import itertools
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from adapters.clarus.client import Clarus
from adapters.clarus.settings import Settings
from adapters.errors import Unavailable
from fleet_tests.clarus_sandbox import Desk, Sandbox
from mappings.canonical import Cause, Product
from mappings.clarus import read_movements, read_stock, write_assignment, write_product

NUMBERS = itertools.count(1)


@pytest.fixture
def building(desk: Desk) -> tuple[str, str]:
    """Ids of the account and of a building."""
    return desk.facts.account_id, desk.facts.warehouses["LDS1"]


def shelve(desk: Desk, sandbox: Sandbox, *units: int, warehouse: str = "LDS1") -> list[str]:
    """Codes of new products that have so many units each in the building, and none elsewhere."""
    codes = [f"SHELF-{next(NUMBERS)}" for _ in units]
    stock = [{"product": code, "warehouse": warehouse, "quantity": n} for code, n in zip(codes, units, strict=True)]
    sandbox.ask("setup", {"stock": stock})
    for code in codes:
        goods = Product(stock_id=code, code=code, description=code, stock_controlled=True)
        made = desk.clarus.create_product(write_product(goods, desk.facts))
        desk.clarus.assign_product(made, write_assignment(desk.facts))
    return codes


def counted(lines: Any) -> dict[tuple[str, str], int]:
    return {(line.sku, line.condition.value): line.units for line in lines}


def test_stock_is_read_by_sku_and_condition_as_the_building_has_it(
    desk: Desk, sandbox: Sandbox, building: tuple[str, str]
) -> None:
    cup, dish = shelve(desk, sandbox, 50, 7)
    sandbox.ask("floor", {"hold": {"product": cup, "warehouse": "LDS1", "quantity": 5, "reason": "QC"}})
    sandbox.ask("floor", {"hold": {"product": cup, "warehouse": "LDS1", "quantity": 2, "reason": "DMGHOLD"}})
    lines, bad = read_stock(desk.clarus.stocks_of([cup, dish, "ABSENT", cup], *building))
    assert bad == []
    assert counted(lines) == {(cup, "good"): 43, (cup, "inspection"): 5, (cup, "damaged"): 2, (dish, "good"): 7}
    books = sandbox.books()["stock"][cup]["LDS1"]
    assert sum(line.units for line in lines if line.sku == cup) == books["physically_there"]


def test_a_tenant_that_shows_published_fields_only_has_its_held_units_in_quarantine(
    desk: Desk, settings: Settings, sandbox: Sandbox, building: tuple[str, str]
) -> None:
    (cup,) = shelve(desk, sandbox, 7)
    sandbox.ask("floor", {"hold": {"product": cup, "warehouse": "LDS1", "quantity": 3, "reason": "QC"}})
    sandbox.switch(extra_fields=False)
    plain = Clarus(settings)
    assert counted(read_stock(plain.stocks_of([cup], *building))[0]) == {(cup, "good"): 4, (cup, "quarantine"): 3}
    assert plain.receipt_lines_since(datetime.now(UTC), *building) is None
    movements = plain.transactions_since(datetime.now(UTC) - timedelta(hours=1), *building)
    assert movements
    assert not any("reason_code" in node for node in movements)


def test_the_whole_building_is_walked_page_by_page_and_every_record_met_once(
    desk: Desk, sandbox: Sandbox, building: tuple[str, str]
) -> None:
    codes = shelve(desk, sandbox, *[3] * 130)
    desk.clarus.stocks_of(codes[:1], *building)
    before = sandbox.books()["calls"]["graphql"]
    walk = desk.clarus.stock_pages(*building, first=50)
    first = next(walk)
    assert sandbox.books()["calls"]["graphql"] - before == 1
    pages = [first, *walk]
    assert sandbox.books()["calls"]["graphql"] - before == len(pages)
    assert [len(page) for page in pages[:-1]] == [50] * (len(pages) - 1)
    met = Counter(node["id"] for page in pages for node in page)
    assert set(met.values()) == {1}
    assert set(codes) <= {node["product"]["code"] for page in pages for node in page}


def test_a_walk_that_breaks_in_its_midst_raises_and_never_just_ends(
    desk: Desk, sandbox: Sandbox, building: tuple[str, str]
) -> None:
    shelve(desk, sandbox, *[3] * 60)
    walk = desk.clarus.stock_pages(*building, first=50)
    next(walk)
    sandbox.switch(error_next=1)
    with pytest.raises(Unavailable):
        list(walk)
    walk = desk.clarus.stock_pages(*building, first=50)
    next(walk)
    sandbox.switch(graphql_error_next=1)
    with pytest.raises(Unavailable, match="GraphQL"):  # no verdict: it may pass
        list(walk)


def test_more_than_a_hundred_codes_are_asked_for_a_hundred_at_a_time(
    desk: Desk, sandbox: Sandbox, building: tuple[str, str]
) -> None:
    codes = shelve(desk, sandbox, *[2] * 130)
    desk.clarus.stocks_of(codes[:1], *building)
    before = sandbox.books()["calls"]["graphql"]
    found = desk.clarus.stocks_of(codes, *building)
    assert sandbox.books()["calls"]["graphql"] - before == 2
    assert {node["product"]["code"] for node in found} == set(codes)
    assert all(isinstance(node["id"], str) for node in found)


def test_movements_are_read_in_order_with_their_reason_and_agree_with_the_books(
    desk: Desk, sandbox: Sandbox, building: tuple[str, str]
) -> None:
    began = datetime.now(UTC) - timedelta(seconds=1)
    (cup,) = shelve(desk, sandbox, 50)
    wanted = {"product": cup, "warehouse": "LDS1"}
    actions = [
        {"adjust": {**wanted, "quantity": -3, "reason": "DMG"}},
        {"adjust": {**wanted, "quantity": 4, "reason": "FOUND"}},
        {"hold": {**wanted, "quantity": 5, "reason": "QC"}},
        {"release": {**wanted, "quantity": 5}},
    ]
    sandbox.ask("floor", {"actions": actions})
    nodes = desk.clarus.transactions_since(began, *building)
    good, bad = read_movements(nodes, "LDS1")
    assert bad == []
    ours = [one for one in good if one.sku == cup]
    assert [(one.cause, one.units, one.reason) for one in ours] == [
        (Cause.ADJUSTED_DOWN, 3, "DMG"),
        (Cause.ADJUSTED_UP, 4, "FOUND"),
        (Cause.HELD, 5, "QC"),
        (Cause.RELEASED, 5, "RELEASE"),
    ]
    ids = [int(node["id"]) for node in nodes]
    assert ids == sorted(ids)
    booked = [one["id"] for one in sandbox.books()["transactions"] if one["product"] == cup]
    assert [one.movement_id for one in ours] == booked
    assert desk.clarus.transactions_since(datetime.now(UTC) + timedelta(minutes=5), *building) == []
    with pytest.raises(ValueError, match="zone"):
        desk.clarus.transactions_since(datetime(2026, 11, 21), *building)  # noqa: DTZ001 -- what is refused


def test_another_building_has_its_own_stock_and_movements(
    desk: Desk, sandbox: Sandbox, building: tuple[str, str]
) -> None:
    sandbox.ask("setup", {"warehouses": ["LDS1", "MAN2"]})
    (cup,) = shelve(desk, sandbox, 11, warehouse="MAN2")
    account, there = building[0], desk.clarus.reference_data()["warehouses"]["MAN2"]
    began = datetime.now(UTC) - timedelta(seconds=1)
    sandbox.ask("floor", {"adjust": {"product": cup, "warehouse": "MAN2", "quantity": -1, "reason": "LOST"}})
    assert counted(read_stock(desk.clarus.stocks_of([cup], account, there))[0]) == {(cup, "good"): 10}
    assert desk.clarus.stocks_of([cup], *building) == []
    moved = read_movements(desk.clarus.transactions_since(began, account, there), "MAN2")[0]
    assert [(one.sku, one.facility, one.reason) for one in moved if one.sku == cup] == [(cup, "MAN2", "LOST")]


def test_the_tenants_reason_codes_are_read(desk: Desk) -> None:
    found = {node["code"]: node["reason_type"] for node in desk.clarus.reason_codes()}
    assert (found["DMG"], found["QC"]) == ("negative_adjustment", "hold")
