"""Files as they lie there on bad days: each has its effect once, and a bad one spoils no neighbour."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from adapters.errors import ReachError
from adapters.x12 import write_interchange
from fleet_tests.gxo import ByFile
from workers.edi import collect

Build = Callable[..., ByFile]
SHORT = 0.3


@pytest.fixture
def gxo(build_gxo: Build) -> ByFile:
    return idle(build_gxo())


def idle(gxo: ByFile) -> ByFile:
    gxo.stock(MUG=20, BOWL=10)
    gxo.switch(floor=False)
    return gxo


def adjust(gxo: ByFile, units: int, sku: str = "MUG") -> None:
    gxo.act(adjust={"facility": "GBNH01", "sku": sku, "quantity": units})


def shipped(gxo: ByFile, units: int = 2) -> str:
    """An order that left, and of which the fleet has not heard."""
    order = str(gxo.order(("MUG", units)))
    gxo.switch(floor=True)
    gxo.pass_time()
    gxo.switch(floor=False)
    return order


def effects(gxo: ByFile) -> list[str]:
    return [row["effect"] for row in gxo.store.rows("select effect from partner_file order by id")]


def again(gxo: ByFile, number: int, name: str, **said: Any) -> bytes:
    """The file of a 947 of ours: three MUG less, under a control number."""
    day = gxo.site.today("GBNH01")
    told = [
        ("W15", day, said.pop("adjustment", "ADJBYHAND")),
        ("N1", "WH", "GXO", "ZZ", "GBNH01"),
        ("W19", "AA", str(said.pop("units", -3)), "EA", "", "SK", "MUG"),
        ("N9", "ZZ", "INVTYPE", "N"),
    ]
    envelope = {"sender": "GXOUK", "receiver": "MODA", "usage": "T", "group_id": "AW", **said}
    data = write_interchange([("947", told)], control_number=number, at=gxo.site.clock.now(), **envelope)
    gxo.lay(name, data)
    return data


def last(gxo: ByFile) -> int:
    """The highest number that has come from GBNH01."""
    return int(gxo.store.row("select max(number) as n from partner_file where facility = 'GBNH01'")["n"])


def test_a_malformed_set_is_an_exception_and_its_neighbour_has_its_effect(gxo: ByFile) -> None:
    gxo.switch(spoil_next={"945": 1})
    order = shipped(gxo)
    gxo.hear()
    assert gxo.state(order) == "dispatched"
    found = gxo.world.exception("unreadable")
    assert (gxo.world.exceptions(), "945" in found["reason"], "SE" in found["reason"]) == (["unreadable"], True, True)


def test_a_truncated_file_is_an_exception_that_the_mended_one_under_its_name_closes(gxo: ByFile) -> None:
    gxo.switch(truncate_next={"945": 1})
    order = shipped(gxo)
    gxo.hear()
    assert (gxo.state(order), gxo.world.exceptions()) == ("sent", ["unreadable"])
    cut = gxo.file("945")
    (whole,) = [m for m in gxo.site.post.messages if m.name == cut.name]
    day = gxo.site.today("GBNH01")
    told = [
        ("W06", "F", f"{order}-1", day, "SHP000001"),
        ("N1", "WH", "GXO", "ZZ", "GBNH01"),
        ("W27", "U", "ROYM", "RM-48", "PP"),
        ("LX", "1"),
        ("MAN", "CP", "TRACK"),
        ("W12", "CC", "2", "2", "0", "EA", "", "SK", "MUG"),
        ("W03", "2"),
    ]
    data = write_interchange(
        [("945", told)], sender="GXOUK", receiver="MODA", usage="T", group_id="SW", control_number=whole.number,
        at=gxo.site.clock.now(),
    )  # fmt: skip
    gxo.lay(whole.name, data)
    assert (gxo.state(order), gxo.world.exceptions()) == ("dispatched", [])
    assert gxo.world.live_messages() == [] or [m["kind"] for m in gxo.world.live_messages()] == ["shipment"]


def test_other_bytes_under_a_name_that_was_read_are_kept_and_told_to_a_person(gxo: ByFile) -> None:
    number = last(gxo) + 1
    again(gxo, number, "947_1.edi")
    again(gxo, number, "947_1.edi", units=-9, adjustment="ADJOTHER")
    found = gxo.world.exception("file_name_reused")
    assert (effects(gxo)[-1], gxo.position("MUG")) == ("kept", (17, {}))
    assert str(found["record_id"]) in found["reason"]
    gxo.store.run(
        "insert into record_unread (record_id, received_at, connection, source) select id, received_at, connection,"
        " source from record where id = %s",
        found["record_id"],
    )
    gxo.hear()
    assert gxo.position("MUG") == (8, {}), "a person may have it read all the same"


def test_a_kept_file_is_told_of_although_the_process_dies_at_once(gxo: ByFile, monkeypatch: pytest.MonkeyPatch) -> None:
    number = last(gxo) + 1
    again(gxo, number, "947_1.edi")
    archive = type(gxo.runtime.warehouse("gxo").files).archive

    def dies(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(type(gxo.runtime.warehouse("gxo").files), "archive", dies)
    with pytest.raises(KeyboardInterrupt):
        again(gxo, number, "947_1.edi", units=-9, adjustment="ADJOTHER")
    monkeypatch.setattr(type(gxo.runtime.warehouse("gxo").files), "archive", archive)
    gxo.hear()
    assert gxo.world.exceptions() == ["file_name_reused"]
    assert list(gxo.folder("out").glob("*.edi")) == []


@pytest.mark.parametrize("switch", ["repeat_same_next", "repeat_other_next"])
def test_the_same_bytes_again_are_archived_without_a_second_effect(gxo: ByFile, switch: str) -> None:
    gxo.switch(**{switch: 1})
    adjust(gxo, -3)
    gxo.hear()
    gxo.round(1.0)
    assert (effects(gxo)[-2:], gxo.position("MUG")) == (["taken", "repeated"], (17, {}))
    assert list(gxo.folder("out").glob("*.edi")) == []
    assert gxo.store.row("select count(*) as n from movement where cause = 'adjusted_down'")["n"] == 1


def test_a_document_that_is_issued_again_under_a_new_number_has_no_second_effect(gxo: ByFile) -> None:
    gxo.switch(reissue_next={"947": 1, "945": 1, "944": 1, "824": 1, "997": 1, "846": 1})
    order = shipped(gxo)
    adjust(gxo, -3)
    gxo.act(
        receive={
            "facility": "GBNH01",
            "kind": "supplier",
            "reference": "PO-1",
            "lines": [{"sku": "BOWL", "quantity": 4}],
        }
    )
    gxo.hear()
    gxo.count()
    assert (gxo.state(order), gxo.position("MUG"), gxo.position("BOWL")) == ("dispatched", (15, {}), (14, {}))
    assert gxo.store.row("select sum(received)::integer as n from received_line")["n"] == 4
    assert gxo.world.exceptions() == []


def test_a_document_that_is_told_otherwise_is_an_exception_and_the_first_word_counts(gxo: ByFile) -> None:
    number = last(gxo)
    again(gxo, number + 1, "947_1.edi")
    again(gxo, number + 2, "947_2.edi", units=-9)
    assert (gxo.world.exceptions(), gxo.position("MUG")) == (["told_otherwise"], (17, {}))


def test_a_gap_that_closes_is_no_exception_and_one_that_does_not_is(gxo: ByFile) -> None:
    number = last(gxo)
    again(gxo, number + 3, "947_3.edi", adjustment="A3", units=-1)
    gaps = gxo.store.rows("select subject, due_at - now() as rest from expectation where kind = 'file_gap' order by 1")
    assert [row["subject"].rsplit(":", 1)[1] for row in gaps] == [str(number + 1), str(number + 2)]
    assert all(1790 < row["rest"].total_seconds() <= 1800 for row in gaps)
    again(gxo, number + 1, "947_1.edi", adjustment="A1", units=-1)
    assert gxo.is_late("file_gap") == 1
    found = gxo.world.exception("file_gap")
    assert (found["owner"], str(number + 2) in found["story"]) == ("support", True)
    again(gxo, number + 2, "947_2.edi", adjustment="A2", units=-1)
    assert (gxo.world.exceptions(), gxo.position("MUG")) == ([], (17, {}))


def test_a_series_that_begins_anew_is_no_thousand_lost_files_and_its_own_gaps_are_seen(gxo: ByFile) -> None:
    before = last(gxo)
    again(gxo, before + 500_000, "947_far.edi", adjustment="FAR", units=-1)
    assert gxo.store.row("select count(*) as n from expectation where kind = 'file_gap'")["n"] == 1
    again(gxo, 1, "947_1.edi", adjustment="A1", units=-1)
    again(gxo, 3, "947_3.edi", adjustment="A3", units=-1)
    rows = gxo.store.rows("select subject from expectation where kind = 'file_gap' order by due_at")
    assert rows[-1]["subject"].endswith(":2")
    assert len(rows) == 2


def test_a_file_that_grows_is_taken_when_it_has_come_to_rest(build_gxo: Build) -> None:
    gxo = build_gxo(stable_for=7.0)
    orders: Any = gxo.runtime.warehouse("gxo").orders
    side = orders.client
    side._clock = gxo.site.monotonic
    gxo.switch(floor=False, grow_next=1, grow_seconds=20.0)
    gxo.site.stock.open("GBNH01", "MUG", "N", 20)
    adjust(gxo, -3)
    for _ in range(4):
        gxo.round(5.0)
        assert effects(gxo) == []
    gxo.round(5.0)
    gxo.round(8.0)
    assert effects(gxo) == ["taken"]
    assert gxo.store.row("select count(*) as n from movement where cause = 'adjusted_down'")["n"] == 1
    assert gxo.world.exceptions() == []


def test_a_tmp_file_is_never_taken_nor_removed(gxo: ByFile) -> None:
    gxo.switch(tmp_left_next=1)
    adjust(gxo, -3)
    gxo.hear()
    assert gxo.position("MUG") == (17, {})
    assert [one.suffix for one in gxo.folder("out").iterdir() if one.is_file()] == [".tmp"]


@pytest.mark.parametrize("fault", ["drop_before_rename_next", "drop_after_rename_next", "drop_reads_next"])
def test_a_connection_that_breaks_while_a_file_is_taken_loses_and_doubles_nothing(gxo: ByFile, fault: str) -> None:
    gxo.switch(**{fault: 1}, drop_after_bytes=100)
    adjust(gxo, -3)
    adjust(gxo, -1)
    with pytest.raises(ReachError):
        gxo.hear()
    gxo.hear()
    assert (gxo.position("MUG"), list(gxo.folder("out").glob("*.edi"))) == ((16, {}), [])
    assert gxo.store.row("select count(*) as n from movement where cause = 'adjusted_down'")["n"] == 2
    assert gxo.world.exceptions() == []


def test_a_file_whose_record_is_stored_and_that_was_not_archived_is_archived_later(gxo: ByFile) -> None:
    adjust(gxo, -3)
    (file,) = gxo.folder("out").glob("947*.edi")
    data = file.read_bytes()
    gxo.hear()
    file.write_bytes(data)
    gxo.hear()
    assert (effects(gxo)[-1], gxo.position("MUG"), file.exists()) == ("repeated", (17, {}), False)


@pytest.mark.parametrize("said", [{"usage": "P"}, {"sender": "SOMEBODY"}, {"receiver": "OTHERS"}])
def test_a_file_that_is_not_for_us_is_an_exception_and_says_nothing_of_the_series(
    gxo: ByFile, said: dict[str, str]
) -> None:
    number = last(gxo)
    again(gxo, number + 40, "947_x.edi", **said)
    found = gxo.world.exception("unreadable")
    assert re.search(r"ISA(06|08|15)", found["reason"])
    assert (gxo.position("MUG"), last(gxo)) == ((20, {}), number)
    assert gxo.store.row("select count(*) as n from expectation where kind = 'file_gap'")["n"] == 0


def test_a_file_that_is_too_large_stands_with_a_person_and_holds_up_nobody(build_gxo: Build) -> None:
    gxo = idle(build_gxo(more="largest_file = 20000"))
    (gxo.folder("out") / "0_large.edi").write_bytes(b"x" * 30_000)
    adjust(gxo, -3)
    gxo.hear()
    gxo.hear()
    assert gxo.position("MUG") == (17, {})
    found = gxo.world.exception("file_not_taken")
    assert ("0_large.edi" in found["reason"], found["times"] >= 1) == (True, True)
    assert (gxo.folder("out") / "0_large.edi").exists()


def test_acknowledgements_that_lie_apart_are_found(gxo: ByFile) -> None:
    gxo.switch(acks_apart=True)
    gxo.order(("MUG", 1))
    gxo.round(SHORT)
    assert gxo.expected() == []
    assert list(gxo.folder("out/ack").glob("*.edi")) == []


def test_a_second_account_of_the_same_turn_takes_nothing_twice(gxo: ByFile) -> None:
    """Two processes list the same files: whoever comes second finds them gone, and that is no failure."""
    adjust(gxo, -3)
    adjust(gxo, -1)
    files = gxo.runtime.warehouse("gxo").files
    lying = files.list_new("GBNH01")
    assert collect.take_files(gxo.runtime, "gxo", "GBNH01") == 2
    assert [collect.take_one(gxo.runtime, "gxo", "GBNH01", file) for file in lying] == [False, False]
    gxo.world.go()
    assert (gxo.position("MUG"), gxo.world.exceptions()) == ((16, {}), [])
