"""Stock and returns against partners who take words back, say them oddly or not at all, and files that change."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fleet_tests.world import World
from workers import config
from workers.journal.entries import enter_new
from workers.returns_in import goods_in, pulls
from workers.spine.runtime import Runtime
from workers.stock_in import counts, demand, due, levels, sites
from workers.stock_in.movements import poll_movements
from workers.wiring.systems import SYSTEMS

SITES = """
[stock]
[stock.sites."Main Site"]
quarantine = "Main Quarantine"
inspection = "Main Inspection"
"""
DISPOSITIONS = '[tables.return_dispositions.good]\n"*" = { reason = "1" }\n'
PO_1, PO_2 = "receipt:leeds:1:1", "receipt:leeds:2:1"


@pytest.fixture
def world(build: Callable[..., World]) -> World:
    return build(stock=SITES)


@pytest.fixture
def shop(build: Callable[..., World], tmp_path: Path) -> World:
    """A world with a channel that nobody pulls by himself."""
    (tmp_path / "channel").write_text("a-password")
    channel = f'channel = {{ password = "file:{tmp_path}/channel", public_url = "http://127.0.0.1:9" }}\n'
    return build(khaos_more=f"extensions.confirm_shipment = {{}}\n{channel}", stock=DISPOSITIONS)


def floor(world: World, **action: Any) -> None:
    world.clarus.post("floor", **action)


def told(world: World) -> None:
    """Every webhook came, and was worked off."""
    world.until(lambda: (c := world.clarus.books()["webhooks"])["delivered"] >= c["fired"] - c["lost"] + c["repeated"])
    world.go()


def of(world: World, sql: str) -> Any:
    return world.store.row(f"select ({sql}) as it")["it"]


def open_terms(world: World) -> int:
    return int(of(world, "select coalesce(sum(units), 0) from term where cleared_at is null"))


# --- goods in that are taken back


def moved(world: World, number: int, cause: str, *, word: str = "", units: int = 10) -> None:
    """The warehouse books a movement of mugs."""
    movement = {
        "id": f"m{number}", "sku": "MUG", "cause": cause, "word": word or cause, "units": units, "reason": "DMG",
        "location": "", "to_condition": "", "at": f"2026-11-21T10:{number:02}:00Z",
    }  # fmt: skip
    page = {"connection": "leeds", "home": "Main Site", "movements": [movement]}
    world.store.run("select take_movements(%s)", json.dumps(page))


def read(world: World, receipt: str, units: int = 10) -> None:
    """A receipt is re-read with so many units."""
    world.store.run(
        "select claim_goods('pending_goods_in', 'Main Site', 'MUG', %s, 'goods_in', %s)", units, receipt
    )  # fmt: skip


def booked(world: World, receipt: str, units: int = 10) -> int:
    """Khaos Control's delivery note is seen; the units whose term is over."""
    return int(of(world, f"select clear_term('{receipt}', 'MUG', {units}, 'fleet', 'seen')"))


def test_goods_that_were_taken_out_and_received_again_are_for_sale_when_they_are_booked(world: World) -> None:
    world.opening(MUG=5)
    moved(world, 1, "received")
    read(world, PO_1)
    moved(world, 2, "unreceived")
    assert open_terms(world) == 0
    moved(world, 3, "received")
    read(world, PO_1)
    assert open_terms(world) == 10
    assert booked(world, PO_1) == 10
    assert open_terms(world) == 0


@pytest.mark.parametrize("seen", ["before", "after", "never"])
def test_goods_that_were_taken_out_are_not_taken_from_another_purchase_order(world: World, seen: str) -> None:
    """The movement names no receipt. Whenever the first one is re-read, the second one's goods are its own."""
    world.opening(MUG=5)
    for number, receipt in enumerate((PO_1, PO_2), 1):
        moved(world, number, "received")
        read(world, receipt)
    if seen == "before":
        read(world, PO_1, 0)
    moved(world, 3, "unreceived")
    assert open_terms(world) == 10
    if seen == "after":
        read(world, PO_1, 0)
    read(world, PO_2)
    assert booked(world, PO_2) == 10
    assert open_terms(world) == 0


