"""Returns as the channel imports them: what is taken, what is rejected and why, and what processing one does."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from adapters.khaos.sandbox import returning, shopper
from adapters.khaos.sandbox.books import Books
from adapters.khaos.sandbox.channel.batch import objection
from adapters.khaos.sandbox.channel.documents import read
from adapters.khaos.sandbox.channel.returns import import_returns
from adapters.khaos.sandbox.records import Order, Refused
from fleet_tests.places import SAMPLES

OURS = SAMPLES / "khaos"
ADDRESS = {"Line1": "1 Market Street", "Town": "Leeds", "Postcode": "LS1 6DT", "Country": {"Code": "GB"}}
Change = Callable[[dict[str, Any]], Any]


@pytest.fixture
def books() -> Books:
    made = Books()
    items: list[dict[str, Any]] = [
        {"code": code, "description": code, "in_stock": 50, "other_ref": f"R-{code}"} for code in ("MUG", "BOWL")
    ]
    made.add_products(["Main Site", "Annex"], [*items, {"code": "BOWL", "site": "Annex", "in_stock": 20}])
    return made


@pytest.fixture
def sold(books: Books) -> Order:
    return shopper.buy(books, "BOWL", 5, site="Annex", reference="W-1", customer="C-7")


def returned(order: Order, reference: str = "RMA1", **more: Any) -> dict[str, Any]:
    item = {
        "SKU": "BOWL",
        "Mapping": [{"Mapping": "StockCode"}],
        "Quantity": 2,
        "ReturnReason": {"ID": "1"},
        "ExtendedDescription": [],
        "SourceReference": {"SourceOrder": {"SOrderCode": order.code}},
    }
    return {
        "AssociatedRef": reference,
        "CreatedDate": "2026-11-20T10:00:00",
        "URN": order.urn,
        "InvoiceAddress": ADDRESS,
        "InvoiceContact": {"Surname": "Shopper"},
        "ReturnedItems": [item],
        "ProcessReturn": True,
        **more,
    }


def pull(books: Books, *returns: dict[str, Any]) -> tuple[int, list[str]]:
    body = json.dumps({"Returns": list(returns), "ApiVersion": 1000}).encode()
    document = read(body, "JSON")
    assert objection(document, "JSON") == ""
    taken, rejected = import_returns(books, document)
    return taken, [why for _, why in rejected]


@pytest.mark.parametrize(
    ("reason", "in_stock", "quarantine"),
    [("1", 22, 0), ("2", 20, 2), ("3", 20, 0)],
    ids=["stock", "quarantine", "gone"],
)
def test_a_processed_return_moves_stock_by_its_reason_at_its_orders_site_and_credits_once(
    books: Books, sold: Order, reason: str, in_stock: int, quarantine: int
) -> None:
    one = returned(sold)
    one["ReturnedItems"][0]["ReturnReason"] = {"ID": reason}
    assert pull(books, one) == (1, [])
    level = books.levels["BOWL", "Annex"]
    assert (level.in_stock, level.quarantine, level.return_bay) == (in_stock, quarantine, 0)
    (credit,) = books.credits
    assert (credit.order.urn, credit.order.lines, credit.source, credit.returned) == (
        sold.urn,
        {"BOWL": 2},
        sold.code,
        "RMA1",
    )
    with pytest.raises(Refused):
        returning.process(books, books.returns["RMA1"])
    assert len(books.credits) == 1


def test_an_unprocessed_return_waits_in_the_return_bay_and_credits_nothing(books: Books, sold: Order) -> None:
    assert pull(books, returned(sold, ProcessReturn=False)) == (1, [])
    level = books.levels["BOWL", "Annex"]
    assert (level.in_stock, level.return_bay, books.credits) == (20, 2, [])
    returning.process(books, books.returns["RMA1"])
    assert (level.in_stock, level.return_bay, len(books.credits)) == (22, 0, 1)


def test_a_duplicate_is_rejected_and_the_first_one_wins(books: Books, sold: Order) -> None:
    other = returned(sold)
    other["ReturnedItems"][0]["Quantity"] = 5
    taken, (why,) = pull(books, returned(sold), other)
    assert taken == 1
    assert "already" in why
    assert books.levels["BOWL", "Annex"].in_stock == 22


def test_an_exchange_makes_an_order_that_ships_like_any_other(books: Books, sold: Order) -> None:
    pull(books, returned(sold, ExchangeItems=[{"SKU": "MUG", "Mapping": [{"Mapping": "StockCode"}], "Quantity": 1}]))
    order = books.orders[books.returns["RMA1"].exchange_order]
    assert (order.urn, order.lines, order.site) == (sold.urn, {"MUG": 1}, "Annex")
    assert [(i.stage, i.lines) for i in order.invoices] == [(18, {"MUG": 1})]  # the Annex holds no mugs


def item(one: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = one["ReturnedItems"][0]
    return found


REJECTED: dict[str, tuple[Change, str]] = {
    "unknown customer": (lambda one: one.update(URN="CU9999999"), "URN"),
    "no customer": (lambda one: one.pop("URN"), "URN is missing"),
    "unknown reason": (lambda one: item(one).update(ReturnReason={"ID": "9"}), "ReturnReason"),
    "a reason's id as a number": (lambda one: item(one).update(ReturnReason={"ID": 1}), "must be text"),
    "no reason": (lambda one: item(one).pop("ReturnReason"), "ReturnReason is missing"),
    "unknown item": (lambda one: item(one).update(SKU="NOBODY"), "no stock item"),
    "unknown mapping": (lambda one: item(one).update(Mapping=[{"Mapping": "Guess"}]), "Guess"),
    "two keys of the source": (
        lambda one: item(one).update(SourceReference={"SourceOrder": {"SOrderID": "1", "SOrderCode": "SO0000001"}}),
        "one is allowed",
    ),
    "unknown source": (lambda one: item(one).update(SourceReference={"SOrderCode": "SO9"}), "no order"),
    "half a unit": (lambda one: item(one).update(Quantity=1.5), "Quantity"),
    "nothing": (lambda one: item(one).update(Quantity=0), "Quantity"),
    "two prices": (lambda one: item(one).update(UnitPrice={"Net": 1.0, "Gross": 1.2}), "both Net and Gross"),
    "no address": (lambda one: one.pop("InvoiceAddress"), "InvoiceAddress"),
    "a line too long": (lambda one: one.update(InvoiceAddress=ADDRESS | {"Line1": "x" * 36}), "longer than 35"),
    "nobody's name": (lambda one: one.update(InvoiceContact={"Email": "a@b.test"}), "Forename"),
    "an offset in the date": (lambda one: one.update(CreatedDate="2026-11-20T10:00:00Z"), "CreatedDate"),
    "no items": (lambda one: one.update(ReturnedItems=[]), "no items"),
}


@pytest.mark.parametrize(("change", "why"), REJECTED.values(), ids=REJECTED)
def test_a_wrong_return_is_rejected_with_its_reason_and_spoils_no_neighbour(
    books: Books, sold: Order, change: Change, why: str
) -> None:
    wrong = json.loads(json.dumps(returned(sold, "RMA-BAD")))
    change(wrong)
    taken, reasons = pull(books, wrong, returned(sold, "RMA-GOOD"))
    assert taken == 1
    assert len(reasons) == 1
    assert why in reasons[0]
    assert list(books.returns) == ["RMA-GOOD"]
    assert books.rejected == {("RMA-BAD", reasons[0]): 1}


@pytest.mark.parametrize(
    "source",
    [
        {"SourceReference": {"SourceOrder": {"SOrderCode": "SO0000001"}}},
        {"SourceReturnReference": {"SourceOrder": {"SOrderID": "1", "AssociatedRef": ""}}},
        {"SourceReference": {"AssociatedRef": "W-1"}},
        {"SourceReference": {"SourceOrder": {"SOrderItemID": "BFDL00000001000"}}},
    ],
)
def test_every_spelling_and_key_of_the_source_finds_the_order(
    books: Books, sold: Order, source: dict[str, Any]
) -> None:
    one = returned(sold)
    item(one).pop("SourceReference")
    item(one).update(source)
    assert pull(books, one) == (1, [])
    assert books.credits[0].source == sold.code


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b'{"Returns": [], "ApiVersion": 1000}', ""),
        (b'{"Returns": [], "ApiVersion": 10000}', ""),
        (b'{"Returns": []}', "missing"),
        (b'{"Returns": [], "ApiVersion": 1}', "not 1000"),
        (b'{"Returns": [], "ApiVersion": "1000"}', "not 1000"),
        (b'{"Returns": [{"Notes": null}], "ApiVersion": 1000}', "null at Returns[0].Notes"),
        (b'{"Returns": null, "ApiVersion": 1000}', "null at Returns"),
        (b'{"Returns": [], "ApiVersion": 1000, "Config": {"MatchAddressOn": ["Street"]}}', "Street"),
    ],
)
def test_a_null_a_wrong_version_or_an_unknown_word_refuses_the_whole_batch(body: bytes, why: str) -> None:
    found = objection(read(body, "JSON"), "JSON")
    assert why in found
    assert bool(found) is bool(why)


@pytest.mark.parametrize("form", ["JSON", "XML"])
def test_the_vendors_sample_is_a_bare_object_whose_two_source_keys_are_its_only_fault(form: str) -> None:
    document = read((OURS / f"kcc_customer_return_download_response.{form.lower()}").read_bytes(), form)
    assert objection(document, form) == ""
    books = Books()
    books.add_products([], [{"code": "B0714PRW7R"}, {"code": "B0714PRW7R-10", "in_stock": 5}])
    sold = shopper.buy(books, "B0714PRW7R-10", 1)
    books.by_customer["TOMA"] = [sold]
    books.reasons |= {"6": books.reasons["1"].__class__("6", "Unwanted", books.reasons["1"].processing)}
    taken, ((reference, why),) = import_returns(books, document)
    assert (taken, reference) == (0, "AREF021242")
    assert "SOrderCode, SOrderID; one is allowed" in why
