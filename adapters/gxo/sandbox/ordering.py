"""What the site does with a 940: takes a new order, changes or cancels one, or refuses, and says so in an 824."""

from __future__ import annotations

from collections.abc import Callable

from adapters.gxo.sandbox import committing, floor, shipping
from adapters.gxo.sandbox.answers import Objection, advise
from adapters.gxo.sandbox.interchange import Group, Set
from adapters.gxo.sandbox.order_checks import Case, what, whose
from adapters.gxo.sandbox.order_reading import Draft, read_draft
from adapters.gxo.sandbox.orders import Order, State
from adapters.gxo.sandbox.site import Site

WORDS = {
    State.NEW: "NEW", State.RELEASED: "RELEASED", State.PICKING: "PICKING", State.PACKING: "PACKING",
    State.READY: "READY", State.SHIPPED: "SHIPPED", State.DELIVERED: "DELIVERED", State.ON_HOLD: "ON HOLD",
    State.CANCELLED: "CANCELLED",
}  # fmt: skip
ACCEPTED, WITH_ERROR, REFUSED, SILENT = "TA", "TE", "TR", ""

Answer = tuple[str, Objection | None]


def take_order(site: Site, facility: str, group: Group, one: Set) -> None:
    """Acts on a 940 whose syntax is good, and answers with an 824."""
    draft = read_draft(one)
    site.orders.count(draft.reference, draft.purpose)
    objection = whose(Case(site, facility, draft))
    word, objection = (REFUSED, objection) if objection else PURPOSES[draft.purpose](site, facility, draft)
    if word == REFUSED and objection is not None:
        site.orders.refused.append(
            {
                "reference": draft.reference,
                "facility": facility,
                "purpose": draft.purpose,
                "code": objection.code,
                "text": objection.text,
            }
        )
    if word != SILENT:
        answered = (group.number, one.number, one.id)
        at, number = site.clock.now(), site.next("advice")
        told = advise(number, at, facility, draft.reference, answered, word, objection)
        site.post.send(facility, "824", told, draft.reference)
    order = site.orders.find(draft.reference)
    if draft.purpose == "F" and order is not None and order.state is State.CANCELLED and order.open_lines():
        shipping.end_cancelled(site, order)


def _original(site: Site, facility: str, draft: Draft) -> Answer:
    before = site.orders.find(draft.reference)
    if before is not None and site.switches.duplicate_check:
        text = f"{draft.reference} IS {WORDS[before.state]}"
        return REFUSED, Objection("DUPLICATE_ORDER", text, "W05", 2, 2, "285", draft.reference)
    objection = what(Case(site, facility, draft))
    if objection is not None:
        return REFUSED, objection
    order = Order(
        reference=draft.reference,
        customer_reference=draft.customer_reference,
        facility=facility,
        method=draft.method,
        service=draft.service[0],
        payment=draft.payment,
        ship_to=tuple(draft.ship_to),
        lines=draft.lines,
    )
    site.orders.add(order)
    floor.start(site, order)
    if order.state is State.ON_HOLD:
        return WITH_ERROR, Objection("ON_HOLD", "HELD FOR REVIEW")
    if draft.reference in site.switches.accept_with_error:
        return WITH_ERROR, Objection("OTHER", "PLEASE CHECK THIS ORDER")
    return ACCEPTED, None


def _change(site: Site, facility: str, draft: Draft) -> Answer:
    order = _here(site, facility, draft)
    if order is None:
        return REFUSED, _unknown(draft)
    if order.state is State.ON_HOLD:
        return REFUSED, Objection("ON_HOLD", "RELEASE IT FIRST", "W05", 2, 1, "473", draft.purpose)
    if order.state is not State.NEW:
        return REFUSED, _too_late(order, draft)
    objection = what(Case(site, facility, draft))
    if objection is not None:
        return REFUSED, objection
    committing.release_all(site, order)
    order.customer_reference, order.ship_to, order.lines = draft.customer_reference, tuple(draft.ship_to), draft.lines
    order.method, order.service, order.payment = draft.method, draft.service[0], draft.payment
    committing.commit(site, order)
    return ACCEPTED, None


def _cancel(site: Site, facility: str, draft: Draft) -> Answer:
    order = _here(site, facility, draft)
    if order is None:
        return (SILENT, None) if site.switches.silent_unknown_cancel else (REFUSED, _unknown(draft))
    if order.state is State.CANCELLED:
        return ACCEPTED, None
    allowed = {State.NEW, State.ON_HOLD} | ({State.RELEASED} if site.switches.cancel_in_p else set())
    if order.state not in allowed or order.shipments:
        return REFUSED, _too_late(order, draft)
    if draft.reference not in site.switches.ships_after_cancel:
        committing.release_all(site, order)
        order.move(State.CANCELLED)
    return ACCEPTED, None


def _here(site: Site, facility: str, draft: Draft) -> Order | None:
    order = site.orders.find(draft.reference)
    return order if order is not None and order.facility == facility else None


def _unknown(draft: Draft) -> Objection:
    return Objection("UNKNOWN_ORDER", draft.reference, "W05", 2, 2, "285", draft.reference)


def _too_late(order: Order, draft: Draft) -> Objection:
    word = "PART SHIPPED" if order.shipments and order.open_lines() else WORDS[order.state]
    return Objection("TOO_LATE", f"ORDER STATUS {word}", "W05", 2, 1, "473", draft.purpose)


PURPOSES: dict[str, Callable[[Site, str, Draft], Answer]] = {"N": _original, "R": _change, "F": _cancel}
