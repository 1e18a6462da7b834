"""Returns that were announced, by a file or the endpoint: each RMA is taken whole, or refused with a sentence."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from mappings.canonical import AdvisedLine, ReturnAdvice
from mappings.text import why_no_code, without_placeholder
from workers.ledger.store import Connection, NewMessage, Store, run_effects
from workers.ports.orders import REFERENCE_LIMIT
from workers.returns_in.decisions import again
from workers.spine.reading import fingerprint

COLUMNS = ("rma", "order", "sku", "quantity", "reason", "exchange_for", "expected_on")
NEEDED = ("rma", "order", "sku", "quantity")
CODES = ("rma", "order", "sku", "exchange_for")
LONGEST = 200


class NotAdvice(Exception):
    """The file or the body as a whole holds no advice; the message says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Said:
    """One line as somebody wrote it; ``number`` is its place, the first line of values being 1."""

    number: int
    values: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Taken:
    """The result of ``take``: RMAs taken. ``refused`` are (line number, sentence), ``known`` were announced before."""

    taken: tuple[str, ...]
    known: tuple[str, ...]
    refused: tuple[tuple[int, str], ...]


class _Refused(Exception):
    """Why a line cannot be taken."""


def read_csv(text: str) -> list[Said]:
    """The lines of a CSV file with a header. Raises NotAdvice."""
    rows = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
    missing = [name for name in NEEDED if name not in (rows.fieldnames or ())]
    if missing:
        raise NotAdvice(f"the header lacks {', '.join(missing)}; the columns are {', '.join(COLUMNS)}")
    return [_line_given(number, row) for number, row in enumerate(rows, 1)]


def read_json(body: bytes) -> list[Said]:
    """The lines of ``{"advice": [{"rma", "order", …}]}`` or of the bare list. Raises NotAdvice."""
    try:
        payload = json.loads(body)
    except ValueError:
        raise NotAdvice("the body is not JSON") from None
    lines = payload.get("advice") if isinstance(payload, dict) else payload
    if not isinstance(lines, list) or not all(isinstance(line, dict) for line in lines):
        raise NotAdvice(f'write {{"advice": [{{{", ".join(COLUMNS)}}}]}}')
    return [_line_given(number, line) for number, line in enumerate(lines, 1)]


def _line_given(number: int, row: Mapping[Any, Any]) -> Said:
    values = {name: row.get(name) for name in COLUMNS}
    return Said(
        number, {name: "" if value is None else without_placeholder(str(value)) for name, value in values.items()}
    )


def take(store: Store, given: Iterable[Said], who: str) -> Taken:
    """Store every RMA whose lines are good, and announce it to its warehouse. The same RMA again changes nothing."""
    by_rma: dict[str, list[Said]] = {}
    for line in given:
        by_rma.setdefault(line.values["rma"], []).append(line)
    taken: list[str] = []
    announced_before: list[str] = []
    refused: list[tuple[int, str]] = []
    with store.transaction() as db:
        for rma, lines in by_rma.items():
            try:
                (taken if _take(db, _advice(db, rma, lines), who) else announced_before).append(rma)
            except _Refused as why:
                refused += [(line.number, f"{rma or 'no RMA'}: {why}") for line in lines]
    return Taken(tuple(taken), tuple(announced_before), tuple(sorted(refused)))


@dataclass(frozen=True, slots=True)
class _Advice:
    advice: ReturnAdvice
    connection: str


def _advice(db: Connection, rma: str, lines: list[Said]) -> _Advice:
    if not rma or len(rma) > REFERENCE_LIMIT:
        raise _Refused(f"an RMA has 1 to {REFERENCE_LIMIT} characters; write another")
    for line in lines:
        for name in CODES:
            if why := why_no_code(line.values[name]):
                raise _Refused(f"line {line.number}: {name} {why}")
    orders = {line.values["order"] for line in lines}
    if len(orders) != 1:
        raise _Refused(f"its lines name {len(orders)} orders; make one RMA for each order")
    order, units = next(iter(orders)), [_units(line) for line in lines]
    rows = db.execute(
        "select order_code, warehouse, facility, shipped from fulfilment where order_code = %s order by number",
        (order,),
    ).fetchall()
    if not rows:
        raise _Refused(f"order {order or '(none)'} is not known to the fleet; correct the code")
    back: Counter[str] = Counter()
    for line, n in zip(lines, units, strict=True):
        back[line.values["sku"]] += n
    for sku, n in back.items():
        left = sum(int(row["shipped"].get(sku, 0)) for row in rows)
        if n > left:
            raise _Refused(f"{n} of {sku or '(no SKU)'} shall come back, and {left} were dispatched on order {order}")
    place = next(row for row in rows if row["shipped"].get(lines[0].values["sku"]))
    days = {_day(line) for line in lines} - {None}
    advice = ReturnAdvice(
        reference=rma,
        order_code=order,
        facility=place["facility"],
        lines=tuple(_line(line, n) for line, n in zip(lines, units, strict=True)),
        expected_on=min((day for day in days if day), default=None),
    )
    return _Advice(advice, place["warehouse"])


