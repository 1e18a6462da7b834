"""What came in at a warehouse: a return, or a supplier's goods, which a delivery note in Khaos has yet to book."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from mappings.canonical import Condition, GoodsReceipt, ReceiptLine, ReceiptStatus
from workers.returns_in import lines
from workers.spine.reading import Reading

SUPPLIER, RETURN = "supplier", "return"


@dataclass(frozen=True, slots=True)
class ReceiptOwner:
    """The owner of received goods. ``order_code`` is empty for a return whose order nobody knows."""

    kind: str
    order_code: str = ""
    advice: str = ""


def read_receipt(reading: Reading) -> None:
    """Reader of a re-read receipt. An older reading, or the same again, changes nothing; quantities grow."""
    connection = reading.record.connection
    warehouse = reading.runtime.warehouse(connection)
    receipt = warehouse.goods_in.read(reading.record.body, reading.record.received_at)
    home = warehouse.sites.get(receipt.facility)
    if home is not None:  # else a building that this deployment does not serve
        take_receipt(reading, receipt, home, says_return=warehouse.goods_in.is_return(receipt))


def take_receipt(reading: Reading, receipt: GoodsReceipt, home: str, *, says_return: bool) -> None:
    """Turn a receipt into returns, or into goods that wait for their delivery note."""
    owner = _owner_of(reading, receipt, says_return=says_return)
    if not _keep(reading, receipt, home, owner):
        return
    _without_lines(reading, receipt)
    by_line: dict[str, list[ReceiptLine]] = defaultdict(list)
    for line in receipt.lines:
        by_line[line.line_id].append(line)
    if owner.kind == RETURN:
        for line_id, entries in by_line.items():
            lines.take(reading, lines.ReturnReceipt(receipt, home, owner.order_code, owner.advice), line_id, entries)
    else:
        for line_id, entries in by_line.items():
            _supplied(reading, receipt, home, line_id, entries)
    skus = sorted({line.sku for line in receipt.lines if line.received})
    if skus:
        reading.run("select want_recount(%s, %s, 'goods in')", home, skus)


def _owner_of(reading: Reading, receipt: GoodsReceipt, *, says_return: bool) -> ReceiptOwner:
    """The owner of received goods: as before, else by an advice, the warehouse's word, or an order."""
    counted = _counted(reading, receipt)
    if counted is SUPPLIER:
        return ReceiptOwner(SUPPLIER)
    words = _words(receipt)
    advice = reading.run(
        "select reference, order_code from return_advice where reference = any (%s) and state <> 'withdrawn' limit 1",
        words,
    )
    if advice:
        return ReceiptOwner(RETURN, advice[0]["order_code"], advice[0]["reference"])
    named = [orders for word in words if (orders := _orders_of(reading, word))]
    order = next((orders[0] for orders in named if len(orders) == 1), "")
    if named or says_return or counted is RETURN:
        return ReceiptOwner(RETURN, order)
    return ReceiptOwner(SUPPLIER)


def _counted(reading: Reading, receipt: GoodsReceipt) -> str | None:
    row = reading.run(
        "select exists (select 1 from received_line where connection = %s and their_id = %s) as supplier,"
        " exists (select 1 from return_line where connection = %s and receipt = %s) as returned",
        reading.record.connection,
        receipt.their_id,
        reading.record.connection,
        receipt.their_id,
    )[0]
    return SUPPLIER if row["supplier"] else RETURN if row["returned"] else None


def _words(receipt: GoodsReceipt) -> list[str]:
    """References that may name an advice or an order, the most explicit first, as typed and in capitals."""
    names = [receipt.return_reference, receipt.order_reference, receipt.reference]
    spelt = [spelling for word in names for spelling in (word.strip(), word.strip().upper())]
    return list(dict.fromkeys(word for word in spelt if word))


def _orders_of(reading: Reading, word: str) -> list[str]:
    """The orders that a code names: their own, a fulfilment's, an invoice's, an associated or another integration's.

    Where a code names several orders the goods are a return, and a person says of which.
    """
    rows = reading.run(
        "select order_code from fulfilment where %s in (order_code, reference, invoice_code, associated_ref)"
        " union select f.order_code from shipment s join fulfilment f on f.reference = s.fulfilment"
        " where s.invoice_code = %s"
        " union select f.order_code from reference_alias a join fulfilment f on f.reference = a.reference"
        " where a.connection = %s and a.alias = %s",
        word,
        word,
        reading.record.connection,
        word,
    )
    return [str(row["order_code"]) for row in rows]


