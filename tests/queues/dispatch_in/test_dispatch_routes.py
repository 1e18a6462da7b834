"""The two roads into Khaos Control without a call: each dispatched invoice is shipped there once, by an operator."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from fastapi import FastAPI

from workers import recovery
from workers.dispatch_in import polls
from workers.spine import reading, ringer
from workers.spine.people import Person
from workers.views import worklists
from workers.views.worklists import WORKLISTS
from workers.web import khaos_courier
from workers.wiring.handlers import handler_for
from workers.wiring.readers import reader_for

PASSWORD = "only-khaos-knows-it"
USER = "khaos"
PATIENCE = 20.0
Build = Callable[..., Any]


def answering(world: Any) -> FastAPI:
    """The web process's own room for the hook."""
    app = FastAPI()
    configuration = world.runtime.configuration
    hook = configuration.erp.settings.courier_hook
    app.include_router(khaos_courier.routes(hook, khaos_courier.counter(world.store, configuration), world.engine))
    return app


@pytest.fixture
def hooked(build: Build, host: Callable[..., Any], tmp_path: Path) -> Iterator[Any]:
    """A world whose dispatches Khaos asks for; ``world.assign`` is its operator."""
    (tmp_path / "courier").write_text(PASSWORD)
    world = build(
        khaos_more=f'courier_hook = {{ user = "{USER}", password = "file:{tmp_path}/courier" }}',
        clarus_more='dispatch_route = "courier_hook"',
    )
    with host(answering(world)) as address:
        url = world.url = f"{address}/khaos/courier"

        def assign(invoice: str, **how: Any) -> Any:
            body = {"invoice": invoice, "url": url, "user": USER, "password": PASSWORD, **how}
            return world.khaos.post("assign", **body)

        world.assign = assign
        yield world


@pytest.fixture
def filed(build: Build, tmp_path: Path) -> Any:
    """A world whose dispatches lie as files in a courier's folder; ``world.khaos_reads`` is its operator."""
    world = filing(build, tmp_path)

    def khaos_reads(*assigned: str, **columns: str) -> Any:
        places = {"invoice": "Invoice", "consignment": "Consignment", "tracking": "Tracking", **columns}
        return world.khaos.post(
            "courier_files", folder=str(world.folder), mask="SHIP*.CSV", columns=places, assign=list(assigned)
        )

    world.khaos_reads = khaos_reads
    return world


def filing(build: Build, tmp_path: Path, more: str = "") -> Any:
    folder = tmp_path / "courier"
    folder.mkdir()
    world = build(
        khaos_more=f'consignment_file = {{ folder = "{folder}"{more} }}',
        clarus_more='dispatch_route = "consignment_file"',
    )
    world.folder = folder
    return world


def left(world: Any, *lines: tuple[str, int], **switches: Any) -> str:
    """An order of these lines has left the warehouse; its code."""
    order: str = world.order(*lines)
    world.poll()
    world.ship(**{name: {f"{order}-1": value} for name, value in switches.items()})
    world.sweep()
    return order


def part_left(world: Any, *lines: tuple[str, int]) -> str:
    """Of an order a half has left, rounded down; its code."""
    order: str = world.order(*lines)
    world.poll()
    world.clarus.switch(floor=True, pick_seconds=0.0, dispatch_seconds=1.0, two_goes=[f"{order}-1"])
    world.until(lambda: world.there(f"{order}-1")[0]["parcels"])
    world.clarus.switch(floor=False)
    world.sweep()
    assert world.fulfilment(f"{order}-1")["state"] == "part_dispatched"
    return order


def tracking_of(world: Any, order: str) -> list[str]:
    return [parcel["tracking"] for parcel in world.there(f"{order}-1")[0]["parcels"]]


def courier_of(world: Any) -> str:
    """What Khaos Control calls the carrier of the only shipment."""
    row = world.store.row("select body->>'courier' as courier from message_body b join message m on m.id = b.message_id"
                          " where m.kind = 'shipment'")  # fmt: skip
    assert row["courier"]
    return str(row["courier"])


def to_do(world: Any) -> list[Any]:
    return worklists.entries(world.engine, WORKLISTS["dispatch"])


