"""Pages of stock: each record once while records change in between, and no page looks at what lies before it."""

from __future__ import annotations

from typing import Any

import pytest

from adapters.clarus.sandbox import places, reads
from adapters.clarus.sandbox.filters import fits
from fleet_tests.clarus_floor import House

MANY = 3000


@pytest.fixture
def full(house: House) -> House:
    house.tenant.set_up(
        {
            "stock": [
                {"product": "MUG", "warehouse": "LDS1", "quantity": 2, "location": f"B-{number:04d}"}
                for number in range(MANY)
            ]
        }
    )
    return house


def walk(house: House, root: str, meanwhile: Any = None, **conditions: Any) -> list[str]:
    found, after = house.page(root, **conditions)
    ids = [one["id"] for one in found]
    while after:
        if meanwhile:
            meanwhile()
        found, after = house.page(root, after, **conditions)
        ids += [one["id"] for one in found]
    return ids


def test_pages_show_each_record_once_while_others_change_come_and_go(full: House) -> None:
    before = [row["id"] for row in full.tenant.books.stocks.rows.values()]
    orders = iter(range(10_000))

    def meanwhile() -> None:
        full.order(f"SO{next(orders)}", MUG=7)
        full.work(3)

    seen = walk(full, "stocks", meanwhile)
    alive = set(full.tenant.books.stocks.rows)
    assert len(before) == MANY
    assert len(seen) == len(set(seen))
    assert set(before) & alive <= set(seen)
    assert len(set(before) - alive) > 50


def test_a_tenant_whose_cursors_are_positions_skips_what_moved_up(full: House) -> None:
    full.tenant.switches.turn({"position_cursors": True})
    orders = iter(range(10_000))

    def meanwhile() -> None:
        full.order(f"SO{next(orders)}", MUG=20)
        full.work(3)

    seen = walk(full, "stocks", meanwhile)
    assert len(seen) == len(set(seen))
    assert set(full.tenant.books.stocks.rows) - set(seen)


def test_a_page_looks_only_at_what_it_shows(full: House, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[str] = []

    def counted(root: str, row: Any, conditions: Any) -> bool:
        looked.append(row["id"])
        return fits(root, row, conditions)

    monkeypatch.setattr(reads, "fits", counted)
    _, after = full.page("stocks")
    for _ in range(20):
        _, after = full.page("stocks", after)
    assert len(looked) == 21 * 101
    looked.clear()
    full.read("stocks", product_code={"in": ["TRAY", "NONE"]})
    assert looked == []


def test_a_walk_with_a_filter_gives_all_that_fit_and_nothing_else(full: House) -> None:
    full.do(hold={"product": "MUG", "quantity": 501, "reason": "QC"})
    assert len(walk(full, "stocks", status={"eq": "held"}, warehouse_id={"eq": "11"})) == 251
    assert walk(full, "stocks", warehouse_id={"eq": "12"}) == []
    assert len(walk(full, "stocks", product_code={"eq": "MUG"}, location_code={"ilike": "b-00"})) == 100


def test_movements_of_the_last_minutes_are_found_without_looking_at_older_ones(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf = places.place(house.tenant.books, house.tenant.building({}), places.SHELF)
    for number in range(1000):
        house.do(adjust={"product": "MUG", "quantity": 1, "location": shelf["code"]})
        last = list(house.tenant.books.transactions.rows.values())[-1]
        last["created_at"] = f"2026-11-21T{number // 60:02d}:{number % 60:02d}:00.000Z"
    looked: list[str] = []

    def noting(*given: Any) -> bool:
        looked.append(given[1]["id"])
        return fits(*given)

    monkeypatch.setattr(reads, "fits", noting)
    found = walk(house, "transactions", created_at={"from": "2026-11-21T16:30:00Z"})
    assert (len(found), len(looked)) == (10, 10)
