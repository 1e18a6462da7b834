"""Garments one by one: each left, came back, was credited and was written off once, by ACS's book and by the ledger.

A sale that came back is credited once, or somebody has it in hand because it is not the garment; a hire is never
credited, and its deposit and charges stand once with finance. What is retired goes off the books once, with its value.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal

from pydantic import Field

from mappings.canonical import Canonical
from workers.demo.reconciliation.acs_snapshot import (
    ALLOCATED,
    CANCELLED,
    FACILITY,
    HIRED_OUT,
    NOT_OURS,
    ODD,
    PACKED,
    READY,
    AcsBook,
    Back,
)
from workers.demo.reconciliation.khaos_snapshot import KhaosBooks
from workers.demo.reconciliation.ledger_rows import Excepted, LedgerRows

SELLS = {"sellable", "reserved"}  # states of the fleet's
MAY_SELL = {READY, *ALLOCATED, *PACKED}  # of ACS's
ODD_KINDS = {"wrong_item", "empty_parcel", "counterfeit_return"}
CHARGE, STOPPED = "charge", "stopped"


class GarmentFigures(Canonical):
    """The day's trade at ACS by its own book, and where its book and the others differ: ``off``, none when all is well.

    Counts are of garments, but ``orders``, ``orders_cancelled`` and ``set_up`` (rows of set-up files that ACS took).
    ``back_by_grade`` goes by grade, ``out_on_hire`` and ``sold`` are where they are now; ``compared`` names each sum.
    """

    garments: int = 0
    set_up: int = 0
    orders: int = 0
    orders_cancelled: int = 0
    hired: int = 0
    bought: int = 0
    short: int = 0
    hires_back: int = 0
    sales_back: int = 0
    back_by_grade: dict[str, int] = Field(default_factory=dict)
    restocked: int = 0
    ready: int = 0
    out_on_hire: int = 0
    sold: int = 0
    credited: int = 0
    in_hand: int = 0
    charged: int = 0
    written_off: int = 0
    written_off_value: str = ""
    compared: dict[str, int] = Field(default_factory=dict)
    off: tuple[str, ...] = ()


def compare_garments(
    book: AcsBook, khaos: KhaosBooks, ledger: LedgerRows, exceptions: Sequence[Excepted]
) -> GarmentFigures:
    """ACS's book against the ledger's rows and Khaos Control's credit notes. Pure; ``exceptions`` are the open ones."""
    sales = [one for one in book.returns if one.grade and book.sold(one)]
    hires = [one for one in book.returns if one.grade and one.order and not book.sold(one)]
    in_hand = {one.subject.rpartition(":")[2] for one in exceptions if one.kind in ODD_KINDS and one.owner}
    credited = [one for one in sales if _credits(one, khaos, ledger)]
    charged = [row for row in ledger.garment_returns if row.money == CHARGE]
    booked = [row for row in ledger.write_offs if row.booked]
    back = {one.rfid for one in (*sales, *hires)}
    return GarmentFigures(
        garments=len(book.garments),
        set_up=sum(one.accepted for one in book.setups),
        orders=len(book.orders),
        orders_cancelled=sum(one.status in CANCELLED for one in book.orders),
        hired=sum(one.hire for one in book.dispatched),
        bought=sum(not one.hire for one in book.dispatched),
        short=sum(len(line.short) for order in book.orders for line in order.lines),
        hires_back=len(hires),
        sales_back=len(sales),
        back_by_grade=dict(sorted(Counter(one.grade for one in (*sales, *hires)).items())),
        restocked=sum(one.state in MAY_SELL for one in book.garments if one.rfid in back),
        ready=sum(one.state == READY for one in book.garments),
        out_on_hire=sum(one.state == HIRED_OUT for one in book.garments),
        sold=sum(one.state == "Gone" for one in book.garments),
        credited=len(credited),
        in_hand=sum(one.rfid in in_hand and one.grade in ODD for one in (*sales, *hires)),
        charged=len(charged),
        written_off=len(booked),
        written_off_value=f"{sum((row.value or Decimal(0) for row in booked), Decimal(0)):.2f}",
        compared={
            "garments that left, each once with its line and tag": len(book.dispatched),
            "garments that the fleet would sell, and ACS has ready": sum(row.state in SELLS for row in ledger.garments),
            "sales that came back, each credited once or in hand": len(sales),
            "hires that came back, none credited, each once with finance": len(hires),
            "retired garments, each written off once with its value": len(book.retired),
            "answers to set-up files, each taken once": len(book.setups),
        },
        off=(
            *_departures(book, ledger),
            *_sellable(book, ledger),
            *_sales(sales, khaos, ledger, in_hand),
            *_hires(hires, ledger, in_hand),
            *_write_offs(book, ledger),
            *_answers(book, ledger),
        ),
    )


