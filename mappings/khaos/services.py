"""Hires that are entered as services: the garment's stock code in place of the service's, and back again.

Stock and money, section 6: a hire is a stock line, or a service line where a row says which garment goes for it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from mappings.canonical import Invoice, LineKind, PickLine, SalesOrder, Shipment

ANY = "*"


@dataclass(frozen=True, slots=True)
class ServiceLines:
    """Rows ``service code = garment's stock code``; one ``*`` on both sides stands for any text, the same on both.

    A row without ``*`` goes before those with one; of these the one with the longest code.
    """

    rows: Mapping[str, str] = field(default_factory=dict)

    def garment(self, code: str) -> str:
        """The stock code of the garment that goes for a service; empty for a code that no row names."""
        return _look_up(self.rows, code)

    def service(self, garment: str) -> str:
        """The service by which a garment is hired; empty for one that is hired as stock."""
        return _look_up({to: code for code, to in self.rows.items()}, garment)

    def of_invoice(self, invoice: Invoice) -> Invoice:
        """The invoice with garments in place of services; a SKU stands once."""
        if not any(self.garment(line.sku) for line in invoice.lines):
            return invoice
        units = Counter[str]()
        for line in invoice.lines:
            units[self.garment(line.sku) or line.sku] += line.quantity
        return invoice.model_copy(
            update={"lines": tuple(PickLine(sku=sku, quantity=number) for sku, number in units.items())}
        )

    def of_order(self, order: SalesOrder) -> SalesOrder:
        """The order with garments in place of services; each of these lines is a hire."""
        lines = tuple(
            line.model_copy(update={"sku": garment, "kind": LineKind.HIRE})
            if (garment := self.garment(line.sku))
            else line
            for line in order.lines
        )
        return order.model_copy(update={"lines": lines}) if lines != order.lines else order

    def of_shipment(self, shipment: Shipment) -> Shipment:
        """The shipment as the invoice names its lines: a hired garment by its service."""
        lines = tuple(
            line.model_copy(update={"sku": service})
            if line.kind is LineKind.HIRE and (service := self.service(line.sku))
            else line
            for line in shipment.lines
        )
        return shipment.model_copy(update={"lines": lines}) if lines != shipment.lines else shipment


def _look_up(rows: Mapping[str, str], code: str) -> str:
    if code in rows:
        return rows[code]
    for pattern in sorted((one for one in rows if ANY in one), key=lambda one: (-len(one), one)):
        begin, _, end = pattern.partition(ANY)
        if len(code) > len(begin) + len(end) and code.startswith(begin) and code.endswith(end):
            return rows[pattern].replace(ANY, code[len(begin) : len(code) - len(end)])
    return ""
