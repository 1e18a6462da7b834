"""What Khaos's sales orders mean, and what an order to be imported looks like."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from xml.etree.ElementTree import Element, tostring
from xml.sax.saxutils import escape

import pytest
from defusedxml.ElementTree import fromstring
from hypothesis import given
from hypothesis import strategies as st

from fleet_tests.places import SAMPLES
from mappings.canonical import Address, NewOrder, NewOrderLine
from mappings.errors import Unmappable
from mappings.khaos import read_orders, write_sales_order

OURS = SAMPLES / "khaos"
HOME = {"ADDRESS1": "1 High St", "TOWN": "Leeds", "POSTCODE": "LS1 1AA", "COUNTRY_CODE": "GB", "SURNAME": "Doe"}


def block(prefix: str, tags: dict[str, str]) -> str:
    name = {"I": "INVADDR", "D": "DELADDR"}[prefix]
    inside = "".join(f"<{prefix}{tag}>{escape(value)}</{prefix}{tag}>" for tag, value in tags.items())
    return f"<{name}>{inside}</{name}>"


def order(delivery: dict[str, str] | None = None, home: dict[str, str] = HOME, header: str = "") -> str:
    return (
        "<SALES_ORDERS><SALES_ORDER><CUSTOMER_DETAIL><COMPANY_CODE>CU1</COMPANY_CODE><ADDRESSES>"
        f"{block('I', home)}{block('D', delivery or {})}</ADDRESSES></CUSTOMER_DETAIL>"
        f"<ORDER_HEADER><INTERNAL_REF>SO1</INTERNAL_REF><ASSOCIATED_REF>W1</ASSOCIATED_REF>{header}</ORDER_HEADER>"
        "<ORDER_ITEMS><ORDER_ITEM><STOCK_CODE>A</STOCK_CODE><ORDER_QTY>2</ORDER_QTY></ORDER_ITEM></ORDER_ITEMS>"
        "</SALES_ORDER></SALES_ORDERS>"
    )


def test_the_vendors_sample_is_read_and_refused_order_by_order_for_its_half_empty_address() -> None:
    good, bad = read_orders((OURS / "soap_KSDXMLImportFormat.xml").read_text())
    assert not good
    assert [(b.subject, b.error.kind) for b in bad] == [("ABC", "bad_address")] * 2


def test_the_vendors_sample_with_its_gaps_filled_reads_whole() -> None:
    sample = (OURS / "soap_KSDXMLImportFormat.xml").read_text()
    for gap, filled in (
        ("<ICOUNTRY_NAME/>", "<ICOUNTRY_NAME>England</ICOUNTRY_NAME>"),
        ("<DPOSTCODE>NG31 6DB</DPOSTCODE>", ""),
        ("<ORDER_QTY/>", "<ORDER_QTY>3.00</ORDER_QTY>"),
    ):
        sample = sample.replace(gap, filled)
    good, bad = read_orders(sample)
    assert not bad
    first = good[0]
    assert (first.code, first.associated_ref, first.customer) == ("ABC", "DK07151555O", "KCS001")
    assert (first.site, first.channel, first.currency) == ("Main Site", "INTERNET", "GBP")
    assert first.note == "Green door"
    assert first.ordered_at == datetime(2004, 1, 20, tzinfo=UTC)
    assert first.address.name == "Mr Test Person"
    assert (first.address.line1, first.address.line2) == ("Century House", "84 Commercial Road")
    assert (first.address.town, first.address.postcode, first.address.country) == ("Grantham", "NG31 6DB", "GB")
    assert [(line.sku, line.quantity) for line in first.lines] == [("HL0453", 3), ("HL0454", 3)]


def test_goods_go_to_the_delivery_address_and_without_one_to_the_invoice_address() -> None:
    (at_home,), _ = read_orders(order())
    assert at_home.address.town == "Leeds"
    away = {**HOME, "TOWN": "Cork", "COUNTRY_CODE": "", "COUNTRY_NAME": "EIRE", "ORGANISATION": "Acme"}
    (elsewhere,), _ = read_orders(order(away))
    assert (elsewhere.address.town, elsewhere.address.country, elsewhere.address.organisation) == ("Cork", "IE", "Acme")


@pytest.mark.parametrize("missing", ["ADDRESS1", "TOWN", "SURNAME", "COUNTRY_CODE"])
def test_a_delivery_address_with_a_gap_is_a_bad_address_and_never_patched_from_the_invoice_address(
    missing: str,
) -> None:
    good, (bad,) = read_orders(order({**HOME, missing: ""}))
    assert not good
    assert (bad.subject, bad.error.kind) == ("SO1", "bad_address")


@pytest.mark.parametrize("vague", ["Channel Islands", "European Community", "Unspecified", "XX", "Congo"])
def test_what_names_no_one_country_is_a_bad_address(vague: str) -> None:
    _, (bad,) = read_orders(order({**HOME, "COUNTRY_CODE": "", "COUNTRY_NAME": vague}))
    assert bad.error.kind == "bad_address"
    assert "countries.toml" in bad.error.why


def test_summer_orders_are_placed_an_hour_earlier_in_utc() -> None:
    (found,), _ = read_orders(order(header="<ORDER_DATE>2026-07-01T09:30:00</ORDER_DATE>"))
    assert found.ordered_at == datetime(2026, 7, 1, 8, 30, tzinfo=UTC)


def test_an_order_without_any_code_of_its_own_is_named_by_its_reference() -> None:
    _, (bad,) = read_orders(order().replace("<INTERNAL_REF>SO1</INTERNAL_REF>", ""))
    assert bad.subject == "W1"


NAMES = st.text(st.characters(codec="utf-8", categories=["L", "N"]), min_size=1, max_size=15)
WORDS = st.lists(NAMES, min_size=1, max_size=2).map(" ".join)
ADDRESSES = st.builds(
    Address,
    name=WORDS,
    line1=WORDS,
    line2=st.one_of(st.just(""), WORDS),
    town=WORDS,
    postcode=st.text("ABC123", min_size=3, max_size=8),
    country=st.sampled_from(["GB", "IE", "FR", "US"]),
    phone=st.text("0123456789", max_size=15),
)
LINES = st.builds(NewOrderLine, sku=WORDS, quantity=st.integers(1, 999), unit_price=st.decimals(0, 999, places=2))
NEW = st.builds(
    NewOrder,
    associated_ref=st.text("WEB-0123456789", min_size=1, max_size=15),
    ordered_on=st.dates(date(2020, 1, 1), date(2030, 1, 1)),
    site=WORDS,
    channel=WORDS,
    customer_ref=WORDS.map(lambda words: words[:30]),  # Khaos takes no more
    country_name=st.just(""),
    courier=st.one_of(st.just(""), WORDS),
    address=ADDRESSES,
    lines=st.lists(LINES, min_size=1, max_size=4).map(tuple),
)


@given(NEW)
def test_an_order_that_is_written_reads_back_the_same(new: NewOrder) -> None:
    written = fromstring(write_sales_order(new))
    header = written.find("SALES_ORDER/ORDER_HEADER")
    code = Element("INTERNAL_REF")
    code.text = "SO1"
    header.append(code)
    (back,), bad = read_orders(tostring(written, encoding="unicode"))
    assert not bad
    assert back.address == new.address
    assert (back.associated_ref, back.site, back.channel) == (new.associated_ref, new.site, new.channel)
    assert [(line.sku, line.quantity) for line in back.lines] == [(line.sku, line.quantity) for line in new.lines]


def new_order(**more: object) -> NewOrder:
    address = Address(name="Jane Doe", line1="1 High St", town="Leeds", postcode="LS1 1AA", country="GB")
    lines = (NewOrderLine(sku="A", quantity=1, unit_price=Decimal("1.50")),)
    made = {"associated_ref": "W1", "ordered_on": date(2026, 11, 21), "site": "Main Site", "channel": "Web"}
    return NewOrder(**{**made, "customer_ref": "C1", "address": address, "lines": lines, **more})


def test_an_address_line_that_khaos_would_cut_is_refused_without_quoting_it() -> None:
    long = new_order().address.model_copy(update={"line1": "x" * 36})
    with pytest.raises(Unmappable) as refused:
        write_sales_order(new_order(address=long))
    assert (refused.value.field, refused.value.value, refused.value.kind) == (
        "IADDRESS1",
        "36 characters",
        "bad_address",
    )


def test_characters_that_xml_forbids_are_left_out_and_the_others_escaped() -> None:
    odd = new_order().address.model_copy(update={"line1": "A\x00 & <B>\x0b"})
    (found,) = [e.text for e in fromstring(write_sales_order(new_order(address=odd))).iter("IADDRESS1")]
    assert found == "A & <B>"


def test_a_country_given_by_name_only_travels_as_a_name() -> None:
    nameless = new_order().address.model_copy(update={"country": ""})
    written = write_sales_order(new_order(address=nameless, country_name="Channel Islands"), company_class="Internet")
    assert "<ICOUNTRY_NAME>Channel Islands</ICOUNTRY_NAME>" in written
    assert "ICOUNTRY_CODE" not in written
    assert "<COMPANY_CLASS>Internet</COMPANY_CLASS>" in written