def _units(line: Said) -> int:
    quantity = line.values["quantity"]
    if not (quantity.isascii() and quantity.isdigit() and int(quantity[:9]) > 0 and len(quantity) < 9):  # noqa: PLR2004  no one returns a million
        raise _Refused(f"line {line.number}: quantity {quantity!r} is no whole number above 0")
    return int(quantity)


def _day(line: Said) -> date | None:
    written = line.values["expected_on"]
    try:
        return date.fromisoformat(written) if written else None
    except ValueError:
        raise _Refused(f"line {line.number}: expected_on {written!r} is no date; write YYYY-MM-DD") from None


def _line(line: Said, units: int) -> AdvisedLine:
    values = line.values
    return AdvisedLine(
        sku=values["sku"], quantity=units, reason=values["reason"][:LONGEST], exchange_for=values["exchange_for"]
    )


def _take(db: Connection, made: _Advice, who: str) -> bool:
    """Store one advice and post its message; False when it stands already. Raises _Refused."""
    advice, body = made.advice, made.advice.model_dump(mode="json")
    row = db.execute("select * from return_advice where reference = %s for update", (advice.reference,)).fetchone()
    if row is not None and row["body"] == body and row["state"] != "withdrawn":
        return False
    if row is not None and row["state"] in ("sent", "received"):
        raise _Refused("the warehouse has this RMA already, with other lines; take a new RMA for what is new")
    under_way = db.execute(
        "select 1 as one from message where subject = %s and maybe_sent_at is not null", (f"advice:{advice.reference}",)
    ).fetchone()
    if under_way is not None:
        raise _Refused("it is on its way to the warehouse with other lines; take a new RMA for what is new")
    came = _came(db, advice)
    db.execute(
        "insert into return_advice (reference, order_code, connection, facility, body, state, made_by)"
        " values (%s, %s, %s, %s, %s, %s, %s) on conflict (reference) do update set order_code ="
        " excluded.order_code, connection = excluded.connection, facility = excluded.facility, body = excluded.body,"
        " state = excluded.state, made_by = excluded.made_by, made_at = now()",
        (
            advice.reference,
            advice.order_code,
            made.connection,
            advice.facility,
            json.dumps(body),
            "received" if came else "new",
            who,
        ),
    )
    if came:
        return True
    posted = NewMessage(
        flow="returns-in",
        connection=made.connection,
        kind="advice",
        reference=advice.reference,
        subject=f"advice:{advice.reference}",
        story=advice.order_code,
        body=body,
        fingerprint=fingerprint(body, row["made_at"] if row and row["state"] == "withdrawn" else None),
        note=f"announced by {who}",
    )
    run_effects(db, [posted.as_effect()])
    return True


def _came(db: Connection, advice: ReturnAdvice) -> bool:
    """Whether the goods came before the advice: then it is not sent, and returns that lacked the order go on."""
    there = db.execute(
        "update goods_in set advice = %s, order_code = %s where reference = %s and kind = 'return' returning 1 as one",
        (advice.reference, advice.order_code, advice.reference),
    ).fetchall()
    waiting = db.execute(
        "update return_line l set order_code = %s, advice = %s from goods_in g where g.reference = %s"
        " and g.connection = l.connection and g.their_id = l.receipt and l.order_code = '' and l.state = 'received'"
        " returning l.reference",
        (advice.order_code, advice.reference, advice.reference),
    ).fetchall()
    for row in waiting:
        again(db, row["reference"])
    return bool(there)