def is_over(world: Any) -> None:
    """Nothing is lost, nothing doubled, nobody waits."""
    assert (world.exceptions(), world.live_messages(), to_do(world)) == ([], [], [])
    books = world.khaos.books()
    assert (books["courier_contradictions"], books["over_concurrency"]) == (0, 0)
    shipped = [a["invoice_id"] for a in books["courier_answers"] if a["success"]]
    live = [i for i in books["invoices"] if not i["cancelled"]]
    assert {i["invoice_id"] for i in live} == set(shipped)
    assert all(i["stage"] == 70 for i in live)


@pytest.mark.parametrize("form", ["json", "xml"])
@pytest.mark.parametrize("boxes", [False, True])
def test_khaos_asks_in_vain_before_the_dispatch_and_ships_after_it(hooked: Any, form: str, boxes: bool) -> None:
    order = hooked.order(("MUG", 2), ("BOWL", 1))
    hooked.poll()
    invoice = hooked.invoice(order)
    early = hooked.assign(invoice, format=form, boxes=boxes)
    assert (early["success"], "not dispatched by the warehouse yet" in early["errors"][0]) == (False, True)
    hooked.ship(parcels={f"{order}-1": 2})
    hooked.sweep()
    assert [(m["kind"], m["state"]) for m in hooked.live_messages()] == [("shipment", "sent")]
    assert hooked.read_back() == 0
    parcels = tracking_of(hooked, order)
    assert [(e["invoice"], e["courier"], e["consignment"], e["route"]) for e in to_do(hooked)] == [
        (invoice, courier_of(hooked), parcels[0], "courier_hook")
    ]
    said = hooked.assign(invoice, format=form, boxes=boxes)
    assert (said["success"], said["consignment"], said["tracking"]) == (True, parcels[0], parcels[0])
    assert hooked.read_back() == 1
    assert hooked.fulfilment(f"{order}-1")["confirmed"]
    again = hooked.assign(invoice, format=form, boxes=boxes)
    assert (again["success"], again["consignment"]) == (True, parcels[0])
    (answer,) = [a for a in hooked.khaos.books()["courier_answers"] if a["success"]][:1]
    assert (answer["label"], answer["boxes"]) == (True, 2 if boxes else 0)
    assert hooked.khaos.calls("ConfirmShipment") == 0
    is_over(hooked)


def test_sixty_dispatches_by_hand_are_each_shipped_once_and_the_worklist_empties_itself(hooked: Any) -> None:
    orders = [hooked.order(("MUG", 1)) for _ in range(60)]
    hooked.poll()
    hooked.ship()
    hooked.sweep()
    assert len(to_do(hooked)) == 60
    for order in orders[:30]:
        assert hooked.assign(hooked.invoice(order))["success"]
    before = hooked.khaos.calls("ExportOrderStatusEx")
    assert hooked.read_back() == 30
    assert hooked.khaos.calls("ExportOrderStatusEx") - before == 2
    assert {e["order"] for e in to_do(hooked)} == set(orders[30:])
    for order in orders[30:]:
        assert hooked.assign(hooked.invoice(order), format="xml", boxes=True)["success"]
    assert hooked.read_back() == 30
    is_over(hooked)


def test_what_waits_for_an_operator_for_hours_is_asked_about_seldom(hooked: Any) -> None:
    order = left(hooked, ("MUG", 1))
    for _ in range(3):
        hooked.read_back()
    asked = hooked.khaos.calls("ExportOrderStatusEx")
    hooked.store.run("update message set state_since = now() - interval '2 hours'")
    for _ in range(5):
        hooked.read_back()
    assert hooked.khaos.calls("ExportOrderStatusEx") == asked
    hooked.store.run("update shipment set asked_at = now() - interval '6 minutes'")
    for _ in range(5):
        hooked.read_back()
    assert hooked.khaos.calls("ExportOrderStatusEx") == asked + 1
    assert hooked.assign(hooked.invoice(order))["success"]
    assert hooked.read_back() == 1  # Khaos asked for it, so it is looked at at once
    is_over(hooked)


def test_what_nobody_assigns_in_a_day_is_an_exception_that_assigning_closes(hooked: Any) -> None:
    order = left(hooked, ("MUG", 1))
    hooked.store.run("update message set proof_due_at = now() - interval '1 second'")
    hooked.read_back()
    assert hooked.exceptions() == ["dispatch_unconfirmed"]
    assert hooked.assign(hooked.invoice(order))["success"]
    hooked.read_back()
    is_over(hooked)


