"""At rest: everybody does what is left to do, nothing fails any more, and all books must agree."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from adapters.clarus.sandbox import display
from adapters.gxo.sandbox.orders import State
from adapters.khaos.sandbox.records import CANCELLED, RELEASED
from workers.demo.observer import EXCEPTIONS, IN_FLIGHT, LEDGER
from workers.demo.reconciliation.gxo_snapshot import GxoBook, as_warehouse
from workers.demo.reconciliation.journal import compare_journal
from workers.demo.reconciliation.khaos_snapshot import KhaosBooks
from workers.demo.reconciliation.ledger_rows import Excepted, LedgerRows, Term
from workers.demo.reconciliation.orders import OrderBooks
from workers.demo.reconciliation.returns import compare_receipts, compare_returns
from workers.demo.reconciliation.stock import compare_stock
from workers.demo.reconciliation.warehouse_snapshot import GoodsOut, OutLine, WarehouseBook
from workers.simulator.broken import Broken
from workers.simulator.clock import CLOCK
from workers.simulator.customers import AWAY
from workers.simulator.desk import all_is_let_go, works_off
from workers.simulator.garments import WRITTEN_OFF, unsure_skus
from workers.simulator.garments import as_warehouse as as_garments
from workers.simulator.garments import at_rest as of_garments
from workers.simulator.garments import unsure as unsure_of
from workers.simulator.partners import posts_all
from workers.simulator.people import accepts_files, reads_again
from workers.simulator.promises import after_step, ended_with_nothing
from workers.simulator.recoded import fewer_by_now
from workers.simulator.restores import all_go_live
from workers.simulator.returns import processes, pulls
from workers.simulator.settings import BUILDINGS, DERBY_FACILITY, GLASGOW
from workers.simulator.stage import Stage

PAUSES = (5.0, 60.0, 400.0, 60.0, 3700.0, 60.0, 2000.0, 60.0, 60.0, 60.0, 60.0)
WHOLE = (5.0, 3700.0, 2000.0)  # pauses after which all schedules run, due or not
UNTOLD = """
select x.subject, x.what from expectation x
 where x.due_at < now() - interval '10 minutes'
   and not exists (select 1 from exception e where e.kind = x.kind and e.subject = x.subject)
"""
HEALING = ("count ", "compare ")  # these find what others have missed: they come in their own time
ALL_DUE = "update schedule set due_at = now() where due_at > now() and name not like all (%s)"
DUE = "select name from schedule where due_at <= now() order by name"
BEHIND = """
select m.reference from message m
 where exists (select 1 from message e join exception x on x.message_id = e.id and x.state = 'open'
                where e.subject = m.subject and e.id < m.id and e.state = 'dead')
"""  # messages that wait behind one of the same subject which a person has in hand
ASKED = """
select f.invoice_code from fulfilment f join expectation x on x.subject = 'order:' || f.reference
 where f.state = 'cancelling' and x.what = 'cancelled' and x.missed_at is null
"""  # a warehouse of files was asked to cancel, and has its time to answer: its file may be lost
ADOPTED = """
select coalesce(a.alias, f.reference) as name, f.reference, f.invoice_code as invoice
  from fulfilment f left join reference_alias a on a.reference = f.reference
 where exists (select 1 from timeline t where t.subject = 'order:' || f.reference and t.step = 'adopted')
"""  # after a restore: by the name that the warehouse has
OF_REFERENCE = "select reference, invoice_code from fulfilment"
HEARD = """
select f.reference, f.shipped, (select array_agg(p->>'tracking') from shipment s, jsonb_array_elements(s.parcels) p
                                 where s.fulfilment = f.reference) as numbers,
       exists (select 1 from exception e where e.subject = 'order:' || f.reference and e.kind = any (%s)) as taken_back
  from fulfilment f
"""
DOUBTFUL = """
select coalesce(f.reference, e.story) as reference from exception e left join fulfilment f on f.order_code = e.story
 where e.state = 'open' and e.kind = any (%s)
"""  # orders of which the warehouse told what a person has to settle first
TAKEN_BACK = ("shipped_after_cancel", "changed_after_release", "cancel_refused")
STANDING = """
select f.reference, f.invoice_code from fulfilment f where f.state not in ('cancelled', 'withdrawn')
    or f.shipped <> '{}' and not exists (select 1 from fulfilment o where o.invoice_code = f.invoice_code
           and o.reference <> f.reference and o.state not in ('cancelled', 'withdrawn'))
