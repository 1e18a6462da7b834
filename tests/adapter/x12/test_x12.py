from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pyx12.x12file
from hypothesis import assume, given
from hypothesis import strategies as st

from adapters.errors import Rejected
from adapters.x12 import Delimiters, Segments, X12Error, cleaned, read_interchange, write_interchange
from fleet_tests.places import REFERENCE

SHARED = REFERENCE / "samples" / "gxo"
AT = datetime(2026, 11, 20, 22, 40, tzinfo=UTC)
ORDER: Segments = (("W05", "N", "SO1"), ("N1", "WH", "GXO", "ZZ", "GBNH01"), ("W76", "3"))
ADVICE: Segments = (("W06", "F", "SO1", "20261121", "SHP1", "", "WEB-1"), ("W03", "1", ".55", "KG"))

SEPARATORS = "*>~|^:;!+#$%&@=<?/\\_`{}[](),\"'\x1d\x1e\x1f"
LINE_ENDS = st.sampled_from(["", "\n", "\r\n"])


def written(*sets: tuple[str, Segments], marks: Delimiters | None = None, line_end: str = "\n") -> bytes:
    return write_interchange(
        sets,
        sender="MODA",
        receiver="GXOUK",
        control_number=101,
        at=AT,
        group_id="OW",
        delimiters=marks,
        line_end=line_end,
    )


def two() -> str:
    return written(("945", ADVICE), ("945", (*ADVICE, ("N9", "CN", "1550")))).decode()


def heard_by_pyx12(data: bytes) -> tuple[list[str], list[object]]:
    reader = pyx12.x12file.X12Reader(io.StringIO(data.decode()))
    ids = [segment.get_seg_id() for segment in reader]
    reader.cleanup()
    return ids, reader.pop_errors()


def texts() -> st.SearchStrategy[str]:
    return st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=30)


def bodies(element: st.SearchStrategy[str]) -> st.SearchStrategy[list[tuple[str, ...]]]:
    ids = st.from_regex(r"[A-Z][A-Z0-9]{1,2}", fullmatch=True).filter(
        lambda one: one not in {"ISA", "GS", "ST", "SE", "GE", "IEA"}
    )
    segment = st.builds(lambda first, rest: (first, *rest), ids, st.lists(element, max_size=6))
    return st.lists(segment, max_size=8)


@st.composite
def separators(draw: st.DrawFn) -> Delimiters:
    element, component, segment = draw(st.lists(st.sampled_from(SEPARATORS[:-3]), min_size=3, max_size=3, unique=True))
    return Delimiters(element, component, draw(st.sampled_from([segment, "\n"])))


@given(sets=st.lists(bodies(texts()), max_size=4), marks=separators(), line_end=LINE_ENDS)
def test_what_is_written_is_read_back_but_for_what_would_break_the_envelope(
    sets: list[list[tuple[str, ...]]], marks: Delimiters, line_end: str
) -> None:
    line_end = "" if marks.segment == "\n" else line_end
    file = read_interchange(written(*[("940", one) for one in sets], marks=marks, line_end=line_end), "a.edi")
    assert (file.control_number, file.sender, file.receiver, file.delimiters) == (101, "MODA", "GXOUK", marks)
    assert [one.error for one in file.sets] == [None] * len(sets)
    for read, sent in zip(file.sets, sets, strict=True):
        wanted = [tuple(cleaned(text, marks) for text in segment) for segment in sent]
        assert [without_tail(one) for one in wanted] == list(read.segments)


def without_tail(segment: tuple[str, ...]) -> tuple[str, ...]:
    while len(segment) > 1 and not segment[-1]:
        segment = segment[:-1]
    return segment


@given(text=texts(), marks=separators())
def test_a_cleaned_text_stays_as_it_is_when_cleaned_again(text: str, marks: Delimiters) -> None:
    once = cleaned(text, marks)
    assert cleaned(once, marks) == once
    assert not {marks.element, marks.component, marks.segment} & set(once)


