"""Orders, invoices, products and shipments."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field

from mappings.canonical.hire import HireDates, LineKind
from mappings.canonical.model import Canonical, Units


class Address(Canonical):
    """A postal address. ``country`` is ISO 3166-1 alpha-2 in upper case."""

    name: str
    organisation: str = ""
    line1: str
    line2: str = ""
    line3: str = ""
    town: str
    county: str = ""
    postcode: str = ""
    country: str
    email: str = ""
    phone: str = ""


class OrderLine(Canonical):
    """One line as the customer ordered it. Quantities to pick come from the invoice, not from here."""

    sku: str
    quantity: Units
    description: str = ""
    site: str = ""  # where it is not the order's
    line_id: str = ""  # Khaos's, where it shows one
    kind: LineKind = LineKind.SALE
    unit_price: Decimal | None = None
    measurements: tuple[str, ...] = ()  # sizes to alter or to choose by, at most two
    garment: str = ""  # the physical garment, where the merchant chose it
    user_fields: tuple[tuple[str, str], ...] = ()


class SalesOrder(Canonical):
    """A Khaos sales order: what is needed to fulfil its invoices."""

    code: str
    associated_ref: str = ""
    customer: str = ""  # URN: a reference, not a name
    ordered_at: datetime | None = None
    site: str = ""
    channel: str = ""  # Khaos sales source
    courier: str = ""
    currency: str = ""
    priority: str = ""
    required_by: date | None = None
    note: str = ""
    first_name: str = ""  # of the recipient, where Khaos keeps it apart from the last name
    last_name: str = ""
    user_fields: tuple[tuple[str, str], ...] = ()  # user-defined fields by name, for rules and dates of hire
    lines: tuple[OrderLine, ...] = ()
    address: Address


class PickLine(Canonical):
    """Units of one SKU to pick. A SKU stands once in a fulfilment, or once for each ``line_id``."""

    sku: str
    quantity: Annotated[int, Field(gt=0)]
    line_id: str = ""
    kind: LineKind = LineKind.SALE
    unit_price: Decimal | None = None
    measurements: tuple[str, ...] = ()
    garment: str = ""  # the physical garment, where the merchant chose it


def units_of(lines: Iterable[PickLine]) -> dict[str, int]:
    """Units by SKU: the sum of its lines."""
    units: dict[str, int] = {}
    for line in lines:
        units[line.sku] = units.get(line.sku, 0) + line.quantity
    return units


class Invoice(Canonical):
    """A Khaos sales invoice as a status read shows it: the unit of fulfilment.

    ``stage`` is Khaos's stage number (1 cancelled, 9 released, 17/18/19/21 withdrawn, 70+ issued).
    ``lines`` is empty when the reply carried no items.
    """

    order_code: str
    associated_ref: str = ""
    invoice_code: str
    customer: str = ""  # URN: a reference, not a name
    stage: int
    stage_name: str = ""
    order_cancelled: bool = False
    lines: tuple[PickLine, ...] = ()
    quantity_sold: Decimal | None = None
    quantity_sent: Decimal | None = None
    ship_date: date | None = None
    issue_date: date | None = None
    courier: str = ""
    consignment: str = ""


class Product(Canonical):
    """A SKU of the merchant's catalogue. Only what is ``for_warehouse`` may ever be picked."""

    stock_id: str
    code: str
    description: str
    other_ref: str = ""
    barcodes: tuple[str, ...] = ()
    weight_grams: Decimal | None = None
    commodity_code: str = ""
    country_of_origin: str = ""  # ISO alpha-2 where known, else empty
    stock_controlled: bool
    drop_ship: bool = False
    discontinued: bool = False
    parent_code: str = ""  # the size/colour/style parent, for a variant
    is_parent: bool = False  # a size/colour/style parent: never sold itself
    pack_of: tuple[PickLine, ...] = ()  # a pack header's children; the header is never picked
    buy_price: Decimal | None = None
    sell_price: Decimal | None = None
    attributes: tuple[tuple[str, str], ...] = ()  # stock types and user-defined fields, for routing

    @property
    def for_warehouse(self) -> bool:
        """True when units of it can stand on a shelf and be picked."""
        return self.stock_controlled and not (self.drop_ship or self.is_parent or self.pack_of)


