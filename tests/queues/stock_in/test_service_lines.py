"""Hires that Khaos Control has as services: the garment goes, comes back and is counted; no figure is off by one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest

from fleet_tests.acs import Garments
from fleet_tests.world import CONFIRM
from workers.stock_in import demand

ON_HIRE, INSPECTION = "On Hire", "Inspection"
SITES = f'[stock.sites."Main Site"]\nwith_customer = "{ON_HIRE}"\ninspection = "{INSPECTION}"\n'
ROWS = """
level_semantics = "SEMANTICS"
[connections.khaos.service_lines]
"*-HIRE" = "*"
"""


@pytest.fixture(params=["available", "in_stock"])
def acs(build_acs: Callable[..., Garments], request: pytest.FixtureRequest) -> Garments:
    place = build_acs(khaos_more=CONFIRM + ROWS.replace("SEMANTICS", request.param), stock=SITES, days_ago=2)
    world = place.world
    world.khaos.switch(level_semantics=request.param)
    world.stock("DRESS-HIRE", stock_controlled=False)
    place.stock(DRESS=5)
    world.khaos.post("products", products=[], sites=["Main Site", "Annex", ON_HIRE, INSPECTION])
    place.runtime.read_facts("khaos")
    place.count()
    return place


def shown(acs: Garments) -> dict[str, tuple[int, int]]:
    """In stock and available by site, once everything that is due was set."""
    demand.poll_demand(acs.runtime)
    acs.world.flush()
    return acs.world.levels("DRESS")


def leave(acs: Garments) -> None:
    acs.pass_time()
    acs.hear()
    acs.world.read_back()
    acs.world.go()


def test_a_hire_as_a_service_sends_its_garment_and_the_sites_hold_what_the_merchant_owns(acs: Garments) -> None:
    assert shown(acs) == {"Main Site": (5, 5)}
    order = acs.order(("DRESS-HIRE", 2), event=acs.soon())
    lines = acs.there(f"{order}-1")["body"]["OrderItems"]
    assert [(line["GarmentSKU"], line["IsHire"]) for line in lines] == [("DRESS", True)] * 2
    assert shown(acs)["Main Site"][1] == 3, "two of five are promised, and Khaos Control has given them to nobody"
    leave(acs)
    (shipment,) = acs.world.shipments(order)
    assert shipment["lines"] == {"DRESS-HIRE": 2}
    assert acs.world.fulfilment(f"{order}-1")["state"] == "dispatched"
    assert shown(acs) == {"Main Site": (3, 3), ON_HIRE: (2, 2)}
    tags = [tag for tag, state in acs.states().items() if state == "with_customer"]
    for tag in tags:
        acs.tell("item.received", OrderNumber=f"{order}-1", GarmentSKU="DRESS", RFID=tag, ReturnKind="HIRE_RETURN",
                 Location="In warehouse processing", ProcessStatus="PostRentalInspection")  # fmt: skip
    assert shown(acs) == {"Main Site": (3, 3), INSPECTION: (2, 2)}
    assert acs.world.khaos.books()["credits"] == []
    assert (acs.world.exceptions(), acs.world.live_messages()) == ([], [])


def test_one_dress_hired_as_a_service_and_one_sold_on_one_invoice_leave_as_what_they_are(acs: Garments) -> None:
    order = acs.order(("DRESS-HIRE", 1), ("DRESS", 1), event=acs.soon())
    lines = acs.there(f"{order}-1")["body"]["OrderItems"]
    assert sorted((line["GarmentSKU"], line["IsHire"]) for line in lines) == [("DRESS", False), ("DRESS", True)]
    assert shown(acs)["Main Site"][1] == 3
    leave(acs)
    left = Counter[str]()
    for shipment in acs.world.shipments(order):
        left.update(shipment["lines"])
    assert left == {"DRESS-HIRE": 1, "DRESS": 1}
    assert shown(acs) == {"Main Site": (3, 3), ON_HIRE: (1, 1)}
    assert (acs.world.exceptions(), acs.world.live_messages()) == ([], [])


def test_a_hire_as_a_service_that_is_taken_back_sells_again(acs: Garments) -> None:
    order = acs.order(("DRESS-HIRE", 2), event=acs.soon())
    assert shown(acs)["Main Site"] == (3, 3)
    acs.world.khaos.post("cancel", order=order)
    acs.world.poll()
    assert acs.world.fulfilment(f"{order}-1")["state"] == "cancelled"
    assert shown(acs) == {"Main Site": (5, 5)}


def test_the_next_file_agrees_with_what_hires_as_services_left_behind(acs: Garments) -> None:
    acs.order(("DRESS-HIRE", 1), event=acs.soon())
    leave(acs)
    acs.later(timedelta(days=1))
    acs.count()
    assert shown(acs) == {"Main Site": (4, 4), ON_HIRE: (1, 1)}
    assert acs.world.exceptions() == []
