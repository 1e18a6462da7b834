"""Which units are set aside for which line."""

from __future__ import annotations

from adapters.gxo.sandbox.orders import Line, Order, State
from adapters.gxo.sandbox.site import Site
from adapters.gxo.sandbox.stock import Refused

NOT_PICKED = (State.NEW, State.RELEASED, State.ON_HOLD)


def commit(site: Site, order: Order) -> bool:
    """Sets aside what its open lines still need; whether they have all of it."""
    for line in order.open_lines():
        line.committed += site.stock.commit(order.facility, line.sku, line.open - line.committed)
    return all(line.committed >= line.open for line in order.open_lines())


def release(site: Site, order: Order, line: Line, units: int) -> None:
    """Gives committed units of a line back."""
    site.stock.release(order.facility, line.sku, units)
    line.committed -= units


def release_all(site: Site, order: Order) -> None:
    """Gives everything back that is set aside for the order."""
    for line in order.lines:
        release(site, order, line, line.committed)


def take_from_orders(site: Site, facility: str, sku: str, units: int) -> None:
    """Makes ``units`` available by taking them from orders that are not picked, the youngest first."""
    lacking = units - site.stock.available(facility, sku)
    for order in reversed(list(site.orders)):
        if order.facility != facility or order.state not in NOT_PICKED:
            continue
        for line in order.open_lines():
            taken = min(lacking, line.committed) if line.sku == sku else 0
            if taken > 0:
                release(site, order, line, taken)
                order.stock_taken = True
                lacking -= taken
    if lacking > 0:
        raise Refused(f"{lacking} of {sku} lack at {facility}, or are picked already: ask for less")
