"""Re-reads that one queue asks of another: an order, or a receipt, as its warehouse shows it now."""

from __future__ import annotations

from collections.abc import Iterable

from workers.ledger.store import Effect, NewMessage
from workers.ports.goods_in import ReceiptHint
from workers.spine import priority
from workers.spine.reading import Reading


def reread(connection: str, their_id: str, reference: str, order_code: str, why: str, *, mark: str = "") -> Effect:
    """Make the statement that has an order re-read at its warehouse, by either name that it goes by."""
    return NewMessage(
        flow="dispatch-in",
        connection=connection,
        kind="reread",
        reference=reference,
        subject=f"reread:{connection}:{reference}",
        story=order_code,
        body={"their_id": their_id, "reference": reference},
        fingerprint=mark or why,
        wire=b"reread",
        priority=priority.REREAD,
        note=why,
    ).as_effect()


def taken_back(reading: Reading, home: str, skus: Iterable[str]) -> None:
    """Re-read waiting receipts of SKUs that were taken out of goods in: a movement names no receipt."""
    for row in reading.run(
        "select distinct g.their_id, g.reference from goods_in g join received_line l on l.connection = g.connection"
        " and l.their_id = g.their_id where l.home = %s and l.sku = any (%s) and l.booked < l.received",
        home,
        sorted(set(skus)),
    ):
        _post(reading, ReceiptHint(row["their_id"], row["reference"], ()))


def _post(reading: Reading, receipt: ReceiptHint) -> None:
    """Have a receipt re-read. Hints of one receipt that wait together are one message."""
    connection, name = reading.record.connection, receipt.their_id or receipt.reference
    reading.post(
        NewMessage(
            flow="returns-in",
            connection=connection,
            kind="receipt",
            reference=name,
            subject=f"receipt:{connection}:{name}",
            story=receipt.reference or name,
            body={"their_id": receipt.their_id, "reference": receipt.reference, "lines": list(receipt.line_ids)},
            fingerprint=str(reading.record.id),
            wire=b"receipt",
            priority=priority.REREAD,
            note=reading.record.source,
        )
    )
