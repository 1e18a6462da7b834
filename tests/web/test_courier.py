"""The courier hook answers Khaos from the ledger, tells strangers nothing, and keeps nobody's name."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from fleet_tests.places import SAMPLES
from fleet_tests.web import Web
from mappings.khaos.channel.codec import read_document, write_document
from mappings.khaos.channel.courier_words import CourierExportData, CourierImportData
from workers.dispatch_in.boxes import match
from workers.dispatch_in.label import write_label
from workers.ledger.store import Store

SAMPLE = SAMPLES / "khaos" / "kc_courier_export_request.json"
PERSONAL = ("Silman", "Wigan", "WN3 5QJ", "person@example.test", "Lancashire")
AUTH = ("khaos", "let-me-in")
TOML = """
[connections.khaos]
system = "khaos"
url = "http://127.0.0.1:9/KhaosSandbox.exe"
{hook}

[connections.leeds]
system = "clarus"
base_url = "http://127.0.0.1:9"
subdomain = "acme"
account = "ACME"
client_id = "us"
client_secret = "env:CLARUS_CLIENT_SECRET"
webhook_token = "env:CLARUS_WEBHOOK_TOKEN"
sites = {{ LDS1 = "Leeds" }}
{route}

[[routing]]
name = "everything"
to = "leeds"
facility = "LDS1"
"""
HOOK = 'courier_hook = {{ user = "khaos", password = "env:KHAOS_COURIER_PASSWORD", label = "{label}" }}'
Start = Callable[..., Any]


@pytest.fixture
def begin(start: Start, tmp_path: Path) -> Start:
    """Start a web process: ``with begin(database, hook=…) as web``."""

    def run(database: str, *, hook: str = HOOK.format(label="pdf"), route: str = "courier_hook") -> Any:
        path = tmp_path / "courier.toml"
        path.write_text(TOML.format(hook=hook, route=f'dispatch_route = "{route}"' if route else ""))
        return start(database, FLEET_CONFIG=str(path), KHAOS_COURIER_PASSWORD=AUTH[1])

    return run


@pytest.fixture
def hook(begin: Start, database: str) -> Iterator[Web]:
    with begin(database) as web:
        yield web


def post(web: Web, body: Any, *, path: str = "/khaos/courier", auth: Any = AUTH, form: str = "json") -> Any:
    content = {"json": "application/json", "xml": "application/xml", "": ""}[form]
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    return requests.post(f"{web.url}{path}", sent, auth=auth, headers={"Content-Type": content}, timeout=30)


def sample(**changes: Any) -> Any:
    """The vendor's request; ``changes`` are of its only invoice."""
    asked = json.loads(SAMPLE.read_text())
    asked["Items"][0] |= changes
    return asked


def as_xml(asked: Any) -> bytes:
    return write_document(read_document(CourierExportData, json.dumps(asked).encode(), "json"), "xml")


def shipped(store: Store, *parcels: str, lines: dict[str, int] | None = None, state: str = "dispatched") -> None:
    """The sample's invoice has left with these tracking numbers."""
    asked = {"7108": 20, "TEST12": 20}
    units = lines or asked
    store.run(
        "insert into fulfilment (reference, erp, order_code, number, invoice_code, warehouse, facility, site, state,"
        " fingerprint, requested, shipped, shipments, stage) values ('S111832-1', 'khaos', 'S111832', 1, 'INV105853',"
        " 'leeds', 'LDS1', 'Leeds', %s, 'f', %s, %s, 1, 9)",
        state, json.dumps(asked), json.dumps(units),
    )  # fmt: skip
    left(store, 1, units, *parcels)


def left(store: Store, number: int, units: dict[str, int], *parcels: str) -> None:
    store.run(
        "insert into shipment (reference, fulfilment, number, invoice_code, lines, parcels, route, consignment)"
        " values (%s, 'S111832-1', %s, 'INV105853', %s, %s, 'courier_hook', %s)",
        f"S111832-1/S{number}", number, json.dumps(units),
        json.dumps([{"tracking": t, "carrier": "DPD", "service": "", "shipment": "77"} for t in parcels]),
        parcels[0] if parcels else f"S111832-1/S{number}",
    )  # fmt: skip


