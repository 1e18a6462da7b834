"""944s by grade and in every odd form: who is credited, who is not, and where the goods lie meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fleet_tests.gxo import ByFile
from workers.returns_in import rma as returns_in_rma
from workers.returns_in.rma import Said

Build = Callable[..., ByFile]
SHORT = 0.3
ROWS = "\n".join(
    f'[tables.return_dispositions.{condition}]\n"*" = {{ reason = "{number}" }}'
    for number, condition in enumerate(("good", "refurbishment", "quarantine", "damaged", "inspection"), 1)
)
GOODS = {"A": "good", "B": "refurbishment", "C": "quarantine", "D": "damaged", "X": "damaged", "": "inspection"}


@pytest.fixture
def gxo(build_gxo: Build, tmp_path: Path) -> ByFile:
    (tmp_path / "channel").write_text("a-password")
    channel = f'channel = {{ password = "file:{tmp_path}/channel", public_url = "http://127.0.0.1:9" }}'
    opened = build_gxo(stock=ROWS, khaos_more=f"extensions.confirm_shipment = {{}}\n{channel}")
    opened.stock(MUG=20, BOWL=10)
    return opened


def sold(gxo: ByFile, *lines: tuple[str, int]) -> str:
    order = str(gxo.order(*lines))
    gxo.round()
    gxo.world.read_back()
    gxo.world.go()
    return order


def advise(gxo: ByFile, rma: str, order: str, sku: str, units: int) -> None:
    line = {"rma": rma, "order": order, "sku": sku, "quantity": str(units)}
    taken = returns_in_rma.take(gxo.store, [Said(1, {**dict.fromkeys(returns_in_rma.COLUMNS, ""), **line})], "Mo")
    assert taken.refused == ()
    gxo.world.go()
    gxo.round(SHORT)


def back(gxo: ByFile, *lines: dict[str, Any], reference: str = "RMA-1", **more: Any) -> None:
    gxo.act(receive={"facility": "GBNH01", "kind": "return", "reference": reference, "lines": list(lines), **more})
    gxo.hear()


def returns(gxo: ByFile) -> list[tuple[str, int, str, str]]:
    rows = gxo.store.rows("select sku, units, condition, state from return_line order by reference")
    return [tuple(row.values()) for row in rows]


def test_an_advice_goes_out_as_a_943_and_its_goods_are_offered(gxo: ByFile) -> None:
    order = sold(gxo, ("MUG", 3))
    advise(gxo, "RMA-9", order, "MUG", 2)
    assert (gxo.books()["advices"][0]["reference"], gxo.expected()) == ("RMA-9", [])
    back(gxo, {"sku": "MUG", "quantity": 2, "grade": "A"}, reference="RMA-9")
    assert returns(gxo) == [("MUG", 2, "good", "offered")]
    assert gxo.store.row("select state from return_advice")["state"] == "received"
    assert (gxo.position("MUG"), gxo.world.exceptions()) == ((19, {}), [])


def test_an_advice_that_could_not_be_read_there_is_refused_and_can_be_retried(gxo: ByFile) -> None:
    order = sold(gxo, ("MUG", 3))
    gxo.site.client = "SOMEBODY"
    advise(gxo, "RMA-9", order, "MUG", 2)
    assert (gxo.world.exceptions(), gxo.expected()) == (["refused_by_warehouse"], [])
    assert gxo.store.row("select state from return_advice")["state"] == "new"


@pytest.mark.parametrize("grade", list(GOODS))
def test_each_grade_lies_where_it_was_put_and_is_offered_by_its_row(gxo: ByFile, grade: str) -> None:
    order = sold(gxo, ("MUG", 2))
    back(gxo, {"sku": "MUG", "quantity": 1, "grade": grade}, order=order)
    assert returns(gxo) == [("MUG", 1, GOODS[grade], "offered")]
    good, other = gxo.position("MUG")
    assert (good, other) == ((19, {}) if GOODS[grade] == "good" else (18, {GOODS[grade]: 1}))
    assert gxo.world.exceptions() == []
    gxo.count()
    assert (gxo.position("MUG"), gxo.world.exceptions()) == ((good, other), [])


def test_one_line_in_several_grades_is_several_returns(gxo: ByFile) -> None:
    order = sold(gxo, ("MUG", 3))
    back(gxo, *({"sku": "MUG", "quantity": 1, "grade": grade} for grade in "ABD"), order=order)
    assert sorted(returns(gxo)) == [
        ("MUG", 1, "damaged", "offered"), ("MUG", 1, "good", "offered"), ("MUG", 1, "refurbishment", "offered"),
    ]  # fmt: skip


def test_a_grade_that_no_table_knows_credits_nobody_and_is_not_sold(gxo: ByFile) -> None:
    order = sold(gxo, ("MUG", 2))
    back(gxo, {"sku": "MUG", "quantity": 1, "grade": "Q", "invtype": "N", "disposition": "RESTOCK"}, order=order)
    assert returns(gxo) == [("MUG", 1, "unknown", "received")]
    assert (gxo.position("MUG"), gxo.world.exceptions()) == ((18, {"unknown": 1}), ["unknown_grade"])


def test_an_empty_box_credits_nobody_and_brings_no_stock(gxo: ByFile) -> None:
    order = sold(gxo, ("MUG", 2))
    advise(gxo, "RMA-9", order, "MUG", 1)
    back(gxo, {"sku": "MUG", "quantity": 0, "exception": "EMPTY_BOX"}, reference="RMA-9")
    found = gxo.world.exception("empty_parcel")
    assert (found["owner"], "RMA-9" in found["reason"]) == ("customer service", True)
    assert (returns(gxo), gxo.position("MUG")) == ([], (18, {}))


def test_a_wrong_item_credits_nobody_and_what_came_is_nobodys_to_sell(gxo: ByFile) -> None:
    order = sold(gxo, ("MUG", 2))
    advise(gxo, "RMA-9", order, "MUG", 1)
    back(gxo, {"sku": "BOWL", "quantity": 1, "exception": "WRONG_ITEM", "line": "1"}, reference="RMA-9")
    assert (gxo.world.exceptions(), returns(gxo)) == (["wrong_item"], [])
    assert (gxo.position("BOWL"), gxo.position("MUG")) == ((10, {"unknown": 1}), (18, {}))


def test_a_good_line_beside_a_wrong_item_is_offered(gxo: ByFile) -> None:
    order = sold(gxo, ("MUG", 2))
    advise(gxo, "RMA-9", order, "MUG", 2)
    lines = ({"sku": "MUG", "quantity": 1, "grade": "A"}, {"sku": "BOWL", "quantity": 1, "exception": "WRONG_ITEM"})
    back(gxo, *lines, reference="RMA-9")
    assert (returns(gxo), gxo.world.exceptions()) == ([("MUG", 1, "good", "offered")], ["wrong_item"])


def test_a_counterfeit_is_a_persons_whatever_the_row_of_its_condition_says(gxo: ByFile) -> None:
    order = sold(gxo, ("MUG", 2))
    back(gxo, {"sku": "MUG", "quantity": 1, "exception": "COUNTERFEIT"}, order=order)
    assert [row[3] for row in returns(gxo)] == ["received"]
    assert gxo.world.exceptions() == ["unknown_grade"]
    assert gxo.position("MUG") == (18, {"quarantine": 1})


def test_units_put_away_as_good_and_told_as_damaged_are_not_sold_and_are_asked_about(gxo: ByFile) -> None:
    gxo.tell(
        "944",
        ("W17", "F", gxo.site.today("GBNH01"), "RCP77", "PO-1"),
        ("N1", "WH", "GXO", "ZZ", "GBNH01"),
        ("W07", "5", "EA", "", "SK", "MUG"),
        ("N9", "LI", "1"),
        ("N9", "ZZ", "INVTYPE", "N"),
        ("W13", "5", "EA", "01"),
        ("W14", "5"),
    )
    assert (gxo.position("MUG"), gxo.world.exceptions()) == ((20, {"damaged": 5}), ["unknown_grade"])


def test_a_suppliers_delivery_by_condition_is_received_and_not_booked(gxo: ByFile) -> None:
    lines = [
        {"sku": "MUG", "quantity": 5},
        {"sku": "MUG", "quantity": 1, "invtype": "D"},
        {"sku": "BOWL", "quantity": 2},
    ]
    gxo.act(receive={"facility": "GBNH01", "kind": "supplier", "reference": "PO-7", "lines": lines})
    gxo.hear()
    rows = gxo.store.rows(
        "select purchase_order, sku, sum(received)::integer as n from received_line group by 1, 2 order by 2"
    )
    assert [tuple(row.values()) for row in rows] == [("PO-7", "BOWL", 2), ("PO-7", "MUG", 6)]
    assert (gxo.position("MUG"), gxo.position("BOWL")) == ((25, {"damaged": 1}), (12, {}))
    gxo.world.flush()
    assert gxo.world.levels("BOWL")["Main Site"] == (10, 10)


def test_a_blind_return_finds_its_order_and_one_without_an_order_waits(gxo: ByFile) -> None:
    order = sold(gxo, ("MUG", 2))
    back(gxo, {"sku": "MUG", "quantity": 1, "grade": "A"}, order=order, blind=True)
    back(gxo, {"sku": "MUG", "quantity": 1, "grade": "A"}, blind=True)
    assert [row[3] for row in returns(gxo)] == ["offered", "received"]
    assert gxo.world.exceptions() == ["return_unknown_order"]


def test_totals_that_do_not_add_up_are_refused_whole(gxo: ByFile) -> None:
    gxo.tell(
        "944",
        ("W17", "F", gxo.site.today("GBNH01"), "RCP78", "PO-1"),
        ("N1", "WH", "GXO", "ZZ", "GBNH01"),
        ("W07", "5", "EA", "", "SK", "MUG"),
        ("N9", "LI", "1"),
        ("N9", "ZZ", "INVTYPE", "N"),
        ("W14", "6"),
    )
    assert (gxo.position("MUG"), gxo.world.exceptions()) == ((20, {}), ["unmappable"])


def test_a_return_whose_goods_come_before_its_order_was_dispatched_for_us_is_not_lost(gxo: ByFile) -> None:
    """The 945 is late, the 944 is not."""
    gxo.switch(late={"945": 30.0})
    order = gxo.order(("MUG", 1))
    gxo.round()
    back(gxo, {"sku": "MUG", "quantity": 1, "grade": "A"}, order=order)
    gxo.round(31.0)
    gxo.world.read_back()
    assert gxo.state(order) == "dispatched"
    assert len(returns(gxo)) == 1
    assert gxo.position("MUG") == (20, {})