def test_a_receipt_whose_goods_the_floor_took_out_is_read_again_and_waits_for_nothing(world: World) -> None:
    world.opening(MUG=5)
    world.hear()
    world.clarus.switch(floor=True, receive_seconds=0.0, putaway_seconds=3600.0)
    for po in ("PO-1", "PO-2"):
        floor(world, receive={"reference": po, "lines": [{"product": "MUG", "quantity": 10}], "at_once": False})
    waiting = "select coalesce(sum(received - booked), 0)::integer from received_line"

    def swept(units: int) -> bool:
        goods_in.sweep(world.runtime, "Main Site")
        told(world)
        return bool(of(world, waiting) == units)

    world.until(lambda: swept(20))
    world.clarus.switch(floor=False)
    poll_movements(world.runtime, "Main Site")
    world.go()
    floor(world, unreceive={"reference": "PO-1"})
    poll_movements(world.runtime, "Main Site")
    world.go()
    assert of(world, "select received from received_line where purchase_order = 'PO-1'") == 0
    assert (of(world, waiting), open_terms(world)) == (10, 10)


# --- fleet.toml changes and the fleet starts again


def restart(world: World, folder: Path, old: str, new: str) -> None:
    path = folder / "fleet.toml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    world.runtime.configuration = config.read(path, SYSTEMS)
    fresh = Runtime(world.runtime.configuration)
    sites.install(fresh)
    fresh.close()


def test_units_that_stood_on_no_site_are_carried_when_their_condition_gets_one(world: World, tmp_path: Path) -> None:
    world.opening(MUG=10)
    floor(world, hold={"product": "MUG", "quantity": 2, "reason": "DMG"})
    world.hear()
    assert world.levels("MUG") == {"Main Site": (8, 8)}
    more = '\ndamaged = "Main Damaged"'
    restart(world, tmp_path, 'quarantine = "Main Quarantine"', f'quarantine = "Main Quarantine"{more}')
    world.flush()
    assert world.levels("MUG") == {"Main Site": (8, 8), "Main Damaged": (2, 2)}


def test_two_conditions_may_exchange_their_sites(world: World, tmp_path: Path) -> None:
    world.opening(MUG=10)
    floor(world, hold={"product": "MUG", "quantity": 2, "reason": "QC"})
    world.hear()
    assert world.levels("MUG")["Main Inspection"] == (2, 2)
    was = 'quarantine = "Main Quarantine"\ninspection = "Main Inspection"'
    restart(world, tmp_path, was, 'quarantine = "Main Inspection"\ninspection = "Main Quarantine"')
    world.flush()
    assert world.levels("MUG") == {"Main Site": (8, 8), "Main Quarantine": (2, 2)}


def test_a_building_that_gets_another_site_is_counted_anew_before_anything_is_sent(
    world: World, tmp_path: Path
) -> None:
    world.opening(MUG=10)
    world.store.run("select want_recount('Main Site', array['MUG'], 'a test')")
    due.post_due(world.runtime)  # its count is on its way
    restart(world, tmp_path, '"Main Site"', '"Annex"')
    world.flush()
    assert "Annex" not in world.levels("MUG")
    assert world.live_messages() == []  # the count of the old one is over
    floor(world, adjust={"product": "MUG", "quantity": -2, "reason": "DMG"})
    counts.count_building(world.runtime, "Annex")
    world.flush()
    assert world.levels("MUG")["Annex"] == (8, 8)
    assert world.exceptions() == []


