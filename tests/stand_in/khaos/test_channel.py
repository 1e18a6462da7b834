"""The channel's client against a small server that stands where our side would: configuration and pulls."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any

import pytest
import requests

from adapters.khaos import Khaos
from fleet_tests.channel import AUTH, OURS, SLOW, Until, batch, channel, config
from fleet_tests.http_partner import Partner
from fleet_tests.khaos_sandbox import Sandbox
from mappings.khaos import read_credit_notes

BASIC = requests.models.PreparedRequest()
BASIC.prepare(method="GET", url="http://x.test", auth=("khaos", "pw"))
ADDRESS = {"Line1": "1 Market Street", "Town": "Leeds", "Postcode": "LS1 6DT", "Country": {"Code": "GB"}}


def returned(urn: str, reference: str, **more: Any) -> dict[str, Any]:
    item = {"SKU": "MUG", "Mapping": [{"Mapping": "StockCode"}], "Quantity": 1, "ReturnReason": {"ID": "1"}}
    return {
        "AssociatedRef": reference,
        "CreatedDate": "2026-11-20T10:00:00",
        "URN": urn,
        "InvoiceAddress": ADDRESS,
        "InvoiceContact": {"Surname": "Shopper"},
        "ReturnedItems": [item],
        "ProcessReturn": True,
        **more,
    }


def test_it_reads_the_configuration_with_basic_auth_and_pulls_with_the_continuation_it_was_given(
    link: Callable[..., Any], served: Partner, until: Until
) -> None:
    link()
    until(lambda: len(served.to("/returns")) >= 3)
    asked = served.to("/config.xml")[0]
    assert (asked.method, asked.headers["authorization"]) == ("GET", BASIC.headers["Authorization"])
    first, second, third = (heard.headers["sirion-continuation"] for heard in served.to("/returns")[:3])
    assert first.endswith("Z")
    assert len(first) == len("2019-12-31 12:00:00Z")
    assert (second, third) == ("r1", "r1")
    assert served.to("/orders")[1].headers["sirion-continuation"] == "o1"
    assert all(heard.headers["authorization"] == BASIC.headers["Authorization"] for heard in served.heard)


def test_the_configuration_is_kept_for_a_day_and_read_again_only_by_force(
    sandbox: Sandbox, link: Callable[..., Any], served: Partner, until: Until
) -> None:
    link(SLOW)
    until(lambda: channel(sandbox)["linked"])
    link(SLOW)
    assert len(served.to("/config.xml")) == 1
    link(SLOW, force=True)
    until(lambda: len(served.to("/config.xml")) == 2)


def test_after_a_day_it_is_read_again(link: Callable[..., Any], served: Partner, until: Until) -> None:
    link(2_000_000.0)
    until(lambda: len(served.to("/config.xml")) >= 3)


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ((401, {}, b""), "401"),
        ((200, {}, b"<html/>"), "no object"),
        ((200, {}, b"<EndpointConfig><OrderDownload/></EndpointConfig>"), "lacks StockStatusUpload, StockUpload"),
        ((200, {}, config("http://x.test").replace(b"<Frequency>15</Frequency>", b"")), "needs Frequency"),
        ((200, {}, config("http://x.test", "CSV")), "Format JSON or XML"),
    ],
)
def test_without_a_proper_configuration_there_is_no_channel_and_it_is_asked_for_again(
    sandbox: Sandbox, link: Callable[..., Any], served: Partner, until: Until, answer: Any, problem: str
) -> None:
    good = served.answers["/config.xml"]
    served.answers["/config.xml"] = answer
    link()
    until(lambda: len(served.to("/config.xml")) >= 2)
    assert problem in channel(sandbox)["problem"]
    assert {heard.path for heard in served.heard} == {"/config.xml"}
    served.answers["/config.xml"] = good
    until(lambda: served.to("/returns"))
    until(lambda: channel(sandbox)["problem"] == "")


def test_a_page_is_no_configuration_file(sandbox: Sandbox, served: Partner) -> None:
    body = {"config_url": f"{served.url}/config", **AUTH}
    answer = requests.post(f"{sandbox.root}/_sandbox/channel", json=body, timeout=15)
    assert answer.status_code == 422
    assert ".json or .xml" in answer.text
    assert served.heard == []


def test_returns_are_imported_once_and_a_rejected_one_is_kept_with_its_reason(
    sandbox: Sandbox, link: Callable[..., Any], served: Partner, until: Until
) -> None:
    urn = sandbox.post("shop", code="MUG", quantity=2, ref="W-1")["urn"]
    served.answers["/returns"] = (
        200,
        {"Sirion-Continuation": "7"},
        batch(returned(urn, "RMA1"), returned("CU9999999", "RMA2"), returned(urn, "RMA3", ProcessReturn=False)),
    )
    link()
    until(lambda: len(served.to("/returns")) >= 3)
    until(lambda: channel(sandbox)["gets"]["CReturnDownload"]["200"] >= 3)
    shown = channel(sandbox)
    assert shown["imported"]["CReturnDownload"] == 2
    assert shown["continuation"]["CReturnDownload"] == "7"
    states = {(row["reference"], row["state"]) for row in sandbox.books()["returns"]}
    assert states == {
        ("RMA1", "processed"),
        ("RMA3", "waiting"),
        ("RMA1", "rejected"),
        ("RMA2", "rejected"),
        ("RMA3", "rejected"),
    }
    assert [row["return"] for row in sandbox.books()["credits"]] == ["RMA1"]
    sandbox.post("process_return", reference="RMA3")
    assert [row["return"] for row in sandbox.books()["credits"]] == ["RMA1", "RMA3"]
    assert (
        requests.post(f"{sandbox.root}/_sandbox/process_return", json={"reference": "RMA3"}, timeout=15).status_code
        == 409
    )


def test_a_credit_note_shows_its_returns_reference_unless_the_build_does_not(
    khaos: Khaos, sandbox: Sandbox, link: Callable[..., Any], served: Partner, until: Until
) -> None:
    urn = sandbox.post("shop", code="MUG", quantity=2)["urn"]
    served.answers["/returns"] = (200, {}, batch(returned(urn, "RMA1")))
    link()
    until(lambda: sandbox.books()["credits"])

    def shown(**asked: Any) -> list[tuple[str, tuple[tuple[str, int], ...]]]:
        good, bad = read_credit_notes(khaos.export_order_status(**asked))
        assert not bad
        return [(note.reference, note.lines) for note in good]

    assert shown(ids=["RMA1"], mapping_type=4) == shown(ids=[urn]) == [("RMA1", (("MUG", 1),))]
    sandbox.post("switches", credit_shows_ref=False)
    assert shown(ids=["RMA1"], mapping_type=4) == []
    assert shown(ids=[urn]) == [("", (("MUG", 1),))]


def test_reasons_are_the_merchants_own_and_quarantine_is_released_by_hand(
    sandbox: Sandbox, link: Callable[..., Any], served: Partner, until: Until
) -> None:
    urn = sandbox.post("shop", code="MUG", quantity=2)["urn"]
    sandbox.post("reasons", reasons=[{"id": "1", "name": "Look at it", "processing": "quarantine"}])
    served.answers["/returns"] = (200, {}, batch(returned(urn, "RMA1")))
    link()
    until(lambda: sandbox.books()["credits"])
    assert (sandbox.level("MUG")["in_stock"], sandbox.level("MUG")["quarantine"]) == (100, 1)
    release = {"code": "MUG", "site": "Main Site"}
    answer = requests.post(f"{sandbox.root}/_sandbox/quarantine/release", json={**release, "units": 2}, timeout=15)
    assert answer.status_code == 409
    sandbox.post("quarantine/release", **release, units=1)
    assert (sandbox.level("MUG")["in_stock"], sandbox.level("MUG")["quarantine"]) == (101, 0)


def test_a_batch_with_a_null_is_refused_as_a_whole_and_its_continuation_is_not_taken(
    sandbox: Sandbox, link: Callable[..., Any], served: Partner, until: Until
) -> None:
    urn = sandbox.post("shop", code="MUG", quantity=2)["urn"]
    served.answers["/returns"] = (200, {"Sirion-Continuation": "7"}, batch(returned(urn, "RMA1", Notes=None)))
    link()
    until(lambda: len(served.to("/returns")) >= 2)
    assert served.to("/returns")[1].headers["sirion-continuation"].endswith("Z")
    assert sandbox.books()["returns"] == []
    (row,) = [row for row in channel(sandbox)["rejected"] if row["endpoint"] == "CReturnDownload"]
    assert row["reason"] == "null at Returns[0].Notes"


def test_an_answer_that_gets_lost_is_asked_for_again_from_where_it_stood(
    sandbox: Sandbox, link: Callable[..., Any], served: Partner, until: Until
) -> None:
    urn = sandbox.post("shop", code="MUG", quantity=2)["urn"]
    sandbox.post("switches", channel_lost_answer_next={"CReturnDownload": 1, "StockStatusUpload": 1})

    def answer(heard: Any) -> Any:
        last = heard.headers["sirion-continuation"] == "7"
        return 200, {"Sirion-Continuation": "7"}, batch() if last else batch(returned(urn, "RMA1"))

    served.answers["/returns"] = answer
    link()
    until(lambda: len(served.to("/returns")) >= 3)
    asked = [heard.headers["sirion-continuation"] for heard in served.to("/returns")[:3]]
    assert asked[0] == asked[1] != asked[2] == "7"
    until(lambda: channel(sandbox)["retries"].get("StockStatusUpload"))
    shown = channel(sandbox)
    assert shown["lost"] == {"CReturnDownload": 1, "StockStatusUpload": 1}
    assert shown["imported"]["CReturnDownload"] == 1
    assert served.to("/levels")[0].body == served.to("/levels")[1].body


def test_a_retry_asks_for_the_named_references_in_quotes_and_leaves_the_continuation_alone(
    sandbox: Sandbox, link: Callable[..., Any], served: Partner, until: Until
) -> None:
    urn = sandbox.post("shop", code="MUG", quantity=2)["urn"]

    def answer(heard: Any) -> Any:
        wanted = "specificids" in heard.headers
        more = {"Sirion-Continuation": "of the retry" if wanted else "r1"}
        return 200, more, batch(returned(urn, "RMA1")) if wanted else batch()

    served.answers["/returns"] = answer
    link(SLOW)
    until(lambda: served.to("/returns"))
    sandbox.post("channel/retry", refs=["RMA1", "RMA2"], endpoint="CReturnDownload")
    (retry,) = until(lambda: [heard for heard in served.to("/returns") if "specificids" in heard.headers])
    assert retry.headers["specificids"] == '"RMA1,RMA2"'
    until(lambda: channel(sandbox)["imported"].get("CReturnDownload"))
    assert channel(sandbox)["continuation"]["CReturnDownload"] == "r1"
    assert [heard for heard in served.to("/orders") if "specificids" in heard.headers] == []


def test_pulled_orders_are_imported_once_and_only_theirs_have_their_stages_told(
    sandbox: Sandbox, link: Callable[..., Any], served: Partner, until: Until
) -> None:
    sandbox.post("shop", code="MUG", quantity=1, ref="W-1")
    document = json.loads((OURS / "kcc_order_download_response.json").read_bytes())
    (one,) = document["Orders"]
    one["Header"] |= {"AssociatedRef": "CH-1", "OrderDate": "2999-01-01T10:00:00", "SalesSource": {"ID": "1"}}
    one["Items"][0] |= {"SKU": "MUG", "Quantity": 2.0}
    old = json.loads(json.dumps(one))
    old["Header"] |= {"AssociatedRef": "CH-0", "OrderDate": "2018-01-16T13:18:04"}
    document["Orders"] = [old, one]
    served.answers["/orders"] = (200, {"Sirion-Continuation": "1"}, json.dumps(document).encode())
    link()
    until(lambda: served.to("/statuses"))
    (status,) = json.loads(served.to("/statuses")[0].body)["Statuses"]
    sample = json.loads((OURS / "kcc_order_status_upload_request.json").read_bytes())["Statuses"][0]
    assert set(status) == set(sample)
    assert set(status["Shipments"][0]) == set(sample["Shipments"][0])
    assert set(status["Shipments"][0]["Items"][0]) == set(sample["Shipments"][0]["Items"][0])
    assert (status["AssociatedRef"], status["Status"], status["Shipments"][0]["Status"]) == (
        "CH-1",
        "Received",
        "Released",
    )
    shown = channel(sandbox)
    assert shown["imported"]["OrderDownload"] == 1
    assert any("three months" in row["reason"] for row in shown["rejected"] if row["reference"] == "CH-0")
    invoices = {row["order"]: row["invoice"] for row in sandbox.books()["invoices"]}
    for order, invoice in invoices.items():
        sandbox.post("stage", invoice=invoice, stage=12)
        assert order
    until(lambda: len(served.to("/statuses")) == 2)
    (status,) = json.loads(served.to("/statuses")[1].body)["Statuses"]
    assert (status["AssociatedRef"], status["Shipments"][0]["Status"]) == ("CH-1", "Picking")


def test_switched_off_it_asks_and_sends_nothing_and_keeps_its_counts(
    sandbox: Sandbox, link: Callable[..., Any], served: Partner, until: Until
) -> None:
    link()
    until(lambda: len(served.to("/returns")) >= 2)
    sandbox.post("channel", enabled=False)
    heard = len(served.heard)
    sandbox.post("shop", code="MUG", quantity=1)
    shown = requests.get(f"{sandbox.root}/_sandbox/channel", timeout=15).json()
    assert shown["enabled"] is False
    assert shown["gets"]["CReturnDownload"]["200"] >= 1
    assert len(served.heard) - heard <= 1  # a call that was under way


def test_while_our_side_is_silent_the_sandbox_keeps_answering(
    khaos: Khaos, link: Callable[..., Any], served: Partner, until: Until
) -> None:
    forever = threading.Event()
    served.answers["/returns"] = lambda _: (forever.wait(20), (200, {}, batch()))[1]
    link()
    until(lambda: served.to("/returns"))
    assert khaos.get_version()
    forever.set()
