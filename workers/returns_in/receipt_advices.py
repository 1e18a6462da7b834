"""Receipt advices (944): supplies, announced returns, and parcels that nobody announced, each complete and once."""

from __future__ import annotations

from mappings.canonical import GoodsReceipt, ReceiptLine
from workers.domain.stock_movements import file_unreadable, tell_moves
from workers.returns_in.receipts import take_receipt
from workers.spine.reading import Reading

# What stands in ``hold_reason`` of a line that is no ordinary return -> the exception that it is.
ODD = {"EMPTY_BOX": "empty_parcel", "MISSING": "empty_parcel", "WRONG_ITEM": "wrong_item"}


def read_receipt(reading: Reading) -> None:
    """Reader of a receipt advice. An unannounced parcel credits nobody: it becomes an exception, and stays held."""
    warehouse = reading.runtime.warehouse(reading.record.connection)
    receipt, bad = warehouse.receipts.read_receipt(reading.record.body)
    home = warehouse.sites[receipt.facility]
    is_return = warehouse.receipts.is_return(receipt)
    odd = [line for line in receipt.lines if is_return and line.hold_reason in ODD]
    for line in odd:
        _file(reading, receipt, line)
    number = receipt.their_id
    receipt = receipt.model_copy(update={"their_id": _name(reading, receipt, home)})
    ordinary = tuple(line for line in receipt.lines if line not in odd)
    moves = [
        {"sku": line.sku, "condition": line.condition.value, "units": line.received}
        for line in receipt.lines
        if line.received
    ]
    if ordinary:
        take_receipt(reading, receipt.model_copy(update={"lines": ordinary}), home, says_return=is_return)
    origin = warehouse.receipts.origin(reading.record.body)
    tell_moves(reading, origin, home, f"receipt {number}", moves, ("received", receipt.kind_word))
    # the grade of returned goods is judged with the return itself
    file_unreadable(reading, home, [entry for entry in bad if not (is_return and entry.error.kind == "unknown_grade")])


def _name(reading: Reading, receipt: GoodsReceipt, home: str) -> str:
    """The receipt's name: its number, with the facility in front where another building has used that number."""
    taken = reading.run(
        "select 1 as one from goods_in where connection = %s and their_id = %s and home <> %s",
        reading.record.connection,
        receipt.their_id,
        home,
    )
    return f"{receipt.their_id}@{receipt.facility}" if taken else receipt.their_id


def _file(reading: Reading, receipt: GoodsReceipt, line: ReceiptLine) -> None:
    named = receipt.order_reference or receipt.reference or receipt.their_id
    reading.file_exception(
        ODD[line.hold_reason],
        subject=f"receipt:{reading.record.connection}:{receipt.their_id}:{line.line_id}",
        story=named,
        flow="returns-in",
        connection=reading.record.connection,
        why=f"receipt {receipt.their_id} for {receipt.reference or 'no announced return'}, order"
        f" {receipt.order_reference or 'not named'}: {line.hold_reason}, {line.received} x {line.sku}; nobody was"
        " credited",
    )
