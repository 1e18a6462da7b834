"""A ready invoice with all that its fulfilment needs: its order, the lines that a warehouse picks, their products."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from mappings.canonical import HireDates, Invoice, OrderLine, PickLine, Product, SalesOrder, units_of
from mappings.errors import Unmappable
from workers.domain.catalogue import products_of
from workers.orders_out.line_sites import at_its_site
from workers.spine.reading import Reading, fingerprint


@dataclass(frozen=True, slots=True)
class ReadyInvoice:
    """An invoice to be sent. ``others`` are SKUs on it that no warehouse picks; ``products`` are by SKU.

    ``fingerprint`` is of all lines, address and site: which lines are stock may be learnt later, and is no change.
    """

    invoice: Invoice
    order: SalesOrder
    stock_lines: tuple[PickLine, ...]
    others: tuple[str, ...]
    products: Mapping[str, Product]
    fingerprint: str
    hire: HireDates | None = None  # of one with a hire line, for a warehouse that lends garments

    @property
    def units(self) -> dict[str, int]:
        """Units by SKU that a warehouse is to pick."""
        return units_of(self.stock_lines)

    def product(self, line: OrderLine) -> Product | None:
        """The product of an order's line, where the catalogue has it."""
        return self.products.get(line.sku)

    @property
    def wishes(self) -> str:
        """The fingerprint of what its order says of goods that still are to go: the note, the day, the address."""
        day = self.order.required_by
        return fingerprint(self.order.note, day.isoformat() if day else "", self.order.address.model_dump())

    @property
    def stock_products(self) -> list[Product]:
        """Products of the stock lines, as far as the catalogue has them."""
        return [self.products[line.sku] for line in self.stock_lines if line.sku in self.products]


def assemble(reading: Reading, invoice: Invoice, order: SalesOrder) -> ReadyInvoice:
    """Join an invoice with its order and the catalogue. Raises Unmappable where its quantities are not proven."""
    lines = lines_of(invoice, order)
    products = products_of(reading, [line.sku for line in lines])
    stock = tuple(line for line in lines if line.sku not in products or products[line.sku].for_warehouse)
    order = at_its_site(reading, order, {line.sku for line in stock})
    return ReadyInvoice(
        invoice=invoice,
        order=order,
        stock_lines=stock,
        others=tuple(sorted(line.sku for line in lines if line not in stock)),
        products=products,
        fingerprint=fingerprint(
            sorted((line.sku, line.quantity) for line in lines), order.address.model_dump(), order.site
        ),
    )


def lines_of(invoice: Invoice, order: SalesOrder) -> tuple[PickLine, ...]:
    """Take quantities from the invoice; from the order only where they cannot be wrong (reference 3.1, rule 4)."""
    if invoice.lines:
        return invoice.lines
    if invoice.quantity_sold is not None and invoice.quantity_sold == invoice.quantity_sent and order.lines:
        units: Counter[str] = Counter()
        for line in order.lines:
            units[line.sku] += line.quantity
        if sum(units.values()) == invoice.quantity_sold:
            return tuple(PickLine(sku=sku, quantity=n) for sku, n in sorted(units.items()) if n > 0)
    raise Unmappable(
        "INVOICE_ITEMS",
        invoice.invoice_code,
        "the invoice shows no items, and the order's quantities do not prove what is on it; look at the invoice",
    )