def test_a_site_that_is_taken_out_of_the_configuration_is_operations_until_it_shows_nothing(
    world: World, tmp_path: Path
) -> None:
    world.opening(MUG=10)
    floor(world, hold={"product": "MUG", "quantity": 2, "reason": "QC"})
    world.hear()
    assert world.levels("MUG") == {"Main Site": (8, 8), "Main Inspection": (2, 2)}
    restart(world, tmp_path, 'inspection = "Main Inspection"\n', "")
    for _ in range(2):
        levels.compare(world.runtime)
    found = world.exception("site_left_behind")
    assert (found["subject"], found["owner"], found["times"]) == ("site:Main Inspection", "operations", 1)
    assert "2 units still show at Main Inspection" in found["reason"]
    product = {"code": "MUG", "description": "MUG", "in_stock": 0, "price": "2.00", "site": "Main Inspection"}
    world.khaos.post("products", products=[product])
    levels.compare(world.runtime)
    assert "site_left_behind" not in world.exceptions()


@pytest.mark.parametrize("how", ["back", "dismissed"])
def test_a_site_that_comes_back_or_that_somebody_else_keeps_is_no_exception(
    world: World, tmp_path: Path, how: str
) -> None:
    world.opening(MUG=10)
    floor(world, hold={"product": "MUG", "quantity": 2, "reason": "QC"})
    world.hear()
    restart(world, tmp_path, 'inspection = "Main Inspection"\n', "")
    levels.compare(world.runtime)
    if how == "back":
        kept = 'quarantine = "Main Quarantine"\n'
        restart(world, tmp_path, kept, f'{kept}inspection = "Main Inspection"\n')
    else:
        world.store.run("update exception set state = 'dismissed' where kind = 'site_left_behind'")
    levels.compare(world.runtime)
    levels.compare(world.runtime)
    assert "site_left_behind" not in world.exceptions()


# --- words that nobody understands


@pytest.mark.parametrize("code", ['Q"X', "ÄÖ-é", "lower case", "it's & <co>"])
def test_a_code_with_odd_characters_is_counted_and_set_like_any_other(world: World, code: str) -> None:
    world.opening(**{code: 7, "MUG": 4})
    floor(world, adjust={"product": code, "quantity": -2, "reason": "DMG"})
    world.hear()
    assert (world.levels(code), world.levels("MUG")) == ({"Main Site": (5, 5)}, {"Main Site": (4, 4)})


def test_units_of_a_code_that_no_call_takes_are_merchandisings_and_stop_nothing_else(world: World) -> None:
    """Khaos Control's calls part codes by commas."""
    world.opening(MUG=10)
    world.store.run("insert into sku (connection, code, state) values ('leeds', 'A,B', 'confirmed')")
    world.store.run(
        "select count_skus(jsonb_build_object('home', 'Main Site', 'began', clock_timestamp(), 'ended',"
        ' clock_timestamp(), \'skus\', \'[{"sku": "A,B", "good": 4}, {"sku": "MUG", "good": 9}]\'::jsonb))'
    )
    world.flush()
    found = world.exception("level_not_taken")
    assert (found["story"], found["owner"]) == ("A,B", "merchandising")
    assert "comma" in found["reason"]
    assert world.levels("MUG") == {"Main Site": (9, 9)}


def test_a_movement_by_an_unknown_word_is_finances_and_is_booked_once_when_the_word_has_a_row(
    world: World, tmp_path: Path
) -> None:
    reasons = '\n[tables.adjustment_reasons.clarus.DMG]\nkhaos = "Damage"\naccount = "7901"\n'
    world.opening(MUG=10)
    moved(world, 1, "unknown", word="CYCLE", units=2)
    enter_new(world.runtime)
    enter_new(world.runtime)
    found = world.exception("reason_unmapped")
    assert (found["owner"], found["times"], found["subject"]) == ("finance", 1, "cause:leeds:CYCLE")
    assert "[tables.movement_causes.clarus]" in found["reason"]
    row = '[tables.movement_causes.clarus]\nCYCLE = "adjusted_down"\n'
    restart(world, tmp_path, "[stock]\n", f"{row}{reasons}[stock]\n")
    enter_new(world.runtime)
    enter_new(world.runtime)
    rows = world.store.rows("select movement_id, cause, units, state from journal")
    assert rows == [{"movement_id": "m1", "cause": "adjusted_down", "units": -2, "state": "ready"}]
    assert world.exceptions() == []


