"""Before anything is sent both sides are compared, and nothing changes at either."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from fleet_tests.acs import Garments, refuse_one
from fleet_tests.gxo import SHOP_SITES, ByFile
from fleet_tests.world import World
from workers.audit.auditing import audit
from workers.audit.report import Report
from workers.audit.workspace import Workspace
from workers.orders_out import polls

Found = dict[str, list[dict[str, Any]]]


def found(report: Report, section: str) -> Found:
    """The lists of a section that have rows."""
    (chosen,) = [one for one in report.sections if one.name == section]
    lists = {
        one.name: [dict(zip(one.columns, row, strict=True)) for row in one.rows(report.workspace)]
        for one in chosen.listings
    }
    return {name: rows for name, rows in lists.items() if rows}


def sent_before(world: World, order: str, reference: str, units: int | None = None) -> None:
    """The integration before gave the warehouse the order."""
    row = world.store.row(
        "select b.wire from message m join message_body b on b.message_id = m.id where m.reference = %s", f"{order}-1"
    )
    body = json.loads(bytes(row["wire"]))
    body["data"]["attributes"]["reference"] = reference
    if units is not None:
        body["data"]["attributes"]["lines_changes"][0]["attributes"]["order_quantity"] = units
    world.runtime.warehouse("leeds").orders.send_order(json.dumps(body).encode())


@pytest.fixture
def traded(world: World) -> tuple[World, dict[str, str]]:
    """Orders that another integration gave the warehouse under all sorts of references, and one that it did not."""
    world.poll()
    world.store.run("update connection set shut_kind = 'not_live', shut_since = now() where name = 'leeds'")
    sorts = ("code", "invoice", "associated", "form", "within", "differs", "nowhere", "taken back")
    orders = {sort: world.order(("MUG", 2)) for sort in sorts}
    polls.poll_orders(world.runtime)
    world.go()
    row = {sort: world.fulfilment(f"{code}-1") for sort, code in orders.items()}
    sent_before(world, orders["code"], orders["code"])
    sent_before(world, orders["invoice"], row["invoice"]["invoice_code"])
    sent_before(world, orders["associated"], row["associated"]["associated_ref"])
    sent_before(world, orders["form"], f"KC{orders['form']}X")
    sent_before(world, orders["within"], f"SHOP/{orders['within']}/1")
    sent_before(world, orders["differs"], orders["differs"], units=3)
    sent_before(world, orders["taken back"], orders["taken back"])
    sent_before(world, orders["nowhere"], "STRANGER")
    world.khaos.post("stage", invoice=row["taken back"]["invoice_code"], stage=17)
    return world, orders


def test_what_is_ready_is_found_at_the_warehouse_by_any_reference(traded: tuple[World, dict[str, str]]) -> None:
    world, orders = traded
    before = world.clarus.books()["goods_outs"], world.khaos.books()["invoices"], world.khaos.books()["levels"]
    with closing(Workspace()) as work:
        report = audit(world.runtime, work, forms=("KC{order}X",))
        leeds = found(report, "leeds")
        assert [section.failed for section in report.sections] == [[], []]
        assert report.needs_a_person
    by_order = {row["order"]: row["matched by"] for row in leeds["ready_and_there"]}
    assert by_order == {
        orders["code"]: "order code",
        orders["invoice"]: "invoice",
        orders["associated"]: "associated reference",
        orders["form"]: "form KC{order}X",
        orders["within"]: "order code within",
    }
    (differs,) = leeds["ready_and_there_otherwise"]
    assert (differs["order"], differs["units in Khaos Control"], differs["units there"]) == (
        orders["differs"], "2 x MUG", "3 x MUG",
    )  # fmt: skip
    assert [row["order"] for row in leeds["ready_nowhere"]] == [orders["nowhere"]]
    assert [row["at the warehouse"] for row in leeds["there_and_unknown"]] == ["STRANGER"]
    assert [(row["order"], row["stage"]) for row in leeds["there_and_not_ready"]] == [(orders["taken back"], 17)]
    books = world.khaos.books()
    assert (world.clarus.books()["goods_outs"], books["invoices"], books["levels"]) == before


@pytest.fixture
def both(build_gxo: Any) -> ByFile:
    """A merchant with GXO and Clarus, each with goods of its own; a name that must be nowhere in a report."""
    gxo: ByFile = build_gxo(sites='{ LDS1 = "Elsewhere", LDS9 = "Nowhere" }', clarus_more='stock_unit_type = "EACH"')
    gxo.stock(MUG=50)
    world = gxo.world
    world.stock("LAMP", sites=(*SHOP_SITES, "Elsewhere"), units=7, site="Elsewhere")
    world.poll()
    world.clarus.post("setup", plenty=False, stock={"LAMP": 5}, warehouses=["LDS1", "YRK1"], carriers=["PIGEON"])
    world.order(("MUG", 3))
    polls.poll_orders(world.runtime)
    world.go()
    return gxo


def test_skus_stock_and_settings_that_differ_are_listed_and_one_side_that_fails_holds_up_no_other(
    both: ByFile,
) -> None:
    world = both.world
    with closing(Workspace()) as work:
        report = audit(world.runtime, work)
        leeds, gxo = found(report, "leeds"), found(report, "gxo")
        notes = {section.name: " ".join(section.notes) for section in report.sections}
    assert {(row["what"], row["value"]) for row in leeds["settings"]} >= {
        ("facility", "LDS9"), ("facility without a site", "YRK1"), ("carrier", "PIGEON"), ("reason", "DMG"),
    }  # fmt: skip
    assert ("LAMP", 7, 5, -2) in [
        (row["sku"], row["available in Khaos Control"], row["good at the warehouse"], row["difference"])
        for row in leeds["stock_differs"]
    ]
    assert "LDS9" in " ".join(next(one.failed for one in report.sections if one.name == "leeds"))
    assert gxo["ready_and_unasked"]
    assert "cannot be asked for its orders" in notes["gxo"]
    assert "by the last count that was received" in notes["gxo"]
    assert "stock_differs" not in gxo
    world.clarus.switch(error_next=1000)
    with closing(Workspace()) as work:
        report = audit(world.runtime, work)
        failed = {section.name: bool(section.failed) for section in report.sections}
        again = found(report, "gxo")
    assert failed == {"khaos": False, "leeds": True, "gxo": False}
    assert again == gxo


def test_the_command_writes_text_json_and_a_page_without_a_customers_name_and_ends_with_1(
    both: ByFile, tmp_path: Path
) -> None:
    def fleet(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(Path(sys.executable).parent / "fleet"), "audit", *words],
            capture_output=True, text=True, timeout=120, check=False, cwd=tmp_path,
            env={**os.environ, "FLEET_CONFIG": str(tmp_path / "fleet.toml"), "FLEET_VAR": str(tmp_path / "var")},
        )  # fmt: skip

    page = tmp_path / "audit.html"
    text, asked = fleet("--html", str(page)), fleet("--json")
    assert (text.returncode, asked.returncode) == (1, 1)
    assert "need a person" in text.stderr
    told = json.loads(asked.stdout)
    assert [section["name"] for section in told["sections"]] == ["khaos", "leeds", "gxo"]
    assert any(one["name"] == "stock_differs" and one["count"] for one in told["sections"][1]["lists"])
    written = page.read_text(encoding="utf-8")
    assert "PIGEON" in written
    assert "<script" not in written
    for shown in (text.stdout, asked.stdout, written):
        assert "Quillfeather" not in shown
        assert "Larkspur" not in shown
    assert both.world.clarus.books()["goods_outs"] == []


def test_a_warehouse_that_lists_nothing_is_asked_by_its_newest_stock_file(build_acs: Callable[..., Garments]) -> None:
    acs = build_acs(more='allowed_services = ["RM/48"]', switches={"steps": {"Allocated": 1000.0}})
    acs.stock(DRESS=4, COAT=1)
    order = acs.order(("DRESS", 1))
    stranger = acs.there(f"{order}-1")["body"] | {"OrderNumber": "STRANGER-7"}
    acs.runtime.warehouse("acs").orders.send_order(json.dumps(stranger).encode())
    acs.pass_time(1.0)
    acs.world.stock("HAT", units=2)
    acs.world.poll()
    with closing(Workspace()) as work:
        assert "stock file" in {one["what"] for one in found(audit(acs.runtime, work), "acs")["settings"]}
    acs.act(stock_file={})
    with closing(Workspace()) as work:
        report = audit(acs.runtime, work)
        listed = found(report, "acs")
        assert [section.failed for section in report.sections if section.name == "acs"] == [[]]
        assert acs.site.connections["downloads"] == 1  # the same file is read for orders, products and settings
        khaos = found(report, "khaos")
    assert khaos.get("refused", []) == []  # a line has its price, as it would be sent
    assert [row["order"] for row in listed["ready_and_there"]] == [order]
    assert [row["at the warehouse"] for row in listed["there_and_unknown"]] == ["STRANGER-7"]
    assert {(row["what"], row["value"]) for row in listed["settings"]} == {
        ("service", "Royal Mail"),
        *(("reason", code) for code in ("BER", "CLIENT_REQUEST", "COUNTERFEIT", "EX_HIRED", "LOST")),
    }


@pytest.mark.parametrize("status", [400, 500])
def test_an_order_that_acs_will_not_show_is_named_and_its_neighbours_are_compared(
    build_acs: Callable[..., Garments], monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    acs = build_acs(switches={"steps": {"Allocated": 1000.0}})
    acs.stock(DRESS=4)
    orders = [acs.order(("DRESS", 1)) for _ in range(2)]
    acs.pass_time(1.0)
    acs.act(stock_file={})
    refuse_one(monkeypatch, f"{orders[0]}-1", status)
    with closing(Workspace()) as work:
        listed = found(audit(acs.runtime, work), "acs")
    assert [row["order"] for row in listed["ready_and_there"]] == [orders[1]]
    assert f"{orders[0]}-1" in str(listed)
    assert str(status) in str(listed)
