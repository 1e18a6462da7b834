"""Files from GXO taken apart: X12 interchanges into sets, and the key of each set by which a repeat is recognised.

A document's body is one line that says where it stood, and behind it the set's segments; separators are the control
characters that no data of a set may hold.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO

from adapters.x12 import Group, Interchange, Lines, Receipt, TransactionSet, X12Error, read_interchanges
from mappings.errors import Unmappable, Unreadable
from mappings.gxo import BETWEEN_ELEMENTS, BETWEEN_SEGMENTS, Segments, read_item_results
from workers.ports.edi import Document, DocumentSource
from workers.ports.sources import Kind

AT_ONCE = 4096  # segments
RESULT = ".result.csv"
RECEIPT = "TA1"
COUNT = "846"
KINDS = {
    "997": Kind.ACKNOWLEDGEMENT,
    "824": Kind.ORDER_ADVICE,
    "945": Kind.SHIPMENT,
    "944": Kind.RECEIPT,
    "947": Kind.ADJUSTMENT,
    COUNT: Kind.COUNT,
}
# Set -> where the partner's own name of it stands (gxo.md 2.2, dedup key): segment and elements.
NAMED_BY = {
    "824": ("BGN", 2),
    "944": ("W17", 3),
    "947": ("W15", 2),
    COUNT: ("BIA", 3),
}


def open_interchanges(data: bytes, name: str) -> tuple[list[Interchange], list[Unreadable]]:
    """Every interchange of a file, and each part of it that is none, by where it stands."""
    interchanges, wrong = read_interchanges(data, name)
    return interchanges, [Unreadable(f"{name} from segment {one.position}", _unreadable(one)) for one in wrong]


def documents(facility: str, interchange: Interchange) -> tuple[list[Document], list[Unreadable]]:
    """Every set of an interchange and every receipt in it, each for itself.

    A set that cannot be read is named by its interchange, its group and its own number: either alone may come twice.
    """
    good = [_receipt(facility, interchange, one) for one in interchange.receipts]
    bad: list[Unreadable] = []
    for group, one in _sets(interchange):
        if one.id == RECEIPT:
            continue  # it is a receipt above
        place = f"{interchange.control_number}/{one.group_control_number or '-'}"
        subject = f"{interchange.name} {place} {one.id or 'set'} {one.control_number or '-'}"
        if one.error is not None:
            subject = f"{subject} from segment {one.error.position}"
            bad.append(Unreadable(subject, _unreadable(one.error)))
        elif one.id not in KINDS:
            why = f"the profile has {', '.join(KINDS)}: ask GXO what this one is"
            bad.append(Unreadable(subject, Unmappable("ST01", one.id, why, kind="unreadable")))
        else:
            parts = _parts(interchange, one) if one.id == COUNT else 1
            good.append(Document(KINDS[one.id], _key(one), _body(facility, interchange, group, one, parts)))
    return good, bad


def results(facility: str, name: str, data: bytes) -> Document:
    """The answer to an item file; it has no number, and its name is its own."""
    head = _head(facility, name, 0, datetime.fromtimestamp(0, UTC))
    return Document(Kind.ITEM_RESULTS, hashlib.sha256(name.encode() + data).hexdigest(), head + data)


def results_are_whole(data: bytes) -> bool:
    """Whether a result file speaks of any item, and each of its rows can be read: else it is a stub of one."""
    try:
        good, bad = read_item_results(data)
    except Unmappable:
        return False
    return bool(good) and not bad


def _receipt(facility: str, interchange: Interchange, one: Receipt) -> Document:
    place = _head(facility, interchange.name, interchange.control_number, datetime.fromtimestamp(0, UTC))
    body = BETWEEN_ELEMENTS.join((RECEIPT, one.control_number, "", "", one.code, one.note))
    return Document(Kind.ENVELOPE_RECEIPT, hashlib.sha256(body.encode()).hexdigest(), place + body.encode())


def item_file_of(name: str) -> str:
    """The item file that a result file answers: ``item_….result.csv`` answers ``item_….csv``."""
    return name.removesuffix(RESULT) + ".csv"


def origin_of(body: bytes) -> DocumentSource:
    """Where a document stood."""
    head = json.loads(body[: body.index(b"\n")])
    written = datetime.fromisoformat(head["written"])
    return DocumentSource(head["facility"], head["file"], head["number"], written, head.get("parts", 1))


def content_of(body: bytes) -> bytes:
    """What stands behind the line that says where it stood."""
    return body[body.index(b"\n") + 1 :]


def segments_of(body: bytes) -> Segments:
    """The set's segments, from ST to SE without either."""
    text = content_of(body).decode()
    return Lines(text.split(BETWEEN_SEGMENTS) if text else [], 1, BETWEEN_ELEMENTS)


