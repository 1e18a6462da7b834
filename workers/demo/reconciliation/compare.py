"""Compares what Khaos Control's and the warehouses' books say with what the exception table explains.

Orders are counted from the two sides' books; the ledger is not asked, so it cannot flatter itself. Of goods it says
what it has on its list (terms, journal, returns, receipts), and every row of that is held against the books.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from mappings.canonical import Canonical
from workers.demo.reconciliation import acs_snapshot
from workers.demo.reconciliation.files import FileFigures, compare_files
from workers.demo.reconciliation.garments import GarmentFigures, compare_garments
from workers.demo.reconciliation.gxo_counts import GxoTrade, count_trade
from workers.demo.reconciliation.gxo_snapshot import GxoBook, as_warehouse
from workers.demo.reconciliation.journal import JournalFigures, compare_journal
from workers.demo.reconciliation.khaos_snapshot import KhaosBooks
from workers.demo.reconciliation.ledger_rows import Excepted, LedgerRows
from workers.demo.reconciliation.orders import OrderBooks
from workers.demo.reconciliation.outages import OutageFigures
from workers.demo.reconciliation.returns import ReceiptFigures, ReturnFigures, compare_receipts, compare_returns
from workers.demo.reconciliation.stock import Building, IssuePoint, Semantics, StockFigures, compare_stock
from workers.demo.reconciliation.warehouse_snapshot import WarehouseBook

GXO, ACS = "gxo", "acs"  # the systems whose books have shapes of their own


class Lines(Canonical):
    """What became of the orders file's lines."""

    in_file: int
    refused: int
    service: int
    for_warehouse: int
    returned: int = 0


class Report(Canonical):
    """What the books show. Nothing is amiss when ``balanced``; the sentences say what to look at.

    ``outstanding`` names what is ``in_flight``, the first of it; ``broken_off`` says why nobody waited any longer.
    """

    orders_ready: int
    no_warehouse_lines: int
    fulfilments_sent: int
    shipments_confirmed: int
    lost: int
    doubled: int
    lost_invoices: tuple[str, ...]
    doublings: tuple[str, ...]
    disagreements: tuple[str, ...]
    held: int
    stock: StockFigures = StockFigures()
    journal: JournalFigures = JournalFigures()
    returns: ReturnFigures = ReturnFigures()
    receipts: ReceiptFigures = ReceiptFigures()
    files: FileFigures = FileFigures()
    gxo: GxoTrade = GxoTrade()
    acs: GarmentFigures = GarmentFigures()
    exceptions: dict[str, int]
    in_flight: int
    outstanding: tuple[str, ...] = ()
    broken_off: str = ""
    seconds: float
    balanced: bool
    lines: Lines | None = None
    outages: tuple[OutageFigures, ...] = ()


def compare(
    khaos: Mapping[str, Any],
    warehouses: Mapping[str, Mapping[str, Any]],
    exceptions: Sequence[Mapping[str, Any]],
    *,
    in_flight: int,
    ledger: Mapping[str, Any] | None = None,
    buildings: Sequence[Building] = (),
    issue_on: IssuePoint = "issue",
    level: Semantics = "available",
    seconds: float = 0.0,
    lines: Lines | None = None,
) -> Report:
    """The report over both sides' books. Pure; raises pydantic's ValidationError for a book of another shape.

    ``warehouses`` goes by their systems' names; ``gxo`` and ``acs`` have books of their own shapes; ``in_flight``
    counts messages that are not settled; ``ledger`` has the rows of ``LedgerRows``. An open exception of an invoice, of
    its whole order, or of one of its references explains a loss and a disagreement; nothing explains a doubling, nor
    a unit or a file that is not where it should be.
    """
    erp, rows = KhaosBooks.model_validate(khaos), LedgerRows.model_validate(ledger or {})
    post = GxoBook.model_validate(warehouses.get(GXO, {}))
    wardrobe = acs_snapshot.AcsBook.model_validate(warehouses.get(ACS, {}))
    theirs = {name: WarehouseBook.model_validate(book) for name, book in warehouses.items() if name not in (GXO, ACS)}
    if GXO in warehouses:
        theirs[GXO] = as_warehouse(post, erp)
    if ACS in warehouses:
        theirs[ACS] = acs_snapshot.as_warehouse(wardrobe)
    open_ones = [one for one in map(Excepted.model_validate, exceptions) if one.state == "open"]
    orders = OrderBooks(erp, {name: book.goods_outs for name, book in theirs.items()}, open_ones)
    ready = [one for one in orders.invoices if one.ready and one.warehouse_lines]
    unfinished = [one for one in ready if not orders.finished(one)]
    lost = [one for one in unfinished if not orders.explained(one)]
    doublings = [*orders.alive_twice(), *orders.beyond(), *orders.confirmed_twice()]
    doublings += [f"{reference} was picked twice at {GXO}" for reference in post.picked_twice_orders]
    disagreements = [*orders.contradictions(), *orders.strangers(), *orders.ownerless()]
    stock = compare_stock(erp, theirs, rows.terms, buildings, issue_on, level)
    journal = compare_journal(theirs, rows.journal, buildings)
    returns = compare_returns(erp, theirs, rows, open_ones)
    receipts = compare_receipts(erp, theirs, rows, buildings)
    files = compare_files(post, rows)
    garments = compare_garments(wardrobe, erp, rows, open_ones)
    goods_good = (
        not (stock.stock_off or stock.stockouts or returns.credited_twice or returns.uncredited)
        and not (receipts.not_booked or garments.off)
        and journal.good
        and files.good
    )
    return Report(
        orders_ready=len(ready),
        no_warehouse_lines=sum(one.ready and not one.warehouse_lines for one in orders.invoices),
        fulfilments_sent=len({out.reference for _, out in orders.alive}),
        shipments_confirmed=len({shipment.reference for one in orders.invoices for shipment in one.shipments}),
        lost=len(lost),
        doubled=len(doublings),
        lost_invoices=tuple(one.invoice for one in lost),
        doublings=tuple(doublings),
        disagreements=tuple(disagreements),
        held=len(unfinished) - len(lost),
        stock=stock,
        journal=journal,
        returns=returns,
        receipts=receipts,
        files=files,
        gxo=count_trade(post),
        acs=garments,
        exceptions=dict(sorted(Counter(one.kind for one in open_ones).items())),
        in_flight=in_flight,
        seconds=seconds,
        balanced=goods_good and not (lost or doublings or disagreements or in_flight),
        lines=lines,
    )