# --- what is promised


def test_a_flush_forgets_no_order_of_a_khaos_that_shows_no_items(world: World) -> None:
    """More orders than a flush asks for: what was promised by them stays so."""
    world.opening(MUG=1000)
    for _ in range(70):
        world.order(("MUG", 1))

    def bare(ask: Callable[[], bytes]) -> bytes:
        return re.sub(rb'QTY_SENT="[^"]*"', b'QTY_SENT=""', ask())

    for _ in range(2):
        demand.refresh(world.runtime, bare)
        assert of(world, "select sum(units)::integer from demand") == 70


def test_an_invoice_that_cannot_be_read_any_more_stays_promised_and_is_somebodys(world: World) -> None:
    world.opening(MUG=10)
    order = world.order(("MUG", 4))
    demand.poll_demand(world.runtime)
    for _ in range(2):
        demand.refresh(world.runtime, lambda ask: ask().replace(b'STOCK_CODE="MUG"', b'STOCK_CODE=""'))
        assert of(world, "select sum(units)::integer from demand") == 4
    found = world.exception("unmappable")
    assert (found["subject"], found["times"]) == (f"demand:{world.invoice(order)}", 1)
    demand.poll_demand(world.runtime)
    assert world.exceptions() == []


@pytest.mark.parametrize(
    ("said", "garbled", "kept"),
    [
        ('STOCK_CODE="MUG"', 'STOCK_CODE=""', 4),
        ('QTY_SENT="4.00"', 'QTY_SENT="3.50"', 4),
        ('QTY_SENT="4.00"', 'QTY_SENT="four"', 4),
        ('INVOICE_STAGE_ID="9"', 'INVOICE_STAGE_ID="nine"', 4),
        ('TYPE_ID="S"', 'TYPE_ID="X"', 4),
    ],
)
def test_an_invoice_that_could_never_be_read_promises_all_that_it_may_hold(
    world: World, said: str, garbled: str, kept: int
) -> None:
    """From its first sight on: its units are not sold to somebody else, and it is somebody's."""
    world.opening(MUG=10)
    world.order(("MUG", 4))
    shown = world.runtime.erp.fetch_open().decode()
    assert said in shown or "QTY_SENT" in said, shown
    pattern = re.sub(r'"4.00"', r'"4(?:[.]0+)?"', said)
    told = re.sub(pattern, garbled, shown).encode()
    assert told != shown.encode()
    demand.refresh(world.runtime, lambda ask: told if ask == world.runtime.erp.fetch_open else ask())
    assert of(world, "select coalesce(sum(units), 0)::integer from demand") == kept
    found = world.exception("fractional_quantity" if "3.50" in garbled else "unmappable")
    assert "all that it may hold is kept back" in found["reason"]


def test_an_order_without_items_and_with_a_bad_address_promises_its_units(world: World) -> None:
    """A build that shows no items: what is promised is asked of the order, whatever is wrong with its address."""
    world.opening(MUG=10)
    world.order(("MUG", 4), country="QQ")

    def bare(ask: Callable[[], bytes]) -> bytes:
        return re.sub(rb'QTY_SENT="[^"]*"', b'QTY_SENT=""', ask())

    demand.refresh(world.runtime, bare)
    assert of(world, "select coalesce(sum(units), 0)::integer from demand") == 4
    assert of(world, "select site from order_site") == "Main Site"


# --- returns


def sold(world: World, *lines: tuple[str, int]) -> str:
    order: str = world.order(*lines)
    world.poll()
    world.round_trip()
    return order


def back(world: World, reference: str, order: str, units: int = 1) -> None:
    line = {"product": "MUG", "quantity": units, "good": units}
    more = {"external_system_reference2": order} if order else {}
    floor(world, receive={"reference": reference, "lines": [line], "at_once": True, **more})
    told(world)