"""  # what left although it was cancelled is its invoice's, while nothing else stands on that
UNMATCHED = """
select subject from exception e where kind = 'remainder_unmatched' and state in ('open', 'dismissed')
   and not exists (select 1 from exception r where r.subject = e.subject and r.kind = 'invoice_recoded')
"""  # until such an invoice is issued or gone, its goods count as wanted: a level may be too low for it, never too high
JUDGED = "select subject from exception where kind = 'invoice_recoded' and state <> 'resolved'"
CONTRADICTORY = ("over_shipped", "told_otherwise", "substituted", "duplicate_at_warehouse", "tracking_not_used")
LONGEST = 40 * 3600.0  # seconds: longer than anything is waited for
QUIET = 2  # rounds in which nothing changes: then nothing moves any more
STATE = """
select (select count(*) from record_unread) as unread, (select count(*) from message_settled) as settled,
       (select string_agg(id || state || generation, ',' order by id) from message) as live,
       (select string_agg(reference || state || confirmed, ',' order by reference) from fulfilment) as fulfilments,
       (select string_agg(kind || subject || state, ',' order by id) from exception) as exceptions
"""


def come_to_rest(stage: Stage) -> None:
    """Partners answer, webhooks arrive, the floor works, and schedules run until nothing changes."""
    stage.wire.mend()
    all_is_let_go(stage)
    stage.gxo.mend()
    stage.acs.mend()
    if stage.seed % 2:
        stage.gxo.lays_again()
    before: Any = None
    quiet = 0
    for pause in PAUSES * (1 + stage.restored):
        CLOCK.wait(pause)
        for _ in range(3):
            CLOCK.wait(61.0)
            stage.floor_works()
            CLOCK.wait(6.0)
            stage.gxo.works()
            stage.acs.works()
        stage.acs.counts_what_changed()
        posts_all(stage, stage.dice)
        pulls(stage, stage.dice)
        processes(stage, stage.dice)
        accepts_files(stage)
        reads_again(stage)
        works_off(stage)
        waited = all_go_live(stage)
        _all_runs(stage, whole=pause in WHOLE)
        state = stage.store.row(STATE), stage.gxo.state(), stage.acs.state()
        quiet = quiet + 1 if state == before and pause not in WHOLE and not waited else 0
        before = state
        if quiet >= QUIET:
            return


def wait_long(stage: Stage) -> list[Broken]:
    """Let everything that is expected be overdue, and tell what nobody has in hand then."""
    CLOCK.wait(LONGEST)
    for _ in range(2):
        CLOCK.wait(60.0)
        _all_runs(stage, whole=True)
    found = AtRest(stage)
    return [*after_step(stage), *found.orders(), *found.ready(), *found.ends(), *found.gaps()]


def _all_runs(stage: Stage, *, whole: bool) -> None:
    """Run all schedules that are due; ``whole``: the others as well."""
    process = stage.processes[0]
    stage.see()
    if whole:
        stage.store.run(ALL_DUE, [f"{word}%" for word in HEALING])
    for row in stage.store.rows(DUE):
        process.run(row["name"])
    stage.settle(process)
    stage.books.tick()


def at_rest(stage: Stage) -> list[Broken]:
    """Everything that must hold when nothing moves any more."""
    found = AtRest(stage)
    return [
        *after_step(stage), *found.orders(), *found.heard(), *found.ready(), *found.goods(), *found.levels(),
        *of_garments(stage), *found.ends(),
    ]  # fmt: skip


class AtRest:
    """Both sides' books and the ledger's rows, read once."""

    def __init__(self, stage: Stage) -> None:
        """Read them."""
        self.stage, store = stage, stage.store
        self.erp = KhaosBooks.model_validate(stage.khaos_books())
        invoices = {one["reference"]: one["invoice_code"] for one in store.rows(OF_REFERENCE)}
        self.post = GxoBook.model_validate(stage.gxo.books())
        derby = as_warehouse(self.post, self.erp)  # GXO knows no invoice: which one an order is of, the ledger says
        derby = derby.model_copy(update={"goods_outs": tuple(_of_invoice(out, invoices) for out in derby.goods_outs)})
        clarus = WarehouseBook.model_validate(display.show(stage.tenant))
        unsure = unsure_of(stage)
        written_off = {row["tag"] for row in store.rows(WRITTEN_OFF)}
        self.theirs = {
            "clarus": clarus.model_copy(update={"goods_outs": tuple(_as_over(out) for out in clarus.goods_outs)}),
            "gxo": derby,
            "acs": as_garments(stage.acs.site, written_off, unsure),
        }
        owing = stage.gxo.is_owing()  # what GXO did not tell, nobody can know
        adopted = {row.pop("name"): row for row in store.rows(ADOPTED)}
        self.theirs = {name: _as_ours(book, adopted) for name, book in self.theirs.items()}
        self.buildings = [one for one in BUILDINGS if not (owing and one.warehouse == "gxo")]
        self.outs = [out for book in self.theirs.values() for out in book.goods_outs]
        rows = LedgerRows.model_validate({name: store.rows(query) for name, query in LEDGER.items()})
        sure = [line for line in rows.returns if line.line_id not in unsure]
        self.rows = rows.model_copy(update={"returns": tuple(sure)})
        self.open = [Excepted.model_validate(row) for row in store.rows(EXCEPTIONS)]
        self.doubtful = {row["reference"] for row in store.rows(DOUBTFUL, [*CONTRADICTORY])}
        self.stories = {one.order for one in self.open} | {one.subject.partition(":")[2] for one in self.open}
        self.live = {one.invoice for one in self.erp.invoices if not one.cancelled}

        waits = store.rows("select subject from expectation where missed_at is null")
        self.waiting = {row["subject"].partition(":")[2] for row in waits}
        self.waiting |= {row["reference"] for row in store.rows(BEHIND)}
        known = store.rows("select invoice_code, reference from fulfilment where state in ('sent', 'part_dispatched')")
        self.at_work = {row["invoice_code"] for row in known if row["reference"] in self.waiting}
        self.asked = {row["invoice_code"] for row in store.rows(ASKED)}

    def _unended(self, what: str) -> bool:
        """Whether a sentence speaks of nothing that a person has ended and for which no time is set."""
        return (self.stage.ended | self.waiting).isdisjoint(what.replace(":", " ").split())

    def _in_hand(self, *names: str) -> bool:
        """Whether an open exception, or a person's own word, has one of the names in hand."""
        return not {*names}.isdisjoint(self.stories | self.stage.ended)

    def orders(self) -> Iterator[Broken]:
        """Nothing is lost, nothing doubled, and both sides tell one story."""
        books = OrderBooks(self.erp, {name: book.goods_outs for name, book in self.theirs.items()}, self.open)
        for one in books.invoices:
            gone = one.stage in AWAY and not books.outs[one.invoice]
            owed = one.ready and one.warehouse_lines and not books.finished(one) and not gone
            if owed and one.invoice not in self.at_work | self.asked and not self._in_hand(one.invoice, one.order):
                yield Broken("nothing lost", f"{one.invoice} of {one.order}, stage {one.stage}, is nobody's")
            there = one.stage in AWAY and books.outs[one.invoice] and one.invoice not in self.asked
            if there and not self._in_hand(one.invoice, one.order):
                yield Broken("withdrawn is withdrawn", f"{one.invoice} is at stage {one.stage} and at the warehouse")
        for what in (*books.alive_twice(), *books.confirmed_twice()):
            yield Broken("nothing doubled", what)
        orders = {one.invoice: one.order for one in self.erp.invoices}
        for what in (*books.beyond(), *books.contradictions(), *books.ownerless()):
            words = what.replace(":", " ").split()
            if self.waiting.isdisjoint(words) and not self._in_hand(
                *words, *(orders.get(word, word) for word in words)
            ):
                yield Broken("both tell one story", what)
        for out in self._for_nobody():
            if not self._in_hand(out.invoice, out.reference, _order(out)):
                yield Broken("shipped for somebody", f"{out.reference} is alive for {out.invoice}, which is no more")

    def _for_nobody(self) -> list[GoodsOut]:
        """Orders of the warehouse whose invoice is cancelled, or has another code."""
        return [out for out in self.outs if out.alive and out.invoice not in self.live]

    def heard(self) -> Iterator[Broken]:
        """What left a warehouse is known here with its units and its parcels, whatever else is awaited or in hand.

        Of GXO's only what it told.
        """
        known = {row["reference"]: row for row in self.stage.store.rows(HEARD, [*TAKEN_BACK])}
        told = {one.warehouse for one in self.buildings}
        for name, book in self.theirs.items():
            for out in book.goods_outs if name in told else ():
                row = known.get(out.reference)
                if row is None or not out.left or out.reference in self.doubtful:
                    continue
                units = {sku: n for sku, n in row["shipped"].items() if n}
                if units != out.left:
                    yield Broken("what left is heard of", f"{out.reference}: {out.left} left, {units} is known")
                if row["taken_back"]:
                    continue  # Khaos Control is not told of what left all the same: a person is
                unknown = {one.tracking for one in out.parcels if one.tracking} - set(row["numbers"] or ())
                if unknown:
                    yield Broken("what left is heard of", f"{out.reference}: nobody heard of parcels {sorted(unknown)}")

    def ready(self) -> Iterator[Broken]:
        """Every invoice at a ready stage is a fulfilment, a hold or an open exception."""
        query = "select invoice_code from fulfilment where state not in ('cancelled', 'withdrawn')"
        alive = {row["invoice_code"] for row in self.stage.store.rows(query)}
        for invoice in self.stage.books.invoices.values():
            is_ready = invoice.stage == RELEASED and not invoice.order.cancelled_at
            if is_ready and invoice.code not in alive and not self._in_hand(invoice.code, invoice.order.code):
                yield Broken("every ready invoice", f"{invoice.code} of {invoice.order.code} is ready, and nobody's")

    def goods(self) -> Iterator[Broken]:
        """The sum rule, the journal, returns and receipts, to the unit."""
        counted = {
            name: book.model_copy(update={"goods_outs": tuple(self._as_held(book.goods_outs))})
            for name, book in self.theirs.items()
        }
        stock = compare_stock(self.erp, counted, self._as_they_lie(), self.buildings, "issue")
        unsure = (*(f"{sku} at {GLASGOW}:" for sku in unsure_skus(self.stage)), *fewer_by_now(self.stage, self.live))
        yield from (Broken("the sum rule", what) for what in stock.stock_off if not what.startswith(unsure))
        homes = {one.home for one in self.buildings if one.warehouse != "acs"}  # write-offs: see garments.py
        told = {
            name: book for name, book in self.theirs.items() if any(one.warehouse == name for one in self.buildings)
        }
        journal = compare_journal(told, [one for one in self.rows.journal if one.site in homes], self.buildings)
        yield from (Broken("the journal", what) for what in (*journal.missing, *journal.doubled, *journal.extra))
        if len(told) < len(self.theirs):
            return
        returns = compare_returns(self.erp, self.theirs, self.rows, self.open)
        beyond = [what for what in returns.credited_twice if not what.startswith("order ")]  # see _credited_beyond
        yield from (Broken("credited once", what) for what in (*beyond, *returns.uncredited))
        receipts = compare_receipts(self.erp, self.theirs, self.rows, BUILDINGS)
        yield from (Broken("goods in", what) for what in receipts.not_booked)

    def _as_held(self, outs: Iterable[GoodsOut]) -> Iterator[GoodsOut]:
        """Warehouses' orders with what left of them, as far as Khaos Control holds it for invoices to be issued.

        It is held by its own invoice, or by one that no warehouse's order is for: that was split off, or has another
        code now. What left beyond that (for an invoice that was cancelled, or holds less by now) will never be issued.
        Of an invoice that a person has to match first nobody knows whether its goods are those that left.
        """
        own = {row["reference"]: row["invoice_code"] for row in self.stage.store.rows(STANDING)}
        placed = {f"invoice:{code}" for code in own.values()}
        unmatched = {row["subject"] for row in self.stage.store.rows(UNMATCHED)} - placed
        judged = {*own.values()} | {row["subject"].partition(":")[2] for row in self.stage.store.rows(JUDGED)}
        held: dict[str, Counter[str]] = defaultdict(Counter)  # by invoice, and by order what is of no warehouse's order
        for one in self.stage.books.invoices.values():
            unseen = one.stage in AWAY and one.code not in judged  # it was never ready: nobody has judged it
            if one.taken or (one.assigned and not unseen and f"invoice:{one.code}" not in unmatched):
                held[one.code if one.code in own.values() else one.order.code].update(one.lines)
        for out in outs:
            kept: Counter[str] = Counter()
            for pool in (held[own.get(out.reference, "")], held[_order(out)]):
                some = Counter({sku: min(units - kept[sku], pool[sku]) for sku, units in out.left.items()})
                pool.subtract(some)
                kept.update(some)
            lines = {sku: OutLine(ordered=line.ordered, dispatched=kept[sku]) for sku, line in out.lines.items()}
            yield out.model_copy(update={"lines": lines})

    def _as_they_lie(self) -> Iterator[Term]:
        """Open terms: of units that do not lie in their condition any more, the good ones are fewer, as for levels."""
        rows = self.stage.store.rows("select home, sku, other from position")
        lying = {(row["home"], row["sku"]): Counter[str](row["other"]) for row in rows}
        for term in self.rows.terms:
            there = lying.get((term.home, term.sku), Counter[str]())
            if term.condition == "good" or term.units <= 0:
                yield term
                continue
            units = min(term.units, there[term.condition])
            there[term.condition] -= units
            yield term.model_copy(update={"units": units})
            yield term.model_copy(update={"units": term.units - units, "condition": "good"})

    def levels(self) -> Iterator[Broken]:
        """Levels never exceed what can be shipped."""
        wanted, unsure = self._wanted(), unsure_skus(self.stage)
        for (code, site), level in self.stage.books.levels.items():
            building = next((one for one in self.buildings if one.home == site), None)
            if building is None:
                continue
            if site == GLASGOW and code in unsure:
                continue
            shelf = self.theirs[building.warehouse].stock.get(code, {}).get(building.facility)
            good = shelf.good if shelf else 0
            if level.available > max(0, good - wanted[site, code]):
                yield Broken(
                    "levels can be shipped",
                    f"Khaos Control offers {level.available} {code} at {site}: {good} are there,"
                    f" {wanted[site, code]} are wanted",
                )

    def _wanted(self) -> Counter[tuple[str, str]]:
        """Units of open invoices that have not left, by site and code."""
        left: Counter[tuple[str, str]] = Counter()
        for out in self.outs:
            left.update({(_order(out), sku): units for sku, units in out.left.items()})
        wanted: Counter[tuple[str, str]] = Counter()
        for order in self.stage.books.orders.values():
            need: Counter[str] = Counter()
            for invoice in order.invoices:
                if invoice.stage not in (CANCELLED, 18):
                    need.update(invoice.lines)
            for sku, units in need.items():
                wanted[order.site, sku] += max(0, units - left[order.code, sku])
        return wanted

    def gaps(self) -> Iterator[Broken]:
        """A file that never came is somebody's, once a later one has come."""
        filed = {
            row["subject"] for row in self.stage.store.rows("select subject from exception where kind = 'file_gap'")
        }
        for number in self.stage.gxo.missing():
            if f"file:derby:{DERBY_FACILITY}:{number}" not in filed:
                yield Broken("what never came is told", f"file {number} of GXO never came, and is nobody's")

    def ends(self) -> Iterator[Broken]:
        """Nothing is in flight, and nothing fails or is shut without an exception."""
        rows = self.stage.store.rows
        moving = [row["what"] for row in rows(IN_FLIGHT)]
        yield from (Broken("nothing in flight", what) for what in moving if self._unended(what))
        for row in rows(UNTOLD):
            yield Broken("what is overdue is told", f"{row['what']} of {row['subject']} is overdue, and nobody's")
        for row in rows("select name, last_error from schedule where last_error is not null"):
            if not self._in_hand(row["name"]):
                yield Broken("nothing fails untold", f"schedule {row['name']} ends with {row['last_error']}")
        for row in rows("select name, shut_kind from connection where shut_kind is not null"):
            if not self._in_hand(row["name"]):
                yield Broken("nothing shut untold", f"{row['name']} is shut: {row['shut_kind']}")


def _as_ours(book: WarehouseBook, adopted: Mapping[str, Mapping[str, str]]) -> WarehouseBook:
    """A warehouse's book, its orders under the references and for the invoices for which the fleet has adopted them."""
    outs = (out.model_copy(update=adopted.get(out.reference, {})) for out in book.goods_outs)
    return book.model_copy(update={"goods_outs": tuple(outs)})


def _of_invoice(out: GoodsOut, invoices: Mapping[str, str]) -> GoodsOut:
    """An order of GXO's with its invoice. One that is over and of which nothing left is alive no more."""
    over = out.status in (State.SHIPPED, State.DELIVERED) and not out.left
    status = "CANCELLED" if over else out.status
    return out.model_copy(update={"invoice": invoices.get(out.reference, ""), "status": status})


def _as_over(out: GoodsOut) -> GoodsOut:
    """An order of Clarus's. One that ended with nothing is alive no more."""
    over = ended_with_nothing(out.status, out.left.values())
    return out.model_copy(update={"status": "CANCELLED"}) if over else out


def _order(out: GoodsOut) -> str:
    return out.reference.rpartition("-")[0]
