"""Characters that no partner should send: the unit that holds one is named, its neighbours go their way."""

from __future__ import annotations

from pathlib import Path

import pytest

import adapters.text
import mappings.text
from mappings.clarus.values import text
from mappings.errors import Unmappable, Unreadable
from mappings.gxo import read_item_results
from mappings.khaos import read_invoices, read_orders, read_products

HEAD = "sku,result,code,message\n"
ODD = ["\x1b", "\x00", "&#x1B;", "&#27;", "&#0;", "&#xD83D;", "&#xFFFE;", "&#1114112;", "\ud83d", "\uffff"]
PRODUCT = "<STOCK_ITEM><STOCK_ID>{0}</STOCK_ID><STOCK_CODE>{0}</STOCK_CODE><STOCK_DESC>{1}</STOCK_DESC><STOCK_CONTROLLED>-1</STOCK_CONTROLLED></STOCK_ITEM>"  # noqa: E501
ORDER = (
    "<SALES_ORDER><CUSTOMER_DETAIL><COMPANY_CODE>U1</COMPANY_CODE><ADDRESSES><INVADDR><ISURNAME>Doe</ISURNAME>"
    "<IADDRESS1>{1}</IADDRESS1><ITOWN>Hull</ITOWN><ICOUNTRY_CODE>GB</ICOUNTRY_CODE></INVADDR></ADDRESSES>"
    "</CUSTOMER_DETAIL><ORDER_HEADER><SORDER_CODE>{0}</SORDER_CODE></ORDER_HEADER><ORDER_ITEMS/></SALES_ORDER>"
)
INVOICE = (
    '<ORDER_STATUS SORDER_CODE="{0}" ASSOCIATED_REF="W{1}"><INVOICES><INVOICE INVOICE_CODE="{0}-1"'
    ' INVOICE_STAGE_ID="9"/></INVOICES></ORDER_STATUS>'
)


@pytest.mark.parametrize("odd", ODD)
def test_an_entry_with_a_character_that_xml_forbids_is_named_and_its_neighbours_are_read(odd: str) -> None:
    for shape, root, read in (
        (PRODUCT, "STOCK_ITEMS", read_products), (ORDER, "SALES_ORDERS", read_orders),
        (INVOICE, "STATUS_LIST", read_invoices),
    ):  # fmt: skip
        good, bad = read(f"<{root}>{shape.format('A', 'x' + odd)}{shape.format('B', 'y')}</{root}>")
        assert ["A" in one.subject for one in bad] == [True], shape
        assert "control character" in str(bad[0].error)
        assert len(good) == 1


@pytest.mark.parametrize("named", ["utf-8", "ISO-8859-1", "windows-1252", "UTF-16", "us-ascii", "no-such", ""])
def test_text_is_text_whatever_encoding_it_still_declares(named: str) -> None:
    declared = f'<?xml version="1.0" encoding="{named}"?>' if named else '\ufeff<?xml version="1.0"?>'
    (order,), bad = read_orders(f"{declared}\r\n<SALES_ORDERS>{ORDER.format('A', '7 Café Row – €')}</SALES_ORDERS>")  # noqa: RUF001
    assert (order.address.line1, bad) == ("7 Café Row – €", [])  # noqa: RUF001


def test_adapters_and_mappings_mark_a_lost_character_alike() -> None:
    assert adapters.text.LOST == mappings.text.LOST
    for odd in ODD:
        assert adapters.text.xml_text(f"a{odd}b") == mappings.text.readable_xml(f"a{odd}b") == f"a{mappings.text.LOST}b"
    assert adapters.text.xml_text("&#x41;&amp;&#10;é😀") == "&#x41;&amp;&#10;é😀"


@pytest.mark.parametrize("bad", ["\x00", "\ud83d"])
def test_what_no_database_holds_is_cleaned_wherever_it_comes_in(bad: str) -> None:
    assert text(f" TRK{bad}1 ") == "TRK\ufffd1"
    error = Unmappable(f"f{bad}", f"v{bad}", f"w{bad}")
    for said in (error.field, error.value, error.why, str(error), Unreadable(f"s{bad}", error).subject):
        assert bad not in said
        said.encode()


def results(rows: str) -> tuple[dict[str, tuple[bool, str, str]], list[str]]:
    good, bad = read_item_results((HEAD + rows).encode("utf-8", "surrogateescape"))
    return {one.sku: (one.accepted, one.code, one.message) for one in good}, [one.subject for one in bad]


@pytest.mark.parametrize("order", ["accepted,rejected", "rejected,accepted"])
def test_a_sku_that_is_accepted_and_rejected_in_one_file_is_not_accepted_and_says_why(order: str) -> None:
    first, second = order.split(",")
    good, bad = results(f"MUG,{first},,\nTRAY,accepted,,\nMUG,{second},X,y\n")
    assert (good["TRAY"][0], good["MUG"][:2], bad) == (True, (False, "CONTRADICTORY"), [])
    assert good["MUG"][2].endswith("send the result again; X; y")


def test_rows_that_agree_are_one_with_every_reason() -> None:
    good, bad = results("MUG,rejected,BAD_EAN,no such\nMUG,REJECTED,NO_HS,none\nTRAY,accepted,,\nTRAY,accepted,,\n")
    assert good == {"MUG": (False, "BAD_EAN; NO_HS", "no such; none"), "TRAY": (True, "", "")}
    assert bad == []


def test_a_nul_or_an_odd_byte_in_a_result_spoils_no_neighbour() -> None:
    good, bad = results("MUG,accepted,,ok\x00\nBO\x00WL,accepted,,\nTRAY,rejected,X,caf\udce9\n")
    assert good == {"MUG": (True, "", "ok\ufffd"), "TRAY": (False, "X", "caf\ufffd")}
    assert bad == ["BO\ufffdWL"]


def test_every_945_among_the_samples_is_understood_whole() -> None:
    from adapters.x12 import read_interchange  # noqa: PLC0415
    from mappings.gxo import read_945  # noqa: PLC0415

    for path in sorted((Path(__file__).parents[1] / "samples" / "gxo").glob("*945*.edi")):
        (only,) = read_interchange(path.read_bytes(), path.name).sets
        assert read_945(only.segments).not_used == (), path.name