@given(text=texts())
def test_ascii_only_gives_ascii_or_says_that_it_cannot(text: str) -> None:
    try:
        plain = cleaned(text, Delimiters(), ascii_only=True)
    except ValueError:
        assert not text.isascii()
    else:
        assert plain.isascii()
        assert plain.isprintable()
        assert not set("*>~") & set(plain)


@given(data=st.binary(max_size=400), cut=st.integers(0, 400), place=st.integers(0, 400))
def test_any_bytes_are_read_or_refused_with_a_place_and_nothing_else(data: bytes, cut: int, place: int) -> None:
    whole = two().encode()
    for broken in (data, whole[:place] + data + whole[place + cut :]):
        try:
            told = [one.error for one in read_interchange(broken, "odd.edi").sets]
        except X12Error as error:
            told = [error]
        assert {(one.file, one.maybe_done) for one in told if one} <= {("odd.edi", False)}


@given(
    sets=st.lists(
        bodies(st.text("ABC012 .-é", min_size=1, max_size=9)).map(
            lambda body: [(*one, "X") for one in body if one[0] not in {"LX", "HL", "LS", "LE", "ISA", "TA1"}]
        ),
        min_size=1,
        max_size=3,
    )
)
def test_an_independent_reader_accepts_what_is_written(sets: list[list[tuple[str, ...]]]) -> None:
    ids, errors = heard_by_pyx12(written(*[("940", one) for one in sets]))
    assert errors == []
    assert len(ids) == 4 + sum(len(one) + 2 for one in sets)


def test_the_independent_reader_is_no_rubber_stamp() -> None:
    assert heard_by_pyx12(two().replace("SE*4*0001", "SE*5*0001").encode())[1] != []


def test_letters_lose_their_accents_only_where_the_partner_wants_ascii() -> None:
    name = "Renée Łuczak, Ærøvej ½ – “Søn”"  # noqa: RUF001  the dash is meant
    assert cleaned(name, Delimiters(), ascii_only=True) == 'Renee Luczak, AErovej 1/2 - "Son"'
    assert cleaned("Renée*Łuczak\r\n~", Delimiters()) == "Renée Łuczak"


def test_a_name_that_ascii_cannot_spell_is_refused_by_its_place_and_not_repeated() -> None:
    with pytest.raises(Rejected) as told:
        write_interchange(
            [("940", [("N1", "ST", "Жанна Доу")])],
            sender="MODA",
            receiver="GXOUK",
            control_number=1,
            at=AT,
            group_id="OW",
            ascii_only=True,
        )
    assert told.value.symbol == "unwritable"
    assert "element 2 of N1" in told.value.what
    assert "анна" not in told.value.what


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"sender": "A-MUCH-TOO-LONG-SENDER"}, "sender"),
        ({"receiver": "GX*UK"}, "receiver"),
        ({"control_number": 0}, "control number"),
        ({"control_number": 1_000_000_000}, "control number"),
        ({"at": datetime(2026, 11, 20)}, "time zone"),  # noqa: DTZ001  that is what is refused
        ({"usage": "X"}, "usage"),
        ({"line_end": " "}, "CR and LF"),
    ],
)
def test_an_envelope_that_x12_has_no_room_for_is_not_written(change: dict[str, object], why: str) -> None:
    usual = {"sender": "MODA", "receiver": "GXOUK", "control_number": 1, "at": AT, "group_id": "OW"}
    with pytest.raises(ValueError, match=why):
        write_interchange([("940", ORDER)], **{**usual, **change})  # type: ignore[arg-type]


@pytest.mark.parametrize("segment", [("SE", "3", "0001"), ("isa",), ("N1*X", "a"), ()])
def test_a_segment_that_would_break_the_envelope_is_not_written(segment: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="cannot begin a segment"):
        written(("940", [segment]))


@pytest.mark.parametrize("three", ["**~", "*>a", "* ~", "*>\x00", "\n>~"])
def test_separators_that_cannot_separate_are_refused(three: str) -> None:
    with pytest.raises(ValueError, match="separat"):
        Delimiters(*three)


