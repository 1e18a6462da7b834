"""The sandbox's ledger adds up, and every message that it writes tells of the units that it moved."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from fleet_tests.gxo_floor import Floor, Segment


def notes(segments: list[tuple[str, ...]]) -> list[tuple[str, str]]:
    return [(one[2], one[3]) for one in segments if one[:2] == ("N9", "ZZ")]


def told_by_messages(floor: Floor, facility: str) -> Counter[tuple[str, str]]:
    """Units by SKU and type: the opening figures moved by what the 944, 945 and 947 in ``out`` say."""
    units = Counter({("MUG", "N"): 50, ("TRAY", "N"): 20, ("CUP", "N"): 5} if facility == "GBNH01" else {})
    sku = ""
    for told in floor.sets("945", facility):
        for one in told:
            if one[0] == "W12":
                units[one[8], "N"] -= int(one[3])
    for set_id, name, code, count in (("944", "W07", 5, 1), ("947", "W19", 6, 2)):
        for told in floor.sets(set_id, facility):
            moved = 0
            for one in told:
                if one[0] == name:
                    sku, moved = one[code], int(one[count])
                elif one[:3] == ("N9", "ZZ", "INVTYPE"):
                    units[sku, one[3]] += moved
    return units


def snapshot(floor: Floor, facility: str) -> dict[str, dict[str, int]]:
    """SKU -> quantity code -> units, of the last 846 in ``out``."""
    rows: dict[str, dict[str, int]] = {}
    sku = ""
    for one in floor.sets("846", facility)[-1]:
        if one[0] == "LIN":
            sku = one[3]
            rows[sku] = {}
        elif one[0] == "QTY":
            rows[sku][one[1]] = int(one[2])
    return rows


def a_random_day(floor: Floor, dice: random.Random) -> None:
    floor.switches.turn({
        "step_seconds": 0.5, "short_rate": 0.1, "short_writes_947": True, "two_goes_rate": 0.2, "cartons_rate": 0.3,
        "hold_orders_rate": 0.1, "hold_seconds": 1, "adjust_rate": 0.2, "stock_hold_rate": 0.2, "split_lines": True,
        "stock_release_rate": 0.2, "damage_rate": 0.1, "no_stock": dice.choice(["short", "wait", "backorder"]),
        "substitute": {"SO7": "TRAY"}, "over": {"SO9": 2}, "cancelled_at_site": ["SO11"], "returns_arrive_rate": 0.7,
        "snapshot_at": "",
    })  # fmt: skip
    skus = ["MUG", "TRAY", "CUP"]
    for turn in range(150):
        facility = dice.choice(("GBNH01", "GBNH01", "GBNH02"))
        floor.order(f"SO{turn}", facility, **{sku: dice.randint(1, 4) for sku in dice.sample(skus, 2)})
        if dice.random() < 0.15:
            floor.cancel(f"SO{dice.randint(0, turn)}", facility)
        if dice.random() < 0.2:
            units = [{"sku": dice.choice(skus), "quantity": dice.randint(1, 12)}]
            floor.act(receive={"facility": facility, "reference": f"PO{turn}", "kind": "supplier", "lines": units})
        if dice.random() < 0.1:
            told: list[Segment] = [("W06", "J", f"RMA{turn}", "20261121", ""), ("N1", "WH", "GXO", "ZZ", facility)]
            told += [("W04", "2", "EA", "", "SK", "MUG"), ("N9", "LI", "1"), ("W03", "2")]
            floor.send(*told, set_id="943", facility=facility)
        floor.go(dice.random() * 2)
    floor.go(60)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_over_a_long_random_day_every_unit_is_accounted_for_by_ledger_messages_and_snapshot(
    new_floor: Callable[[int], Any], seed: int
) -> None:
    floor = new_floor(seed)
    a_random_day(floor, random.Random(seed))
    stock = floor.books()["stock"]
    for facility, rows in stock.items():
        told = told_by_messages(floor, facility)
        floor.snapshot(facility)
        counted = snapshot(floor, facility)
        for sku, kinds in rows.items():
            for row in kinds.values():
                assert row["opening"] + row["received"] + row["adjusted"] - row["shipped"] == row["on_hand"] >= 0
            held = {kind: row["on_hand"] for kind, row in kinds.items()}
            assert held == {kind: told[sku, kind] for kind in kinds}
            figures = counted[sku]
            assert figures["33"] + figures["27"] == held["N"]
            assert figures["17"] == figures["33"] + figures["27"] + figures["20"]
            assert figures["17"] + figures.get("28", 0) == sum(held.values())


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_over_a_long_random_day_what_left_is_the_same_in_orders_shipments_and_stock_and_nothing_left_twice(
    new_floor: Callable[[int], Any], seed: int
) -> None:
    floor = new_floor(seed)
    a_random_day(floor, random.Random(seed))
    books = floor.books()
    in_lines, in_shipments, in_cartons = Counter[str](), Counter[str](), Counter[str]()
    for order in books["orders"]:
        place = order["facility"]
        in_lines[place] += sum(line["shipped"] for line in order["lines"])
        in_shipments[place] += sum(sum(one["shipped"].values()) for one in order["shipments"])
        in_cartons[place] += sum(
            sum(box["lines"].values()) for one in order["shipments"] for box in one["cartons"]
        )  # fmt: skip
    off_shelf = {place: sum(row["N"]["shipped"] for row in kinds.values()) for place, kinds in books["stock"].items()}
    assert in_lines == in_shipments == in_cartons == off_shelf
    assert min(off_shelf.values()) > 20
    assert books["picked_twice"] == 0
    assert len({one["name"] + one["facility"] for one in books["messages"]}) == len(books["messages"])
    assert {one["state"] for one in books["orders"]} >= {"D", "V"}
    assert len(books["receipts"]) > 20


def test_every_file_of_a_random_day_is_accepted_by_pyx12(
    new_floor: Callable[[int], Any], pyx12_accepts: Callable[[bytes], Any]
) -> None:
    floor = new_floor(4)
    a_random_day(floor, random.Random(4))
    floor.snapshot("GBNH01")
    read = Counter[str]()
    for facility in floor.site.facilities:
        for name in floor.names("out", facility):
            pyx12_accepts((floor.site.folders.at(facility, "out") / name).read_bytes())
            read[name[:3]] += 1
    assert read.keys() == {"997", "824", "945", "944", "947", "846"}
    assert read.total() == len(floor.books()["messages"])


def test_a_snapshot_names_every_sku_with_zeros_and_goes_at_five_local_time_of_a_faster_clock(floor: Floor) -> None:
    floor.switches.clock_speed = 3600.0
    floor.go(6)
    assert floor.sets("846", "GBNH02") == []
    floor.go(1)
    assert snapshot(floor, "GBNH02") == {sku: {"17": 0, "33": 0, "27": 0, "20": 0} for sku in ("CUP", "MUG", "TRAY")}
    assert snapshot(floor, "GBNH01")["MUG"] == {"17": 50, "33": 50, "27": 0, "20": 0}
    assert floor.sets("846")[0][0] == ("BIA", "00", "SI", "SNAP20261121GBNH01", "20261121")
    floor.go(24)
    assert [told[0][3] for told in floor.sets("846")] == ["SNAP20261121GBNH01", "SNAP20261122GBNH01"]


def test_a_snapshot_lies_only_as_it_is_told_to(floor: Floor) -> None:
    floor.switches.turn({"snapshot_off_by": {"MUG": 3}, "snapshot_leaves_out": ["CUP"]})
    floor.snapshot()
    assert snapshot(floor, "GBNH01") == {
        "MUG": {"17": 53, "33": 53, "27": 0, "20": 0}, "TRAY": {"17": 20, "33": 20, "27": 0, "20": 0},
    }  # fmt: skip
    floor.switches.turn({"reset": True, "snapshot_unbalanced_next": 1})
    floor.snapshot()
    assert snapshot(floor, "GBNH01")["CUP"]["17"] == 6
    floor.snapshot()
    assert snapshot(floor, "GBNH01")["CUP"]["17"] == 5
    assert [told[0][3][-4:] for told in floor.sets("846")] == ["NH01", "01-2", "01-3"]


def test_floor_actions_write_947s_and_status_changes_net_to_zero(floor: Floor) -> None:
    where = {"facility": "GBNH01", "sku": "MUG"}
    floor.act(adjust={**where, "quantity": -1, "reason": "AA"})
    floor.act(damage={**where, "quantity": 2})
    floor.act(hold={**where, "quantity": 3})
    floor.act(release={**where, "quantity": 1})
    floor.act(change={**where, "quantity": 1, "from": "D", "to": "W", "reason": "52"})
    told = [[one for one in segments if one[0] == "W19"] for segments in floor.sets("947")]
    assert [[(one[1], one[2]) for one in pair] for pair in told] == [
        [("AA", "-1")],
        [("AU", "-2"), ("AU", "2")],
        [("05", "-3"), ("05", "3")],
        [("55", "-1"), ("55", "1")],
        [("52", "-1"), ("52", "1")],
    ]
    assert len({segments[0][2] for segments in floor.sets("947")}) == 5
    stock = floor.books()["stock"]["GBNH01"]["MUG"]
    assert {kind: row["on_hand"] for kind, row in stock.items()} == {"N": 45, "D": 1, "H": 2, "W": 1}


@pytest.mark.parametrize(
    "action",
    [
        {"adjust": {"facility": "GBNH01", "sku": "MUG", "quantity": -51}},
        {"adjust": {"facility": "GBNH01", "sku": "MUG", "quantity": 0}},
        {"adjust": {"facility": "GBNH01", "sku": "NOPE", "quantity": 1}},
        {"adjust": {"facility": "GBNH01", "sku": "MUG", "quantity": 1, "invtype": "Q"}},
        {"adjust": {"facility": "MARS", "sku": "MUG", "quantity": 1}},
        {"change": {"facility": "GBNH01", "sku": "MUG", "quantity": 1, "to": "N"}},
        {"receive": {"facility": "GBNH01", "kind": "gift", "lines": [{"sku": "MUG", "quantity": 1}]}},
        {"receive": {"facility": "GBNH01", "kind": "supplier", "lines": []}},
        {"receive": {"facility": "GBNH01", "kind": "supplier", "lines": [{"sku": "NOPE", "quantity": 1}]}},
        {"receive": {"facility": "GBNH01", "kind": "return", "lines": [{"sku": "MUG", "quantity": 0}]}},
        {"receive": {"kind": "supplier", "lines": [{"sku": "MUG", "quantity": 1}]}},
        {"dance": {}},
    ],
)
def test_what_cannot_be_is_refused_and_moves_and_writes_nothing(floor: Floor, action: dict[str, Any]) -> None:
    before = floor.books()
    with pytest.raises(ValueError):  # noqa: PT011 -- each has its own words
        floor.act(**action)
    assert floor.books() == before


def test_an_announced_return_is_received_by_grade_with_the_words_of_the_profile(floor: Floor) -> None:
    floor.send(
        ("W06", "J", "RMA1", "20261125", "H00ABC"), ("N1", "WH", "GXO", "ZZ", "GBNH01"), ("N9", "RZ", "RMA1"),
        ("N9", "CO", "SO1"), ("W04", "2", "EA", "", "SK", "MUG"), ("N9", "LI", "7"), ("W03", "2"), set_id="943",
    )  # fmt: skip
    lines = [{"sku": "MUG", "quantity": 1, "grade": "A"}, {"sku": "MUG", "quantity": 1, "grade": "D"}]
    floor.act(receive={"facility": "GBNH01", "reference": "RMA1", "kind": "return", "lines": lines})
    ((w17, *rest),) = floor.sets("944")
    assert w17 == ("W17", "C", "20261120", "RCP0000001", "RMA1", "H00ABC")
    assert rest[2:] == [
        ("N9", "RZ", "RMA1"),
        ("N9", "CO", "SO1"),
        ("W07", "1", "EA", "", "SK", "MUG"),
        ("N9", "LI", "7"),
        ("N9", "ZZ", "GRADE", "A"),
        ("N9", "ZZ", "DISPOSITION", "RESTOCK"),
        ("N9", "ZZ", "INVTYPE", "N"),
        ("W07", "1", "EA", "", "SK", "MUG"),
        ("N9", "LI", "7"),
        ("N9", "ZZ", "GRADE", "D"),
        ("N9", "ZZ", "DISPOSITION", "DESTROY"),
        ("N9", "ZZ", "INVTYPE", "D"),
        ("W13", "1", "EA", "01"),
        ("W14", "2"),
    ]
    stock = floor.books()["stock"]["GBNH01"]["MUG"]
    assert (stock["N"]["on_hand"], stock["D"]["on_hand"]) == (51, 1)
    assert floor.books()["advices"][0]["received"] == 1


def test_blind_returns_empty_boxes_wrong_items_and_quarantined_skus_are_told_so(floor: Floor) -> None:
    def receive(**line: Any) -> None:
        floor.act(receive={"facility": "GBNH01", "kind": "return", "reference": "WHO", "order": "SO1", "lines": [line]})

    receive(sku="MUG", quantity=0, exception="EMPTY_BOX")
    receive(sku="STRANGER", quantity=1, exception="WRONG_ITEM")
    receive(sku="MUG", quantity=1, grade="B")
    floor.site.stock.open("GBNH01", "VASE-HOLD", "N", 0)
    receive(sku="VASE-HOLD", quantity=2, grade="A")
    told = floor.sets("944")
    assert all(len(one[0]) == 4 and ("N9", "ZZ", "BLIND", "1") in one and ("N9", "CO", "SO1") in one for one in told)
    assert [notes(one)[1:] for one in told] == [
        [("EXCEPTION", "EMPTY_BOX")],
        [("DISPOSITION", "QUARANTINE"), ("INVTYPE", "H"), ("EXCEPTION", "WRONG_ITEM")],
        [("GRADE", "B"), ("DISPOSITION", "REFURBISH"), ("INVTYPE", "W")],
        [("GRADE", "A"), ("DISPOSITION", "QUARANTINE"), ("INVTYPE", "H")],
    ]
    stock = floor.books()["stock"]["GBNH01"]
    assert (stock["STRANGER"]["H"]["on_hand"], stock["MUG"]["W"]["on_hand"], stock["VASE-HOLD"]["H"]["on_hand"]) == (
        1,
        1,
        2,
    )
    assert stock["MUG"]["N"]["on_hand"] == 50


def test_a_supplier_s_goods_are_there_for_sale_at_once(floor: Floor) -> None:
    lines = [{"sku": "MUG", "quantity": 5}, {"sku": "MUG", "quantity": 5}]
    floor.act(receive={"facility": "GBNH02", "kind": "supplier", "reference": "PO1", "lines": lines})
    (told,) = floor.sets("944", "GBNH02")
    assert told[0] == ("W17", "F", "20261120", "RCP0000001", "PO1")
    assert [one for one in told if one[0] == "W07"] == [("W07", "10", "EA", "", "SK", "MUG")]
    assert floor.books()["figures"]["GBNH02"]["MUG"]["33"] == 10
