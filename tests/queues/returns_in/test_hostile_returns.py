"""Returns of partners who say them oddly or not at all, or take them back."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from fleet_tests.buffered import SITES, back, sold
from fleet_tests.world import World
from workers.returns_in import pulls

DISPOSITIONS = '[tables.return_dispositions.good]\n"*" = { reason = "1" }\n'


@pytest.fixture
def world(build: Callable[..., World]) -> World:
    return build(stock=SITES)


@pytest.fixture
def shop(build: Callable[..., World], tmp_path: Path) -> World:
    """A world with a channel that nobody pulls by himself."""
    (tmp_path / "channel").write_text("a-password")
    channel = f'channel = {{ password = "file:{tmp_path}/channel", public_url = "http://127.0.0.1:9" }}\n'
    return build(khaos_more=f"extensions.confirm_shipment = {{}}\n{channel}", stock=DISPOSITIONS)


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


def test_a_credit_note_that_cannot_be_read_makes_a_return_a_persons(
    shop: World, monkeypatch: pytest.MonkeyPatch
) -> None:
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