def pull(world: World, mark: str, *, but: str = "") -> tuple[list[str], str]:
    """One return at a time; ``but`` cannot be told."""
    batch = pulls.pull(world.store, "khaos", mark, 1, (), lambda made: made.reference != but)
    assert batch.continuation is not None
    return [made.reference for made in batch.returns], batch.continuation


def returns(world: World) -> dict[str, str]:
    rows = world.store.rows("select reference, state from return_line order by reference")
    return {row["reference"]: row["state"] for row in rows}


def test_goods_whose_code_two_orders_share_are_a_return_and_no_suppliers_delivery(world: World) -> None:
    sold(world, ("MUG", 1))
    sold(world, ("MUG", 1))
    world.store.run("update fulfilment set associated_ref = 'WEB-TWICE'")
    back(world, "WEB-TWICE", "")
    assert world.store.rows("select kind, order_code from goods_in") == [{"kind": "return", "order_code": ""}]
    assert world.exceptions() == ["return_unknown_order"]


def test_a_return_that_cannot_be_told_keeps_none_behind_it_waiting_and_is_not_presumed_imported(shop: World) -> None:
    order = sold(shop, ("MUG", 3))
    for n in range(3):
        back(shop, f"RMA-{n}", order)
    one, two, three = returns(shop)
    first, mark = pull(shop, "", but=one)
    second, mark = pull(shop, mark, but=one)
    assert (first, second) == ([two], [three])
    assert pull(shop, mark, but=one) == ([], mark)
    assert returns(shop) == {one: "offered", two: "presumed_imported", three: "presumed_imported"}
    answer = pull(shop, mark)  # it can be told now, and the answer is lost
    assert answer[0] == [one]
    assert pull(shop, mark) == answer
    assert returns(shop)[one] == "offered"
    assert pull(shop, answer[1]) == ([], answer[1])
    assert returns(shop)[one] == "presumed_imported"


@pytest.mark.parametrize("mark", ["5000", "9" * 5000])
def test_after_a_restore_a_return_whose_answer_was_lost_is_told_again(shop: World, mark: str) -> None:
    """Khaos Control has a continuation that this ledger never handed out: it says nothing about what arrived."""
    back(shop, "RMA-1", sold(shop, ("MUG", 1)))
    (reference,) = returns(shop)
    assert pull(shop, mark)[0] == [reference]
    assert pull(shop, mark)[0] == [reference]
    assert returns(shop) == {reference: "offered"}


def test_a_credit_note_that_cannot_be_read_makes_a_return_a_persons(shop: World, monkeypatch: Any) -> None:
    """Half a unit was credited by hand: Khaos Control's stand-in takes none, so its answer is altered on its way."""
    order = sold(shop, ("MUG", 1))
    urn = next(one["urn"] for one in shop.khaos.books()["orders"] if one["order"] == order)
    note = shop.khaos.post("credit", urn=urn, lines={"MUG": 1})["invoice"]
    whole = shop.runtime.erp.fetch_credit_notes

    def halved(urns: list[str]) -> bytes:
        return re.sub(rb'QTY_SENT="-?1(\.0+)?"', b'QTY_SENT="0.5"', whole(urns))

    monkeypatch.setattr(shop.runtime.erp, "fetch_credit_notes", halved)
    back(shop, "RMA-1", order)
    assert shop.exceptions() == ["maybe_credited"]
    assert note in shop.exception("maybe_credited")["reason"]
    assert list(returns(shop).values()) == ["graded"]


def test_a_warehouse_that_corrects_a_return_to_fewer_units_is_told_to_finance(shop: World) -> None:
    back(shop, "RMA-1", sold(shop, ("MUG", 3)), units=3)
    row = shop.store.row("select body from record where source = 'receipt' order by id desc limit 1")
    less = json.loads(bytes(row["body"]))
    for one in [task for line in less["lines"] for task in line["tasks"]]:
        one["confirmed_quantity"] = 2
    shop.store.receive("leeds", "receipt", "less", json.dumps(less).encode())
    shop.go()
    assert shop.exceptions() == ["credit_differs"]
    assert "3 MUG and shows 2" in shop.exception("credit_differs")["reason"]
