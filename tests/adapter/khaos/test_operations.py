"""Every operation of the client, against the sandbox, with replies inline and by reference."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from adapters.errors import Rejected
from adapters.khaos import Khaos, Site
from fleet_tests.khaos_sandbox import Sandbox
from mappings.khaos import read_invoices, read_levels, read_orders, read_products

Write = Callable[..., str]
NOW = datetime.now(UTC)
WINDOW: dict[str, Any] = {"date_from": NOW - timedelta(days=90), "date_to": NOW + timedelta(days=1)}


@pytest.fixture(autouse=True, params=[True, False], ids=["by reference", "inline"])
def _encoding(sandbox: Sandbox, request: pytest.FixtureRequest) -> None:
    sandbox.post("switches", multiref=request.param)


def bring_in(khaos: Khaos, order: Write, ref: str, **lines: Any) -> str:
    (taken,) = khaos.import_orders(order(ref, **lines)).imported
    return taken.order_code


def invoices(khaos: Khaos, **asked: Any) -> dict[str, tuple[int, dict[str, int]]]:
    good, bad = read_invoices(khaos.export_order_status(**(WINDOW | asked)))
    assert not bad
    return {i.invoice_code: (i.stage, {line.sku: line.quantity for line in i.lines}) for i in good}


def test_the_probe_gives_the_version(khaos: Khaos) -> None:
    assert khaos.ping() == khaos.get_version() != ""


def test_sites_come_with_the_default_one(khaos: Khaos) -> None:
    found = khaos.get_site_list()
    assert found.current_id == 1
    assert found.sites == (Site(1, "Main Site"), Site(2, "Annex"))


def test_the_stock_list_gives_what_changed_since_a_moment_and_variants_with_their_parent(khaos: Khaos) -> None:
    everything = {i.stock_code: i for i in khaos.get_stock_list(0, None, 0)}
    assert {"MUG", "TEE", "TEE/L"} <= set(everything)
    assert everything["TEE/L"].parent_code == "TEE"
    edited = everything["MUG"].last_updated
    assert edited is not None
    assert edited.tzinfo is UTC
    assert khaos.get_stock_list(0, datetime.now(UTC) + timedelta(minutes=1), 0) == ()
    assert [i.stock_code for i in khaos.get_stock_list(0, None, 1)] == ["TEE"]
    assert [i.stock_code for i in khaos.get_stock_list(2, None, 2)] == ["TEE/L"]


def test_a_variants_code_exports_its_parent_with_the_variant_inside(khaos: Khaos) -> None:
    good, bad = read_products(khaos.export_stock(["TEE/L", "SET", "BOWL", "NOBODY"]))
    assert not bad
    assert [(p.code, p.parent_code, p.for_warehouse) for p in good] == [
        ("TEE", "", False),
        ("TEE/L", "TEE", True),
        ("SET", "", False),
        ("BOWL", "", True),
    ]
    assert {line.sku: line.quantity for line in good[2].pack_of} == {"MUG": 2, "BOWL": 1}


def test_levels_are_set_absolutely_at_one_site_and_read_at_one_or_all(khaos: Khaos) -> None:
    xml = (
        '<STOCK_STATUS SITE="Annex"><STOCK_ITEM CODE="MUG"><LEVEL>12</LEVEL></STOCK_ITEM>'
        '<STOCK_ITEM CODE="ENGRAVE"><LEVEL>3</LEVEL></STOCK_ITEM>'
        '<STOCK_ITEM CODE="NOBODY"><LEVEL>3</LEVEL></STOCK_ITEM></STOCK_STATUS>'
    )
    assert [i.stock_code for i in khaos.import_stock_status(xml)] == ["MUG"]
    at_all, _ = read_levels(khaos.export_stock_status(["MUG"]))
    assert {level.site: level.available for level in at_all} == {"Main Site": 100, "Annex": 12}
    (annex,), _ = read_levels(khaos.export_stock_status(["MUG"], 2))
    assert annex.available == 12


def test_a_site_that_does_not_exist_is_a_fault(khaos: Khaos) -> None:
    with pytest.raises(Rejected) as refused:
        khaos.import_stock_status('<STOCK_STATUS SITE="Nowhere"/>')
    assert refused.value.symbol == "EInvalidSite"
    assert refused.value.maybe_done


def test_an_order_is_imported_once_and_its_repeat_is_skipped_naming_the_reference(khaos: Khaos, order: Write) -> None:
    (taken,) = khaos.import_orders(order("W-1", MUG=2)).imported
    assert taken.associated_ref == "W-1"
    assert taken.urn.startswith("CU")
    again = khaos.import_orders(order("W-1", MUG=2))
    assert again.imported == ()
    assert [s.ref for s in again.skipped] == ["W-1"]
    assert "W-1" in again.skipped[0].reason


def test_unknown_and_sold_out_items_are_skipped_and_a_discontinued_one_is_a_fault(khaos: Khaos, order: Write) -> None:
    assert khaos.import_orders(order("W-1", NOBODY=1)).skipped
    assert khaos.import_orders(order("W-2", LAST=2)).skipped
    with pytest.raises(Rejected) as refused:
        khaos.import_orders(order("W-3", OLD=1))
    assert (refused.value.symbol, refused.value.maybe_done) == ("EStockDiscontinued", True)


def test_what_is_in_stock_is_released_and_the_rest_waits_for_stock(
    khaos: Khaos, order: Write, sandbox: Sandbox
) -> None:
    bring_in(khaos, order, "W-1", BOWL=8, ENGRAVE=1)
    assert sorted(invoices(khaos).values()) == [(9, {"BOWL": 5, "ENGRAVE": 1}), (18, {"BOWL": 3})]
    assert sandbox.post("receive", code="BOWL", quantity=3, site="Main Site")["released"]
    assert [stage for stage, _ in invoices(khaos).values()] == [9, 9]


def test_without_splitting_the_whole_order_waits(khaos: Khaos, order: Write, sandbox: Sandbox) -> None:
    sandbox.post("switches", auto_split=False)
    bring_in(khaos, order, "W-1", BOWL=8)
    assert list(invoices(khaos).values()) == [(18, {"BOWL": 8})]


def test_a_pack_brings_its_children_onto_the_invoice(khaos: Khaos, order: Write, sandbox: Sandbox) -> None:
    code = bring_in(khaos, order, "W-1", SET=2)
    assert list(invoices(khaos).values()) == [(9, {"SET": 2, "MUG": 4, "BOWL": 2})]
    (found,), _ = read_orders(khaos.export_orders([code]))
    assert {line.sku: line.quantity for line in found.lines} == {"SET": 2, "MUG": 4, "BOWL": 2}
    assert sandbox.books()["invoices"][0]["warehouse_lines"] == {"MUG": 4, "BOWL": 2}


def test_orders_export_in_full_by_code(khaos: Khaos, order: Write) -> None:
    codes = [bring_in(khaos, order, f"W-{n}", MUG=1) for n in range(3)]
    good, bad = read_orders(khaos.export_orders([*codes, "SO9"]))
    assert not bad
    assert [o.code for o in good] == codes
    assert good[0].address.name == "Jane Doe"
    assert (good[0].site, good[0].channel, good[0].associated_ref) == ("Main Site", "Web", "W-0")


def test_a_future_delivery_waits_for_its_date_and_an_unpaid_card_for_its_payment(khaos: Khaos, order: Write) -> None:
    tomorrow = (datetime.now(UTC) + timedelta(days=3)).date()
    bring_in(khaos, order, "W-1", extra=f"<DELIVERY_DATE>{tomorrow}</DELIVERY_DATE>", MUG=1)
    unpaid = "<PAYMENTS><PAYMENT_DETAIL><PAYMENT_TYPE>2</PAYMENT_TYPE></PAYMENT_DETAIL></PAYMENTS>"
    bring_in(khaos, order, "W-2", payments=unpaid, MUG=1)
    assert [stage for stage, _ in invoices(khaos).values()] == [17, 11]


def test_statuses_are_filtered_by_code_customer_stage_date_confirmation_and_items(
    khaos: Khaos, order: Write, sandbox: Sandbox
) -> None:
    first = bring_in(khaos, order, "W-1", MUG=1)
    second = bring_in(khaos, order, "W-2", BOWL=9)
    old = bring_in(khaos, order, "W-3", extra="<ORDER_DATE>2020-01-01</ORDER_DATE>", MUG=1)
    (one,), _ = read_invoices(khaos.export_order_status(ids=[old], mapping_type=3))
    assert one.order_code == old
    assert len(invoices(khaos)) == 3
    assert len(invoices(khaos, stages=[9])) == 2
    assert len(invoices(khaos, ids=[second], mapping_type=3)) == 2
    urn = khaos.import_orders(order("W-4", MUG=1)).imported[0].urn
    assert len(invoices(khaos, ids=[urn], mapping_type=1)) == 4
    sandbox.post("confirm", order=first, confirmed=False)
    assert invoices(khaos, ids=[first], mapping_type=3) == {}
    assert len(invoices(khaos, ids=[first], mapping_type=3, confirmed_only=False)) == 1
    assert all(lines == {} for _, lines in invoices(khaos, show_items=False).values())


def test_a_cancelled_order_shows_only_when_asked_for(khaos: Khaos, order: Write, sandbox: Sandbox) -> None:
    code = bring_in(khaos, order, "W-1", MUG=1)
    sandbox.post("cancel", order=code, reason="changed their mind")
    assert invoices(khaos) == {}
    (found,), _ = read_invoices(khaos.export_order_status(include_cancelled=True, stages=[1], **WINDOW))
    assert (found.stage, found.order_cancelled) == (1, True)
    (level,), _ = read_levels(khaos.export_stock_status(["MUG"], 1))
    assert level.available == 100


def test_moved_shows_once_per_change(khaos: Khaos, order: Write, sandbox: Sandbox) -> None:
    bring_in(khaos, order, "W-1", MUG=1)
    assert 'MOVED="-1"' in khaos.export_order_status(**WINDOW)
    assert 'MOVED="0"' in khaos.export_order_status(**WINDOW)
    (code,) = invoices(khaos)
    sandbox.post("stage", invoice=code, stage=19)
    assert 'MOVED="-1"' in khaos.export_order_status(**WINDOW)


def test_an_invoice_can_come_back_under_another_code(khaos: Khaos, order: Write, sandbox: Sandbox) -> None:
    bring_in(khaos, order, "W-1", MUG=1)
    (before,) = invoices(khaos)
    after = sandbox.post("recode", invoice=before)["invoice"]
    assert list(invoices(khaos)) == [after] != [before]


def test_statuses_without_ids_and_dates_are_never_asked_for(khaos: Khaos) -> None:
    with pytest.raises(ValueError, match="date_from"):
        khaos.export_order_status()


@pytest.mark.parametrize("operation", ["export_stock", "export_stock_status", "export_orders"])
def test_a_code_with_a_comma_is_refused_here_and_no_codes_at_all_never_mean_everything(
    khaos: Khaos, operation: str
) -> None:
    with pytest.raises(Rejected) as refused:
        getattr(khaos, operation)(["A,B"])
    assert (refused.value.symbol, refused.value.maybe_done) == ("code_with_comma", False)
    with pytest.raises(ValueError, match="at least one code"):
        getattr(khaos, operation)([])


def test_characters_that_xml_forbids_do_not_reach_the_wire(khaos: Khaos, order: Write) -> None:
    (taken,) = khaos.import_orders(order("W-1", MUG=1).replace("Leeds", "Le\x00eds \x0b £ \U0001f600")).imported
    assert taken.associated_ref == "W-1"
    (found,), _ = read_orders(khaos.export_orders([taken.order_code]))
    assert found.address.town == "Leeds  £ \U0001f600"
