"""What the site refuses in an order, in the order in which it looks: the codes of the profile's section 2.2.3."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from adapters.gxo.sandbox.answers import Objection
from adapters.gxo.sandbox.order_reading import Draft
from adapters.gxo.sandbox.orders import Line
from adapters.gxo.sandbox.site import Site


@dataclass(frozen=True)
class Case:
    """A draft that came into the folder of a facility."""

    site: Site
    facility: str
    draft: Draft


Rule = Callable[[Case], Iterator[Objection]]


def whose(case: Case) -> Objection | None:
    """For every purpose: the client and the facility must be those of the folder."""
    return next((bad for rule in (_client, _facility) for bad in rule(case)), None)


def what(case: Case) -> Objection | None:
    """For originals and changes: everything that is needed to pick and send."""
    return next((bad for rule in RULES for bad in rule(case)), None)


def _client(case: Case) -> Iterator[Objection]:
    code, position = case.draft.parties.get("DE", ("", 0))
    if code != case.site.client:
        yield Objection("OTHER", f"CLIENT {code or 'MISSING'} IS NOT {case.site.client}", "N1", position, 4, "67", code)


def _facility(case: Case) -> Iterator[Objection]:
    code, position = case.draft.parties.get("WH", ("", 0))
    if not code:
        yield Objection("MISSING_FIELD", "N1*WH", "N1", position, 4, "67")
    elif code != case.facility:
        served = code in case.site.facilities
        why = f"HAS A FOLDER OF ITS OWN, THIS IS {case.facility}" if served else "IS NOT SERVED"
        yield Objection("INVALID_FACILITY", f"{code} {why}", "N1", position, 4, "67", code)


def _fields(case: Case) -> Iterator[Objection]:
    if not case.draft.ship_on[0]:
        yield Objection("MISSING_FIELD", "G62*10 REQUESTED SHIP DATE")
    for line in case.draft.lines:
        if not line.number:
            yield Objection("MISSING_FIELD", "N9*LI OF LINE", "W01", line.position)
        if not line.sku:
            yield Objection("MISSING_FIELD", "SKU WITH QUALIFIER SK", "W01", line.position, 5, "234")
    numbers = Counter(line.number for line in case.draft.lines)
    for line in case.draft.lines:
        if numbers[line.number] > 1:
            yield Objection("OTHER", f"LINE {line.number} STANDS TWICE", "W01", line.position)


def _address(case: Case) -> Iterator[Objection]:
    place = case.draft.ship_to_position
    needed = {"NAME": ("N1", 2), "STREET": ("N3", 1), "CITY": ("N4", 1), "POSTCODE": ("N4", 3), "COUNTRY": ("N4", 4)}
    for word, (segment, element) in needed.items():
        if not case.draft.address(segment, element).strip():
            yield Objection("INVALID_ADDRESS", f"SHIP TO {word} MISSING", segment, place, element)
    country = case.draft.address("N4", 4)
    if not re.fullmatch("[A-Z]{2}", country):
        yield Objection("INVALID_ADDRESS", f"COUNTRY {country} IS NOT ISO 2", "N4", place, 4, "26", country)
    if country in case.site.switches.undeliverable:
        yield Objection("UNDELIVERABLE", f"NO SERVICE TO {country}", "N4", place, 4, "26", country)


def _service(case: Case) -> Iterator[Objection]:
    service, position = case.draft.service
    if service not in case.site.services:
        text = f"SERVICE {service or 'MISSING'} NOT SET UP"
        yield Objection("INVALID_SERVICE", text, "W66", position, 5, "387", service)


def _skus(case: Case) -> Iterator[Objection]:
    for line in case.draft.lines:
        if not case.site.items.good(case.facility, line.sku):
            yield Objection("INVALID_SKU", f"SKU {line.sku} NOT SET UP", "W01", line.position, 5, "234", line.sku)


def _quantities(case: Case) -> Iterator[Objection]:
    for line in case.draft.lines:
        if line.ordered <= 0:
            yield _bad_quantity(line, f"LINE {line.number} QUANTITY {line.ordered}", 1)
        if line.unit != "EA":
            yield _bad_quantity(line, f"LINE {line.number} UNIT {line.unit} IS NOT EA", 2)
    total, (stated, position) = sum(line.ordered for line in case.draft.lines), case.draft.stated
    if stated != str(total):
        yield Objection("BAD_QUANTITY", f"W76 SAYS {stated}, LINES SAY {total}", "W76", position, 1, "329", stated)


def _bad_quantity(line: Line, text: str, element: int) -> Objection:
    number, copy = ("330", str(line.ordered)) if element == 1 else ("355", line.unit)
    return Objection("BAD_QUANTITY", text, "W01", line.position, element, number, copy)


def _stock(case: Case) -> Iterator[Objection]:
    if case.site.switches.no_stock != "reject":
        return
    wanted: Counter[str] = Counter()
    for line in case.draft.lines:
        wanted[line.sku] += line.ordered
    for sku, units in wanted.items():
        there = case.site.stock.available(case.facility, sku)
        if there < units:
            yield Objection("OUT_OF_STOCK", f"SKU {sku}: {units} WANTED, {there} AVAILABLE")


RULES: tuple[Rule, ...] = (_fields, _address, _service, _skus, _quantities, _stock)
