"""What must hold after each step, by the partners' own books and by the ledger's rows that say what will move next."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

from adapters.clarus.sandbox.books import Record
from workers.simulator.broken import Broken
from workers.simulator.desk import HOSTS
from workers.simulator.garments import OVER
from workers.simulator.garments import after_step as of_garments
from workers.simulator.stage import Stage
from workers.spine.gates import PAUSED

LEDGER = """
select 'moverless' as why, f.reference as what, f.state from fulfilment f
 where (f.state in ('new', 'sent', 'part_dispatched', 'cancelling')
        or f.state in ('dispatched', 'closed_short') and not f.confirmed)
   and not exists (select 1 from message m where m.story = f.order_code and m.state <> 'dead')
   and not exists (select 1 from message m join exception e on e.message_id = m.id and e.state = 'open'
                    where m.story = f.order_code)
   and not exists (select 1 from expectation x where x.story = f.order_code and x.missed_at is null)
   and not exists (select 1 from exception e where e.story = f.order_code and e.state = 'open')
   and not exists (select 1 from record_unread)
   and not exists (select 1 from order_wanted w where w.code in (f.order_code, f.invoice_code))
   and not exists (select 1 from message m where m.state = 'dead'
                    and not exists (select 1 from exception e where e.message_id = m.id and e.state = 'open'))
union all select 'let out', f.reference, '' from fulfilment f
  join gate g on g.name in ('person:' || f.order_code, 'person:' || f.invoice_code)
 where not g.open and f.sent_at > g.changed_at
   and not exists (select 1 from timeline t where t.subject = 'order:' || f.reference and t.step = 'adopted')
union all select 'held', 'message ' || m.reference, '' from message m
 where m.state = 'working' and m.process_id = any (%(gone)s)
union all select 'held', 'a call slot of ' || s.connection, '' from slot s
 where s.holder is not null and s.process_id = any (%(gone)s)
union all select 'paused', name, '' from connection where shut_kind = %(paused)s
"""  # one statement after each step
RECORDS = "select body from record where body = any (%s)"


def after_step(stage: Stage) -> list[Broken]:
    """Everything that must hold at any moment."""
    return [
        *_twice(stage),
        *_invoice_twice(stage),
        *_beyond(stage),
        *_credited_beyond(stage),
        *of_garments(stage),
        *_kept(stage),
        *_of_ledger(stage),
    ]


def _twice(stage: Stage) -> Iterator[Broken]:
    """No reference stands twice at a warehouse."""
    references = Counter[str](order["reference"] for order in _standing(stage))
    for reference, times in references.items():
        if times > 1:
            yield Broken("no reference twice", f"{reference} stands {times} times at the warehouse")
    for reference in stage.gxo.site.orders.picked_twice():
        yield Broken("no reference twice", f"{reference} was picked twice at GXO")


def _invoice_twice(stage: Stage) -> Iterator[Broken]:
    """No invoice stands under two references, of each of which something left or may leave."""
    invoices: dict[str, set[str]] = defaultdict(set)
    for order in _standing(stage):
        if not ended_with_nothing(
            order["goods_out_status"]["code"], [one["dispatch_quantity"] for one in order["lines"]]
        ):
            invoices[order["external_system_reference1"] or ""].add(order["reference"])
    for taken in stage.acs.site.orders:
        if taken.status not in OVER:
            invoices[taken.body.get("Misc2") or ""].add(taken.number)
    for invoice, found in invoices.items():
        if invoice and len(found) > 1:
            yield Broken("no invoice twice", f"{invoice} stands as {' and '.join(sorted(found))}")


def _standing(stage: Stage) -> Iterator[Record]:
    """Clarus's orders that are neither deleted nor cancelled."""
    for order in stage.tenant.books.goods_outs.rows.values():
        if not order.get("deleted") and order["goods_out_status"]["code"] != "CANCELLED":
            yield order


def ended_with_nothing(status: str, left: Iterable[float]) -> bool:
    """Whether Clarus is done with an order of which nothing left: nothing can any more, as of one that is cancelled."""
    return status == "COMPLETED" and not any(left)


def _beyond(stage: Stage) -> Iterator[Broken]:
    """No unit ships beyond what its order ever asked for."""
    left = left_for(stage)
    for (order, sku), units in left.items():
        if units > stage.most.get((order, sku), 0):
            yield Broken(
                "no unit beyond", f"{units} {sku} left for {order}, {stage.most.get((order, sku), 0)} asked for"
            )


def left_for(stage: Stage) -> Counter[tuple[str, str]]:
    """The units that left either building, by order and code."""
    left: Counter[tuple[str, str]] = Counter()
    for out in stage.tenant.books.goods_outs.rows.values():
        for line in out["lines"]:
            if line["dispatch_quantity"]:
                order = str(out["reference"]).rpartition("-")[0]
                left[order, str(line["product"]["code"])] += int(line["dispatch_quantity"])
    for one in stage.gxo.site.orders:
        for picked in one.lines:
            if picked.shipped:
                left[one.reference.rpartition("-")[0], picked.sku] += picked.shipped
    for gone in stage.acs.site.dispatched:
        left[gone["order"].rpartition("-")[0], gone["product_sku"]] += 1
    return left


def _credited_beyond(stage: Stage) -> Iterator[Broken]:
    """No unit is credited that never left."""
    if not stage.books.credits:
        return
    left, given = left_for(stage), Counter[tuple[str, str]]()
    for credit in stage.books.credits:
        if credit.source:
            given.update({(credit.source, sku): units for sku, units in credit.order.lines.items()})
    for key, units in given.items():
        if units > left[key]:
            yield Broken("no unit credited twice", f"{units} {key[1]} credited on {key[0]}, {left[key]} left")


def _kept(stage: Stage) -> Iterator[Broken]:
    """What a warehouse posted and the fleet took stands among its records."""
    told = {hook.body: hook.name for hook in stage.told}
    stage.told.clear()
    if not told:
        return
    kept = {bytes(row["body"]) for row in stage.store.rows(RECORDS, list(told))}
    for body in told.keys() - kept:
        yield Broken("what was told is kept", f"{told[body]} was taken, and there is no record of it: {body[:200]!r}")


def _of_ledger(stage: Stage) -> Iterator[Broken]:
    """What the ledger's rows say.

    Nothing is held by a process that fell silent, once another has had the time to notice it; every fulfilment that is
    not over has something that will move it; an order that a person holds is not sent.
    """
    paused = set[str]()
    for row in stage.store.rows_of(LEDGER, {"gone": [*stage.gone], "paused": PAUSED}):
        what = row["what"]
        if row["why"] == "paused":
            paused.add(what)
        elif row["why"] == "held":
            yield Broken("the dead hold nothing", f"{what} is held by a process that fell silent")
        elif row["why"] == "let out":
            yield Broken("held is held", f"{what} was sent while a person held its order")
        elif what not in stage.ended:
            yield Broken("something moves it", f"nothing will move {what}, which is {row['state']}")
    yield from _paused(stage, paused)


def _paused(stage: Stage, now: set[str]) -> Iterator[Broken]:
    """Nobody calls a partner whose connection was paused when the step began and is so when it ends."""
    for name in now & stage.paused:
        for host in HOSTS[name]:
            if stage.wire.asked[host]:
                yield Broken("paused is paused", f"{host} was called {stage.wire.asked[host]} times")
    stage.paused = now
    stage.wire.asked.clear()
