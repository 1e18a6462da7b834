"""Rows of the fleet's ledger that are held against both sides' books."""

from __future__ import annotations

from decimal import Decimal

from workers.demo.reconciliation.khaos_snapshot import Book


class Excepted(Book):
    """A row of the exception table."""

    kind: str
    subject: str
    owner: str = ""
    severity: str = ""
    state: str
    order: str = ""
    invoice: str = ""


class Term(Book):
    """An open row of the table ``term``: units that stand on one side and not yet on the other."""

    kind: str
    home: str
    sku: str
    condition: str = "good"
    units: int


class Journalled(Book):
    """A row of the table ``journal``. ``units`` are signed: good units gained or lost."""

    movement_id: str
    site: str
    sku: str
    units: int


class ReturnLine(Book):
    """A row of the table ``return_line``."""

    reference: str
    receipt: str
    line_id: str
    sku: str
    units: int
    state: str


class ReceivedLine(Book):
    """A row of the table ``received_line``."""

    their_id: str
    line_id: str
    purchase_order: str
    home: str
    sku: str
    received: int
    booked: int


class PartnerFile(Book):
    """A row of the table ``partner_file``, in the order of taking."""

    id: int
    facility: str
    name: str
    number: int | None = None
    readable: bool = True
    effect: str


class ControlNumber(Book):
    """A row of the table ``control_number``. ``sent``: its message was delivered, so its file was laid."""

    number: int
    sent: bool


class Garment(Book):
    """A row of the table ``garment``."""

    tag: str
    state: str


class DepartedItem(Book):
    """A row of the table ``departed_item``: a garment that left with an order line."""

    fulfilment: str
    tag: str
    hire: bool


class GarmentReturn(Book):
    """A row of the table ``garment_return``. ``money`` is what was decided, None before it was graded."""

    fulfilment: str
    tag: str
    kind: str
    money: str | None = None


class WriteOff(Book):
    """A row of the table ``write_off``, with the ``value`` of its journal entry; ``worth`` is the asset file's."""

    tag: str
    booked: bool
    value: Decimal | None = None
    worth: Decimal | None = None


class LedgerRows(Book):
    """What the fleet itself has written down of goods, to be held against both sides' books."""

    terms: tuple[Term, ...] = ()
    journal: tuple[Journalled, ...] = ()
    returns: tuple[ReturnLine, ...] = ()
    received: tuple[ReceivedLine, ...] = ()
    files: tuple[PartnerFile, ...] = ()
    numbers: tuple[ControlNumber, ...] = ()
    differing: int = 0
    garments: tuple[Garment, ...] = ()
    departed: tuple[DepartedItem, ...] = ()
    garment_returns: tuple[GarmentReturn, ...] = ()
    write_offs: tuple[WriteOff, ...] = ()
