"""How an order goes through its states: N, P, I, A, R, C, D, with H and V beside them (profile 2.4).

After a part shipment the order is released again (P) for its rest; C is reached when every line is closed.
"""

from __future__ import annotations

from collections.abc import Callable

from adapters.gxo.sandbox import committing, life, picking, shipping
from adapters.gxo.sandbox.orders import Order, State
from adapters.gxo.sandbox.site import Site
from adapters.gxo.sandbox.stock import Refused

WAIT = 0.05  # seconds at least between two looks for stock


def start(site: Site, order: Order) -> None:
    """A new order: stock is set aside, and its time begins, unless it is to be held."""
    committing.commit(site, order)
    order.move(State.NEW)
    if _held_at_once(site, order):
        order.move(State.ON_HOLD)
    enter(site, order)


def enter(site: Site, order: Order, at_least: float = 0.0) -> None:
    """The order's time in its state begins; it is dropped if somebody moves the order meanwhile."""
    if order.state is State.ON_HOLD and not site.switches.hold_seconds:
        return
    visit = len(order.states)
    seconds = site.switches.hold_seconds if order.state is State.ON_HOLD else site.switches.step(order.state)
    site.people.after(max(seconds, at_least), lambda: _leave(site, order, visit))


def hold(site: Site, order: Order) -> None:
    """Puts an order that is not being picked on hold."""
    if order.state not in {State.NEW, State.RELEASED}:
        raise Refused(f"{order.reference} is in state {order.state}: only N and P can be held")
    _go(site, order, State.ON_HOLD)


def unhold(site: Site, order: Order) -> None:
    """Lets a held order go on."""
    if order.state is not State.ON_HOLD:
        raise Refused(f"{order.reference} is in state {order.state}, not on hold")
    _go(site, order, State.NEW)


def _held_at_once(site: Site, order: Order) -> bool:
    dice = site.dice(order.reference, "hold")
    return order.reference in site.switches.hold_orders or dice.random() < site.switches.hold_orders_rate


def _leave(site: Site, order: Order, visit: int) -> None:
    if len(order.states) == visit and order.state in STEPS:
        STEPS[order.state](site, order)


def _go(site: Site, order: Order, state: State) -> None:
    order.move(state)
    enter(site, order)


def _release(site: Site, order: Order) -> None:
    whole = committing.commit(site, order)
    if not whole and site.switches.no_stock == "wait":
        if not order.stock_taken:
            site.orders.out_of_stock[order.reference] = None
        enter(site, order, WAIT)
        return
    _go(site, order, State.RELEASED)


def _pick(site: Site, order: Order) -> None:
    if picking.pick(site, order):
        _go(site, order, State.PICKING)
    else:
        enter(site, order, WAIT)


def _ship(site: Site, order: Order) -> None:
    shipping.ship(site, order)
    if order.open_lines():
        _go(site, order, State.RELEASED)
        return
    cancelled_here = all(line.result == "IC" for line in order.lines)
    _go(site, order, State.CANCELLED if cancelled_here else State.SHIPPED)
    life.live(site, order)


STEPS: dict[State, Callable[[Site, Order], None]] = {
    State.NEW: _release,
    State.ON_HOLD: unhold,
    State.RELEASED: _pick,
    State.PICKING: lambda site, order: _go(site, order, State.PACKING),
    State.PACKING: lambda site, order: _go(site, order, State.READY),
    State.READY: _ship,
    State.SHIPPED: lambda site, order: _go(site, order, State.DELIVERED),
}
