"""Orders are laid at GXO once, whatever breaks meanwhile."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fleet_tests.gxo import ByFile, idle, work
from workers.edi.control_numbers import control_number_giver
from workers.spine import ringer
from workers.wiring.handlers import handler_for

Build = Callable[..., ByFile]
SHORT = 0.3  # of the site's seconds: it takes files and answers


@pytest.fixture
def gxo(build_gxo: Build) -> ByFile:
    return idle(build_gxo())


@pytest.mark.parametrize("frozen", [False, True])
def test_a_process_that_dies_with_a_control_number_in_hand_wastes_none(gxo: ByFile, frozen: bool) -> None:
    before = gxo.number()  # of nothing: there is no order yet
    world = gxo.world
    order = str(world.order(("MUG", 1)))
    gxo.store.run(
        "update connection set shut_kind = 'unavailable', shut_since = now(), alerted = true,"
        " probe_at = now() + interval '1 hour' where name = 'gxo'"
    )
    world.poll()
    gxo.store.run("update connection set shut_kind = null where name = 'gxo'")
    claimed = gxo.store.claim("orders-out", 600.0)
    if frozen:
        wire = handler_for(gxo.runtime, "orders-out", "gxo", "order").write(claimed)
        assert isinstance(wire, bytes)
        gxo.store.freeze(claimed, wire)
    else:
        control_number_giver(gxo.runtime, claimed)
    gxo.store.run("update message set process_id = gen_random_uuid() where state = 'working'")
    assert len(ringer.release_lost(gxo.runtime)) == 1
    world.hurry()
    assert gxo.number() == before + 1
    gxo.round(SHORT)
    assert (gxo.state(order), gxo.books()["received"][f"{order}-1"]) == ("sent", {"N": 1})
    assert (gxo.expected(), world.exceptions()) == ([], [])


@pytest.mark.parametrize("fault", ["drop_writes_next", "drop_before_rename_next", "drop_after_rename_next"])
@pytest.mark.parametrize("after", [0, 200])
def test_a_connection_that_breaks_in_an_upload_loses_and_doubles_nothing(gxo: ByFile, fault: str, after: int) -> None:
    gxo.switch(**{fault: 1}, drop_after_bytes=after)
    order = gxo.order(("MUG", 1))
    gxo.round(SHORT)
    gxo.world.hurry()
    gxo.round(SHORT)
    work(gxo)
    gxo.world.read_back()
    assert (gxo.there(f"{order}-1")["picked"], gxo.books()["picked_twice"]) == (1, 0)
    assert (gxo.state(order), gxo.world.exceptions(), gxo.world.live_messages()) == ("dispatched", [], [])
    assert len(gxo.world.shipments(order)) == 1


def test_two_facilities_work_at_once_each_on_its_own_orders(gxo: ByFile) -> None:
    gxo.act(adjust={"facility": "GBNH02", "sku": "MUG", "quantity": 7})
    gxo.hear()
    gxo.world.flush()
    here, there = gxo.order(("MUG", 2)), gxo.order(("MUG", 3), site="Annex")
    gxo.round(SHORT)
    work(gxo)
    gxo.world.read_back()
    assert [gxo.there(f"{one}-1")["facility"] for one in (here, there)] == ["GBNH01", "GBNH02"]
    assert [gxo.state(one) for one in (here, there)] == ["dispatched"] * 2
    assert (gxo.position("MUG"), gxo.position("MUG", "Annex")) == ((18, {}), (4, {}))
    gxo.act(adjust={"facility": "GBNH01", "sku": "MUG", "quantity": -1})
    gxo.act(adjust={"facility": "GBNH02", "sku": "MUG", "quantity": 1})
    gxo.hear()
    assert (gxo.position("MUG"), gxo.position("MUG", "Annex")) == ((17, {}), (5, {}))