def _departures(book: AcsBook, ledger: LedgerRows) -> Iterable[str]:
    left = Counter((one.order, one.rfid, one.hire) for one in book.dispatched)
    known = Counter((one.fulfilment, one.tag, one.hire) for one in ledger.departed)
    for (order, tag, hire), times in sorted((left | known).items()):
        if left[order, tag, hire] != known[order, tag, hire]:
            yield (
                f"garment {tag} left with {order} as a {'hire' if hire else 'sale'} {left[order, tag, hire]} times, the"
                f" ledger has it {known[order, tag, hire]} times"
            )
        elif times > 1:
            yield f"garment {tag} left {times} times with {order}"


def _sellable(book: AcsBook, ledger: LedgerRows) -> Iterable[str]:
    """What the fleet would sell, ACS has; what ACS has sold, or does not have any more, nobody sells."""
    there = {one.rfid: one.state for one in book.garments}
    known = {row.tag: row.state for row in ledger.garments}
    for tag, state in sorted(known.items()):
        if state in SELLS and there.get(tag) not in MAY_SELL:
            yield f"garment {tag} is {state} in the ledger and {there.get(tag, 'unknown')} at ACS"
    for tag, state in sorted(there.items()):
        if (state in NOT_OURS) != (known.get(tag, "none") in ("sold", "retired", "none")):
            yield f"garment {tag} is {state} at ACS and {known.get(tag, 'unknown')} in the ledger"


def _credits(one: Back, khaos: KhaosBooks, ledger: LedgerRows) -> int:
    """How many credit notes a garment of one order has."""
    returns = {row.reference for row in ledger.returns if (row.receipt, row.line_id) == _name(one)}
    return sum(note.returned in returns for note in khaos.credits)


def _name(one: Back) -> tuple[str, str]:
    return f"{one.order}/{one.rfid}", one.rfid


def _sales(sales: Sequence[Back], khaos: KhaosBooks, ledger: LedgerRows, in_hand: set[str]) -> Iterable[str]:
    stopped = {(row.receipt, row.line_id) for row in ledger.returns if row.state == STOPPED}
    times = Counter(_name(one) for one in sales)
    by_name = {_name(one): one for one in sales}
    for name, one in sorted(by_name.items()):
        notes, what = _credits(one, khaos, ledger), f"garment {one.rfid} of {one.order}, sold and back as {one.grade}"
        if one.grade in ODD:
            if notes or one.rfid not in in_hand:
                yield f"{what}: credited {notes} times, {'' if one.rfid in in_hand else 'not '}in somebody's hand"
        elif notes != 1 and not (notes == 0 and name in stopped):
            yield f"{what}: credited {notes} times"
        if times[name] > 1:
            yield f"{what}: came back {times[name]} times"


def _hires(hires: Sequence[Back], ledger: LedgerRows, in_hand: set[str]) -> Iterable[str]:
    known: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for row in ledger.garment_returns:
        known[row.fulfilment, row.tag].append(row.money or "")
    returned = {(row.receipt, row.line_id) for row in ledger.returns}
    for one in hires:
        what = f"garment {one.rfid} of {one.order}, hired and back as {one.grade}"
        if _name(one) in returned:
            yield f"{what}: stands among the returns that are credited"
        if one.grade in ODD:
            if one.rfid not in in_hand:
                yield f"{what}: in nobody's hand"
        elif [money for money in known[one.order, one.rfid] if money] == []:
            yield f"{what}: finance knows of no deposit and no charge"


def _write_offs(book: AcsBook, ledger: LedgerRows) -> Iterable[str]:
    retired, booked = Counter(one.rfid for one in book.retired), Counter[str]()
    for row in ledger.write_offs:
        booked[row.tag] += row.booked
        if row.booked and row.value != row.worth:
            yield f"garment {row.tag} is written off with {row.value}, the asset file says {row.worth}"
    for tag in sorted(retired | booked):
        if retired[tag] != booked[tag]:
            yield f"garment {tag} was retired {retired[tag]} times and written off {booked[tag]} times"


def _answers(book: AcsBook, ledger: LedgerRows) -> Iterable[str]:
    taken = Counter(row.name for row in ledger.files if row.facility == FACILITY and row.effect == "taken")
    for one in book.setups:
        if taken[one.answer] != 1:
            yield f"{one.answer} was laid once and taken {taken[one.answer]} times"
