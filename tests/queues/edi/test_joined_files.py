"""Several interchanges in a file, receipts of envelopes, stubs and padding: each thing told has its effect once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from adapters.x12 import write_interchange
from fleet_tests.gxo import ByFile
from workers import recovery
from workers.spine.people import Person

Build = Callable[..., ByFile]
HEAD = "sku,result,code,message\n"
WH = ("N1", "WH", "GXO", "ZZ", "GBNH01")


@pytest.fixture
def gxo(build_gxo: Build) -> ByFile:
    opened = build_gxo()
    opened.stock(MUG=20, BOWL=10)
    opened.switch(floor=False)
    return opened


def interchange(gxo: ByFile, number: int, *units: int, sender: str = "GXOUK", broken: bool = False) -> bytes:
    """A 947 for each of some adjustments of MUG, under a control number."""
    day = gxo.site.today("GBNH01")
    sets: list[tuple[str, list[tuple[str, ...]]]] = [
        (
            "947",
            [
                ("W15", day, f"ADJ{number}{n}"), WH, ("W19", "AA", str(n), "EA", "", "SK", "MUG"),
                ("N9", "ZZ", "INVTYPE", "N"),
            ],
        )
        for n in units
    ]  # fmt: skip
    data = write_interchange(
        sets, sender=sender, receiver="MODA", usage="T", group_id="AW", control_number=number, at=gxo.site.clock.now()
    )
    return data.replace(b"SE*", b"SE*9", 1) if broken else data


def following(gxo: ByFile) -> int:
    return int(gxo.store.row("select max(number) + 1 as n from partner_file where facility = 'GBNH01'")["n"])


def good(gxo: ByFile) -> int:
    return gxo.position("MUG")[0]


def gaps(gxo: ByFile) -> list[Any]:
    return gxo.store.rows("select subject from expectation where kind = 'file_gap'")


def ta1(gxo: ByFile, ours: int, code: str, note: str = "000") -> bytes:
    """An interchange of GXO's that holds nothing but a word on one of ours."""
    lines = interchange(gxo, following(gxo), -1).decode().splitlines()
    number = lines[-1].split("*")[2]
    return "\n".join([lines[0], f"TA1*{ours:09d}*261128*1900*{code}*{note}~", f"IEA*0*{number}", ""]).encode()


def test_every_interchange_of_a_file_is_read_and_its_number_counts(gxo: ByFile) -> None:
    n = following(gxo)
    gxo.lay("947_joined.edi", interchange(gxo, n, -1) + b"\r\n\0\0" + interchange(gxo, n + 1, -2))
    assert (good(gxo), gxo.world.exceptions(), gaps(gxo)) == (17, [], [])
    gxo.lay("947_next.edi", interchange(gxo, n + 3, -1))
    assert [row["subject"].rsplit(":", 1)[1] for row in gaps(gxo)] == [str(n + 2)]


@pytest.mark.parametrize("spoilt", [b"ISA that is none~", b"cut"])
def test_what_is_no_interchange_spoils_none_that_stands_before_it(gxo: ByFile, spoilt: bytes) -> None:
    n = following(gxo)
    rest = interchange(gxo, n + 1, -2)[:-9] if spoilt == b"cut" else spoilt
    gxo.lay("947_joined.edi", interchange(gxo, n, -1) + rest)
    assert (good(gxo), gxo.world.exceptions()) == (19, ["unreadable"])
    gxo.lay("947_joined.edi", interchange(gxo, n, -1) + interchange(gxo, n + 1, -2))
    assert (good(gxo), gxo.world.exceptions(), gaps(gxo)) == (17, [], [])


def test_an_interchange_for_somebody_else_spoils_none_beside_it(gxo: ByFile) -> None:
    n = following(gxo)
    gxo.lay("947_joined.edi", interchange(gxo, 7, -5, sender="OTHERS") + interchange(gxo, n, -1))
    assert (good(gxo), gxo.world.exceptions(), gaps(gxo)) == (19, ["unreadable"], [])
    assert "OTHERS" in gxo.world.exception("unreadable")["reason"]


