"""How a SKU's stock is laid out on the desk: the figures first, then what they are made of."""

from __future__ import annotations

from urllib.parse import quote

from workers.views.snapshot import Row
from workers.views.stock import StockStory
from workers.views.wording import by_condition
from workers.web.desk.exceptions import commands
from workers.web.desk.frame import facts_list, mark, next_step, page
from workers.web.desk.markup import Markup, join, link, moment, table, tag


def stock(story: StockStory) -> str:
    """The story of a SKU's stock."""
    advised = {row["site"]: row for row in story.told}
    return page(
        f"Stock of {story.sku}",
        "/orders",
        *(
            next_step(join((link(f"/exceptions/{row['id']}", row["kind"]), ": ", row["reason"])), *commands(row))
            for row in story.exceptions
        ),
        *(part for home in story.homes for part in _home(home, advised.get(home["site"]))),
        table(
            "Levels",
            ("site", "for", "should be", "sent", "at", "Khaos shows", "at", "due", "why not"),
            [
                [
                    r["site"],
                    r["purpose"].replace("_", " "),
                    r["target"],
                    r["sent"],
                    moment(r["sent_at"]),
                    r["shown"],
                    moment(r["shown_at"]),
                    moment(r["due_at"]),
                    r["refusal"],
                ]
                for r in story.levels
            ],
            numbers=frozenset({2, 3, 5}),
        ),
        table(
            "Open invoices",
            ("order", "invoice", "units", "stage", "site"),
            [
                [
                    link(f"/orders?q={quote(r['order_code'], safe='')}", r["order_code"]),
                    r["invoice_code"],
                    r["units"],
                    r["stage"],
                    r["site"] or "not known yet",
                ]
                for r in story.demand
            ],
            numbers=frozenset({2, 3}),
        ),
        table(
            "Left the warehouse, not over yet",
            ("shipment", "order", "units", "left", "counted"),
            [[r["shipment"], r["order_code"], r["units"], moment(r["left_at"]), r["counted"]] for r in story.left],
            numbers=frozenset({2}),
        ),
        table(
            "Pending",
            ("what", "condition", "units", "of", "since"),
            [
                [r["kind"].replace("_", " "), r["condition"], r["units"], r["subject"], moment(r["opened_at"])]
                for r in story.terms
            ],
            numbers=frozenset({2}),
        ),
        table(
            "Last movements",
            ("at", "what", "units", "reason", "place", "movement", "journal", "account", "value"),
            [
                [
                    moment(r["moved_at"]),
                    r["cause"].replace("_", " "),
                    r["units"],
                    r["reason"],
                    r["location"],
                    r["movement_id"],
                    r["journal"] or "",
                    r["account"] or "",
                    r["value"],
                ]
                for r in story.movements
            ],
            numbers=frozenset({2, 8}),
        ),
        searched=story.sku,
    )


def _order(code: str) -> Markup:
    return link(f"/orders?q={quote(code, safe='')}", code)


def _words(name: str) -> str:
    return name.replace("_", " ")


def _home(home: Row, advised: Row | None) -> list[Markup]:
    other = ", ".join(f"{n} {condition.replace('_', ' ')}" for condition, n in sorted(home["other"].items()))
    warnings = [
        mark(words, "warn")
        for wrong, words in (
            (home["building_counted_at"] is None, "the building was never counted: nothing is sent yet"),
            (not home["confirmed"], "the warehouse has not confirmed this SKU: it is not for sale"),
            (advised and advised["differs"], "count and movements differ: the lower figure of good units counts"),
        )
        if wrong
    ]
    facts: list[tuple[str, object]] = [
        ("held, good", home["good"]),
        ("counted", moment(home["counted_at"])),
        ("held otherwise", other or "nothing"),
        ("promised to open orders", home["demand"]),
        ("moved by Khaos Control or a file", home["pending"]),
        ("buffer", home["buffer"]),
        ("to be sold", home["available"]),
        ("left, not issued yet", home["dispatched"]),
    ]
    if advised:
        facts += [
            ("by movements since both agreed", by_condition(advised["book"])),
            ("counted, and moved since", by_condition(advised["counted"])),
            ("last count", join((advised["count"] or "none", " ", moment(advised["counted_at"])))),
        ]
    return [tag("h2", f"{home['site']} ({home['connection']}/{home['facility']})"), *warnings, facts_list(facts)]