class Fulfilment(Canonical):
    """An order to one warehouse to pick, pack and send one Khaos invoice."""

    reference: str  # <sales order>-<n>, ours, at most 22 characters
    order_code: str
    invoice_code: str
    associated_ref: str = ""
    site: str = ""
    facility: str = ""  # the warehouse's own code of the building
    lines: tuple[PickLine, ...]
    address: Address
    courier: str = ""
    priority: str = ""
    note: str = ""
    dispatch_by: datetime
    ordered_at: datetime | None = None
    first_name: str = ""
    last_name: str = ""
    hire: HireDates | None = None  # of an order with a hire line
    required_by: date | None = None  # the day by which the customer needs it, where Khaos names one

    @property
    def notes(self) -> str:
        """The note with that day, for a warehouse whose orders have no field for it."""
        day = f"Required by {self.required_by.isoformat()}" if self.required_by else ""
        return "\n".join(filter(None, (day, self.note)))

    def as_body(self) -> dict[str, Any]:
        """It as a message's content. A day that nobody named is left out: an older release knows no such field."""
        body: dict[str, Any] = self.model_dump(mode="json")
        return body if self.required_by else {name: value for name, value in body.items() if name != "required_by"}


class WarehouseStatus(StrEnum):
    """The state of an order at a warehouse."""

    WAITING = "waiting"
    IN_PROGRESS = "in_progress"
    DISPATCHED = "dispatched"
    CANCELLED = "cancelled"


class WarehouseLine(Canonical):
    """One SKU of a warehouse's order, cumulative counts: picked and dispatched never fall."""

    sku: str
    ordered: Units
    allocated: Units = 0
    picked: Units = 0
    dispatched: Units = 0
    short: bool = False


class Parcel(Canonical):
    """One parcel that left. ``tracking`` may be empty where the carrier gives none."""

    tracking: str = ""
    carrier: str = ""  # the warehouse's carrier code
    service: str = ""
    shipment: str = ""  # the warehouse's reference of the shipment it belongs to


class NamedLine(Canonical):
    """A line of an order under the id by which its warehouse's dispatches name it."""

    line_id: str
    sku: str
    quantity: int


class WarehouseOrder(Canonical):
    """A warehouse's order re-read from it: the fact behind a dispatch.

    ``not_used`` are tracking numbers that stand in none of the parcels, each with where it stands: a person must look.
    ``facility`` is their building, empty where they do not show it. ``named_lines`` are its lines as they name them, of
    a warehouse whose dispatches name lines.
    """

    their_id: str
    reference: str
    status: WarehouseStatus
    status_word: str  # theirs, for the timeline
    lines: tuple[WarehouseLine, ...]
    parcels: tuple[Parcel, ...] = ()
    not_used: tuple[str, ...] = ()
    facility: str = ""
    named_lines: tuple[NamedLine, ...] = ()
    read_at: datetime


class Shipment(Canonical):
    """A shipment from a warehouse for one fulfilment at one time. Its reference is ours and stable."""

    reference: str  # <fulfilment>/S<n>
    fulfilment: str
    order_code: str
    invoice_code: str
    lines: tuple[PickLine, ...]
    parcels: tuple[Parcel, ...] = ()
    courier: str = ""  # Khaos's courier, mapped
    dispatched_on: date
    complete: bool  # nothing of the invoice remains after it


class NewOrderLine(Canonical):
    """A line of an order that is to be imported into Khaos. ``unit_price`` is net."""

    sku: str
    quantity: Annotated[int, Field(gt=0)]
    unit_price: Decimal
    description: str = ""


class NewOrder(Canonical):
    """An order to be imported into Khaos. ``associated_ref`` is unique for good and at most 15 characters."""

    associated_ref: Annotated[str, Field(max_length=15)]
    ordered_on: date
    site: str
    channel: str
    customer_ref: str
    currency: str = "GBP"
    courier: str = ""
    country_name: str = ""  # sent as a name when ``address.country`` is empty
    address: Address
    lines: tuple[NewOrderLine, ...]