def test_sets_of_one_number_in_two_interchanges_are_named_apart(gxo: ByFile) -> None:
    n = following(gxo)
    gxo.lay("947_joined.edi", interchange(gxo, n, -1, broken=True) + interchange(gxo, n + 1, -2, broken=True))
    subjects = {row["subject"] for row in gxo.store.rows("select subject from exception where kind = 'unreadable'")}
    assert (len(subjects), all("947 0001" in one for one in subjects)) == (2, True)


def test_a_file_with_a_set_that_could_not_be_read_is_read_when_it_comes_mended(gxo: ByFile) -> None:
    n = following(gxo)
    whole = interchange(gxo, n, -1, -2)
    gxo.lay("947_x.edi", whole.replace(b"SE*", b"SE*9", 1))
    assert (good(gxo), gxo.world.exceptions()) == (18, ["unreadable"])
    gxo.lay("947_x.edi", whole)
    assert (good(gxo), gxo.world.exceptions()) == (17, [])


@pytest.mark.parametrize("pad", [b"\0", b" ", b"\r\n", b"\x1a"])
def test_padding_behind_an_interchange_is_no_gap(gxo: ByFile, pad: bytes) -> None:
    n = following(gxo)
    gxo.lay("947_a.edi", interchange(gxo, n, -1) + pad * 400)
    gxo.lay("947_b.edi", interchange(gxo, n + 1, -1))
    assert (good(gxo), gaps(gxo), gxo.world.exceptions()) == (18, [], [])


def test_a_mailbox_that_appends_to_its_file_is_heard_to_the_end(gxo: ByFile) -> None:
    n = following(gxo)
    first, second = interchange(gxo, n, -1), interchange(gxo, n + 1, -2)
    gxo.lay("mailbox.edi", first)
    gxo.lay("mailbox.edi", first + second)
    assert (good(gxo), gxo.world.exceptions(), gaps(gxo)) == (17, [], [])


def test_a_taken_envelope_proves_arrival_and_is_no_answer(gxo: ByFile) -> None:
    gxo.order(("MUG", 1))
    before = gxo.expected()
    gxo.lay("ta1.edi", ta1(gxo, gxo.number(), "A"))
    assert (gxo.expected(), gxo.world.exceptions()) == (before, [])


@pytest.mark.parametrize(("code", "said"), [("R", "did not take it"), ("E", "with errors")])
def test_a_faulted_envelope_is_tied_to_the_order_and_closed_by_its_answer(gxo: ByFile, code: str, said: str) -> None:
    order = gxo.order(("MUG", 1))
    gxo.lay("ta1.edi", ta1(gxo, gxo.number(), code, "006"))
    found = gxo.world.exception("envelope_faulted")
    assert (found["story"], found["owner"], said in found["reason"], "006" in found["reason"]) == (
        order, "support", True, True,
    )  # fmt: skip
    assert gxo.world.exceptions() == ["envelope_faulted"]
    gxo.round()  # GXO had it all the same, and answers
    assert gxo.world.exceptions() == []


def test_a_faulted_envelope_is_laid_again_as_it_was_when_a_person_says_so(gxo: ByFile) -> None:
    order = gxo.order(("MUG", 1))
    name = f"940_{gxo.number():09d}.edi"
    (gxo.folder("in") / name).unlink()
    gxo.lay("ta1.edi", ta1(gxo, gxo.number(), "R", "006"))
    recovery.retry(gxo.store, gxo.world.exception("envelope_faulted")["id"], Person("test"))
    gxo.world.go()
    assert (gxo.folder("in") / name).exists()
    gxo.round()
    assert (gxo.world.exceptions(), gxo.there(gxo.reference(order)) is not None) == ([], True)


