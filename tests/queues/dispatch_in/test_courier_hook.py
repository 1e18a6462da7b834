"""Dispatches that Khaos Control asks for: an operator assigns a courier, and each invoice is shipped there once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest
import requests
from fastapi import FastAPI

from fleet_tests.departures import Build, is_over, left, part_left, to_do, tracking_of
from fleet_tests.world import World
from workers.web import khaos_courier

PASSWORD = "only-khaos-knows-it"
USER = "khaos"
PATIENCE = 20.0


def answering(world: World) -> FastAPI:
    """The web process's own room for the hook."""
    app = FastAPI()
    configuration = world.runtime.configuration
    hook = configuration.erp.settings.courier_hook
    app.include_router(khaos_courier.routes(hook, khaos_courier.counter(world.store, configuration), world.engine))
    return app


class Hooked(World):
    """A world whose dispatches Khaos asks for."""

    def __init__(self, world: World, url: str) -> None:
        super().__init__(world.khaos, world.clarus, world.runtime, world.engine)
        self.url = url

    def assign(self, invoice: str, **how: Any) -> Any:
        """Khaos's operator assigns the courier of an invoice."""
        body = {"invoice": invoice, "url": self.url, "user": USER, "password": PASSWORD, **how}
        return self.khaos.post("assign", **body)


@pytest.fixture
def hooked(build: Build, host: Callable[..., AbstractContextManager[str]], tmp_path: Path) -> Iterator[Hooked]:
    (tmp_path / "courier").write_text(PASSWORD)
    world = build(
        khaos_more=f'courier_hook = {{ user = "{USER}", password = "file:{tmp_path}/courier" }}',
        clarus_more='dispatch_route = "courier_hook"',
    )
    with host(answering(world)) as address:
        yield Hooked(world, f"{address}/khaos/courier")


def courier_of(world: World) -> str:
    """What Khaos Control calls the carrier of the only shipment."""
    row = world.store.row("select body->>'courier' as courier from message_body b join message m on m.id = b.message_id"
                          " where m.kind = 'shipment'")  # fmt: skip
    assert row["courier"]
    return str(row["courier"])


@pytest.mark.parametrize("form", ["json", "xml"])
@pytest.mark.parametrize("boxes", [False, True])
def test_khaos_asks_in_vain_before_the_dispatch_and_ships_after_it(hooked: Hooked, form: str, boxes: bool) -> None:
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


def test_sixty_dispatches_by_hand_are_each_shipped_once_and_the_worklist_empties_itself(hooked: Hooked) -> None:
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


def test_what_waits_for_an_operator_for_hours_is_asked_about_seldom(hooked: Hooked) -> None:
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


def test_what_nobody_assigns_in_a_day_is_an_exception_that_assigning_closes(hooked: Hooked) -> None:
    order = left(hooked, ("MUG", 1))
    hooked.store.run("update message set proof_due_at = now() - interval '1 second'")
    for _ in range(3):
        hooked.read_back()
    assert hooked.exceptions() == ["dispatch_unconfirmed"]
    assert hooked.exception("dispatch_unconfirmed")["times"] == 1, "it is looked at three times, and fails once"
    assert hooked.assign(hooked.invoice(order))["success"]
    hooked.read_back()
    is_over(hooked)


def test_a_part_shipment_is_refused_until_the_invoice_was_split_and_the_rest_follows(hooked: Hooked) -> None:
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


def test_a_split_invoice_is_answered_before_the_read_back_has_seen_the_split(hooked: Hooked) -> None:
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


def test_what_left_in_two_goes_before_anybody_split_it_is_assigned_whole(hooked: Hooked) -> None:
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


def test_an_order_closed_short_is_split_and_its_rest_is_a_new_order_at_the_warehouse(hooked: Hooked) -> None:
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


def test_an_invoice_that_got_another_code_is_found_by_its_id_or_by_the_read_back(hooked: Hooked) -> None:
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


def test_the_same_question_gets_the_same_answer_after_more_parcels_became_known(hooked: Hooked) -> None:
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


def test_a_service_line_on_the_invoice_is_no_part_shipment(hooked: Hooked) -> None:
    hooked.stock("POSTAGE", stock_controlled=False)
    order = left(hooked, ("MUG", 2), ("POSTAGE", 1))
    assert hooked.exceptions() == []
    assert hooked.assign(hooked.invoice(order))["success"]
    assert hooked.read_back() == 1
    is_over(hooked)


def test_a_wrong_password_ships_nothing(hooked: Hooked) -> None:
    order = left(hooked, ("MUG", 1))
    said = hooked.assign(hooked.invoice(order), password="guessed")
    assert (said["success"], said["errors"]) == (False, ["the courier answered 401"])
    assert [i["stage"] for i in hooked.invoices(order)] == [9]


def test_a_warehouse_of_another_road_is_not_answered(
    build: Build, host: Callable[..., AbstractContextManager[str]], tmp_path: Path
) -> None:
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
    assert (said["IsSuccess"], "another route" in said["Errors"][0]) == (False, True)
    world.read_back()
    assert len(world.shipments(order)) == 1
