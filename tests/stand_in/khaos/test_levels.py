"""Stock that can be judged: what a level sets, what moves it otherwise, and sales that land around a write."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from adapters.khaos import Khaos
from fleet_tests.khaos_sandbox import Sandbox
from mappings.khaos import read_invoices, read_levels, read_orders, write_levels

Write = Callable[..., str]
MAIN = "Main Site"


def set_levels(khaos: Khaos, site: str = MAIN, **levels: int) -> list[str]:
    wanted = {code.replace("_", "/"): n for code, n in levels.items()}
    return [item.stock_code for item in khaos.import_stock_status(write_levels(site, wanted))]


def refused(sandbox: Sandbox, door: str, **body: Any) -> int:
    return requests.post(f"{sandbox.root}/_sandbox/{door}", json=body, timeout=15).status_code


@pytest.mark.parametrize(
    ("semantics", "in_stock", "available"), [("available", 12, 10), ("in_stock", 10, 8)], ids=["available", "in stock"]
)
def test_with_two_assigned_a_level_of_ten_means_what_the_switch_says(
    khaos: Khaos, sandbox: Sandbox, order: Write, semantics: str, in_stock: int, available: int
) -> None:
    sandbox.post("switches", level_semantics=semantics)
    khaos.import_orders(order("W-1", MUG=2))
    assert set_levels(khaos, MUG=10) == ["MUG"]
    level = sandbox.level("MUG")
    assert (level["in_stock"], level["assigned"], level["available"]) == (in_stock, 2, available)
    (shown,), _ = read_levels(khaos.export_stock_status(["MUG"], 1))
    assert shown.available == available
    (row,) = sandbox.books()["level_log"]
    assert {key: row[key] for key in ("site", "code", "level", "before_in_stock", "in_stock", "available")} == {
        "site": MAIN,
        "code": "MUG",
        "level": 10,
        "before_in_stock": 100,
        "in_stock": in_stock,
        "available": available,
    }
    assert datetime.fromisoformat(row["at"]).utcoffset() == timedelta(0)


def test_what_cannot_take_a_level_or_has_it_already_is_not_among_the_updated(khaos: Khaos, sandbox: Sandbox) -> None:
    assert set_levels(khaos, MUG=100, ENGRAVE=3, TEE=3, SET=3, NOBODY=3, TEE_L=8) == ["TEE/L"]
    assert [row["code"] for row in sandbox.books()["level_log"]] == ["TEE/L"]
    assert sandbox.level("MUG")["in_stock"] == 100


def test_levels_of_all_sites_name_each_items_site_and_one_site_shows_only_its_own(khaos: Khaos) -> None:
    set_levels(khaos, "Annex", MUG=12)
    everywhere = khaos.export_stock_status(["MUG", "BOWL"])
    assert everywhere.count("<SITE>Annex</SITE>") == everywhere.count("<SITE>Main Site</SITE>") == 2
    annex, _ = read_levels(khaos.export_stock_status(["MUG"], 2))
    assert [(level.site, level.available) for level in annex] == [("Annex", 12)]


@pytest.mark.parametrize(("falls_on", "while_shipped"), [("issue", 100), ("confirmation", 96)])
def test_in_stock_falls_at_the_moment_that_the_switch_names_and_once(
    khaos: Khaos, sandbox: Sandbox, falls_on: str, while_shipped: int
) -> None:
    sandbox.post("switches", stock_falls_on=falls_on, issue_after=3600)
    invoice = sandbox.post("shop", code="MUG", quantity=4, ref="W-1")["invoices"][0]
    items = '<ITEMS><ITEM STOCK_CODE="MUG" QTY="4"/></ITEMS>'
    asked = {"InvoiceCode": invoice, "ShipmentRef": "S1", "ConsignmentRef": "C1", "Items": items}
    khaos._soap.call("ConfirmShipment", asked, write=True)
    level = sandbox.level("MUG")
    assert (level["in_stock"], level["available"]) == (while_shipped, 96)
    sandbox.post("stage", invoice=invoice, stage=70)
    level = sandbox.level("MUG")
    assert (level["in_stock"], level["assigned"], level["available"]) == (96, 0, 96)


def test_every_movement_brings_the_item_onto_the_list_of_movements(khaos: Khaos, sandbox: Sandbox) -> None:
    def moved(since: datetime) -> set[str]:
        return {item.stock_code for item in khaos.get_stock_list(2, since, 0)}

    moves: dict[str, Callable[[], Any]] = {
        "MUG": lambda: sandbox.post("shop", code="MUG", quantity=1),
        "BOWL": lambda: sandbox.post("adjust", code="BOWL", by=-1, reason="DAMAGED", user="jo"),
        "LAST": lambda: sandbox.post("deliver", po="PO1", lines={"LAST": 3}),
        "TEE/L": lambda: set_levels(khaos, TEE_L=2),
    }
    for code, move in moves.items():
        began = datetime.now(UTC)
        move()
        assert moved(began) >= {code}
        assert moved(datetime.now(UTC) + timedelta(hours=2)) == set()


def test_a_sale_can_land_between_the_read_and_the_write_and_another_after_it(khaos: Khaos, sandbox: Sandbox) -> None:
    sandbox.post("switches", sell_between=1, sell_after=1)
    assert set_levels(khaos, "Annex", BOWL=0, MUG=0) == []  # nothing is available there: no sale, and none is used up
    assert set_levels(khaos, BOWL=7) == ["BOWL"]
    level = sandbox.level("BOWL")
    assert (level["in_stock"], level["assigned"], level["available"]) == (8, 2, 6)
    assert set_levels(khaos, BOWL=9) == ["BOWL"]
    books = sandbox.books()
    assert len(books["orders"]) == 2
    assert [row["before_in_stock"] for row in books["level_log"]] == [5, 8]


def test_a_shopper_buys_what_is_available_and_the_order_reads_as_any_other(khaos: Khaos, sandbox: Sandbox) -> None:
    bought = sandbox.post("shop", code="SET", quantity=2, ref="W-1")
    good, bad = read_orders(khaos.export_orders([bought["order"]]))
    assert not bad
    assert good[0].associated_ref == "W-1"
    assert good[0].address.line1
    assert good[0].address.country
    (invoice,), _ = read_invoices(khaos.export_order_status(ids=[bought["order"]], mapping_type=3))
    assert (invoice.stage, {line.sku: line.quantity for line in invoice.lines}) == (9, {"SET": 2, "MUG": 4, "BOWL": 2})
    assert sandbox.level("BOWL")["available"] == 3


@pytest.mark.parametrize(
    "basket",
    [
        {"code": "BOWL", "quantity": 6},
        {"code": "SET", "quantity": 6},
        {"code": "TEE", "quantity": 1},
        {"code": "OLD", "quantity": 1},
        {"code": "NOBODY", "quantity": 1},
        {"code": "MUG", "quantity": 1, "site": "Annex"},
    ],
    ids=lambda basket: f"{basket['code']} {basket.get('site', '')}".strip(),
)
def test_nobody_buys_what_is_not_there(sandbox: Sandbox, basket: dict[str, Any]) -> None:
    before = sandbox.books()
    assert refused(sandbox, "shop", **basket) == 409
    after = sandbox.books()
    assert after["orders"] == []
    assert [row for row in after["levels"] if row["assigned"]] == []
    assert len(after["invoices"]) == len(before["invoices"])


def test_a_reference_is_bought_once(sandbox: Sandbox) -> None:
    sandbox.post("shop", code="MUG", quantity=1, ref="W-1")
    assert refused(sandbox, "shop", code="MUG", quantity=1, ref="W-1") == 409
    assert sandbox.level("MUG")["assigned"] == 1


def test_an_operator_adjusts_by_or_to_and_both_are_booked(sandbox: Sandbox) -> None:
    sandbox.post("adjust", code="MUG", by=-3, reason="DAMAGED", user="jo")
    assert sandbox.post("adjust", code="MUG", site="Annex", to=7, reason="VARIANCE")["available"] == 7
    assert (sandbox.level("MUG")["in_stock"], sandbox.level("MUG", "Annex")["in_stock"]) == (97, 7)
    rows = [(row["site"], row["by"], row["reason"]) for row in sandbox.books()["adjustments"]]
    assert rows == [(MAIN, -3, "DAMAGED"), ("Annex", 7, "VARIANCE")]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"code": "MUG"}, 422),
        ({"code": "MUG", "by": 1, "to": 2}, 422),
        ({"code": "NOBODY", "by": 1}, 404),
        ({"code": "MUG", "by": 1, "site": "Nowhere"}, 404),
        ({"code": "SET", "by": 1}, 409),
        ({"code": "ENGRAVE", "by": 1}, 409),
    ],
)
def test_an_adjustment_that_makes_no_sense_changes_nothing(sandbox: Sandbox, body: dict[str, Any], status: int) -> None:
    assert refused(sandbox, "adjust", **body) == status
    assert sandbox.books()["adjustments"] == []


def test_a_delivery_note_brings_goods_in_and_releases_what_waited(khaos: Khaos, sandbox: Sandbox, order: Write) -> None:
    khaos.import_orders(order("W-1", BOWL=8))
    done = sandbox.post("deliver", po="PO9", site=MAIN, lines={"BOWL": 3, "MUG": 10})
    assert len(done["released"]) == 1
    assert (sandbox.level("BOWL")["available"], sandbox.level("MUG")["in_stock"]) == (0, 110)
    (note,) = sandbox.books()["deliveries"]
    assert (note["po"], note["site"], note["lines"]) == ("PO9", MAIN, {"BOWL": 3, "MUG": 10})
