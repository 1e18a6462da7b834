"""One line of a return at the warehouse: each unit stands once, in the condition in which it was put away."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from mappings.canonical import Condition, GoodsReceipt, ReceiptLine
from workers.ledger.store import NewMessage
from workers.returns_in.decisions import again
from workers.spine.reading import Reading

NO_CREDIT = "no credit note by day 10 of the 14 that consumer law gives"
CREDIT_WITHIN = 10 * 24 * 3600.0  # seconds, from the goods' arrival
StockCondition = tuple[str, str]  # condition, and the warehouse's reason where units are held


@dataclass(frozen=True, slots=True)
class ReturnReceipt:
    """A receipt of returned goods. ``order_code`` is empty where nobody knows the order."""

    receipt: GoodsReceipt
    home: str
    order_code: str = ""
    advice: str = ""


def take(reading: Reading, arrival: ReturnReceipt, line_id: str, entries: Iterable[ReceiptLine]) -> None:
    """Create returns for a line's put-away units. Units that stand in the ledger already are never taken twice."""
    entries = [entry for entry in entries if entry.put_away]
    lying: Counter[StockCondition] = Counter()
    for entry in entries:
        lying[entry.condition.value, entry.hold_reason] += entry.put_away
    stored = reading.run(
        "select * from return_line where connection = %s and receipt = %s and line_id = %s order by part for update",
        reading.record.connection,
        arrival.receipt.their_id,
        line_id,
    )
    _name_order(reading, arrival, stored)
    fresh = sum(lying.values()) - sum(row["units"] for row in stored)
    gained = lying - Counter(_shelves(stored))
    if fresh < 0:
        _fewer(reading, arrival, stored, sum(lying.values()))
    if fresh <= 0:
        _regrade(reading, stored, lying, gained)
        return
    part = len(stored)
    for shelf, units in _of(gained, fresh):
        for some in _creditable(reading, arrival, entries[0].sku, units):
            part += 1
            _new(reading, arrival, (line_id, part), entries[0].sku, some, shelf)
    if arrival.advice:
        reading.run("update return_advice set state = 'received' where reference = %s", arrival.advice)


def _shelves(stored: Iterable[dict[str, Any]]) -> Counter[StockCondition]:
    units: Counter[StockCondition] = Counter()
    for row in stored:
        units[row["condition"], row["hold_reason"]] += row["units"]
    return units


def _of(gained: Counter[StockCondition], fresh: int) -> Iterator[tuple[StockCondition, int]]:
    """Share ``fresh`` units over the conditions gained; UNKNOWN comes last, because a sold unit shows as unknown."""
    for shelf in sorted(gained, key=lambda s: (s[0] == Condition.UNKNOWN.value, s)):
        units = min(gained[shelf], fresh)
        fresh -= units
        if units:
            yield shelf, units


def _creditable(reading: Reading, arrival: ReturnReceipt, sku: str, units: int) -> Iterator[int]:
    """Split units into those that the order can still be credited for, and the others."""
    free = reading.run(
        "select cardinality(free_units(%s, %s, %s)) as n",
        reading.runtime.configuration.erp.name,
        arrival.order_code,
        sku,
    )[0]["n"]
    first = min(units, free)
    yield from (some for some in (first, units - first) if some)


