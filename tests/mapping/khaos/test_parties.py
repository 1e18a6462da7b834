"""Who bought an order: the customer's URN and both addresses, as a return names them."""

from __future__ import annotations

from datetime import date

import pytest

from mappings.errors import Unmappable
from mappings.khaos import read_parties

INVOICE = (
    "<INVADDR><IADDRESS1>7 Larkspur Row</IADDRESS1><ITOWN>Leeds</ITOWN><ISURNAME>Quillfeather</ISURNAME>"
    "<ICOUNTRY_CODE>GB</ICOUNTRY_CODE></INVADDR>"
)
DELIVERY = (
    "<DELADDR><DADDRESS1>1 Quay</DADDRESS1><DTOWN>Hull</DTOWN><DSURNAME>Marsh</DSURNAME>"
    "<DCOUNTRY_CODE>GB</DCOUNTRY_CODE></DELADDR>"
)


def orders(addresses: str, urn: str = "CU1", code: str = "SO1") -> str:
    return (
        f"<SALES_ORDERS><SALES_ORDER><CUSTOMER_DETAIL><COMPANY_CODE>{urn}</COMPANY_CODE><ADDRESSES>{addresses}"
        f"</ADDRESSES></CUSTOMER_DETAIL><ORDER_HEADER><SORDER_CODE>{code}</SORDER_CODE>"
        "<ASSOCIATED_REF>WEB-1</ASSOCIATED_REF><ORDER_DATE>2031-05-01</ORDER_DATE></ORDER_HEADER></SALES_ORDER>"
        "</SALES_ORDERS>"
    )


def test_both_addresses_and_the_customer_are_read() -> None:
    found = read_parties(orders(INVOICE + DELIVERY), "SO1")
    assert found is not None
    assert (found.urn, found.invoice.town, found.ordered_on) == ("CU1", "Leeds", date(2031, 5, 1))
    assert found.delivery is not None
    assert found.delivery.town == "Hull"


def test_an_order_that_went_where_it_was_invoiced_has_one_address() -> None:
    found = read_parties(orders(INVOICE), "WEB-1")
    assert found is not None
    assert found.delivery is None


def test_an_order_with_a_delivery_address_only_is_invoiced_there() -> None:
    found = read_parties(orders("<INVADDR/>" + DELIVERY), "SO1")
    assert found is not None
    assert (found.invoice.town, found.delivery) == ("Hull", None)


def test_another_order_is_not_the_one_that_was_asked_for() -> None:
    assert read_parties(orders(INVOICE, code="SO2"), "SO1") is None
    assert read_parties("", "SO1") is None


def test_without_a_customer_or_an_address_nobody_can_be_credited() -> None:
    with pytest.raises(Unmappable, match="COMPANY_CODE"):
        read_parties(orders(INVOICE, urn=""), "SO1")
    with pytest.raises(Unmappable) as caught:
        read_parties(orders(""), "SO1")
    assert caught.value.kind == "bad_address"