def test_a_part_shipment_is_refused_until_the_invoice_was_split_and_the_rest_follows(hooked: Any) -> None:
    order = part_left(hooked, ("MUG", 5))
    invoice = hooked.invoice(order)
    refused = hooked.assign(invoice)
    assert not refused["success"]
    assert "part-shipped: split the invoice first: these left: 2 x MUG; these did not: 3 x MUG" in refused["errors"][0]
    found = hooked.exception("split_in_khaos")
    assert (found["owner"], found["subject"]) == ("operations", f"invoice:{invoice}")
    assert f"invoice {invoice}: left 2 x MUG; not yet 3 x MUG" in found["reason"]
    assert to_do(hooked)[0]["split"] == found["reason"]
    for _ in range(3):
        hooked.read_back()
    assert hooked.exception("split_in_khaos")["times"] == 1
    rest = hooked.khaos.post("split", invoice=invoice, lines={"MUG": 2})["remainder"]
    hooked.poll()  # the split is no change after the release, and the rest is no new order
    hooked.read_back()
    hooked.poll()
    assert hooked.exceptions() == []
    assert len(hooked.there()) == 1
    assert hooked.fulfilment(f"{order}-1")["invoice_code"] == rest
    assert "not dispatched" in hooked.assign(rest)["errors"][0]
    assert hooked.assign(invoice, boxes=True)["success"]
    hooked.read_back()
    hooked.ship()
    hooked.sweep()
    assert hooked.assign(rest)["success"]
    assert hooked.read_back() == 1
    assert [(i["invoice"], i["lines"]) for i in hooked.invoices(order)] == [
        (invoice, {"MUG": 2}), (rest, {"MUG": 3}),
    ]  # fmt: skip
    assert len({i["consignment"] for i in hooked.invoices(order)}) == 2
    is_over(hooked)


def test_a_split_invoice_is_answered_before_the_read_back_has_seen_the_split(hooked: Any) -> None:
    order = part_left(hooked, ("MUG", 5))
    invoice = hooked.invoice(order)
    rest = hooked.khaos.post("split", invoice=invoice, lines={"MUG": 2})["remainder"]
    assert hooked.assign(invoice)["success"]
    hooked.ship()
    hooked.sweep()
    puzzled = hooked.assign(rest)
    assert "assign it again in a minute" in puzzled["errors"][0]
    hooked.read_back()
    assert hooked.assign(rest)["success"]
    hooked.read_back()
    hooked.poll()
    is_over(hooked)


def test_what_left_in_two_goes_before_anybody_split_it_is_assigned_whole(hooked: Any) -> None:
    order = part_left(hooked, ("MUG", 5))
    assert hooked.exceptions() == ["split_in_khaos"]
    hooked.ship()
    hooked.sweep()
    assert hooked.exceptions() == []
    assert [e["tracking"].split() for e in to_do(hooked)] == [tracking_of(hooked, order)]
    assert hooked.assign(hooked.invoice(order), boxes=True)["success"]
    assert hooked.read_back() == 2
    assert hooked.fulfilment(f"{order}-1")["confirmed"]
    is_over(hooked)


def test_an_order_closed_short_is_split_and_its_rest_is_a_new_order_at_the_warehouse(hooked: Any) -> None:
    order = hooked.order(("MUG", 5), ("BOWL", 1))
    hooked.poll()
    hooked.ship(short={"sku:MUG": 2})
    hooked.sweep()
    assert sorted(hooked.exceptions()) == ["short_pick", "split_in_khaos"]
    invoice = hooked.invoice(order)
    hooked.khaos.post("split", invoice=invoice, lines={"MUG": 3, "BOWL": 1})
    hooked.poll()
    assert hooked.assign(invoice)["success"]
    hooked.read_back()
    assert hooked.exceptions() == ["short_pick"]
    assert hooked.fulfilments(order) == [(f"{order}-1", "closed_short"), (f"{order}-2", "sent")]