def said(answer: Any, *, form: str = "json") -> list[Any]:
    assert answer.status_code == 200, answer.text
    read = read_document(CourierImportData, answer.content, form)  # type: ignore[arg-type]
    return [(i.item_id, i.is_success, i.consignment_ref, (i.errors or ("",))[0]) for i in read.items]


def test_the_vendors_sample_is_answered_for_each_box_in_json_and_in_xml(hook: Web, store: Store) -> None:
    asked = sample()
    assert said(post(hook, asked)) == [
        (box, False, "", "unknown invoice: the fleet has no order of it") for box in ("1447", "1448")
    ]
    shipped(store, "DPD1", "DPD2")
    first = said(post(hook, as_xml(asked), form="xml"), form="xml")
    assert first == [("1447", True, "DPD1", ""), ("1448", True, "DPD2", "")]
    for body, path, form in (
        (asked, "/khaos/courier.json", ""),
        (as_xml(asked), "/khaos/courier.xml", ""),
        (asked, "/khaos/courier", ""),
        (as_xml(asked), "/khaos/courier", ""),
    ):
        kind = "xml" if isinstance(body, bytes) else "json"
        assert said(post(hook, body, path=path, form=form), form=kind) == first
    log = hook.log.read_text()
    assert not [word for word in PERSONAL if word in log]
    kept = store.row("select count(*) as n from record")["n"]
    told = " ".join(
        str(row) for row in store.rows("select * from courier_answer") + store.rows("select * from timeline")
    )
    assert (kept, [word for word in PERSONAL if word in told]) == (0, [])


def test_an_invoice_without_boxes_gets_one_answer_with_a_label_that_is_a_whole_pdf(hook: Web, store: Store) -> None:
    shipped(store, "", "DPD2")
    (item,) = post(hook, sample(Boxes=[])).json()["Items"]
    assert (item["IsSuccess"], item["ConsignmentRef"], item["TrackingNo"], item["Errors"]) == (True, "DPD2", "DPD2", [])
    assert "ItemID" not in item
    assert item["RawLabelData"].startswith("0x")
    label = bytes.fromhex(item["RawLabelData"][2:])
    table = int(re.search(rb"startxref\n(\d+)", label)[1])
    places = [int(place) for place in re.findall(rb"^(\d{10}) 00000 n ", label[table:], re.MULTILINE)]
    assert [label[place:].split(b"\n")[0] for place in places] == [b"%d 0 obj" % n for n in range(1, 6)]
    length = int(re.search(rb"/Length (\d+)", label)[1])
    assert label[label.index(b"stream\n") + 7 :][length : length + 10] == b"\nendstream"
    assert b"(Invoice INV105853)" in label
    assert b"(Consignment DPD2)" in label
    assert post(hook, sample(Boxes=[])).json()["Items"] == [item]


def test_a_label_escapes_what_pdf_text_cannot_hold() -> None:
    assert rb"(a\(b\)\\c ?) '" in write_label(["a(b)\\c \N{SNOWMAN}"])


def test_no_label_where_none_is_wanted(begin: Start, store: Store, database: str) -> None:
    shipped(store, "DPD1")
    with begin(database, hook=HOOK.format(label="none")) as web:
        (item,) = post(web, sample(Boxes=[])).json()["Items"]
    assert (item["IsSuccess"], "RawLabelData" in item) == (True, False)


@pytest.mark.parametrize("auth", [None, ("khaos", "guessed"), ("somebody", "let-me-in"), ("khaos", "")])
def test_a_stranger_is_asked_for_credentials_and_told_nothing(hook: Web, store: Store, auth: Any) -> None:
    shipped(store, "DPD1")
    answer = post(hook, sample(), auth=auth)
    assert (answer.status_code, answer.content) == (401, b"")
    assert answer.headers["WWW-Authenticate"].startswith("Basic ")
    assert store.rows("select * from courier_answer") == []


def test_without_settings_there_is_no_such_place(begin: Start, database: str) -> None:
    with begin(database, hook="", route="") as web:
        assert post(web, sample()).status_code == 404


