"""Whatever happens on the floor, no unit appears or vanishes without a movement that says so."""

from __future__ import annotations

import random

import pytest

from adapters.clarus.sandbox.refusal import Refusal
from fleet_tests.clarus_floor import House

PRODUCTS = ("MUG", "TRAY", "LAMP")


def something(house: House, dice: random.Random, number: int) -> None:
    """One thing that happens in a warehouse; what cannot be done there and then is not done."""
    code, units = dice.choice(PRODUCTS), dice.randint(1, 6)
    held = {"product": code, "quantity": units}
    receipt = {"reference": f"PO{number % 7}", "at_once": dice.random() < 0.5}
    orders = [one["id"] for one in house.books()["goods_outs"] if not one["deleted"]]
    stocks = [row for row in house.tenant.books.stocks.rows.values() if row["status"] == "available"]
    things = [
        lambda: house.order(f"SO{number}-1", **{code: units, dice.choice(PRODUCTS): dice.randint(1, 3)}),
        lambda: house.order(f"SO{number}-2", **{code: units}),
        house.work,
        lambda: house.rest("POST", f"goods_outs/{dice.choice(orders)}/cancel"),
        lambda: house.do(adjust={**held, "quantity": dice.choice([-units, units])}),
        lambda: house.do(hold={**held, "reason": dice.choice(["QC", "DMG"])}),
        lambda: house.do(release=held),
        lambda: house.do(move={**held, "to": dice.choice(["A-01-01-02", "A-01-01-01"])}),
        lambda: house.do(receive={**receipt, "lines": [{"product": code, "good": units, "held": {"DMG": 1}}]}),
        lambda: house.do(receive={**receipt, "lines": [{"product": code, "quantity": 9, "good": units}]}),
        lambda: house.do(unreceive={"reference": f"PO{number % 7}"}),
        lambda: house.rest(
            "POST",
            f"stocks/{dice.choice(stocks)['id']}/negative_adjustment",
            {"data": {"type": "stocks", "attributes": {"quantity": units}}},
        ),
    ]
    try:
        dice.choice(things)()
    except (Refusal, IndexError):
        return


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_after_a_long_random_day_opening_and_movements_add_up_to_what_is_there(house: House, seed: int) -> None:
    house.product("LAMP")
    house.tenant.set_up({"stock": {"LAMP": 200}})
    rates = dict.fromkeys(("adjust_rate", "hold_rate", "release_rate", "short_rate", "two_goes_rate"), 0.4)
    house.tenant.switches.turn({**rates, "over": {f"SO{n}-2": 1 for n in range(0, 800, 9)}})
    dice = random.Random(seed)
    for number in range(800):
        something(house, dice, number)
        if number % 50 == 0:
            assert house.imbalances() == []
    house.work(6)
    subtypes = {one["subtype"] for one in house.books()["transactions"]}
    assert subtypes >= {"RCV", "UNRCV", "PWAY", "PICK", "DISP", "TRAN", "NEGADJ", "POSADJ", "HOLD", "RELEASE"}
    assert house.imbalances() == []
    assert all(line["order_quantity"] >= 0 for line in house.tenant.books.goods_out_lines.rows.values())


def test_random_life_happens_only_where_it_is_switched_on_and_is_the_same_for_a_seed(house: House) -> None:
    house.tenant.set_up({"stock": {"MUG": 500}})
    for number in range(20):
        house.order(f"QUIET{number}", MUG=1)
    house.work(3)
    assert {one["subtype"] for one in house.books()["transactions"]} == {"PICK", "DISP"}
    house.tenant.switches.turn({"adjust_rate": 1, "hold_rate": 1, "release_rate": 1})
    for number in range(20):
        house.order(f"LIVELY{number}", MUG=1)
    house.work(3)
    happened = [one["subtype"] for one in house.books()["transactions"]]
    assert happened.count("HOLD") == happened.count("RELEASE") == 20
    assert happened.count("POSADJ") + happened.count("NEGADJ") == 20
    assert house.imbalances() == []


def test_orders_never_ship_more_than_there_is(house: House) -> None:
    for number in range(8):
        house.order(f"SO{number}", MUG=3)
    house.work(6)
    left = sum(one["lines"]["MUG"]["dispatched"] for one in house.books()["goods_outs"])
    assert (left, len(house.books()["unshippable"]), house.books()["stockouts"]) == (9, 5, 5)
    assert house.imbalances() == []