def _sets(interchange: Interchange) -> Iterator[tuple[Group, TransactionSet]]:
    for group in interchange.groups:
        for one in group.sets:
            yield group, one


def _parts(interchange: Interchange, one: TransactionSet) -> int:
    """How many sets of an interchange are one count: of one facility and moment. A set that cannot be read is one."""
    counts = [other for _, other in _sets(interchange) if other.id == COUNT]
    return sum(other.error is not None or _counted(other) == _counted(one) for other in counts)


def _counted(one: TransactionSet) -> tuple[str, str, str]:
    facility = next((segment[4:] for segment in one.segments if segment[:2] == ("N1", "WH")), ())
    return str(facility[:1]), _element(one, "BIA", 4), _element(one, "BIA", 5)


def _body(facility: str, interchange: Interchange, group: Group, one: TransactionSet, parts: int) -> bytes:
    assert group.at is not None, "a group without a time is an error of each of its sets"
    written = BytesIO()  # a count has ten megabytes: no more than one copy of it at a time
    written.write(_head(facility, interchange.name, interchange.control_number, group.at, parts))
    for begin in range(0, len(one.segments), AT_ONCE):
        text = one.segments[begin : begin + AT_ONCE].joined(BETWEEN_SEGMENTS, BETWEEN_ELEMENTS)
        written.write(f"{BETWEEN_SEGMENTS if begin else ''}{text}".encode())
    return written.getvalue()


def _head(facility: str, name: str, number: int, written: datetime, parts: int = 1) -> bytes:
    head = {"facility": facility, "file": name, "number": number, "written": written.isoformat(), "parts": parts}
    return json.dumps(head, sort_keys=True).encode() + b"\n"


def _key(one: TransactionSet) -> str:
    """The partner's name of the set; its content where it has none, or one that need not be unique."""
    if one.id == "945":  # a shipment's number; a message that nothing left has none
        return f"{_element(one, 'W06', 2)} {_element(one, 'W06', 4) or _content(one)}"
    named = _element(one, *NAMED_BY[one.id]) if one.id in NAMED_BY else ""
    if one.id == COUNT and named:  # the parts of a count go by one number
        return f"{named} {_content(one)[:16]}"
    return named or _content(one)


def _content(one: TransactionSet) -> str:
    """A hash of the set as Python writes its segments: documents of years are known by it, so its form stays."""
    held = hashlib.sha256(b"Lines(lines=[")
    for begin in range(0, len(one.segments), AT_ONCE):
        text = ", ".join(map(repr, one.segments.lines[begin : begin + AT_ONCE]))
        held.update(f"{', ' if begin else ''}{text}".encode())
    held.update(f"], first={one.segments.first!r}, mark={one.segments.mark!r})".encode())
    return held.hexdigest()


def _element(one: TransactionSet, segment: str, place: int) -> str:
    found = next((row for row in one.segments if row[0] == segment), ())
    return found[place] if len(found) > place else ""


def _unreadable(error: X12Error) -> Unmappable:
    return Unmappable("X12", error.segment, str(error), kind="unreadable")
