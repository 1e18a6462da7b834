"""The item master of GXO: what is written of a product, what is missing, and how the answer is read."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mappings.canonical import Product
from mappings.errors import Unmappable
from mappings.gxo import read_item_results, write_item, write_items

AT = datetime(2026, 11, 20, 22, 40, 5, tzinfo=UTC)
DRESS = Product(
    stock_id="1",
    code="DRS-1042-NVY-10",
    description="Dress, navy",
    barcodes=("OLD", "5050000000011", "5050000000017"),
    weight_grams=Decimal(510),
    commodity_code="6204430000",
    country_of_origin="TR",
    stock_controlled=True,
    buy_price=Decimal("21.5"),
    attributes=(("USER_DEFINED:Size", "10"),),
)


def changed(**changes: Any) -> Product:
    return DRESS.model_copy(update=changes)


def test_a_file_has_its_name_its_columns_and_a_row_for_each_product() -> None:
    discontinued = changed(code="MUG", discontinued=True)
    name, data = write_items([DRESS, discontinued], "MODA", AT, own={"size": "USER_DEFINED:Size"}, currency="GBP")
    assert name == "item_MODA_20261120224005.csv"
    dress, mug = csv.DictReader(io.StringIO(data.decode(), newline=""))
    assert {column: value for column, value in dress.items() if value} == {
        "sku": "DRS-1042-NVY-10",
        "ean": "5050000000017",
        "description": "Dress, navy",
        "size": "10",
        "uom": "EA",
        "weight_kg": "0.51",
        "hs_code": "6204430000",
        "country_of_origin": "TR",
        "unit_cost": "21.50",
        "currency": "GBP",
        "lot_controlled": "N",
        "serialised": "N",
        "status": "A",
    }
    assert (mug["sku"], mug["status"], len(mug)) == ("MUG", "D", 21)


def test_a_cost_without_a_currency_is_not_told() -> None:
    _, data = write_items([DRESS], "MODA", AT)
    (row,) = csv.DictReader(io.StringIO(data.decode(), newline=""))
    assert (row["unit_cost"], row["currency"], row["size"]) == ("", "", "")


@pytest.mark.parametrize(
    ("product", "column", "khaos"),
    [
        (changed(code="x" * 49), "sku", "STOCK_CODE"),
        (changed(code="A*B"), "sku", "STOCK_CODE"),
        (changed(barcodes=()), "ean", "BARCODES"),
        (changed(barcodes=("5050000000011",)), "ean", "BARCODES"),
        (changed(description=" "), "description", "STOCK_DESC"),
        (changed(weight_grams=None), "weight_kg", "WEIGHT"),
        (changed(commodity_code=""), "hs_code", "ICN_CODE"),
        (changed(country_of_origin=""), "country_of_origin", "COUNTRY_OF_MANUFACTURE"),
    ],
)
def test_a_product_without_what_gxo_demands_is_refused_by_its_field_in_khaos(
    product: Product, column: str, khaos: str
) -> None:
    with pytest.raises(Unmappable, match=khaos) as refused:
        write_item(product)
    assert (refused.value.kind, refused.value.field, refused.value.value) == ("bad_product", column, product.code)


def test_a_reason_with_a_comma_that_nobody_quoted_is_kept_whole() -> None:
    (found,), bad = read_item_results(b"sku,result,code,message\r\nMUG,rejected,BAD,too heavy, and no HS code\r\n")
    assert (found.code, found.message, bad) == ("BAD", "too heavy, and no HS code", [])


def test_a_result_is_read_row_by_row_and_a_bad_row_spoils_no_neighbour() -> None:
    told = "\ufeffsku,result,code,message\r\nMUG,accepted,,\r\n"
    told += "TRAY,rejected,INVALID_EAN,wrong digit\r\nHAT,perhaps,,\r\nnan,accepted,,\r\n\r\n"
    good, bad = read_item_results(told.encode())
    assert [(one.sku, one.accepted, one.code, one.message) for one in good] == [
        ("MUG", True, "", ""),
        ("TRAY", False, "INVALID_EAN", "wrong digit"),
    ]
    assert [(entry.subject, entry.error.kind) for entry in bad] == [
        ("HAT", "unknown_status"),
        ("row 5", "unknown_status"),
    ]


@pytest.mark.parametrize("data", [b"", b"\xff\xfe", b"sku,result\nMUG,accepted\n", b'sku,result,code,message\n"MUG'])
def test_a_file_that_is_no_result_is_refused(data: bytes) -> None:
    with pytest.raises(Unmappable, match="ask GXO"):
        read_item_results(data)


@given(st.binary() | st.text().map(lambda text: b"sku,result,code,message\n" + text.encode("utf-8", "replace")))
def test_any_bytes_are_results_or_refused(data: bytes) -> None:
    try:
        good, bad = read_item_results(data)
    except Unmappable:
        return
    assert all(one.sku for one in good)
    assert all(entry.subject for entry in bad)