def _keep(reading: Reading, receipt: GoodsReceipt, home: str, owner: ReceiptOwner) -> bool:
    """Store the receipt. False when a newer reading of it is there already."""
    return bool(
        reading.run(
            "insert into goods_in (connection, their_id, reference, home, kind, status, order_code, advice, body,"
            " read_at) values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s) on conflict (connection, their_id) do update"
            " set reference = excluded.reference, home = excluded.home, kind = excluded.kind,"
            " status = excluded.status, order_code = excluded.order_code, advice = excluded.advice,"
            " body = excluded.body, read_at = excluded.read_at where goods_in.read_at <= excluded.read_at"
            " returning their_id",
            reading.record.connection, receipt.their_id, receipt.reference, home, owner.kind, receipt.status.value,
            owner.order_code, owner.advice, receipt.model_dump_json(), receipt.read_at,
        )
    )  # fmt: skip


def _without_lines(reading: Reading, receipt: GoodsReceipt) -> None:
    """File an exception for a finished receipt without lines: nobody would count or credit its goods."""
    connection = reading.record.connection
    subject = f"receipt:{connection}:{receipt.their_id}"
    if receipt.lines:
        reading.close_exception("receipt_without_lines", subject, "its lines are known")
    elif receipt.status in (ReceiptStatus.RECEIVING, ReceiptStatus.COMPLETED):
        reading.file_exception(
            "receipt_without_lines",
            subject=subject,
            story=receipt.reference or receipt.their_id,
            flow="returns-in",
            connection=connection,
            why=f"{connection} took in receipt {receipt.reference!r} (its id {receipt.their_id}) and shows none of its"
            " lines",
        )


def _supplied(reading: Reading, receipt: GoodsReceipt, home: str, line_id: str, entries: Iterable[ReceiptLine]) -> None:
    """Store a supplier's line: pending goods-in until its delivery note shows in Khaos or a person books it."""
    entries = list(entries)
    units = sum(entry.received for entry in entries)
    connection = reading.record.connection
    stored = reading.run(
        "select 1 as one from received_line where connection = %s and their_id = %s and line_id = %s",
        connection, receipt.their_id, line_id,
    )  # fmt: skip
    if not units and not stored:
        return
    reading.run(
        "insert into received_line (connection, their_id, line_id, purchase_order, home, sku, received)"
        " values (%s, %s, %s, %s, %s, %s, %s) on conflict (connection, their_id, line_id) do update"
        " set received = greatest(excluded.received, received_line.booked), purchase_order = excluded.purchase_order,"
        " told_at = case when excluded.received > received_line.received then now() else received_line.told_at end",
        connection,
        receipt.their_id,
        line_id,
        receipt.reference or receipt.their_id,
        home,
        entries[0].sku,
        units,
    )
    reading.run("select close_booked(%s, %s, %s)", connection, receipt.their_id, line_id)
    subject = f"receipt:{connection}:{receipt.their_id}:{line_id}"
    reading.run(
        "select claim_goods('pending_goods_in', %s, %s, %s, %s, %s)",
        home,
        entries[0].sku,
        units,
        Condition.GOODS_IN.value,  # out of the bay it counts as good: the delivery note books it there
        subject,
    )
    reading.run(
        "insert into expectation (subject, what, story, due_at, kind, flow, connection)"
        " select %s, %s || l.purchase_order, l.sku, now() + make_interval(secs => %s), 'goods_not_booked',"
        " 'returns-in', l.connection from received_line l where l.connection = %s and l.their_id = %s"
        " and l.line_id = %s and l.booked < l.received on conflict do nothing",
        subject,
        f"{entries[0].sku} was received and no delivery note shows, purchase order ",
        reading.runtime.configuration.fleet.limits.delivery_note,
        *(connection, receipt.their_id, line_id),
    )