def test_an_invoice_that_got_another_code_is_found_by_its_id_or_by_the_read_back(hooked: Any) -> None:
    first, second = (hooked.order(("MUG", n)) for n in (2, 3))
    hooked.poll()
    hooked.ship()
    hooked.sweep()
    old = hooked.invoice(first)
    before = requests.post(
        hooked.url, json=question("X", old, first, {"MUG": 2}), auth=(USER, PASSWORD), timeout=PATIENCE
    ).json()["Items"]
    after = requests.post(
        hooked.url, json=question("X", "INV9", first, {"MUG": 2}), auth=(USER, PASSWORD), timeout=PATIENCE
    ).json()["Items"]
    assert before == after
    fresh = hooked.khaos.post("recode", invoice=hooked.invoice(second))["invoice"]
    assert "assign it again in a minute" in hooked.assign(fresh)["errors"][0]
    hooked.poll()
    hooked.read_back()
    assert hooked.exceptions() == []
    assert hooked.assign(fresh)["success"]
    assert hooked.read_back() == 1
    assert hooked.fulfilment(f"{second}-1")["confirmed"]


def question(invoice_id: str, code: str, order: str, lines: dict[str, int], boxes: Any = ()) -> Any:
    """CourierExportData as short as it may be."""

    def items(units: dict[str, int]) -> list[Any]:
        return [
            {"ItemID": f"L{n}", "QtyUser": float(units[sku]), "StockID": sku, "StockDesc": sku, "StockCode": sku}
            for n, sku in enumerate(units)
        ]

    return {
        "ServiceCode": "2",
        "Items": [{
            "InvoiceID": invoice_id, "InvoiceCode": code, "SOrderCode": order, "AssociatedRef": "N/A",
            "Items": items(lines),
            "Boxes": [{"ItemID": name, "items": items(units)} for name, units in boxes],
        }],
        "IncludePackaging": False,
        "AverageWeight": 0.0,
    }  # fmt: skip


def test_the_same_question_gets_the_same_answer_after_more_parcels_became_known(hooked: Any) -> None:
    order = part_left(hooked, ("MUG", 5))
    invoice = hooked.invoice(order)

    def ask(lines: dict[str, int], boxes: Any = ()) -> list[Any]:
        body = question("X", invoice, order, lines, boxes)
        answer = requests.post(hooked.url, json=body, auth=(USER, PASSWORD), timeout=PATIENCE)
        assert answer.status_code == 200
        return [(i.get("ItemID"), i["IsSuccess"], i["ConsignmentRef"]) for i in answer.json()["Items"]]

    split = ask({"MUG": 2}, [("1", {"MUG": 1}), ("2", {"MUG": 1})])
    assert [one[:2] for one in split] == [("1", True), ("2", True)]
    hooked.ship()
    hooked.sweep()
    assert ask({"MUG": 2}, [("1", {"MUG": 1}), ("2", {"MUG": 1})]) == split
    assert ask({"MUG": 5}, [("2", {"MUG": 1}), ("1", {"MUG": 1})]) == split[::-1]


def test_a_service_line_on_the_invoice_is_no_part_shipment(hooked: Any) -> None:
    hooked.stock("POSTAGE", stock_controlled=False)
    order = left(hooked, ("MUG", 2), ("POSTAGE", 1))
    assert hooked.exceptions() == []
    assert hooked.assign(hooked.invoice(order))["success"]
    assert hooked.read_back() == 1
    is_over(hooked)


def test_a_wrong_password_ships_nothing(hooked: Any) -> None:
    order = left(hooked, ("MUG", 1))
    said = hooked.assign(hooked.invoice(order), password="guessed")
    assert (said["success"], said["errors"]) == (False, ["the courier answered 401"])
    assert [i["stage"] for i in hooked.invoices(order)] == [9]


def test_a_warehouse_of_another_road_is_not_answered(build: Build, host: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "courier").write_text(PASSWORD)
    world = build(
        khaos_more="extensions.confirm_shipment = {}\n"
        f'courier_hook = {{ user = "{USER}", password = "file:{tmp_path}/courier" }}'
    )
    order = left(world, ("MUG", 1))
    with host(answering(world)) as address:
        asked = question("X", world.invoice(order), order, {"MUG": 1})
        (said,) = requests.post(f"{address}/khaos/courier", json=asked, auth=(USER, PASSWORD), timeout=PATIENCE).json()[
            "Items"
        ]
    assert (said["IsSuccess"], "another road" in said["Errors"][0]) == (False, True)
    world.read_back()
    assert len(world.shipments(order)) == 1


# the courier's files


