"""A connection goes live: orders are looked up there by any reference, adopted, held or let go; then its gate opens."""

from __future__ import annotations

import time
from collections import Counter

from mappings.errors import Unmappable
from workers.domain import aliases, transitions
from workers.domain.fulfilment import FulfilmentRow, Rows, add_to_timeline, lock, read_row
from workers.domain.rereads import reread
from workers.edi import collect
from workers.edi.control_numbers import highest_laid
from workers.going_live import before
from workers.going_live.looking_up import Wish, is_restored, look_up
from workers.going_live.matching import Match, There
from workers.ledger.store import Effect, call, run_effects, within
from workers.orders_out import polls as orders
from workers.orders_out.due import dispatch_within
from workers.orders_out.order_lines import adopt_items
from workers.sku_sync import polls as products
from workers.spine import exceptions, live, reading
from workers.spine.runtime import Runtime
from workers.wiring.readers import reader_for

__all__ = ["NotReady", "Wish", "go_live", "send"]

UNMATCHED = "go_live_unmatched"
UNSENT = (
    "select m.id as message_id, f.* from message m join fulfilment f on f.reference = m.reference"
    " and f.warehouse = m.connection where m.flow = 'orders-out' and m.kind = 'order' and m.connection = %s"
    " and m.maybe_sent_at is null and m.state in ('queued', 'waiting', 'held', 'dead') and f.state = 'new'"
    " and (%s or exists (select 1 from message_gate g where g.message_id = m.id and g.gate like 'go-live:%%'))"
    " order by f.order_code, f.number"
)
# what waits for its SKUs is asked for from now on
AWAIT_SKUS = (
    "update expectation set due_at = greatest(due_at, now() + make_interval(secs => %s)) where connection = %s"
    " and what = 'sku_confirmed' and missed_at is null"
)
# the answers to the file that it was laid in name its number
ANSWERED_UNDER = (
    "insert into control_number (connection, number, message_id, generation) values (%s, %s, %s, 1)"
    " on conflict do nothing"
)
IN_HAND = "select 1 as one from record_unread where connection = %s and due_at <= now() + interval '1 minute' limit 1"
READ_WITHIN = 120.0  # seconds


class NotReady(Exception):
    """The connection cannot go live yet; the message says what to do first."""


def go_live(runtime: Runtime, wish: Wish) -> Counter[str]:
    """Have a connection go live; counts of orders ``adopted``, ``held`` and ``to send``.

    Done again, it looks at what is held once more. Raises NotReady, Busy, and what adapters raise: the gate stays shut.
    """
    erp = runtime.configuration.erp.name
    if wish.name == erp:
        live.set_live(runtime.store, [erp], wish.who, wish.at)
        return Counter()
    if not live.is_live(runtime.store, erp):
        raise NotReady(f"{erp} goes live first: run `fleet go-live {erp}`, then this again")
    first = not live.is_live(runtime.store, wish.name)
    products.poll_catalogue(runtime)
    orders.poll_orders(runtime)
    _read_all(runtime)
    counts: Counter[str] = Counter()
    unsent = {row["message_id"]: read_row(row) for row in runtime.store.rows(UNSENT, wish.name, first)}
    for found in _looked_up(runtime, wish, list(unsent.values())):
        message = next(number for number, row in unsent.items() if row.reference == found.row.reference)
        counts[_settle(runtime, wish, message, found)] += 1
    if first:
        counts["held"] += _hold_unread(runtime, wish)
        _go_on_from(runtime, wish.name)
        runtime.store.run(AWAIT_SKUS, runtime.configuration.fleet.limits.sku_confirmed, wish.name)
    elif is_restored(runtime, wish.name):
        before.settle_dispatches(runtime, wish.name)
    live.set_live(runtime.store, [wish.name], wish.who, wish.at)
    return counts


def _looked_up(runtime: Runtime, wish: Wish, rows: list[FulfilmentRow]) -> list[Match]:
    try:
        return look_up(runtime, wish, rows)
    except Unmappable as error:
        raise NotReady(f"what {wish.name} shows of itself cannot be read: {error}; then run this again") from None


def _go_on_from(runtime: Runtime, name: str) -> None:
    """Go on where another integration, or a ledger that was lost, has stopped: its numbers, files and shipments."""
    parts = runtime.warehouse(name).parts
    if parts.past is not None:
        runtime.store.run(
            "insert into series (connection, last) values (%s, %s) on conflict (connection) do update"
            " set last = greatest(series.last, excluded.last)",
            name,
            highest_laid(runtime, name),
        )
    if not is_restored(runtime, name):
        return
    if parts.order_reads is not None:
        before.adopt_shipments(runtime, name)
    if parts.past is not None:
        for facility in sorted(runtime.warehouse(name).sites):
            collect.take_again(runtime, name, facility)
        _read_all(runtime)
        _wait_for_readers(runtime, name)
        before.settle_dispatches(runtime, name)


