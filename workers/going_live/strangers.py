"""Live orders of a warehouse that go by no reference of ours: one may be a ready order under a name of another's."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from workers.domain.fulfilment import FulfilmentRow
from workers.going_live.matching import Match, There, names_at, references, shown
from workers.ledger.store import Store
from workers.ports.holdings import Holdings
from workers.spine.runtime import Runtime

KNOWN = (
    "select reference as name from fulfilment where warehouse = %s and reference = any (%s) and state <> 'new'"
    " union all select their_id from fulfilment where warehouse = %s and their_id = any (%s)"
    " union all select alias from reference_alias where connection = %s and alias = any (%s)"
)


def find_strangers(runtime: Runtime, name: str, holdings: Holdings, facts: dict[str, Any]) -> Iterator[There]:
    """Live orders that the ledger has not sent, page by page. One that cannot be read is nobody's here."""
    pages = holdings.orders(facts)
    while True:
        runtime.pace(name)
        page = next(pages, None)
        if page is None:
            return
        there = [shown(order) for order in page.orders]
        known = _known(runtime.store, name, there)
        yield from (one for one in there if one.reference not in known and one.their_id not in known)


def _known(store: Store, name: str, there: Sequence[There]) -> set[str]:
    references_there, ids = [one.reference for one in there], [one.their_id for one in there]
    rows = store.rows(KNOWN, name, references_there, name, ids, name, references_there)
    return {row["name"] for row in rows}


def by_order(
    strangers: Iterable[There], rows: Sequence[FulfilmentRow], forms: Sequence[str]
) -> tuple[dict[str, list[There]], list[There]]:
    """Strangers that name an order, by its code: by their own id, or by a code within their reference; and the rest."""
    orders: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        for one in references(row, forms):
            orders[one.casefold()].add(row.order_code)
    found: dict[str, list[There]] = defaultdict(list)
    rest: list[There] = []
    for stranger in strangers:
        codes = {code for one in names_at(stranger) for code in orders.get(one, ())}
        for code in codes:
            found[code].append(stranger)
        if not codes:
            rest.append(stranger)
    return found, rest


def doubt_same_goods(found: Iterable[Match], rest: Iterable[There]) -> list[Match]:
    """Doubt an order that is absent by every reference while a stranger holds exactly its goods."""
    goods: dict[frozenset[tuple[str, int]], str] = {}
    for stranger in rest:
        goods.setdefault(frozenset(stranger.units.items()), stranger.reference)
    return [_doubted(one, goods.get(frozenset(one.row.requested.items()))) for one in found]


def _doubted(one: Match, same: str | None) -> Match:
    if one.there is not None or one.why or same is None:
        return one
    why = (
        f"{same} at the warehouse has exactly its goods, and a reference that names no order of Khaos Control: name its"
        " form with --form, or send this one if they are two"
    )
    return Match(one.row, why=why)
