"""Orders to a warehouse of garments: hire and sale lines out, dispatches back by events, by read-backs, by both."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from adapters.acs.sandbox.orders import Status
from fleet_tests.acs import Garments
from workers.orders_out import polls


@pytest.fixture
def acs(build_acs: Callable[..., Garments]) -> Garments:
    place = build_acs()
    place.stock(DRESS=6, SHOES=3)
    return place


def test_a_sale_goes_out_and_its_dispatch_comes_back_as_an_event(acs: Garments) -> None:
    order = acs.order(("DRESS", 2))
    there = acs.there(f"{order}-1")
    assert [(row["GarmentSKU"], row["IsHire"], row["ItemQuantity"]) for row in there["body"]["OrderItems"]] == [
        ("DRESS", False, 2)
    ]
    acs.pass_time()
    acs.hear()
    acs.world.read_back()
    acs.world.go()
    (shipment,) = acs.world.shipments(order)
    assert shipment["lines"] == {"DRESS": 2}
    assert acs.world.fulfilment(f"{order}-1")["state"] == "dispatched"
    assert (acs.world.exceptions(), acs.world.live_messages()) == ([], [])


def test_an_invoice_that_cannot_be_read_stays_somebodys_when_another_of_its_order_waits_for_stock(
    acs: Garments,
) -> None:
    order = acs.order(("DRESS", 4), ("DRESS", 4, "hire"))  # six are there: two wait on an invoice of their own
    stages = {one["stage"] for one in acs.world.invoices(order)}
    assert stages == {9, 18}
    for _ in range(2):
        acs.world.poll()
        found = acs.world.exception("unmappable")
        assert (found["state"], found["story"], found["times"]) == ("open", order, 1)
        assert "its lines differ" in found["reason"]


def leave(acs: Garments) -> None:
    """People at ACS end everything, the fleet hears of it, and Khaos Control shows it."""
    acs.pass_time()
    acs.hear()
    acs.world.read_back()
    acs.world.go()


def booked(acs: Garments, order: str) -> list[tuple[str, str, int]]:
    rows = acs.store.rows(
        "select d.item, o.kind, count(*)::integer as n from departed_item d join order_item o"
        " on (o.fulfilment, o.item) = (d.fulfilment, d.item) where d.fulfilment = %s group by 1, 2 order by 1",
        f"{order}-1",
    )
    return [(row["item"], row["kind"], row["n"]) for row in rows]


def test_hire_and_sale_of_one_sku_stay_two_lines_with_the_days_of_the_hire(acs: Garments) -> None:
    event = acs.soon()
    order = acs.order(("DRESS", 2, "hire"), ("DRESS", 1), event=event)
    body = acs.there(f"{order}-1")["body"]
    assert [(row["LineItemId"], row["GarmentSKU"], row["IsHire"]) for row in body["OrderItems"]] == [
        ("L1.1", "DRESS", True), ("L1.2", "DRESS", True), ("L2", "DRESS", False),
    ]  # fmt: skip
    assert body["EventDate"] == event.isoformat()
    assert body["DispatchDate"] < body["DeliveryDate"] < body["EventDate"] < body["WarehouseReturnDate"]
    assert (body["FirstName"], body["LastName"], body["OrderItems"][0]["ItemPrice"]) == (
        "Wilhelmina", "Quillfeather", 1.0,
    )  # fmt: skip
    assert acs.world.fulfilment(f"{order}-1")["requested"] == {"DRESS": 3}
    leave(acs)
    assert booked(acs, order) == [("L1.1", "hire", 1), ("L1.2", "hire", 1), ("L2", "sale", 1)]
    (shipment,) = acs.world.shipments(order)
    assert shipment["lines"] == {"DRESS": 3}
    assert acs.world.exceptions() == []


def test_a_hire_without_its_day_is_customer_services_and_goes_once_the_day_is_there(acs: Garments) -> None:
    order = acs.order(("DRESS", 1, "hire"))
    assert acs.there(f"{order}-1") is None
    assert "event_field" in acs.world.exception("hire_dates_missing")["reason"]


@pytest.mark.parametrize("route", ["events", "read back", "both", "both, twice"])
def test_partial_dispatches_are_fulfilments_of_their_own_by_either_route_and_by_both(
    build_acs: Callable[..., Garments], route: str
) -> None:
    acs = build_acs(switches={"event_url": ""} if route == "read back" else {"event_repeat_rate": 1.0})
    acs.stock(DRESS=6)
    order = acs.order(("DRESS", 4))
    acs.switch(two_goes=[f"{order}-1"])
    for _ in range(2):
        while len(acs.site.dispatched) < 2:
            acs.pass_time(0.1)
        if route != "events":
            acs.poll()
        acs.hear()
        if route == "both, twice":
            acs.tell_again(*acs.told("order.dispatched"))
            acs.poll()
        acs.pass_time()
    if route != "events":
        acs.poll()
    acs.hear()
    for _ in range(2):
        acs.world.read_back()
        acs.world.go()
    assert [one["lines"] for one in acs.world.shipments(order)] == [{"DRESS": 2}, {"DRESS": 2}]
    assert acs.world.fulfilment(f"{order}-1")["state"] == "dispatched"
    assert booked(acs, order) == [("L1", "sale", 4)]
    assert (acs.world.exceptions(), acs.world.live_messages()) == ([], [])


@pytest.mark.parametrize("by_event", [True, False])
def test_a_short_item_closes_its_line_with_the_reason(build_acs: Callable[..., Garments], by_event: bool) -> None:
    acs = build_acs(switches={} if by_event else {"event_url": ""})
    acs.stock(DRESS=6)
    order = acs.order(("DRESS", 2))
    acs.switch(short={f"{order}-1": "FAILED_QC"})
    acs.pass_time()
    acs.hear() if by_event else acs.poll()
    assert acs.world.fulfilment(f"{order}-1")["state"] == "closed_short"
    assert "FAILED_QC" in acs.world.exception("short_pick")["reason"]


def test_a_cancellation_is_the_whole_order_with_a_flag_and_proven_once_acs_shows_it(acs: Garments) -> None:
    order = acs.order(("DRESS", 1))
    acs.world.khaos.post("cancel", order=order)
    acs.world.poll()
    there = acs.there(f"{order}-1")
    assert (there["status"], there["body"]["OrderCancelled"], len(there["body"]["OrderItems"])) == (
        "Cancelled",
        True,
        1,
    )
    acs.hear()
    assert acs.world.fulfilment(f"{order}-1")["state"] == "cancelled"
    assert (acs.world.exceptions(), acs.world.live_messages()) == ([], [])


@pytest.mark.parametrize("cancels", ["answer", "event"])
def test_a_cancellation_that_comes_too_late_is_a_persons(acs: Garments, cancels: str) -> None:
    order = acs.order(("DRESS", 1))
    acs.switch(cancels=cancels, steps={"Picking": 1000.0})
    acs.pass_time()
    acs.world.khaos.post("cancel", order=order)
    acs.world.poll()
    acs.hear()
    assert acs.world.exceptions() == ["cancel_refused"]
    assert "too_late" in acs.world.exception("cancel_refused")["reason"]
    assert acs.world.fulfilment(f"{order}-1")["state"] == "cancelling"


def test_what_acs_cancels_by_itself_is_a_persons(acs: Garments) -> None:
    order = acs.order(("DRESS", 1))
    acs.act(cancel={"order": f"{order}-1"})
    acs.hear()
    assert acs.world.exceptions() == ["cancelled_at_warehouse"]


@pytest.mark.parametrize("by_event", [True, False])
def test_an_order_that_acs_rejects_is_a_persons_by_either_route(
    build_acs: Callable[..., Garments], by_event: bool
) -> None:
    acs = build_acs(switches={} if by_event else {"event_url": ""})
    acs.stock(DRESS=1)
    acs.act(lose={"rfid": acs.books()["garments"][0]["rfid"]})
    order = acs.order(("DRESS", 1))
    acs.pass_time()
    acs.hear() if by_event else acs.poll()
    assert acs.there(f"{order}-1")["status"] == "Rejected"
    assert acs.world.exceptions() == ["garment_not_available" if by_event else "refused_by_warehouse"]
    assert acs.world.fulfilment(f"{order}-1")["state"] == "new"


@pytest.mark.parametrize("proof", ["get", "event"])
def test_a_lost_answer_leads_to_one_order(build_acs: Callable[..., Garments], proof: str) -> None:
    acs = build_acs(f'proof = "{proof}"', switches={"bodies": "empty"})
    acs.stock(DRESS=2)
    acs.switch(effect_then_500_next={"PUT": 1})
    order = acs.order(("DRESS", 1))
    acs.hear()
    while acs.world.fulfilment(f"{order}-1")["state"] != "sent":
        acs.world.hurry()
    leave(acs)
    assert len(acs.site.dispatched) == 1
    assert [one["lines"] for one in acs.world.shipments(order)] == [{"DRESS": 1}]
    assert acs.world.exceptions() == []


def test_an_event_of_no_kind_or_with_a_bad_signature_changes_nothing(acs: Garments) -> None:
    acs.switch(event_unknown_next=1, event_forged_next=1, event_stale_next=1, event_bad_signature_rate=0.5)
    order = acs.order(("DRESS", 1))
    leave(acs)
    assert [one["lines"] for one in acs.world.shipments(order)] == [{"DRESS": 1}]
    assert acs.world.exceptions() == ["unknown_event"]
    assert acs.books()["events"]["counts"]["forged"] == 1


@pytest.mark.parametrize("answer", ["at once", "by an event"])
def test_a_sku_that_acs_does_not_keep_any_more_holds_its_order_until_it_is_confirmed_again(
    acs: Garments, answer: str
) -> None:
    refusing = {"refuse": {"DRESS": "unknown_sku"}} if answer == "at once" else {}
    acs.switch(**refusing)
    order = acs.order(("DRESS", 1), ("SHOES", 1))
    if answer == "by an event":
        lines = [{"LineItemId": "L1", "Code": "inactive_sku", "Message": "GarmentSKU is not active"}]
        acs.site.events.tell("order.rejected", {"OrderNumber": f"{order}-1", "Reasons": lines})
        acs.hear()
    assert acs.world.exceptions() == ["sku_unconfirmed"]
    assert "DRESS" in acs.world.exception("sku_unconfirmed")["reason"]
    assert [row["state"] for row in acs.world.live_messages() if row["kind"] == "order"] == ["held"]
    assert acs.store.row("select state from sku where connection = 'acs' and code = 'DRESS'")["state"] == "refused"
    acs.switch(refuse={})
    acs.confirm("DRESS")
    acs.world.go()
    leave(acs)
    assert [one["lines"] for one in acs.world.shipments(order)] == [{"DRESS": 1, "SHOES": 1}]
    assert acs.world.exceptions() == []


def test_a_line_without_a_ready_garment_is_customer_services(acs: Garments) -> None:
    acs.switch(refuse={"DRESS": "item_not_available"})
    acs.order(("DRESS", 1))
    assert acs.world.exceptions() == ["garment_not_available"]


def ready(acs: Garments, sku: str) -> None:
    """The ledger has the garments of a SKU as ACS has them."""
    for one in acs.books()["garments"]:
        acs.store.run(
            "insert into garment (connection, tag, home, sku, unique_sku, state, state_at)"
            " values ('acs', %s, 'Main Site', %s, %s, 'sellable', now())",
            one["rfid"],
            sku,
            one["unique_sku"],
        )


def test_where_we_choose_the_garments_no_two_orders_have_the_same(build_acs: Callable[..., Garments]) -> None:
    acs = build_acs('sku_mode = "unique"', switches={"event_url": ""})
    acs.stock(DRESS=3)
    acs.world.stock("DRESS", units=9)  # Khaos Control promises more than there is
    ready(acs, "DRESS")
    first = acs.order(("DRESS", 1, "hire"), ("DRESS", 1), event=acs.soon())
    second = acs.order(("DRESS", 1))
    third = acs.order(("DRESS", 1))
    named = [row["GarmentSKU"] for order in (first, second) for row in acs.there(f"{order}-1")["body"]["OrderItems"]]
    assert sorted(named) == ["DRESS_1", "DRESS_2", "DRESS_3"]
    assert acs.there(f"{third}-1") is None
    assert "1 wanted, 0 ready" in acs.world.exception("garment_not_chosen")["reason"]
    acs.pass_time()
    acs.poll()
    assert {acs.world.fulfilment(f"{order}-1")["state"] for order in (first, second)} == {"dispatched"}


def test_an_order_is_overdue_by_the_warehouses_working_days(acs: Garments) -> None:
    sale, hire = acs.order(("DRESS", 1)), acs.order(("SHOES", 1, "hire"), event=acs.soon())
    due = {
        row["story"]: row["due_at"]
        for row in acs.store.rows("select story, due_at from expectation where what = 'dispatch'")
    }
    body = acs.there(f"{hire}-1")["body"]
    assert due[hire].date().isoformat() > body["DispatchDate"]
    assert due[sale] < due[hire]
    acs.store.run("update expectation set due_at = now() where what = 'dispatch'")
    acs.world.check()
    assert acs.world.exceptions() == ["dispatch_overdue", "dispatch_overdue"]
    leave(acs)
    assert acs.world.exceptions() == []


@pytest.mark.parametrize("status", ["Picking", "OnHold"])
def test_an_order_that_is_overdue_names_the_status_in_which_acs_shows_it(acs: Garments, status: str) -> None:
    acs.switch(floor=False)
    order = acs.order(("DRESS", 1))
    acs.site.orders.find(f"{order}-1").move(Status(status))
    acs.poll()
    acs.store.run("update expectation set due_at = now() where what = 'dispatch'")
    acs.world.check()
    assert acs.world.exception("dispatch_overdue")["reason"].endswith(f"acs showed it last as {status}")


def test_the_rest_of_an_order_that_holds_a_part_of_unlike_lines_is_judged_by_its_units(acs: Garments) -> None:
    order = acs.order(("DRESS", 2, "hire"), ("DRESS", 1), event=acs.soon())
    acs.switch(two_goes=[f"{order}-1"], steps={"PartDispatched": 30.0})
    leave(acs)
    polls.poll_open_orders(acs.runtime)
    acs.store.run("select want_order('khaos', %s)", order)
    polls.poll_orders(acs.runtime)
    acs.world.go()
    assert acs.world.exceptions() == []
    acs.pass_time(30.0)
    leave(acs)
    assert sorted(one["lines"]["DRESS"] for one in acs.world.shipments(order)) == [1, 2]
    assert (acs.world.exceptions(), acs.world.live_messages()) == ([], [])


def test_an_order_in_doubt_that_is_taken_back_before_its_next_try_is_looked_up_and_over(acs: Garments) -> None:
    acs.switch(error_next=100)
    order = acs.order(("DRESS", 1))
    acs.switch(error_next=0)
    acs.world.khaos.post("cancel", order=order)
    polls.poll_orders(acs.runtime)  # its next try is due when the cancellation is read
    for _ in range(5):
        acs.world.hurry()
    settled = acs.store.rows("select kind, state from message_settled where reference = %s order by id", f"{order}-1")
    assert [(row["kind"], row["state"]) for row in settled][:2] == [
        ("order", "not_needed"),
        ("cancel", "delivered"),
    ]
    assert acs.there(f"{order}-1") is None
    assert acs.world.fulfilment(f"{order}-1")["state"] == "cancelled"
    assert acs.world.exceptions() == []


@pytest.mark.parametrize("beside", [(), (("DRESS", 1),)])
def test_a_hire_that_is_entered_as_a_service_is_somebodys_and_nothing_of_its_order_goes(
    acs: Garments, beside: tuple[tuple[str, int], ...]
) -> None:
    acs.world.stock("GOWN-HIRE", stock_controlled=False)
    acs.world.poll()
    order = acs.order(("GOWN-HIRE", 1, "hire"), *beside, event=acs.soon())
    assert acs.there(f"{order}-1") is None
    found = acs.world.exception("hire_as_service")
    assert (acs.world.exceptions(), found["owner"], found["story"]) == (["hire_as_service"], "customer service", order)
    assert "GOWN-HIRE" in found["reason"]


def test_a_service_beside_a_hired_garment_is_its_fee(acs: Garments) -> None:
    acs.world.stock("CLEANING", stock_controlled=False)
    acs.world.poll()
    order = acs.order(("DRESS", 1, "hire"), ("CLEANING", 1, "hire"), event=acs.soon())
    assert [row["GarmentSKU"] for row in acs.there(f"{order}-1")["body"]["OrderItems"]] == ["DRESS"]
    assert acs.world.exceptions() == []


def test_a_hire_that_turns_out_to_be_a_service_is_not_dropped_from_its_order(acs: Garments) -> None:
    acs.world.stock("GOWN-HIRE", stock_controlled=False)
    order = acs.order(("GOWN-HIRE", 1, "hire"), ("DRESS", 1), event=acs.soon())  # the catalogue is read after it
    acs.world.poll()
    acs.world.poll()
    assert acs.there(f"{order}-1") is None
    assert acs.world.exceptions() == ["hire_as_service"]
