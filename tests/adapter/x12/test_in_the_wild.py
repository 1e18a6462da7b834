"""Files as transports and translators leave them: read, or refused for the true reason."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.x12 import (
    X12Error,
    envelope_of,
    envelopes_of,
    read_interchange,
    read_interchanges,
    splitting,
    write_interchange,
)
from fleet_tests.steps import steps

AT = datetime(2026, 11, 20, 22, 40, tzinfo=UTC)
BODY = [("W15", "20261120", "A1"), ("N1", "WH", "GXO", "ZZ", "GBNH01"), ("W19", "AA", "-1", "EA", "", "SK", "MUG 1 é")]


def file(number: int = 101, sets: int = 2) -> str:
    return write_interchange(
        [("947", BODY)] * sets, sender="GXOUK", receiver="MODA", control_number=number, at=AT, group_id="AW"
    ).decode()


def wrapped(text: str, width: int, end: str) -> str:
    run = text.replace("\n", "")
    return end.join(run[begin : begin + width] for begin in range(0, len(run), width))


TA1 = "TA1*000000077*261120*2240*A*000~\n"
PLAIN = read_interchange(file().encode(), "a.edi")
AS_IT_IS = {
    "blanks behind terminators": file().replace("~\n", "~ \t \n"),
    "blank lines": file().replace("~\n", "~\n\r\n\n"),
    "an ISA whose fields a VAN fills with NUL": file()[:106].replace(" ", "\0") + file()[106:],
    "mixed line ends": "".join(
        line + end for line, end in zip(file().splitlines(), itertools.cycle(["\n", "\r\n", "", "\r"]), strict=False)
    ),
    "padding in front": "\0\r\n  " + file(),
    "a byte order mark": "\ufeff" + file(),
    "a byte order mark behind a blank line": "\r\n\ufeff" + file(),
    "Ctrl-Z behind": file() + "\x1a",
    "Ctrl-D behind": file() + "\x04\n",
    "form feeds of a printout": file().replace("~\n", "~\n\f", 3) + "\f\v",
    "records of 80": wrapped(file(), 80, "\r\n") + " " * 60 + "\r\n",
    **{f"padding of {pad!r}": file() + pad * 4000 for pad in ("\0", " ", "\r\n", "\x1a", "\t")},
    **{f"wrapped at {width}": wrapped(file(), width, "\n") for width in (40, 72, 79, 80, 81, 100, 128)},
    **{f"wrapped with {end!r}": wrapped(file(), 80, end) + end for end in ("\n", "\r\n", "\r")},
}


@pytest.mark.parametrize("how", sorted(AS_IT_IS))
def test_what_transports_do_to_a_file_changes_nothing_of_it(how: str) -> None:
    data = AS_IT_IS[how].encode()
    assert read_interchange(data, "a.edi") == PLAIN
    assert envelope_of(data, "a.edi").control_number == 101


CONTROLS = ["\t", "\x01", "\x07", "\x1c", "\x1d", "\x1e", "\x1f", "\x7f"]


@pytest.mark.parametrize(("element", "component", "segment"), [
    ("\x1e", "\x1f", "\x1d"), ("\x1f", "\x1e", "\x1d"), ("*", "\x1f", "~"), ("*", ">", "\x1c"), ("\t", ">", "~"),
    ("\x1d", ">", "\x1e"), ("*", "\x1e", "\n"), ("\x1f", ":", "\n"), ("*", ">", "\t"), ("\x7f", "\x01", "'"),
])  # fmt: skip
def test_control_characters_separate_and_the_sets_are_the_same(element: str, component: str, segment: str) -> None:
    told = file().replace("~\n", segment).replace("*", element).replace(">", component)
    read = read_interchange(told.encode(), "a.edi")
    assert [one.error for one in read.sets] == [None, None]
    assert [[(*one,) for one in each.segments] for each in read.sets] == [BODY, BODY]
    assert all("\x1e" not in line for each in read.sets for line in each.segments.lines)


@given(st.permutations(CONTROLS), st.sampled_from("\x02\x1f\x1e\x1d\x00"))
def test_a_control_character_that_separates_nothing_is_still_an_error_of_its_set(three: list[str], stray: str) -> None:
    element, component, segment = three[:3]
    if stray in (element, component, segment) or "\t" in three[:3]:
        return
    told = file().replace("~\n", segment).replace("*", element).replace(">", component).replace("MUG", f"M{stray}G", 1)
    assert [one.error is None for one in read_interchange(told.encode(), "a.edi").sets] == [False, True]


def test_a_ta1_between_isa_and_gs_is_a_receipt_and_spoils_nothing() -> None:
    for told in (file().replace("GS*", TA1 + "GS*"), file().replace("IEA*", TA1 + "IEA*")):
        read = read_interchange(told.encode(), "a.edi")
        assert [(one.control_number, one.taken, one.note) for one in read.receipts] == [("000000077", True, "000")]
        assert read.sets == PLAIN.sets or [one.error for one in read.sets] == [None, None]


def test_a_ta1_alone_is_whole_and_one_that_says_no_stands_for_itself() -> None:
    head = file().split("\n", 1)[0] + "\n"
    alone = read_interchange(f"{head}{TA1}IEA*0*000000101~".encode(), "ta1.edi")
    assert (alone.sets, len(alone.receipts)) == ((), 1)
    refused = read_interchange(f"{head}{TA1.replace('*A*000', '*R*006')}IEA*0*000000101~".encode(), "ta1.edi")
    (only,) = refused.sets
    assert only.error is not None
    assert "did not take our interchange 000000077 as it is (note code 006)" in only.error.what
    assert only.error.segment == "TA1"


def test_a_segment_that_belongs_nowhere_is_named_and_the_groups_are_whole() -> None:
    read = read_interchange(file().replace("GS*", "ZZZ*what*is*this~\nGS*").encode(), "a.edi")
    assert [(one.error.segment if one.error else None) for one in read.sets] == [None, None, "ZZZ"]
    assert "this" not in str(read.sets[-1].error)


@pytest.mark.parametrize("between", ["", "\n", "\r\n\r\n", "\ufeff", " " * 80, "\0" * 300, "\x1a"])
def test_several_interchanges_in_a_file_are_each_read_and_numbered(between: str) -> None:
    other = file(103, 1).replace("~", "\x1d").replace("*", "^")
    data = between.join([file(101), file(102, 1), other]).encode()
    good, bad = read_interchanges(data, "all.edi")
    assert ([(one.control_number, len(one.sets)) for one in good], bad) == ([(101, 2), (102, 1), (103, 1)], [])
    assert [one.error for each in good for one in each.sets] == [None] * 4
    numbered, wrong = envelopes_of(data, "all.edi")
    assert ([one.control_number for one in numbered], wrong) == ([101, 102, 103], [])


def test_one_interchange_that_is_cut_off_spoils_no_neighbour() -> None:
    cut = file(102).split("SE*", 1)[0]
    for parts, numbers in (([file(101), cut, file(103)], [101, 103]), ([cut, file(103)], [103]), ([file(1), cut], [1])):
        good, bad = read_interchanges("".join(parts).encode(), "all.edi")
        assert [one.control_number for one in good] == numbers
        assert ["without IEA" in one.why for one in bad] == [True]


def test_where_one_is_wanted_several_are_refused_for_what_they_are() -> None:
    data = (file(101) + file(102)).encode()
    for read in (read_interchange, envelope_of):
        with pytest.raises(X12Error, match="holds 2 interchanges"):
            read(data, "all.edi")


@pytest.mark.parametrize(
    ("told", "why"),
    [
        (file().replace("*MODA ", "*MO\nDA", 1), "line breaks stand inside"),
        (wrapped(file(), 80, "\n").replace("    ", "", 1), "line breaks stand inside"),
        (file().lower(), "in small letters"),
        (file()[:90], "ends before the 106 characters"),
        (file().rpartition("IEA")[0], "without IEA"),
        (file().replace("IEA*1", "IEA*2"), "counts 2 groups, there are 1"),
        (file() + "and more~", "stands behind the IEA"),
        (file() + "and more", "stands behind the IEA"),
        ("UNA:+.? 'UNB+UNOA:1+A+B+261120:2240+1'UNZ+1+1'", "does not begin with an ISA"),
        ('<?xml version="1.0"?><ISA/>', "does not begin with an ISA"),
        ("", "does not begin with an ISA"),
    ],
)
def test_what_is_refused_is_refused_for_its_true_reason(told: str, why: str) -> None:
    good, bad = read_interchanges(told.encode(), "odd.edi")
    assert why in bad[0].what
    assert all(one.control_number == 101 for one in good)
    assert bad[0].what.count("DA") == 0


def test_a_file_in_utf16_says_so() -> None:
    _, (wrong,) = read_interchanges(file().encode("utf-16"), "wide.edi")
    assert "UTF-16" in wrong.what


@given(
    pieces=st.lists(
        st.one_of(
            st.sampled_from(
                [file(), TA1, "ISA*", "IEA*1*000000101~", "\n", " ", "~", "\0", file()[:106], file()[106:]]
            ),
            st.text(max_size=8),
        ),
        max_size=8,
    )
)
def test_whoever_counts_numbers_and_whoever_reads_see_the_same_interchanges(pieces: list[str]) -> None:
    data = "".join(pieces).encode("utf-8", "replace")
    good, bad = read_interchanges(data, "a.edi")
    numbered, wrong = envelopes_of(data, "a.edi")
    assert [one.control_number for one in good] == [one.control_number for one in numbered]
    assert [one.what for one in bad] == [one.what for one in wrong]


def test_a_file_of_many_sets_takes_as_many_steps_as_it_is_long_and_a_repeated_number_is_found() -> None:
    def read(sets: int) -> None:
        (group,) = read_interchange(file(sets=sets).encode(), "many.edi").groups
        assert [one.error for one in group.sets] == [None] * sets

    assert steps(partial(read, 400)) < steps(partial(read, 100)) * 4.4  # they had grown with the square
    twice = file(sets=2).replace("ST*947*0002", "ST*947*0001").replace("*0002~", "*0001~")
    errors = [one.error for one in read_interchange(twice.encode(), "twice.edi").groups[0].sets]
    assert (errors[0], errors[1] is not None) == (None, True)


@pytest.mark.parametrize(
    ("most", "words"),
    [("MOST_SEGMENTS", "has more than 14 segments"), ("MOST_SETS", "has more than 3 transaction sets")],
)
def test_a_file_of_too_many_sets_or_segments_is_refused_before_it_takes_all_memory(
    monkeypatch: pytest.MonkeyPatch, most: str, words: str
) -> None:
    monkeypatch.setattr(splitting, most, {"MOST_SEGMENTS": 14, "MOST_SETS": 3}[most])
    assert len(read_interchange(file(sets=2).encode(), "two.edi").groups[0].sets) == 2
    with pytest.raises(X12Error, match=words):
        read_interchange(file(sets=4).encode(), "four.edi")


@pytest.mark.parametrize(
    ("clock", "meant"),
    [("2400", datetime(2026, 11, 21, tzinfo=UTC)), ("235960", datetime(2026, 11, 20, 23, 59, 59, tzinfo=UTC))],
)
def test_the_end_of_a_day_and_a_leap_second_are_times_of_a_group(clock: str, meant: datetime) -> None:
    read = read_interchange(file().replace("*20261120*2240*", f"*20261120*{clock}*", 1).encode(), "a.edi")
    assert ([group.at for group in read.groups], [one.error for one in read.sets]) == ([meant], [None, None])
