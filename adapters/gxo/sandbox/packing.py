"""How a shipment becomes cartons, each with its SSCC and tracking number."""

from __future__ import annotations

import itertools

from adapters.gxo.sandbox.orders import Carton, Order
from adapters.gxo.sandbox.site import Site

COMPANY = "505000000"  # extension digit and a made-up company prefix


def pack(site: Site, order: Order, units: dict[str, int]) -> tuple[Carton, ...]:
    """Cartons for ``units`` by line number; a line lies in one carton unless lines may be split."""
    sent = {number: count for number, count in units.items() if count > 0}
    if not sent:
        return ()
    wanted = _how_many(site, order)
    parts = _spread(sent, wanted) if site.switches.split_lines else _deal(sent, wanted)
    return tuple(_carton(site, part) for part in parts)


def _how_many(site: Site, order: Order) -> int:
    told = site.switches.cartons.get(order.reference)
    if told:
        return told
    dice = site.dice(order.reference, len(order.shipments), "cartons")
    return dice.choice((2, 3)) if dice.random() < site.switches.cartons_rate else 1


def _deal(units: dict[str, int], cartons: int) -> list[dict[str, int]]:
    """Whole lines, in turn; no carton stays empty."""
    parts: list[dict[str, int]] = [{} for _ in range(min(cartons, len(units)))]
    for turn, (number, count) in enumerate(units.items()):
        parts[turn % len(parts)][number] = count
    return parts


def _spread(units: dict[str, int], cartons: int) -> list[dict[str, int]]:
    """As many units in each as can be, wherever that divides a line."""
    single = [number for number, count in units.items() for _ in range(count)]
    cartons = min(cartons, len(single))
    cuts = [len(single) * turn // cartons for turn in range(cartons + 1)]
    chunks = [single[start:end] for start, end in itertools.pairwise(cuts)]
    return [{number: chunk.count(number) for number in dict.fromkeys(chunk)} for chunk in chunks]


def _carton(site: Site, lines: dict[str, int]) -> Carton:
    turn = site.next("carton")
    digits = f"{COMPANY}{turn:08d}"
    weighted = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(digits))
    return Carton(f"00{digits}{-weighted % 10}", f"1550{turn:010d}", lines)