def test_a_faulted_envelope_that_nobody_sent_is_somebodys(gxo: ByFile) -> None:
    gxo.lay("ta1.edi", ta1(gxo, 987654, "R", "006"))
    found = gxo.world.exception("answer_unmatched")
    assert (gxo.world.exceptions(), "000987654" in found["reason"]) == (["answer_unmatched"], True)


STUBS = [
    b"",
    b"sku,result,code,mess",
    HEAD.encode(),
    f"{HEAD}MUG,accepted,,\nBO".encode(),
    f"{HEAD}MUG,accepted,,\n".encode(),
]


@pytest.mark.parametrize("stub", STUBS)
def test_a_result_that_is_filled_later_under_its_name_is_read_whole(build_gxo: Build, stub: bytes) -> None:
    gxo = build_gxo()
    gxo.switch(floor=False)
    gxo.world.stock("MUG", "BOWL", "TRAY")
    gxo.world.poll()
    gxo.hear()
    whole = f"{HEAD}MUG,accepted,,\nBOWL,accepted,,\nTRAY,accepted,,\n".encode()
    for facility in ("GBNH01", "GBNH02"):
        (path,) = gxo.folder("in", facility).glob("item_*.csv")
        path.unlink()
        for data in (stub, whole):
            gxo.lay(path.name.replace(".csv", ".result.csv"), data, facility)
    states = {row["state"] for row in gxo.store.rows("select state from sku where connection = 'gxo'")}
    assert (states, gxo.world.exceptions()) == ({"confirmed"}, [])


def test_one_result_that_says_yes_and_no_confirms_nothing_of_it_and_everything_beside_it(build_gxo: Build) -> None:
    gxo = build_gxo()
    gxo.switch(floor=False)
    gxo.world.stock("MUG", "BOWL", "TRAY")
    gxo.world.poll()
    gxo.hear()
    rows = "MUG,rejected,BAD_EAN,\nMUG,accepted,,\nBOWL,accepted,,\nBOWL,rejected,BAD_EAN,\nTRAY,accepted,,\n"
    for facility in ("GBNH01", "GBNH02"):
        (path,) = gxo.folder("in", facility).glob("item_*.csv")
        path.unlink()
        gxo.lay(path.name.replace(".csv", ".result.csv"), (HEAD + rows).encode(), facility)
    confirmed = {
        r["code"] for r in gxo.store.rows("select code from sku where connection = 'gxo' and state = 'confirmed'")
    }
    stories = {r["story"] for r in gxo.store.rows("select story from exception where state = 'open'")}
    assert (confirmed, {"MUG", "BOWL"} <= stories) == ({"TRAY"}, True)


def test_a_document_number_as_long_as_a_page_stands_alone(gxo: ByFile) -> None:
    order = gxo.order(("MUG", 1))
    absurd = "".join(f"{n:x}" for n in range(2000))
    n, day = following(gxo), gxo.site.today("GBNH01")
    sets: list[tuple[str, list[tuple[str, ...]]]] = [
        ("945", [("W06", "F", f"{order}-1", day, absurd), WH, ("W12", "CC", "1", "1", "0", "EA", "", "SK", "MUG")]),
        ("824", [("BGN", "00", "A1", day), WH, ("OTI", "TR", "SI", absurd, *[""] * 4, "77", "1", "940")]),
        ("947", [("W15", day, "A2"), WH, ("W19", "AA", "-1", "EA", "", "SK", "MUG"), ("N9", "ZZ", "INVTYPE", "N")]),
    ]
    gxo.lay("long.edi", write_interchange(
        sets, sender="GXOUK", receiver="MODA", usage="T", group_id="AW", control_number=n, at=gxo.site.clock.now()
    ))  # fmt: skip
    later = gxo.world.order(("BOWL", 1))
    gxo.world.poll()
    assert gxo.world.fulfilments(later)
    assert (good(gxo), set(gxo.world.exceptions())) == (19, {"unreadable"})
    assert gxo.store.rows("select 1 from record_unread") == []