def test_several_groups_and_sets_keep_their_order_numbers_and_time() -> None:
    head, group = two().split("IEA*", 1)[0].split("GS*", 1)
    other = group.replace("*101*X*", "*102*X*").replace("GE*2*101", "GE*2*102")
    file = read_interchange(f"{head}GS*{group}GS*{other}IEA*2*000000101~".encode(), "many.edi")
    assert [(g.id, g.control_number, g.at, len(g.sets)) for g in file.groups] == [
        ("OW", "101", AT, 2),
        ("OW", "102", AT, 2),
    ]
    assert [(s.id, s.control_number, s.group_control_number, s.error) for s in file.sets] == [
        ("945", "0001", "101", None),
        ("945", "0002", "101", None),
        ("945", "0001", "102", None),
        ("945", "0002", "102", None),
    ]


@pytest.mark.parametrize(
    ("good", "bad", "position", "segment", "element"),
    [
        ("SE*4*0001", "SE*5*0001", 6, "SE", 1),
        ("SE*4*0001", "SE*4*0009", 6, "SE", 2),
        ("SE*4*0001", "SE*four*0001", 6, "SE", 1),
        ("SE*4*0001~\n", "", 3, "ST", 0),
        ("ST*945*0001", "ST*945", 3, "ST", 2),
        ("ST*945*0001", "ST**0001", 3, "ST", 1),
        ("W03*1*.55*KG~\nSE*4*0001", "W03*1*.5\r\n5*KG~\nSE*4*0001", 5, "W03", 2),
        ("W03*1*.55*KG~\nSE*4*0001", "*1*.55*KG~\nSE*4*0001", 5, "", 0),
        ("W03*1*.55*KG~\nSE*4*0001", "~\nSE*4*0001", 5, "", 0),
        ("W03*1*.55*KG~\nSE*4*0001", "ISA*1*.55*KG~\nSE*4*0001", 5, "ISA", 0),
        ("W03*1*.55*KG~\nSE*4*0001", "W03*1*.55*KG\nSE*4*0001", 5, "W03", 3),
        ("ST*945*0001~\n", "", 3, "W06", 0),
    ],
)
def test_one_malformed_set_is_named_by_its_place_and_its_neighbour_is_whole(
    good: str, bad: str, position: int, segment: str, element: int
) -> None:
    assert two().count(good) == 1
    file = read_interchange(two().replace(good, bad).encode(), "GBNH01/x.edi")
    wrong = [one.error for one in file.sets if one.error]
    assert [(e.file, e.position, e.segment, e.element) for e in wrong[:1]] == [
        ("GBNH01/x.edi", position, segment, element)
    ]
    well = [one for one in file.sets if one.error is None]
    assert [one.control_number for one in well] == ["0002"]
    assert well[0].segments == (*ADVICE, ("N9", "CN", "1550"))


def test_a_byte_that_is_not_utf8_spoils_its_own_set_only() -> None:
    file = read_interchange(two().encode().replace(b"SHP1", b"SH\xe9P", 1), "latin.edi")
    assert [(e.segment, e.element, e.why) for e in (one.error for one in file.sets) if e] == [
        ("W06", 4, "is not UTF-8")
    ]
    assert file.sets[1].error is None


def test_a_set_number_used_twice_in_a_group_spoils_the_second_only() -> None:
    file = read_interchange(two().replace("0002", "0001").encode(), "twice.edi")
    assert [one.error is None for one in file.sets] == [True, False]


@pytest.mark.parametrize(
    ("good", "bad", "segment", "element"),
    [
        ("GE*2*101", "GE*3*101", "GE", 1),
        ("GE*2*101", "GE*2*102", "GE", 2),
        ("GE*2*101~\n", "", "GS", 6),
        ("*2240*101*", "*2540*101*", "GS", 4),
        ("*X*004010", "", "GS", 0),
    ],
)
def test_a_group_that_does_not_fit_spoils_its_own_sets_only(good: str, bad: str, segment: str, element: int) -> None:
    head, rest = two().split("GS*", 1)
    group = "GS*" + rest.split("IEA*", 1)[0]
    other = group.replace("*101*X*", "*102*X*").replace("GE*2*101", "GE*2*102")
    assert group.count(good) == 1
    file = read_interchange(f"{head}{group.replace(good, bad)}{other}IEA*2*000000101~".encode(), "g.edi")
    assert [one.error and (one.error.segment, one.error.element) for one in file.sets] == [
        (segment, element),
        (segment, element),
        None,
        None,
    ]