@pytest.mark.parametrize(
    "body",
    [b"", b"{}", b"[]", b"null", b"{", b"<a/>", b"<CourierExportData>", b"\x00\x01", b'{"Items": []}',
     b'<!DOCTYPE a [<!ENTITY x "y">]><CourierExportData><ServiceCode>&x;</ServiceCode></CourierExportData>'],
)  # fmt: skip
def test_what_is_no_such_document_is_a_bad_request(hook: Web, body: bytes) -> None:
    assert post(hook, body, form="").status_code == 400


def test_a_body_beyond_all_measure_is_refused(hook: Web) -> None:
    assert post(hook, b" " * (1024 * 1024 + 1)).status_code == 413


def test_one_invoice_that_cannot_be_read_spoils_no_neighbour(hook: Web, store: Store) -> None:
    shipped(store, "DPD1")
    asked = sample(Boxes=[])
    broken = json.loads(json.dumps(asked["Items"][0])) | {"InvoiceID": "BROKEN"}
    broken["Items"][0]["QtyUser"] = 0.5
    asked["Items"].append(broken)
    items = post(hook, asked).json()["Items"]
    assert [(i["InvoiceID"], i["IsSuccess"]) for i in items] == [("BHXAV402000M3EM", True), ("BROKEN", False)]


def test_khaos_is_told_to_come_again_when_the_ledger_is_away(begin: Start) -> None:
    with begin("postgresql://fleet:fleet@127.0.0.1:9/none") as web:
        answer = post(web, sample())
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
        assert not [word for word in PERSONAL if word in web.log.read_text()]


def test_a_part_of_the_invoice_is_refused_with_what_left_and_what_did_not(hook: Web, store: Store) -> None:
    shipped(store, "DPD1", lines={"7108": 20, "TEST12": 5}, state="part_dispatched")
    (answer,) = said(post(hook, sample(Boxes=[])))
    assert answer[1:3] == (False, "")
    assert answer[3] == (
        "part-shipped: split the invoice first: these left: 20 x 7108, 5 x TEST12; these did not: 15 x TEST12"
    )
    assert store.rows("select * from courier_answer") == []


def test_an_invoice_that_shows_less_than_left_is_refused(hook: Web, store: Store) -> None:
    shipped(store, "DPD1")
    asked = sample(Boxes=[])
    asked["Items"][0]["Items"].pop()
    (answer,) = said(post(hook, asked))
    assert (answer[1], answer[3].startswith("other quantities")) == (False, True)


def test_a_consignment_is_never_given_to_two_invoices(hook: Web, store: Store) -> None:
    shipped(store, "DPD1")
    assert said(post(hook, sample(Boxes=[])))[0][1]
    (other,) = said(post(hook, sample(Boxes=[], InvoiceID="ANOTHER")))
    assert (other[1], "given to another invoice" in other[3]) == (False, True)


def test_boxes_get_the_parcel_with_their_content_when_shipments_were_single_parcels(hook: Web, store: Store) -> None:
    shipped(store, "DPD1", lines={"7108": 2, "TEST12": 2})
    left(store, 2, {"7108": 18, "TEST12": 18}, "DPD2")
    assert [answer[:3] for answer in said(post(hook, sample()))] == [("1447", True, "DPD2"), ("1448", True, "DPD1")]


@pytest.mark.parametrize(
    ("boxes", "parcels", "chosen"),
    [
        ([{"A": 1}, {"B": 1}], [None, None], [0, 1]),
        ([{"A": 1}, {"B": 1}], [{"B": 1}, {"A": 1}], [1, 0]),
        ([{"A": 1}, {"B": 1}], [{"A": 1, "B": 1}], [0, 0]),
        ([{"A": 1}, {"A": 1}, {"B": 1}], [{"A": 2}, {"B": 1}], [0, 0, 1]),
        ([{"A": 1}, {"B": 1}, {"C": 1}], [None, None], [0, 1, 0]),  # more boxes than parcels: the first
        ([{"A": 1}], [None, None], [0]),
        ([{"B": 1}, {"A": 5}], [None, {"B": 1}], [1, 0]),
        ([{}, {"A": 1}], [{"A": 1}, None], [1, 0]),
        ([{"A": 9}], [{"A": 1}], [0]),
    ],
)
def test_a_box_is_matched_by_content_then_in_order(boxes: Any, parcels: Any, chosen: list[int]) -> None:
    assert match(boxes, parcels) == chosen
