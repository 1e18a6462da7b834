"""How an interchange is read: envelopes are checked against their own counts and numbers, set by set."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from adapters.x12.checking import envelope_error, group_error, segment_error, stamp
from adapters.x12.envelopes import Whole, envelope, only_one, whole_of
from adapters.x12.errors import X12Error
from adapters.x12.grammar import Delimiters
from adapters.x12.outside import Receipt, receipt_of, wrong_with
from adapters.x12.splitting import pieces_of
from adapters.x12.tokens import Lines, Segment, runs

NOTHING = Lines([], 1, "*")


@dataclass(frozen=True, slots=True)
class TransactionSet:
    """What stood between an ST and its SE, each segment as (id, element, …), empty elements as "".

    Empty elements at a segment's end and spaces at an element's end are left out: they say nothing. With an
    ``error`` the set must not be used; its segments are what could be made out.
    """

    id: str
    control_number: str
    group_control_number: str
    segments: Lines
    error: X12Error | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """A functional group. ``at`` is GS04 and GS05 as UTC, None where they are no time.

    An error of the group itself (counts, numbers) is the error of each of its sets.
    """

    id: str
    control_number: str
    at: datetime | None
    sets: tuple[TransactionSet, ...]


@dataclass(frozen=True, slots=True)
class Interchange:
    """An interchange of the file ``name``, in its order. ``usage`` is P (production) or T (test).

    ``receipts`` are its TA1. What else stands between ISA and IEA without a group, and a receipt that says no, is a
    group behind the others with one set that carries the error.
    """

    name: str
    control_number: int
    sender: str
    receiver: str
    usage: str
    delimiters: Delimiters
    groups: tuple[Group, ...]
    receipts: tuple[Receipt, ...] = ()

    @property
    def sets(self) -> tuple[TransactionSet, ...]:
        """The sets of all groups, malformed ones among them."""
        return tuple(one for group in self.groups for one in group.sets)


def read_interchanges(data: bytes, name: str) -> tuple[list[Interchange], list[X12Error]]:
    """Every interchange in the bytes of the file ``name``, in UTF-8, and what is wrong with each that is not whole.

    Separators come from each ISA. Line ends and blanks may follow a terminator, padding may stand around each
    interchange, and lines may be wrapped at one width. A malformed set carries its error and its neighbours are
    whole; a group whose GE does not fit spoils its own sets only, and a segment between groups only itself. An
    interchange is not whole without its IEA, where that does not fit, or where no group begins.
    """
    good: list[Interchange] = []
    bad: list[X12Error] = []
    for piece in pieces_of(data, name):
        try:
            good.append(_interchange(whole_of(piece, name), name))
        except X12Error as error:
            bad.append(error)
    return good, bad


def read_interchange(data: bytes, name: str) -> Interchange:
    """The interchange of a file that holds one, as ``read_interchanges``. Raises X12Error where it is not whole."""
    return _interchange(only_one(list(pieces_of(data, name)), name), name)


def _interchange(whole: Whole, name: str) -> Interchange:
    addressing = envelope(whole.isa)
    receipts = tuple(receipt_of(one) for one in whole.between if one.id == "TA1")
    odd = [_outside(one, error) for one in whole.between if (error := wrong_with(one, name)) is not None]
    return Interchange(
        name=name,
        control_number=addressing.control_number,
        sender=addressing.sender,
        receiver=addressing.receiver,
        usage=addressing.usage,
        delimiters=whole.marks,
        groups=(*(_group(*one, name) for one in whole.groups), *odd),
        receipts=receipts,
    )


def _outside(segment: Segment, error: X12Error) -> Group:
    only = TransactionSet(segment.id, segment.element(1), "", NOTHING, error)
    return Group("", "", None, (only,))


def _group(opening: Segment, inner: Lines, closing: Segment | None, name: str) -> Group:
    sets: list[TransactionSet] = []
    earlier: set[str] = set()  # one that grows: a file of a million sets costs a million steps
    for run in runs(inner, "ST", "SE"):
        sets.append(_set(*run, opening.element(6), earlier, name))
        earlier.add(sets[-1].control_number)
    at = stamp(opening)
    good = all(one.error is None for one in sets)
    wrong = group_error(opening, at, closing, len(sets), whole=good, name=name)
    if wrong is not None:
        sets = [replace(one, error=one.error or wrong) for one in sets]
        sets = sets or [TransactionSet("", "", opening.element(6), NOTHING, wrong)]  # so that nobody overlooks it
    return Group(opening.element(1), opening.element(6), at, tuple(sets))


def _set(
    opening: Segment | None,
    inner: Lines,
    closing: Segment | None,
    group: str,
    earlier: set[str],
    name: str,
) -> TransactionSet:
    if opening is None:
        first = inner.segment(0)
        stray = X12Error(name, first.position, first.id, 0, "stands outside of a transaction set (ST to SE)")
        return TransactionSet("", "", group, inner, stray)
    return TransactionSet(
        id=opening.element(1),
        control_number=opening.element(2),
        group_control_number=group,
        segments=inner,
        error=segment_error(inner, name) or envelope_error(opening, len(inner), closing, earlier, name),
    )