def rows_of(world: Any, name: str) -> list[dict[str, str]]:
    text = (world.folder / name).read_bytes().decode()
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_each_dispatch_is_one_file_that_khaos_reads_and_the_worklist_empties_itself(filed: Any) -> None:
    orders = [filed.order(("MUG", 2)), filed.order(("BOWL", 1))]
    filed.poll()
    filed.ship()
    filed.sweep()
    names = sorted(path.name for path in filed.folder.iterdir())
    assert len(names) == 2
    assert all(name.startswith("SHIP") and name.endswith(".CSV") for name in names)
    assert sorted(e["file"] for e in to_do(filed)) == names
    tracking = {filed.invoice(order): tracking_of(filed, order)[0] for order in orders}
    assert [rows_of(filed, name) for name in names] == [
        [{"Invoice": invoice, "Consignment": number, "Tracking": number}]
        for invoice, number in sorted(tracking.items(), key=lambda pair: names_of(filed)[pair[0]])
    ]
    assert filed.khaos_reads(*tracking)["shipped"] == sorted(tracking, key=lambda code: names_of(filed)[code])
    assert filed.read_back() == 2
    assert {i["invoice"]: i["consignment"] for order in orders for i in filed.invoices(order)} == tracking
    is_over(filed)


def names_of(world: Any) -> dict[str, str]:
    rows = world.store.rows(
        "select s.invoice_code, c.name from consignment_file c join shipment s on s.reference = c.shipment"
    )
    return {row["invoice_code"]: row["name"] for row in rows}


def dies_with(world: Any, *, after_the_file: bool) -> None:
    """A worker takes the only message, and is gone before it has laid the file, or right after that."""
    claimed = world.store.claim("dispatch-in", world.runtime.lease)
    handler = handler_for(world.runtime, claimed.flow, claimed.connection, claimed.kind)
    wire = claimed.wire
    if wire is None:
        wire = handler.write(claimed)
        assert isinstance(wire, bytes)
        world.store.freeze(claimed, wire)
    if after_the_file:
        handler.push(claimed, wire)
        world.store.run("update consignment_file set written_at = null")  # it did not come to that
    world.store.run("update message set lease_until = now() - interval '1 second' where state = 'working'")
    assert len(ringer.release_lost(world.runtime)) == 1
    world.store.run("update message set due_at = now()")


def test_a_crash_between_storing_and_writing_lays_the_same_bytes_under_the_same_name(filed: Any) -> None:
    filed.clarus.switch(webhook_loss_rate=1.0)  # the sweep alone brings the dispatch: one message, which is the one
    order = filed.order(("MUG", 1))
    filed.poll()
    filed.ship()
    polls.sweep(filed.runtime, "leeds")
    reading.read_inbox(filed.runtime, lambda c, s: reader_for(filed.runtime, c, s))
    dies_with(filed, after_the_file=False)
    stored = filed.store.row("select name, body from consignment_file")
    assert list(filed.folder.iterdir()) == []
    dies_with(filed, after_the_file=True)
    filed.go()
    laid = [(path.name, path.read_bytes()) for path in filed.folder.iterdir()]
    assert laid == [(stored["name"], bytes(stored["body"]))]
    assert filed.store.row("select count(*) as n from consignment_file where written_at is not null")["n"] == 1
    assert filed.khaos_reads(filed.invoice(order))["shipped"] == [filed.invoice(order)]
    assert filed.read_back() == 1
    is_over(filed)


def test_a_file_of_somebody_else_under_the_name_is_an_exception_and_stays(filed: Any) -> None:
    number = filed.store.row("select nextval('consignment_number') as n")["n"] + 1
    foreign = filed.folder / f"SHIP{number:06}.CSV"
    foreign.write_bytes(b"somebody else's")
    order = left(filed, ("MUG", 1))
    assert filed.exceptions() == ["consignment_conflict"]
    assert foreign.read_bytes() == b"somebody else's"
    foreign.unlink()
    recovery.retry(filed.store, filed.exception("consignment_conflict")["id"], Person("Mo"))
    filed.go()
    assert rows_of(filed, foreign.name)[0]["Invoice"] == filed.invoice(order)
    filed.khaos_reads(filed.invoice(order))
    filed.read_back()
    is_over(filed)


