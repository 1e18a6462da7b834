"""Looks orders up when a connection goes live: at the warehouse by any reference, in a file, in our own folders."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import chain

from adapters.errors import Garbled, Rejected
from mappings.errors import Unmappable
from workers.domain.fulfilment import FulfilmentRow, Units
from workers.going_live import before, strangers
from workers.going_live.matching import Match, There, match, references, shown
from workers.spine.polling import chunks
from workers.spine.runtime import Runtime

ORDERS_AT_ONCE = 20  # their references are looked up in one call


@dataclass(frozen=True, slots=True)
class Wish:
    """How a connection goes live. ``there`` holds units by SKU by reference, of a warehouse that cannot be asked."""

    name: str
    who: str
    at: datetime
    there: Mapping[str, Units] | None = None
    forms: Sequence[str] = field(default=())


def look_up(runtime: Runtime, wish: Wish, rows: Sequence[FulfilmentRow]) -> list[Match]:
    """Look orders up: at the warehouse, else in the file; where there is neither, nothing is proven.

    One whose answer cannot be had or read keeps none beside it from being found.
    """
    reads = runtime.warehouse(wish.name).parts.order_reads
    listed = [There(reference, reference, units) for reference, units in (wish.there or {}).items()]
    if wish.there is not None and reads is None:
        return strangers.doubt_same_goods(
            match(rows, listed, wish.forms), strangers.by_order(listed, rows, wish.forms)[1]
        )
    if reads is None and runtime.warehouse(wish.name).parts.past is not None and is_restored(runtime, wish.name):
        laid, doubt = before.orders_laid(runtime, wish.name)
        matches = match(rows, laid, wish.forms)
        return [replace(one, why=doubt) if one.there is None and not one.why else one for one in matches]
    if reads is None:
        why = f"{wish.name} cannot be asked: look there, or name a file of what is there with --there"
        return [Match(row, why=why) for row in rows]
    facts = runtime.facts(wish.name)
    codes = sorted({row.order_code for row in rows})
    ours = {
        row["their_id"]
        for row in runtime.store.rows(
            "select their_id from fulfilment where warehouse = %s and order_code = any (%s) and their_id is not null",
            wish.name,
            codes,
        )
    }
    holdings = runtime.warehouse(wish.name).parts.holdings
    live_there = strangers.find_strangers(runtime, wish.name, holdings, facts) if holdings and rows else ()
    named, rest = strangers.by_order(chain(live_there, listed), rows, wish.forms)
    found: list[Match] = []
    taken: set[str] = set()
    waiting = deque(chunks(codes, ORDERS_AT_ONCE))
    while waiting:
        some = waiting.popleft()
        together = [row for row in rows if row.order_code in some]
        in_file = {one.reference for code in some for one in named.get(code, ()) if one in listed}
        wanted = sorted({one for row in together for one in references(row, wish.forms)} | in_file)
        runtime.pace(wish.name)
        try:
            there = {order.their_id: shown(order) for order in reads.find_orders(wanted, facts)}
        except (Unmappable, Garbled, Rejected) as error:
            if half := len(some) // 2:
                waiting.extendleft((some[half:], some[:half]))
            else:
                found += [Match(row, why=f"what {wish.name} shows of it {_in_words(error)}") for row in together]
            continue
        for one in (one for code in some for one in named.get(code, ())):
            there.setdefault(one.their_id, one)
        found += match(together, [one for one in there.values() if one.their_id not in ours | taken], wish.forms)
        taken |= {one.there.their_id for one in found if one.there is not None}
    if is_restored(runtime, wish.name):
        return found
    found = strangers.doubt_same_goods(found, rest)
    if wish.there is not None or holdings is None or holdings.lists_orders:
        return found
    why = (
        f"{wish.name} lists no orders, so one that it has under another reference cannot be found: look there, and name"
        " a file of what is there with --there, or have this one sent with --send"
    )
    return [one if one.there is not None or one.why else replace(one, why=why) for one in found]


def _in_words(error: Unmappable | Garbled | Rejected) -> str:
    if isinstance(error, Unmappable):
        return f"cannot be read ({error.field} {error.value!r}: {error.why})"
    return f"cannot be had ({error.what})"


def is_restored(runtime: Runtime, name: str) -> bool:
    """Whether a connection goes live anew because the ledger was restored."""
    row = runtime.store.row("select restored_at from connection where name = %s", name)
    return row is not None and row["restored_at"] is not None