def _read_all(runtime: Runtime) -> None:
    while reading.read_inbox(runtime, lambda connection, source: reader_for(runtime, connection, source)):
        pass


def _wait_for_readers(runtime: Runtime, name: str) -> None:
    """Wait until what a connection said is read: a process beside this one may have it in hand."""
    ends = time.monotonic() + READ_WITHIN
    while time.monotonic() < ends and runtime.store.row(IN_HAND, name):
        time.sleep(0.2)
        _read_all(runtime)


def send(runtime: Runtime, name: str, order: str, who: str) -> bool:
    """Let a held order go: a person has seen that it is not at the warehouse. False when nothing of it is held."""
    gate = f"go-live:{name}:{order}"
    with runtime.store.transaction() as db:
        run = within(db)
        if not run("select 1 from gate where name = %s and not open", gate):
            return False
        run("select open_gates(array[%s], %s)", gate, f"{who} has seen that it is not at the warehouse")
        exceptions.close(run, UNMATCHED, gate, "a person had it sent", who)
    return True


def _settle(runtime: Runtime, wish: Wish, message: int, found: Match) -> str:
    """Write down what was found of one order, in one transaction."""
    gate = f"go-live:{wish.name}:{found.row.order_code}"
    with runtime.store.transaction() as db:
        run = within(db)
        row = lock(run, found.row.reference)
        if row is None or row.state is not found.row.state:
            return "changed meanwhile"
        if found.there is not None:
            awaited = _awaits_dispatch(runtime, run, row, message, found.there)
            run("select finish(%s, 'delivered', %s, %s)", message, _adopted(found.there), wish.who)
            transitions.adopt(run, row, found.there.their_id)
            run_effects(db, [awaited])
            aliases.keep(run, wish.name, found.there.reference, row.reference)
            adopt_items(run, row.reference, found.there.named_lines)
            run("delete from expectation where subject = %s and what = 'sku_confirmed'", row.subject)
            add_to_timeline(run, row, "adopted", _adopted(found.there))
            if found.there.number:
                run(ANSWERED_UNDER, wish.name, found.there.number, message)
            exceptions.close(run, "sku_unconfirmed", row.subject, "the warehouse has the order")
            exceptions.close(run, UNMATCHED, gate, "it was found at the warehouse", wish.who)
            answered = f"answer:{wish.name}:{found.there.reference}"
            exceptions.close(run, "answer_unmatched", answered, "it answers an order that was adopted", wish.who)
            before.hear_again(run, wish.name, [row.subject, f"order:{found.there.reference}"])
            if runtime.warehouse(wish.name).parts.order_reads is not None:
                told = (wish.name, found.there.their_id, row.reference, row.order_code)
                run_effects(db, [reread(*told, "adopted when it went live")])
            return "adopted"
        if not found.why:
            exceptions.close(run, UNMATCHED, gate, "it is not at the warehouse", wish.who)
            run("select open_gates(array[%s], 'it is not at the warehouse')", gate)
            return "to send"
        run("select hold(%s, array[%s])", message, gate)
        _file(run, wish.name, gate, row.order_code, f"invoice {row.invoice_code}: {found.why}")
        return "held"


def _awaits_dispatch(runtime: Runtime, run: Rows, row: FulfilmentRow, message: int, there: There) -> Effect:
    """Expect the dispatch of an order that is adopted, as of one that was sent now."""
    kept = run("select body::text as body from message_body where message_id = %s", message)
    return call(
        "order_sent",
        reference=row.reference,
        their_id=there.their_id,
        subject=row.subject,
        story=row.order_code,
        connection=row.warehouse,
        within=dispatch_within(runtime, row.warehouse, kept[0]["body"] if kept else ""),
        message=message,
    )


def _adopted(there: There) -> str:
    return f"at the warehouse already as {there.reference} ({there.their_id}): it was sent before"


def _hold_unread(runtime: Runtime, wish: Wish) -> int:
    """Hold orders that cannot be read now: mended later, they are not sent before a person has looked."""
    with runtime.store.transaction() as db:
        run = within(db)
        dead = run(
            "select distinct reference from message where connection = %s and flow = 'orders-out' and kind = 'read'"
            " and state = 'dead'",
            runtime.configuration.erp.name,
        )
        for row in dead:
            gate = f"go-live:{wish.name}:{row['reference']}"
            run("insert into gate (name, kind) values (%s, 'go-live') on conflict do nothing", gate)
            why = f"{row['reference']} could not be read when {wish.name} went live, so it was not looked up there"
            _file(run, wish.name, gate, row["reference"], why)
    return len(dead)


def _file(run: exceptions.Run, name: str, gate: str, order: str, why: str) -> None:
    exceptions.file(
        run, UNMATCHED, subject=gate, story=order, flow="orders-out", connection=name, why=why,
        once=exceptions.Once.WITH_THIS_REASON,
    )  # fmt: skip
