"""What Khaos's stock items, levels and countries mean, and what a shipment looks like to it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from defusedxml.ElementTree import fromstring
from hypothesis import given
from hypothesis import strategies as st

from fleet_tests.places import SAMPLES
from mappings.canonical import Parcel, PickLine, Shipment
from mappings.khaos import StockLevel, read_country, read_levels, read_products, write_levels, write_shipment
from mappings.khaos.countries import COUNTRIES

OURS = SAMPLES / "khaos"


def stock(inside: str) -> str:
    return f"<STOCK_ITEMS>{inside}</STOCK_ITEMS>"


def tags(**given_tags: str) -> str:
    return "".join(f"<{tag}>{value}</{tag}>" for tag, value in given_tags.items())


def test_the_vendors_template_of_a_stock_item_is_refused_by_place_for_want_of_a_code() -> None:
    good, bad = read_products((OURS / "soap_KSDXMLStock.xml").read_text())
    assert not good
    assert [b.subject for b in bad] == ["STOCK_ITEM 1", "STOCK_ITEM 1", "STOCK_ITEM 2"]


def test_the_vendors_template_with_its_codes_filled_gives_a_parent_and_its_variant() -> None:
    sample = (OURS / "soap_KSDXMLStock.xml").read_text()
    for gap, values in (("<STOCK_CODE/>", ["TEE", "", "TEE/L"]), ("<STOCK_ID/>", ["A1", "A2"])):
        for value in values:
            sample = sample.replace(gap, f"{gap[:-2]}>{value}</{gap[1:-2]}>", 1)
    good, bad = read_products(sample)
    assert [b.subject for b in bad] == ["STOCK_ITEM 2"]
    parent, child = good
    assert (parent.code, parent.is_parent, parent.for_warehouse) == ("TEE", True, False)
    assert (child.code, child.stock_id, child.parent_code, child.is_parent) == ("TEE/L", "A2", "TEE", False)
    assert (child.buy_price, child.sell_price) == (Decimal("2.48"), Decimal("5.99"))
    assert child.barcodes == ("ABCDEFG",)
    assert dict(child.attributes)["STOCK_TYPE"] == "Sample stock type"
    assert dict(child.attributes)["USER_DEFINED:ISBN-13"] == "978-0786915743"


def test_a_variant_inherits_what_it_lacks_but_not_whether_it_is_stock_controlled() -> None:
    variant = tags(STOCK_CODE="T/L", STOCK_ID="A2", DESCRIPTION="Large", STOCK_CONTROLLED="-1")
    silent = tags(STOCK_CODE="T/M", STOCK_ID="A3", DESCRIPTION="Medium")
    parent = tags(STOCK_CODE="T", STOCK_ID="A1", STOCK_DESC="Tee", STOCK_CONTROLLED="0", WEIGHT="150", DROP_SHIP="-1")
    nested = f"<SCS><STYLE><STYLE><SCS_ITEM>{variant}</SCS_ITEM></STYLE><SCS_ITEM>{silent}</SCS_ITEM></STYLE></SCS>"
    good, bad = read_products(stock(f"<STOCK_ITEM>{parent}{nested}</STOCK_ITEM>"))
    assert [(p.code, p.is_parent, p.parent_code) for p in good] == [("T", True, ""), ("T/L", False, "T")]
    assert (good[1].weight_grams, good[1].drop_ship, good[1].description) == (Decimal(150), True, "Large")
    assert [b.subject for b in bad] == ["T/M"]


def test_a_flat_item_is_a_product_of_its_own() -> None:
    flat = tags(STOCK_CODE="B", STOCK_ID="A9", STOCK_DESC="Bowl", STOCK_CONTROLLED="-1", ASSOCIATED_REF="501")
    origin = tags(COUNTRY_OF_MANUFACTURE="Turkey", ICN_CODE="69120000", DISCONTINUED="-1")
    (found,), bad = read_products(stock(f"<STOCK_ITEM>{flat}{origin}</STOCK_ITEM>"))
    assert not bad
    assert found.for_warehouse
    assert (found.other_ref, found.country_of_origin, found.commodity_code) == ("501", "TR", "69120000")
    assert found.discontinued


def test_pack_content_is_read_and_the_header_is_not_for_the_warehouse() -> None:
    pack = tags(STOCK_CODE="P", STOCK_ID="A1", STOCK_DESC="Set", STOCK_CONTROLLED="-1")
    links = "".join(
        f"<LINK_ITEM>{tags(STOCK_CODE=code, LINK_TYPE=kind, LINK_VALUE=value)}</LINK_ITEM>"
        for code, kind, value in (("B", "3", "2.00"), ("C", "1", "9.99"), ("B", "3", "1"))
    )
    (found,), _ = read_products(stock(f"<STOCK_ITEM>{pack}<LINKED_ITEMS>{links}</LINKED_ITEMS></STOCK_ITEM>"))
    assert found.pack_of == (PickLine(sku="B", quantity=3),)
    assert not found.for_warehouse


def test_a_flag_that_is_neither_yes_nor_no_is_refused_by_name() -> None:
    item = tags(STOCK_CODE="P", STOCK_ID="A1", STOCK_CONTROLLED="maybe")
    _, (bad,) = read_products(stock(f"<STOCK_ITEM>{item}</STOCK_ITEM>"))
    assert (bad.subject, bad.error.field) == ("P", "STOCK_CONTROLLED")


def test_the_vendors_sample_of_levels_is_read() -> None:
    good, bad = read_levels((OURS / "soap_KSDXMLStockStatus.xml").read_text())
    assert not bad
    assert good == [StockLevel("Main Site", "BM101901", 53), StockLevel("Main Site", "BM101902", 0)]


@given(
    st.text(st.characters(codec="ascii", min_codepoint=33), min_size=1),
    st.dictionaries(st.text(st.characters(codec="ascii", min_codepoint=33), min_size=1), st.integers(-99, 99_999_999)),
)
def test_levels_that_are_written_read_back_the_same(site: str, levels: dict[str, int]) -> None:
    good, bad = read_levels(write_levels(site, levels))
    assert not bad
    assert {level.sku: level.available for level in good} == levels
    assert {level.site for level in good} <= {site}


@pytest.mark.parametrize(
    ("given_as", "alpha2"),
    [
        ("GB", "GB"),
        ("gbr", "GB"),
        ("UK", "GB"),
        ("England", "GB"),
        ("EIRE", "IE"),
        ("RSA", "ZA"),
        ("USA", "US"),
        ("U.S.A.", "US"),
        ("The Netherlands", "NL"),
        ("Côte d\u2019Ivoire", "CI"),
        ("COTE D'IVOIRE", "CI"),
        ("St Lucia", "LC"),
        ("St. Kitts & Nevis", "KN"),
        ("Jersey", "JE"),
        ("", ""),
        (" & ", ""),
        ("AND", "AD"),
        ("The", ""),
        ("Channel Islands", ""),
    ],
)
def test_a_country_is_known_by_code_or_name_in_any_spelling(given_as: str, alpha2: str) -> None:
    assert read_country(given_as) == alpha2


def test_the_table_has_every_country_by_both_codes() -> None:
    assert len(set(COUNTRIES.values())) == 249
    assert all(len(code) == 2 and code.isupper() for code in COUNTRIES.values())


def test_a_shipment_is_written_the_same_every_time_and_carries_its_stable_reference() -> None:
    shipment = Shipment(
        reference="SO1-1/S1",
        fulfilment="SO1-1",
        order_code="SO1",
        invoice_code="INV1",
        lines=(PickLine(sku="A&B", quantity=2), PickLine(sku="C", quantity=1)),
        parcels=(Parcel(), Parcel(tracking="T1", carrier="DPD", service="ND"), Parcel(tracking="T2")),
        courier="DPD Next Day",
        dispatched_on=date(2026, 11, 20),
        complete=True,
    )
    written = write_shipment(shipment)
    assert written == write_shipment(shipment)
    assert (written["invoice"], written["shipment"], written["consignment"]) == ("INV1", "SO1-1/S1", "T1")
    assert (written["courier"], written["ship_date"], written["complete"]) == ("DPD Next Day", "2026-11-20", "-1")
    items = {i.get("STOCK_CODE"): i.get("QTY") for i in fromstring(written["items"])}
    assert items == {"A&B": "2", "C": "1"}
    assert [b.get("CONSIGNMENT_REF") for b in fromstring(written["boxes"])] == ["", "T1", "T2"]
    assert write_shipment(shipment.model_copy(update={"complete": False}))["complete"] == "0"
