"""What happens in a warehouse besides orders, at random: units are lost and found, put on hold and released."""

from __future__ import annotations

import random

from adapters.clarus.sandbox import adjusting, places, reasons
from adapters.clarus.sandbox.books import Books, Record
from adapters.clarus.sandbox.stock import Stock
from adapters.clarus.sandbox.switches import Switches

MOST = 3  # units at a time
LOSSES, HOLDS = ("DMG", "LOST", "EXPIRED"), ("QC", "DMGHOLD")


def live(order: Record, stock: Stock, books: Books, switches: Switches, dice: random.Random) -> None:
    """What the order's people happen upon, each kind at its rate, on the shelf of one of its lines."""
    if not order["lines"]:
        return
    shelf = stock.shelf(dice.choice(order["lines"]))
    units = float(dice.randint(1, MOST))
    if dice.random() < switches.adjust_rate:
        if dice.random() < 1 / 2:
            place = places.place(books, shelf.balance["warehouse"], places.SHELF)
            adjusting.adjust_up(stock, shelf, units, place, reasons.by_code(books, "FOUND"))
        else:
            why = reasons.by_code(books, dice.choice(LOSSES))
            for record, taken in shelf.first("available", units):
                adjusting.adjust_down(stock, record, taken, why)
    if dice.random() < switches.hold_rate:
        why = reasons.by_code(books, dice.choice(HOLDS))
        for record, taken in shelf.first("available", units):
            adjusting.hold(stock, record, taken, why)
    if dice.random() < switches.release_rate:
        held = [one for one in stock.shelves if one.units["held"]]
        for record, taken in dice.choice(held).first("held", units) if held else ():
            adjusting.release(stock, record, taken, reasons.by_code(books, "RELEASE"))