def _new(
    reading: Reading, arrival: ReturnReceipt, place: tuple[str, int], sku: str, units: int, shelf: StockCondition
) -> None:
    erp, (line_id, part) = reading.runtime.configuration.erp.name, place
    row = reading.run(
        "insert into return_line (reference, connection, receipt, line_id, part, advice, order_code, erp, home, sku,"
        " units, condition, hold_reason, state) values"
        " ('RT' || to_char(nextval('return_number'), 'FM99999999990000000'),"
        " %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, 'received') returning reference",
        reading.record.connection, arrival.receipt.their_id, line_id, part, arrival.advice, arrival.order_code, erp,
        arrival.home, sku, units, *shelf,
    )[0]  # fmt: skip
    reference, subject = row["reference"], f"return:{row['reference']}"
    reading.run("select claim_goods('pending_return', %s, %s, %s, %s, %s)", arrival.home, sku, units, shelf[0], subject)
    reading.run("select claim_units(%s)", reference)
    story = arrival.order_code or reference
    reading.run(
        "insert into expectation (subject, what, story, due_at, kind, flow, connection)"
        " values (%s, %s, %s, now() + make_interval(secs => %s), 'refund_due', 'returns-in', %s)",
        subject,
        NO_CREDIT,
        story,
        CREDIT_WITHIN,
        erp,
    )
    reading.post(
        NewMessage(
            flow="returns-in",
            connection=erp,
            kind="return",
            reference=reference,
            subject=subject,
            story=story,
            body={"reference": reference, "receipt": arrival.receipt.reference, "sku": sku, "units": units},
            fingerprint=reference,
            wire=b"return",
            note=f"{units} of {sku} came back to {reading.record.connection} as {' '.join(shelf).strip()}",
        )
    )


def _name_order(reading: Reading, arrival: ReturnReceipt, stored: list[dict[str, Any]]) -> None:
    """Set the order on lines that waited for it, and requeue them."""
    for row in stored:
        if arrival.order_code and row["state"] == "received" and not row["order_code"]:
            reading.run(
                "update return_line set order_code = %s, advice = %s where reference = %s",
                arrival.order_code,
                arrival.advice,
                row["reference"],
            )
            again(reading.db, row["reference"])


def _fewer(reading: Reading, arrival: ReturnReceipt, stored: list[dict[str, Any]], left: int) -> None:
    """File an exception where the warehouse lowered its count: some units may be credited already."""
    last, units = stored[-1], sum(row["units"] for row in stored)
    reading.file_exception(
        "credit_differs",
        subject=f"return:{last['reference']}",
        story=last["order_code"] or last["reference"],
        flow="returns-in",
        connection=reading.record.connection,
        why=f"{', '.join(row['reference'] for row in stored)}: receipt {arrival.receipt.reference!r} had {units}"
        f" {last['sku']} and shows {left} now; what is not credited yet can be stopped",
    )


def _regrade(
    reading: Reading, stored: list[dict[str, Any]], lying: Counter[StockCondition], gained: Counter[StockCondition]
) -> None:
    """Move units to the condition that they show now. Their disposition follows only while nothing was offered.

    A unit that is not shown any more was sold or moved, and is not regraded.
    """
    lost = _shelves(stored) - lying
    gained = Counter({shelf: n for shelf, n in gained.items() if shelf[0] != Condition.UNKNOWN.value})
    for row in stored:
        was, units = (row["condition"], row["hold_reason"]), row["units"]
        now = next((shelf for shelf in sorted(gained) if gained[shelf] >= units), None)
        if now is None or lost[was] < units or row["state"] == "stopped":
            continue
        gained[now] -= units
        lost[was] -= units
        reading.run(
            "update return_line set condition = %s, hold_reason = %s where reference = %s", *now, row["reference"]
        )
        reading.run(
            "update term set condition = %s where subject = %s and cleared_at is null and kind = 'khaos_quarantine'",
            now[0],
            f"return:{row['reference']}",
        )
        reading.run(
            "select claim_goods('pending_return', %s, %s, %s, %s, %s)",
            row["home"],
            row["sku"],
            units,
            now[0],
            f"return:{row['reference']}",
        )
        reading.run(
            "insert into timeline (story, subject, flow, connection, step, note) values (%s, %s, 'returns-in', %s,"
            " 'graded again', %s)",
            row["order_code"] or row["reference"],
            f"return:{row['reference']}",
            reading.record.connection,
            f"{' '.join(was).strip()} became {' '.join(now).strip()}",
        )
        if row["state"] in ("received", "graded"):
            again(reading.db, row["reference"])