def test_a_folder_that_is_away_shuts_no_connection_and_is_tried_again(filed: Any) -> None:
    filed.folder.rename(filed.folder.with_name("away"))
    order = left(filed, ("MUG", 1))
    assert [(m["state"], m["error_kind"]) for m in filed.live_messages()] == [("waiting", "consignment_folder")]
    for _ in range(5):
        filed.hurry()
    assert filed.store.row("select shut_kind from connection where name = 'khaos'")["shut_kind"] is None
    filed.folder.with_name("away").rename(filed.folder)
    filed.hurry()
    filed.khaos_reads(filed.invoice(order))
    filed.read_back()
    is_over(filed)


def test_no_file_is_laid_for_a_part_until_the_invoice_was_split(filed: Any) -> None:
    order = part_left(filed, ("MUG", 5))
    invoice = filed.invoice(order)
    assert filed.exceptions() == ["split_in_khaos"]
    assert list(filed.folder.iterdir()) == []
    filed.read_back()
    assert [m["state"] for m in filed.live_messages()] == ["held"]
    assert [(e["invoice"], bool(e["split"])) for e in to_do(filed)] == [(invoice, True)]
    rest = filed.khaos.post("split", invoice=invoice, lines={"MUG": 2})["remainder"]
    filed.read_back()
    filed.go()
    assert [rows_of(filed, path.name)[0]["Invoice"] for path in filed.folder.iterdir()] == [invoice]
    assert filed.exceptions() == []
    assert filed.khaos_reads(invoice)["shipped"] == [invoice]
    filed.ship()
    filed.sweep()
    assert filed.khaos_reads(rest)["shipped"] == [rest]
    assert filed.read_back() == 2
    is_over(filed)


def test_what_left_in_two_goes_is_one_file_with_all_parcels(build: Build, tmp_path: Path) -> None:
    columns = 'invoice = "Invoice", consignment = "Ref", box = "Box", parcels = "Of", shipment = "Ours"'
    world = filing(build, tmp_path, f', rows = "parcel", delimiter = ";", columns = {{ {columns} }}')
    order = part_left(world, ("MUG", 5))
    world.ship()
    world.sweep()
    (path,) = world.folder.iterdir()
    lines = path.read_bytes().decode().split("\r\n")
    parcels = tracking_of(world, order)
    invoice = world.invoice(order)
    assert lines == [
        "Invoice;Ref;Box;Of;Ours",
        *(f"{invoice};{number};{n};2;{order}-1/S{n}" for n, number in enumerate(parcels, 1)),
        "",
    ]
    said = world.khaos.post(
        "courier_files", folder=str(world.folder), mask="SHIP*.CSV", delimiter=";", assign=[invoice],
        columns={"invoice": "Invoice", "consignment": "Ref", "box": "Box"},
    )  # fmt: skip
    assert (said["shipped"], said["errors"]) == ([invoice], [])
    assert world.read_back() == 2
    is_over(world)


def test_an_invoice_split_between_two_goes_whose_parcels_lie_in_one_file_gets_a_second_file(filed: Any) -> None:
    order = part_left(filed, ("MUG", 5))
    invoice = filed.invoice(order)
    filed.ship()
    filed.sweep()  # both have left: one file for the whole invoice
    assert len(list(filed.folder.iterdir())) == 1
    rest = filed.khaos.post("split", invoice=invoice, lines={"MUG": 2})["remainder"]
    filed.read_back()
    filed.go()
    assert sorted(rows_of(filed, path.name)[0]["Invoice"] for path in filed.folder.iterdir()) == [invoice, rest]
    filed.khaos_reads(invoice, rest)
    filed.read_back()
    is_over(filed)


def test_the_publish_worklist_names_what_the_warehouse_has_not_confirmed(world: Any) -> None:
    world.store.run("insert into home (site, connection, facility) values ('Main Site', 'leeds', 'LDS1')"
                    " on conflict do nothing")  # fmt: skip
    world.poll()
    assert worklists.entries(world.engine, WORKLISTS["publish"]) == []
    world.store.run("delete from sku where code = 'MUG'")
    found = worklists.entries(world.engine, WORKLISTS["publish"])
    assert [(e["sku"], e["warehouse"], e["sites"], e["state"]) for e in found] == [
        ("MUG", "leeds", "Main Site", "not confirmed")
    ]
    assert {"dispatch": 0, "publish": 1}.items() <= worklists.counts(world.engine).items()
