"""What people take off the shelves for one shipment, and what they do not find, as planted or because stock lacks."""

from __future__ import annotations

import math

from adapters.gxo.sandbox import committing
from adapters.gxo.sandbox.orders import Line, Order
from adapters.gxo.sandbox.site import Site

SHORT_SUFFIX = "-SHORT"  # of SKUs of which one unit is never found (profile 2.4)


def pick(site: Site, order: Order) -> bool:
    """Plans the next shipment: each open line's ``picked`` and ``word`` (W1201). False: stock is waited for."""
    whole = committing.commit(site, order)
    if not whole and not order.stock_taken:
        site.orders.out_of_stock[order.reference] = None
    lines = order.open_lines()
    for line in lines:
        line.missing = _missing(site, order, line)
        line.picked = min(line.committed, max(line.open - line.missing, 0))
    waits = site.switches.no_stock == "backorder" and not whole
    two = not order.shipments and _goes_twice(site, order) and sum(line.picked for line in lines) > 1
    if two:
        _leave_half(lines)
    for line in lines:
        line.word = _word(site, order, line, later=two or (waits and line.committed < line.open))
    total = sum(line.picked for line in lines)
    if not total and any(line.word == "BO" for line in lines):
        return False
    order.picks += total > 0
    return True


def _word(site: Site, order: Order, line: Line, *, later: bool) -> str:
    """CC complete; CP, DS, IC closed with less; BP, BO where the rest leaves ``later`` (profile 2.2.4)."""
    rest = line.open - line.picked
    if not rest:
        return "CC"
    if later and rest > line.missing:
        return "BP" if line.picked else "BO"
    if line.picked:
        return "CP"
    return "IC" if _cancelled_here(site, order, line) else "DS"


def _missing(site: Site, order: Order, line: Line) -> int:
    """Units of the line that are planted not to be found."""
    if _cancelled_here(site, order, line):
        return line.open
    switches = site.switches
    told = switches.short.get(order.reference, switches.short.get(f"sku:{line.sku}", 0.0))
    if told:
        return math.ceil(told * line.ordered) if told < 1 else int(told)
    by_dice = site.dice(order.reference, line.number, "short").random() < switches.short_rate
    return int(line.sku.endswith(SHORT_SUFFIX) or by_dice)


def _cancelled_here(site: Site, order: Order, line: Line) -> bool:
    return order.reference in site.switches.cancelled_at_site or f"sku:{line.sku}" in site.switches.cancelled_at_site


def _goes_twice(site: Site, order: Order) -> bool:
    dice = site.dice(order.reference, "goes")
    return order.reference in site.switches.two_goes or dice.random() < site.switches.two_goes_rate


def _leave_half(lines: list[Line]) -> None:
    room = sum(line.picked for line in lines) // 2
    for line in lines:
        line.picked = min(line.picked, room)
        room -= line.picked
