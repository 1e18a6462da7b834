"""What Khaos asks through the courier hook, and what it is answered."""

from __future__ import annotations

import json
from typing import Any

import pytest

from fleet_tests.places import SAMPLES
from mappings.errors import Unmappable
from mappings.khaos.channel import (
    CourierAnswer,
    CourierBox,
    CourierInvoice,
    Form,
    read_courier_export,
    read_document,
    write_courier_import,
    write_document,
)
from mappings.khaos.channel.courier_words import CourierExportData, CourierImportData

OURS = SAMPLES / "khaos"
FORMS: tuple[Form, ...] = ("json", "xml")
REQUEST = (OURS / "kc_courier_export_request.json").read_bytes()
SAMPLE = CourierInvoice(
    invoice_id="BHXAV402000M3EM",
    invoice_code="INV105853",
    order_code="S111832",
    associated_ref="",
    units={"7108": 20, "TEST12": 20},
    boxes=(CourierBox("1447", {"7108": 18, "TEST12": 18}), CourierBox("1448", {"TEST12": 2, "7108": 2})),
)


def request(*invoices: Any) -> bytes:
    return json.dumps({"ServiceCode": "2", "Items": invoices}).encode()


def invoice(**members: Any) -> dict[str, Any]:
    line = {"ItemID": "1", "QtyUser": 2.0, "StockID": "9", "StockCode": "A"}
    return {"InvoiceID": "B1", "InvoiceCode": "INV1", "Items": [line], **members}


def test_the_vendors_request_is_read_in_both_forms_without_anybodys_name() -> None:
    document = read_document(CourierExportData, REQUEST, "json")
    for form in FORMS:
        found = read_courier_export(write_document(document, form), form)
        assert (found.service, found.invoices, found.unreadable) == ("2", (SAMPLE,), ())
        assert "Wigan" not in repr(found)


@pytest.mark.parametrize(
    ("old", "new"), [('"items"', '"BoxItem"'), ('"items"', '"Items"'), ('"PostCode"', '"Postcode"')]
)
def test_each_spelling_of_a_boxs_content_and_of_a_postcode_is_read(old: str, new: str) -> None:
    body = REQUEST.decode().replace(old, new).encode()
    assert read_courier_export(body, "json").invoices == (SAMPLE,)
    assert read_document(CourierExportData, body, "json") == read_document(CourierExportData, REQUEST, "json")


def test_box_items_without_a_wrapper_are_read_from_xml() -> None:
    line = "<ItemID>1</ItemID><QtyUser>1</QtyUser><StockID>9</StockID><StockCode>A</StockCode>"
    body = (
        "<CourierExportData><ServiceCode>2</ServiceCode><Items><CourierExportDataItem><InvoiceID>B1</InvoiceID>"
        f"<InvoiceCode>INV1</InvoiceCode><Items><Item>{line}</Item></Items><Boxes><Box><ItemID>7</ItemID>"
        f"<BoxItem>{line}</BoxItem><BoxItem>{line}</BoxItem></Box></Boxes></CourierExportDataItem></Items>"
        "</CourierExportData>"
    )
    (found,) = read_courier_export(body.encode(), "xml").invoices
    assert found.boxes == (CourierBox("7", {"A": 2}),)


def test_an_invoice_without_boxes_and_with_a_reference_is_read() -> None:
    (found,) = read_courier_export(request(invoice(AssociatedRef="W1", SOrderCode="SO1")), "json").invoices
    assert found == CourierInvoice("B1", "INV1", "SO1", "W1", {"A": 2}, ())


def test_an_invoice_that_cannot_be_read_is_named_so_that_it_can_be_answered_and_its_neighbour_is_read() -> None:
    part = {"ItemID": "1", "QtyUser": 0.5, "StockID": "9", "StockCode": "A"}
    nameless = {"ItemID": "1", "QtyUser": 1, "StockID": "9"}
    wrong = [invoice(InvoiceID="P", Items=[part]), invoice(InvoiceID="N", Items=[nameless]), invoice(InvoiceID=5)]
    found = read_courier_export(request(*wrong, invoice(InvoiceID=""), invoice()), "json")
    assert [one.invoice_id for one in found.invoices] == ["B1"]
    assert [(one.subject, one.error.field) for one in found.unreadable] == [
        ("P", "Item.QtyUser"),
        ("N", "Item.StockCode"),
        ("CourierExportDataItem 3", "CourierExportDataItem.InvoiceID"),
        ("CourierExportDataItem 4", "CourierExportDataItem.InvoiceID"),
    ]
    assert found.unreadable[0].error.kind == "fractional_quantity"


@pytest.mark.parametrize("body", [b'{"Statuses": []}', b'{"Items": []}', b'{"ServiceCode": 2, "Items": []}'])
def test_a_body_that_is_no_such_request_is_refused_as_a_whole(body: bytes) -> None:
    with pytest.raises(Unmappable):
        read_courier_export(body, "json")


def test_the_vendors_answer_is_written_as_the_vendor_writes_it() -> None:
    answers = [
        CourierAnswer(
            "BHXAV402000M3EM",
            box,
            success=True,
            consignment=f"Some consignemnt - {n}",
            label_url="http://192.168.50.60:45455/api/values/2.pdf",
        )
        for n, box in enumerate(("1447", "1448"))
    ]
    written = write_courier_import(answers, "json")
    assert json.loads(written) == json.loads((OURS / "kc_courier_import_response.json").read_bytes())


def test_a_failure_and_a_label_of_bytes_are_written_in_both_forms() -> None:
    answers = [
        CourierAnswer("B1", None, success=False, errors=("not packed yet", "ask the warehouse")),
        CourierAnswer("B2", "7", success=True, consignment="C", tracking="T", raw_label=b"%PDF"),
    ]
    in_json, in_xml = (read_document(CourierImportData, write_courier_import(answers, f), f) for f in FORMS)
    failed, done = in_json.items
    assert (failed.is_success, failed.item_id, failed.consignment_ref) == (False, None, "")
    assert failed.errors == ("not packed yet", "ask the warehouse")
    assert (done.tracking_no, done.raw_label_data, done.errors) == ("T", "0x25504446", ())
    assert in_xml.items[0] == failed
    assert in_xml.items[1].errors is None  # the XML sample has no element where there are none
    assert b"<IsSuccess>false</IsSuccess>" in write_courier_import(answers, "xml")


@pytest.mark.parametrize(
    "answer",
    [
        CourierAnswer("B1", None, success=True),
        CourierAnswer("B1", None, success=True, consignment="C", label_url="https://x.test/1", raw_label=b"x"),
    ],
)
def test_an_answer_that_khaos_could_not_use_is_refused(answer: CourierAnswer) -> None:
    with pytest.raises(Unmappable):
        write_courier_import([answer], "json")