def test_a_group_without_sets_that_should_have_some_is_not_overlooked() -> None:
    empty = written().decode().replace("GE*0*101", "GE*1*101")
    assert [one.error and one.error.segment for one in read_interchange(empty.encode(), "empty.edi").sets] == ["GE"]


@pytest.mark.parametrize(
    ("good", "bad", "segment", "element"),
    [
        ("IEA*1*000000101", "IEA*2*000000101", "IEA", 1),
        ("IEA*1*000000101", "IEA*1*000000102", "IEA", 2),
        ("IEA*1*000000101~\n", "", "GE", 0),
        ("*000000101*0*P", "*00000010x*0*P", "IEA", 2),
        ("IEA*1*000000101~\n", "IEA*1*00000010", "", 0),
        ("*ZZ*MODA           *", "*ZZ*MODA          *", "ISA", 6),
        ("*ZZ*MODA           *", "*ZZ*MODA   *       *", "ISA", 6),
        ("*P*>~", "*P**~", "ISA", 16),
        ("ISA*", "ISB*", "ISA", 0),
        ("GS*OW", "N1*OW", "N1", 0),
    ],
)
def test_a_file_that_cannot_be_trusted_is_refused_whole(good: str, bad: str, segment: str, element: int) -> None:
    assert two().count(good) == 1
    with pytest.raises(X12Error) as told:
        read_interchange(two().replace(good, bad).encode(), "cut.edi")
    assert (told.value.file, told.value.segment, told.value.element) == ("cut.edi", segment, element)
    assert "MODA" not in told.value.what


@given(cut=st.integers(0, len(two()) - 1))
def test_a_file_cut_off_anywhere_is_never_taken_for_whole(cut: int) -> None:
    assume(two()[cut:].strip())
    with pytest.raises(X12Error):
        read_interchange(two()[:cut].encode(), "cut.edi")


@pytest.mark.parametrize("data", [b"", b"\n", b"<html>503</html>", b"ISA" + b"*" * 103, b"\xff" * 200])
def test_what_is_no_interchange_is_refused(data: bytes) -> None:
    with pytest.raises(X12Error, match="mend it"):
        read_interchange(data, "page.edi")


def test_an_old_transports_padding_and_byte_order_mark_are_no_trouble() -> None:
    plain = read_interchange(two().encode(), "a.edi")
    assert read_interchange(b"\xef\xbb\xbf\r\n" + two().encode() + b"\r\n\x1a\x00", "a.edi") == plain
    assert read_interchange(two().replace("\n", "\r\n").encode(), "a.edi") == plain
    assert read_interchange(two().replace("\n", "").encode(), "a.edi") == plain


def vendor_samples() -> list[Path]:
    if not SHARED.is_dir():
        pytest.skip("the vendor's samples are not here: they belong beside the project in shared/reference")
    return sorted(SHARED.glob("*.edi"))


def test_every_sample_is_read_whole() -> None:
    files = vendor_samples()
    assert len(files) == 15
    for path in files:
        (only,) = read_interchange(path.read_bytes(), path.name).sets
        assert only.error is None
        assert path.name.startswith(f"gxo_x12_{only.id}_")
        assert heard_by_pyx12(path.read_bytes())[1] == []


def test_every_sample_is_written_again_byte_for_byte() -> None:
    for path in vendor_samples():
        file = read_interchange(path.read_bytes(), path.name)
        (group,) = file.groups
        assert group.at is not None
        again = write_interchange(
            [(one.id, one.segments) for one in group.sets],
            sender=file.sender,
            receiver=file.receiver,
            control_number=file.control_number,
            at=group.at,
            group_id=group.id,
            usage=file.usage,
        )
        assert again == path.read_bytes(), path.name
