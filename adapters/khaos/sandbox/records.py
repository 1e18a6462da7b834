"""The things that the sandbox keeps, and the stage numbers that it uses."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime

CANCELLED, RELEASED, PAYMENT, ISSUE, AWAITING_DATE, AWAITING_STOCK, ISSUED = 1, 9, 11, 16, 17, 18, 70

STAGE_NAMES = {
    1: "CANCELLED",
    9: "ORDERS_RELEASED",
    10: "ORDERS_STAGING",
    11: "ORDERS_AUTHORISEPAYMENT",
    12: "PRINTPICKING",
    13: "ORDERS_PACKBOXES",
    14: "ORDERS_SHIP",
    15: "ORDERS_PRINTINVOICES",
    16: "ORDERS_ISSUEINVOICES",
    17: "ORDERS_FUTURE_DATE",
    18: "ORDERS_FUTURE_STOCK",
    19: "MANUALHOLD",
    20: "ORDERS_PROCESSING",
    21: "ORDERS_FUTURE_TERMS",
    70: "ISSUED_CURRENT",
}


class Refused(Exception):
    """A business refusal, which the service answers as a Fault of class ``symbol``."""

    def __init__(self, what: str, symbol: str = "EKosException") -> None:
        super().__init__(what)
        self.symbol = symbol


def now() -> datetime:
    """This moment, in UTC."""
    return datetime.now(UTC)


@dataclass
class Product:
    """A stock item."""

    code: str
    stock_id: str
    description: str = ""
    stock_controlled: bool = True
    price: str = "1.00"
    buy_price: str = ""
    discontinued: bool = False
    run_to_zero: bool = False
    drop_ship: bool = False
    parent_code: str = ""
    pack_of: dict[str, int] = field(default_factory=dict)
    stock_type: str = ""
    other_ref: str = ""
    barcode: str = ""
    commodity_code: str = ""
    country_of_origin: str = ""  # ISO alpha-2
    is_parent: bool = False
    edited: datetime = field(default_factory=now)
    moved: datetime = field(default_factory=now)

    @property
    def on_shelves(self) -> bool:
        """Whether a warehouse can hold it."""
        return self.stock_controlled and not (self.drop_ship or self.is_parent or self.pack_of)


@dataclass
class Level:
    """Units of one product at one site. What is quarantined or in the return bay is not in stock."""

    in_stock: int = 0
    assigned: int = 0
    quarantine: int = 0
    return_bay: int = 0

    @property
    def available(self) -> int:
        """What can still be sold."""
        return self.in_stock - self.assigned


@dataclass
class Shipment:
    """What was confirmed as having left; ``calls`` counts how often."""

    reference: str
    lines: dict[str, int]
    consignment: str
    courier: str
    content: tuple[str, ...]
    parcels: tuple[str, ...] = ()  # their consignment references, as the boxes name them
    calls: int = 1


@dataclass
class Invoice:
    """A sales invoice: the unit that is picked and shipped. ``id`` stays when the code changes."""

    code: str
    order: Order
    lines: dict[str, int]
    id: str = ""
    stage: int = 0
    assigned: bool = False
    taken: bool = False  # its goods have left in stock
    ready: bool = False
    moved: bool = True
    ship_date: date | None = None
    issue_date: date | None = None
    courier: str = ""
    consignment: str = ""
    tracking: str = ""
    boxes: list[dict[str, str]] = field(default_factory=list)
    shipments: list[Shipment] = field(default_factory=list)


@dataclass
class Order:
    """A sales order as imported, and its invoices; or, with ``kind`` C, the order of a credit note."""

    code: str
    associated_ref: str
    site: str
    urn: str
    customer_ref: str
    company: str
    ordered_at: datetime
    header: dict[str, str]
    lines: dict[str, int]
    document: str  # the SALES_ORDER element that ExportOrders gives back
    courier: str = ""
    confirmed: bool = True
    tracking_at: datetime | None = None
    cancelled_at: datetime | None = None
    reason: str = ""
    kind: str = "S"
    invoices: list[Invoice] = field(default_factory=list)

    @property
    def number(self) -> str:
        """Its id, which the channel and the courier hook show beside the code."""
        return str(int(self.code.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")))

    def item_id(self, sku: str) -> str:
        """The id of its line for this code, 15 characters as theirs are."""
        return f"BFDL{self.number:0>8}{list(self.lines).index(sku):0>3}"
