"""What the sandbox does with files: those that it takes, and those that it lands, as they should be and otherwise."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from fleet_tests.gxo_floor import Floor, Segment
from fleet_tests.places import REFERENCE

SAMPLES = REFERENCE / "samples" / "gxo"
HEADER = (
    "sku,ean,description,size,colour,season,division,uom,case_qty,weight_kg,length_cm,width_cm,height_cm,hs_code,"
    "country_of_origin,unit_cost,currency,lot_controlled,serialised,hazard_code,status"
)


def item(sku: str = "LAMP", ean: str = "5050000000017", **changes: str) -> str:
    cells = {"sku": sku, "ean": ean, "description": "A thing", "uom": "EA", "weight_kg": "0.25", "hs_code": "940520",
             "country_of_origin": "GB", "status": "A", **changes}  # fmt: skip
    return ",".join(cells.get(name, "") for name in HEADER.split(","))


def items(*rows: str) -> bytes:
    return "\n".join([HEADER, *rows, ""]).encode()


def test_the_vendor_s_own_samples_are_taken(floor: Floor) -> None:
    if not SAMPLES.is_dir():
        pytest.skip("the vendor's samples lie beside the project, in ../shared/reference, and not here")
    floor.switches.floor = False
    for sku in ("DRS-1042-NVY-10", "BLT-0007-TAN-M"):
        floor.site.stock.open("GBNH01", sku, "N", 9)
        floor.act(receive={"facility": "GBNH01", "kind": "supplier", "lines": [{"sku": sku, "quantity": 1}]})
    floor.put("item_MODA_20261120120000.csv", items(item("DRS-1042-NVY-10"), item("BLT-0007-TAN-M", "5050000000024")))
    for sample in ("940_new", "940_cancel", "943_return_advice"):
        data = (SAMPLES / f"gxo_x12_{sample}.edi").read_bytes()
        floor.put(f"{sample[:3]}_{int(data[90:99]):09d}.edi", data)
    assert [one["verdict"] for one in floor.books()["files"]] == [
        "2 of 2 items accepted",
        *["1 of 1 sets accepted"] * 3,
    ]
    assert floor.codes() == ["TA", "TA"]
    assert floor.found("SO1000123")["state"] == "V"
    assert floor.books()["advices"][0]["reference"] == "RMA0007781"
    assert floor.books()["gaps"] == {"GBNH01": [102, *range(104, 120)], "GBNH02": []}


def test_half_written_files_are_left_alone_and_taken_ones_are_archived(floor: Floor) -> None:
    floor.put("940_000000001.edi.tmp", b"ISA")
    floor.go(1)
    floor.order("SO1", MUG=1)
    assert (floor.names("in"), floor.names("archive")) == (["940_000000001.edi.tmp"], ["940_000000101.edi"])
    floor.switches.stable_seconds = 2.0
    floor.order("SO2", MUG=1)
    floor.go(1)
    assert floor.books()["received"].keys() == {"SO1"}
    floor.go(2)
    assert floor.books()["received"].keys() == {"SO1", "SO2"}


@pytest.mark.parametrize(
    ("spoil", "word"),
    [
        ((b"W01*2*EA", b"W01*two*EA"), ("AK9", "R", "1", "1", "0")),
        ((b"SE*15*", b"SE*99*"), ("AK9", "R", "1", "1", "0")),
        ((b"SE*15*0001", b"SE*15*0009"), ("AK9", "R", "1", "1", "0")),
        ((b"W66*PP*U***DPD-ND~\n", b""), ("AK9", "R", "1", "1", "0")),
        ((b"GE*1*", b"GE*2*"), ("AK9", "R", "2", "1", "0", "5")),
        ((b"IEA*1*000000101", b"IEA*1*000000777"), ("AK9", "R", "1", "1", "0", "6")),
        ((b"MODA           *ZZ", b"SOMEONE        *ZZ"), ("AK9", "R", "1", "1", "0", "6")),
        ((b"ST*940*", b"ST*850*"), ("AK9", "R", "1", "1", "0")),
    ],
)
def test_a_malformed_file_is_answered_as_rejected_and_lies_in_error(
    floor: Floor,
    write_interchange: Callable[..., bytes],
    write_order: Callable[..., list[Segment]],
    spoil: tuple[bytes, bytes],
    word: tuple[str, ...],
) -> None:
    good = write_interchange(101, [write_order("SO1", MUG=2)])
    assert spoil[0] in good
    floor.put("940_000000101.edi", good.replace(*spoil, 1))
    assert [told[-1] for told in floor.sets("997")] == [word]
    assert (floor.names("error"), floor.codes(), floor.books()["orders"]) == (["940_000000101.edi"], [], [])


def test_the_997_names_segment_and_element_as_the_profile_s_sample_does(
    floor: Floor, write_interchange: Callable[..., bytes], write_order: Callable[..., list[Segment]]
) -> None:
    floor.put("940_000000104.edi", write_interchange(104, [write_order("SO1", MUG=2)]).replace(b"W01*2", b"W01*two"))
    assert floor.sets("997")[0] == [
        ("AK1", "OW", "104"), ("AK2", "940", "0001"), ("AK3", "W01", "12", "", "8"), ("AK4", "1", "330", "6", "two"),
        ("AK5", "R", "5"), ("AK9", "R", "1", "1", "0"),
    ]  # fmt: skip


def test_one_malformed_set_does_not_spoil_its_neighbours(
    floor: Floor, write_interchange: Callable[..., bytes], write_order: Callable[..., list[Segment]]
) -> None:
    sets = [write_order("SO1", MUG=1), write_order("SO2", MUG=2), write_order("SO3", MUG=1)]
    floor.put("940_000000101.edi", write_interchange(101, sets).replace(b"W01*2", b"W01*two"))
    (told,) = floor.sets("997")
    assert [one for one in told if one[0] in {"AK5", "AK9"}] == [
        ("AK5", "A"), ("AK5", "R", "5"), ("AK5", "A"), ("AK9", "P", "3", "3", "2"),
    ]  # fmt: skip
    assert [one["reference"] for one in floor.books()["orders"]] == ["SO1", "SO3"]
    assert floor.names("archive") == ["940_000000101.edi"]


@pytest.mark.parametrize("data", [b"", b"hello", b"ISA*00*short~", b"\xff\xfe"])
def test_what_has_no_isa_lies_in_error_unanswered(floor: Floor, data: bytes) -> None:
    floor.put("940_000000101.edi", data)
    floor.put("notes.txt", data)
    assert (floor.names("error"), floor.names()) == (["940_000000101.edi", "notes.txt"], [])


def test_other_separators_and_line_breaks_are_read_from_the_isa(
    floor: Floor, write_interchange: Callable[..., bytes], write_order: Callable[..., list[Segment]]
) -> None:
    data = write_interchange(101, [write_order("SO1", MUG=1)])
    floor.put("940_000000101.edi", data.replace(b"*", b"|").replace(b"~\n", b"'\r\n"))
    assert floor.codes() == ["TA"]


def test_the_same_file_again_has_no_second_effect(
    floor: Floor, write_interchange: Callable[..., bytes], write_order: Callable[..., list[Segment]]
) -> None:
    data = write_interchange(101, [write_order("SO1", MUG=1)])
    floor.put("940_000000101.edi", data)
    floor.put("940_000000101.edi", data)
    floor.switches.answers_repeats = False
    floor.put("940_000000900.edi", data)
    floor.go()
    assert floor.codes() == ["TA", "TR DUPLICATE_ORDER"]
    assert (len(floor.books()["orders"]), len(floor.sets("997"))) == (1, 2)
    assert floor.names("archive") == ["940_000000101.edi", "940_000000101.edi.2", "940_000000900.edi"]


def test_a_control_number_that_was_used_for_other_bytes_is_refused(
    floor: Floor, write_order: Callable[..., list[Segment]]
) -> None:
    floor.order("SO1", MUG=1)
    floor.send(*write_order("SO2", MUG=1), number=101)
    assert [told[-1][1] for told in floor.sets("997")] == ["A", "R"]
    assert floor.books()["received"].keys() == {"SO1"}


def test_items_are_answered_one_by_one_and_only_accepted_ones_may_be_ordered(floor: Floor) -> None:
    floor.switches.turn({"reject_items": {"VASE": "TOO FRAGILE"}, "opening_of_new_items": 8})
    rows = [item(), item("VASE"), item("BOX", hs_code=""), item("JAR", ean="5050000000018"), item("POT", uom="CASE")]
    floor.put("item_MODA_20261120120000.csv", items(*rows))
    (name,) = (one for one in floor.names() if one.startswith("item"))
    assert name == "item_MODA_20261120120000.result.csv"
    told = floor.site.folders.at("GBNH01", "out").joinpath(name).read_text().splitlines()
    assert [row.split(",")[:3] for row in told] == [
        ["sku", "result", "code"], ["LAMP", "accepted", ""], ["VASE", "rejected", "OTHER"],
        ["BOX", "rejected", "MISSING_FIELD"], ["JAR", "rejected", "INVALID_EAN"], ["POT", "rejected", "INVALID_UOM"],
    ]  # fmt: skip
    floor.order("SO1", LAMP=1)
    floor.order("SO2", VASE=1)
    floor.order("SO3", "GBNH02", LAMP=1)
    floor.put("item_MODA_20261120120001.csv", items(item(status="D")))
    floor.order("SO4", LAMP=1)
    assert floor.codes() == ["TA", "TR INVALID_SKU", "TR INVALID_SKU"]
    assert floor.books()["refused"][1]["facility"] == "GBNH02"
    assert floor.books()["stock"]["GBNH01"]["LAMP"]["N"]["opening"] == 8


def test_an_item_file_with_other_columns_lies_in_error_unanswered(floor: Floor) -> None:
    floor.put("item_MODA_20261120120000.csv", b"sku,ean\nLAMP,1\n")
    assert (floor.names("error"), floor.names()) == (["item_MODA_20261120120000.csv"], [])


def test_a_lost_file_leaves_a_gap_and_the_ledger_moves_all_the_same(floor: Floor) -> None:
    floor.switches.lost_next = {"824": 1, "945": 1}
    floor.order("SO1", MUG=1)
    floor.go()
    floor.order("SO2", MUG=1)
    floor.go()
    assert floor.names() == ["824_000009005.edi", "945_000009006.edi", "997_000009001.edi", "997_000009004.edi"]
    assert [one["lost"] for one in floor.books()["messages"]] == [False, True, True, False, False, False]
    assert floor.books()["stock"]["GBNH01"]["MUG"]["N"]["on_hand"] == 48


def test_control_numbers_are_skipped_and_files_overtake_each_other_as_told(floor: Floor) -> None:
    floor.switches.turn({**floor.switches.model_dump(), "gap_next": 3, "late": {"824": 30.0}})
    floor.order("SO1", MUG=1)
    floor.go()
    assert floor.names() == ["945_000009006.edi", "997_000009004.edi"]
    floor.go(25)
    assert floor.names() == ["824_000009005.edi", "945_000009006.edi", "997_000009004.edi"]


def test_a_file_comes_again_under_its_name_once_that_is_free_or_at_once_under_another(floor: Floor) -> None:
    out = floor.site.folders.at("GBNH01", "out")
    floor.switches.repeat_same_next = 1
    floor.act(adjust={"facility": "GBNH01", "sku": "MUG", "quantity": 1})
    floor.go(1)
    first = out.joinpath("947_000009001.edi").read_bytes()
    out.joinpath("947_000009001.edi").unlink()
    floor.go(1)
    assert out.joinpath("947_000009001.edi").read_bytes() == first
    floor.switches.repeat_other_next = 1
    floor.act(adjust={"facility": "GBNH01", "sku": "MUG", "quantity": 1})
    again = [out.joinpath(name).read_bytes() for name in ("947_000009002.edi", "947_000009002-2.edi")]
    assert again[0] == again[1]
    floor.switches.reissue_next = {"947": 1}
    floor.act(adjust={"facility": "GBNH01", "sku": "MUG", "quantity": 1})
    assert [told[0][2] for told in floor.sets("947")][-2:] == ["ADJ0000003"] * 2
    assert floor.books()["stock"]["GBNH01"]["MUG"]["N"]["adjusted"] == 3
    assert [one["files"] for one in floor.books()["messages"]] == [2, 2, 1, 1]


def test_a_growing_file_is_whole_only_at_the_end_and_a_tmp_may_stay_behind(floor: Floor, pyx12_accepts: Any) -> None:
    floor.switches.turn({**floor.switches.model_dump(), "grow_next": 1, "grow_seconds": 4.0, "tmp_left_next": 1})
    floor.act(adjust={"facility": "GBNH01", "sku": "MUG", "quantity": 1})
    path = floor.site.folders.at("GBNH01", "out") / "947_000009001.edi"
    sizes = []
    for _ in range(5):
        sizes.append(path.stat().st_size)
        floor.go(1)
    assert sizes == sorted(set(sizes))
    assert len(pyx12_accepts(path.read_bytes())) == 4
    assert floor.names() == ["947_000009001.edi", "947_000009001.edi.broken.tmp"]


def test_a_malformed_set_may_stand_before_the_good_one_and_a_file_may_end_in_the_middle(floor: Floor) -> None:
    floor.switches.turn({**floor.switches.model_dump(), "spoil_next": {"947": 1}})
    where = {"facility": "GBNH01", "sku": "MUG", "quantity": 1}
    floor.act(adjust=where)
    floor.switches.truncate_next = {"947": 1}
    floor.act(adjust=where)
    out = floor.site.folders.at("GBNH01", "out")
    spoiled, cut = (out.joinpath(f"947_00000900{number}.edi").read_text() for number in (1, 2))
    assert spoiled.count("ST*947*") == 2
    assert "SE*6*0001~" in spoiled  # of five segments
    assert "SE*6*0002~" in spoiled
    assert "GE*2*9001~" in spoiled
    assert "IEA" not in cut


def test_files_may_have_other_separators_and_line_breaks_and_acknowledgements_a_folder_of_their_own(
    floor: Floor,
) -> None:
    floor.switches.turn(
        {**floor.switches.model_dump(), "separators": "|:'", "line_breaks": "", "acks_apart": True}
    )  # fmt: skip
    floor.order("SO1", MUG=1)
    floor.go()
    assert floor.names("out/ack") == ["824_000009002.edi", "997_000009001.edi"]
    data = floor.site.folders.at("GBNH01", "out").joinpath("945_000009003.edi").read_bytes()
    assert data[103:106] == b"|:'"
    assert b"\n" not in data
