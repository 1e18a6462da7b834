"""Couriers as the sandbox meets them: the hook that it posts to, the folder that it reads, a split by an operator."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests
from defusedxml.ElementTree import fromstring

from adapters.khaos import Khaos
from fleet_tests.http_partner import Partner
from fleet_tests.khaos_sandbox import Sandbox
from fleet_tests.places import SAMPLES
from mappings.khaos import read_invoices

OURS = SAMPLES / "khaos"


def reply(*items: dict[str, Any]) -> Any:
    return 200, {"Content-Type": "application/json"}, json.dumps({"Items": list(items)}).encode()


def good(heard: Any, *, tracking: str = "T1", **more: Any) -> Any:
    (item,) = json.loads(heard.body)["Items"]
    boxes = [box["ItemID"] for box in item["Boxes"]] or [""]
    return reply(
        *(
            {
                "InvoiceID": item["InvoiceID"],
                **({"ItemID": box} if box else {}),
                "IsSuccess": True,
                "ConsignmentRef": f"C{n}",
                "TrackingNo": tracking,
                "Errors": [],
                "LabelURL": "http://x.test/1.pdf",
                **more,
            }
            for n, box in enumerate(boxes, 1)
        )
    )


@pytest.fixture
def placed(khaos: Khaos, order: Callable[..., str], sandbox: Sandbox) -> tuple[str, str]:
    code = khaos.import_orders(order("W-1", MUG=4, BOWL=2)).imported[0].order_code
    return code, sandbox.books()["invoices"][0]["invoice"]


@pytest.fixture
def assign(sandbox: Sandbox, partner: Partner, placed: tuple[str, str]) -> Callable[..., Any]:
    partner.answers["/hook"] = good

    def ask(**more: Any) -> Any:
        body = {"invoice": placed[1], "url": f"{partner.url}/hook", "user": "kc", "password": "pw", **more}
        return sandbox.post("assign", **body)

    return ask


def shown(khaos: Khaos, code: str) -> Any:
    return read_invoices(khaos.export_order_status(ids=[code], mapping_type=3))[0]


def test_the_invoice_is_posted_as_the_vendors_sample_and_its_answer_ships_it(
    khaos: Khaos, sandbox: Sandbox, partner: Partner, placed: tuple[str, str], assign: Callable[..., Any]
) -> None:
    assert assign(boxes=True) == {"success": True, "consignment": "C1", "tracking": "T1", "errors": []}
    (heard,) = partner.heard
    assert heard.headers["authorization"].startswith("Basic ")
    sent = json.loads(heard.body)
    sample = json.loads((OURS / "kc_courier_export_request.json").read_bytes())
    assert set(sent) == set(sample)
    assert set(sent["Items"][0]) == set(sample["Items"][0])
    for name in ("Boxes", "InvoiceAddress", "DeliveryAddress"):
        mine, theirs = sent["Items"][0][name], sample["Items"][0][name]
        assert set(mine[0] if name == "Boxes" else mine) == set(theirs[0] if name == "Boxes" else theirs)
    assert {item["StockCode"]: item["QtyUser"] for item in sent["Items"][0]["Items"]} == {"MUG": 4.0, "BOWL": 2.0}
    assert sent["Items"][0]["DeliveryAddress"]["PostCode"] == "LS1 1AA"
    (invoice,) = shown(khaos, placed[0])
    assert (invoice.stage, invoice.consignment, invoice.ship_date is not None) == (70, "C1", True)
    assert sandbox.level("MUG")["in_stock"] == 96
    (answer,) = sandbox.books()["courier_answers"]
    assert (answer["via"], answer["boxes"], answer["label"], answer["success"]) == ("hook", 2, True, True)


def test_without_boxes_one_answer_does_and_issuing_can_take_a_while(
    khaos: Khaos, sandbox: Sandbox, placed: tuple[str, str], assign: Callable[..., Any]
) -> None:
    sandbox.post("switches", issue_after=3600)
    assert assign()["success"]
    (invoice,) = shown(khaos, placed[0])
    assert (invoice.stage, invoice.issue_date) == (16, None)


def test_in_xml_the_same_is_asked_and_answered(
    khaos: Khaos, sandbox: Sandbox, partner: Partner, placed: tuple[str, str], assign: Callable[..., Any]
) -> None:
    def answer(heard: Any) -> Any:
        root = fromstring(heard.body)
        assert root.tag == "CourierExportData"
        item = root.find("Items/CourierExportDataItem")
        assert item is not None
        boxes = "".join(
            f"<CourierImportDataItem><InvoiceID>{item.findtext('InvoiceID')}</InvoiceID>"
            f"<ItemID>{box.findtext('ItemID')}</ItemID><IsSuccess>true</IsSuccess><ConsignmentRef>C9</ConsignmentRef>"
            "<RawLabelData>0x255044</RawLabelData></CourierImportDataItem>"
            for box in item.iterfind("Boxes/Box")
        )
        return 200, {}, f"<CourierImportData><Items>{boxes}</Items></CourierImportData>".encode()

    partner.answers["/hook"] = answer
    assert assign(format="xml", boxes=True) == {"success": True, "consignment": "C9", "tracking": "", "errors": []}
    assert shown(khaos, placed[0])[0].stage == 70
    assert sandbox.books()["courier_answers"][0]["label"] is True


def test_a_refusal_leaves_the_invoice_where_it_is_with_the_couriers_words(
    khaos: Khaos, partner: Partner, placed: tuple[str, str], assign: Callable[..., Any]
) -> None:
    partner.answers["/hook"] = lambda heard: good(heard, IsSuccess=False, ConsignmentRef="", Errors=["not packed yet"])
    answer = assign()
    assert answer["success"] is False
    assert "not packed yet" in answer["errors"][0]
    (invoice,) = shown(khaos, placed[0])
    assert (invoice.stage, invoice.ship_date, invoice.consignment) == (9, None, "")
    partner.answers["/hook"] = good
    assert assign()["success"]
    assert shown(khaos, placed[0])[0].stage == 70


BAD: dict[str, Any] = {
    "not 200": lambda _: (500, {}, b""),
    "no JSON": lambda _: (200, {}, b"<html/>"),
    "nothing": lambda _: reply(),
    "another invoice": lambda heard: good(heard, InvoiceID="BFDP99999999999"),
    "no reference": lambda heard: good(heard, ConsignmentRef=""),
    "boxes without their ids": lambda heard: good(heard, ItemID="1"),
}


@pytest.mark.parametrize("answer", BAD.values(), ids=BAD)
def test_an_answer_that_says_nothing_of_this_invoice_ships_nothing(
    sandbox: Sandbox, partner: Partner, assign: Callable[..., Any], answer: Any
) -> None:
    partner.answers["/hook"] = answer
    found = assign(boxes=True)
    assert found["success"] is False
    assert found["errors"]
    assert [row["stage"] for row in sandbox.books()["invoices"]] == [9]
    assert sandbox.books()["courier_contradictions"] == 0


def test_a_courier_that_nobody_reaches_is_an_error_and_no_more(sandbox: Sandbox, assign: Callable[..., Any]) -> None:
    assert assign(url="http://127.0.0.1:9/hook")["success"] is False
    assert [row["stage"] for row in sandbox.books()["invoices"]] == [9]


def test_the_same_invoice_asked_for_again_must_get_the_same_references(
    sandbox: Sandbox, partner: Partner, assign: Callable[..., Any]
) -> None:
    assert assign()["success"]
    assert assign()["success"]
    assert sandbox.books()["courier_contradictions"] == 0
    partner.answers["/hook"] = lambda heard: good(heard, tracking="T2")
    assert assign()["success"] is False
    partner.answers["/hook"] = lambda heard: good(heard, IsSuccess=False, Errors=["already gone"])
    assert assign()["success"] is False
    partner.answers["/hook"] = (500, {}, b"")
    assert assign()["success"] is False
    books = sandbox.books()
    assert books["courier_contradictions"] == 2  # a courier that says nothing contradicts nothing
    assert books["invoices"][0]["tracking"] == "T1"
    assert sandbox.level("MUG")["in_stock"] == 96


@pytest.mark.parametrize("stage", [17, 18, 19, 1])
def test_only_an_invoice_between_released_and_shipping_is_assigned(
    sandbox: Sandbox, partner: Partner, placed: tuple[str, str], stage: int
) -> None:
    sandbox.post("stage", invoice=placed[1], stage=stage)
    body = {"invoice": placed[1], "url": f"{partner.url}/hook"}
    assert requests.post(f"{sandbox.root}/_sandbox/assign", json=body, timeout=15).status_code == 409
    assert partner.heard == []


def test_one_that_is_cancelled_while_the_courier_answers_is_not_shipped(
    sandbox: Sandbox, partner: Partner, placed: tuple[str, str], assign: Callable[..., Any]
) -> None:
    def answer(heard: Any) -> Any:
        sandbox.post("cancel", order=placed[0])
        return good(heard)

    partner.answers["/hook"] = answer
    found = assign()
    assert found["success"] is False
    assert sandbox.books()["invoices"][0]["cancelled"]
    assert sandbox.level("MUG")["in_stock"] == 100


def test_a_file_of_references_ships_assigned_invoices_and_is_read_once(
    khaos: Khaos, sandbox: Sandbox, placed: tuple[str, str], tmp_path: Path
) -> None:
    (tmp_path / "SHIP1.CSV").write_text(f"Invoice;Ref;Track\r\n{placed[1]};C7;T7\r\nINV999;C8;T8\r\n")
    (tmp_path / "notes.txt").write_text("not for Khaos")
    columns = {"invoice": "Invoice", "consignment": "Ref", "tracking": "Track"}
    folder = {"folder": str(tmp_path), "mask": "SHIP*.CSV", "columns": columns, "delimiter": ";"}
    done = sandbox.post("courier_files", **folder, assign=[placed[1]])
    assert (done["files"], done["shipped"]) == (["SHIP1.CSV"], [placed[1]])
    assert [error for error in done["errors"] if "INV999" in error] == done["errors"] != []
    (invoice,) = shown(khaos, placed[0])
    assert (invoice.stage, invoice.consignment) == (70, "C7")
    assert sorted(p.name for p in (tmp_path / "done").iterdir()) == ["SHIP1.CSV"]
    assert sandbox.post("courier_files/run") == {"files": [], "shipped": [], "errors": []}
    (tmp_path / "SHIP1.CSV").write_text(f"Invoice;Ref;Track\r\n{placed[1]};C7;T7\r\n")
    assert sandbox.post("courier_files/run")["shipped"] == []
    assert sandbox.books()["courier_contradictions"] == 0
    (tmp_path / "SHIP2.CSV").write_text(f"Invoice;Ref;Track\r\n{placed[1]};C1;T7\r\n")
    sandbox.post("courier_files/run")
    assert sandbox.books()["courier_contradictions"] == 1
    assert len(list((tmp_path / "done").iterdir())) == 3


def test_rows_of_one_invoice_are_its_boxes_and_an_unassigned_invoice_waits(
    khaos: Khaos, sandbox: Sandbox, placed: tuple[str, str], tmp_path: Path
) -> None:
    (tmp_path / "SHIP1.CSV").write_text(f"{placed[1]},C1\n{placed[1]},C2\n")
    folder = {"folder": str(tmp_path), "mask": "SHIP*.CSV", "columns": {"invoice": 0, "consignment": 1}}
    assert sandbox.post("courier_files", **folder)["shipped"] == []
    (tmp_path / "SHIP2.CSV").write_text(f"{placed[1]},C1\n{placed[1]},C2\n")
    assert sandbox.post("courier_files/run", assign=[placed[1]])["shipped"] == [placed[1]]
    status = khaos.export_order_status(ids=[placed[0]], mapping_type=3)
    assert status.count("<BOX ") == 2
    assert 'CONSIGNMENT_REF="C2"' in status


def test_a_file_with_other_columns_is_named_and_ships_nothing(
    sandbox: Sandbox, placed: tuple[str, str], tmp_path: Path
) -> None:
    (tmp_path / "SHIP1.CSV").write_text(f"Number,Ref\n{placed[1]},C1\n")
    columns = {"invoice": "Invoice", "consignment": "Ref"}
    done = sandbox.post("courier_files", folder=str(tmp_path), mask="*.CSV", columns=columns, assign=[placed[1]])
    assert done == {"files": ["SHIP1.CSV"], "shipped": [], "errors": ["SHIP1.CSV: no column 'Invoice' in its header"]}


@pytest.mark.parametrize("stage", [9, 18])
def test_an_operator_splits_an_invoice_and_the_rest_becomes_a_further_one(
    khaos: Khaos, sandbox: Sandbox, placed: tuple[str, str], stage: int
) -> None:
    sandbox.post("switches", remainder_stage=stage)
    done = sandbox.post("split", invoice=placed[1], lines={"MUG": 3})
    assert done["lines"] == {"MUG": 3}
    assert done["remainder_lines"] == {"MUG": 1, "BOWL": 2}
    kept, rest = shown(khaos, placed[0])
    assert (kept.invoice_code, kept.stage, rest.invoice_code, rest.stage) == (placed[1], 9, done["remainder"], stage)
    assert sandbox.level("MUG")["assigned"] == 4


@pytest.mark.parametrize("lines", [{"MUG": 5}, {"LAST": 1}, {"MUG": 4, "BOWL": 2}])
def test_a_split_beyond_the_invoice_or_of_nothing_is_refused(
    sandbox: Sandbox, placed: tuple[str, str], lines: dict[str, int]
) -> None:
    body = {"invoice": placed[1], "lines": lines}
    assert requests.post(f"{sandbox.root}/_sandbox/split", json=body, timeout=15).status_code == 409
    assert len(sandbox.books()["invoices"]) == 1
