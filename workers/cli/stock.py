"""``fleet stock``: how much of a SKU is there, who wants it, and what Khaos Control shows."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.markup import escape

from workers.cli import connect, output
from workers.cli.output import AsJson, NotDone
from workers.views.snapshot import Row
from workers.views.stock import StockStory, stock_story
from workers.views.wording import by_condition

MOVEMENT = ("moved_at", "cause", "units", "reason", "location", "movement_id", "journal", "account", "value")


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command("stock")(stock)


def stock(
    sku: Annotated[str, typer.Argument(metavar="SKU", help="A stock code of Khaos Control.")],
    json_wanted: AsJson = False,
) -> None:
    """Show a SKU's stock: units held, units promised, levels sent, and levels that Khaos shows.

    Example: `fleet stock 85123A`
    """
    story = stock_story(connect.views(), sku)
    if story is None:
        raise NotDone(f"nothing is known of {sku!r}: see whether it is spelt as in Khaos Control's catalogue")
    if json_wanted:
        output.as_json(story)
        return
    _print_story(story)


def _print_advised(row: Row) -> None:
    out = output.console()
    agreed = f"since both agreed, {output.cell(row['agreed_at'])}" if row["agreed_at"] else "no count has begun it"
    counted = (
        f"count {row['count'] or ''} of {output.cell(row['counted_at'])}, and what moved after it"
        if row["counted_at"]
        else "no count has named it"
    )
    out.print(f"  by movements      {escape(by_condition(row['book']))}   [dim]{escape(agreed)}[/]")
    out.print(f"  counted           {escape(by_condition(row['counted']))}   [dim]{escape(counted)}[/]")
    if row["differs"]:
        out.print("  [yellow]They differ: the lower figure of good units counts. `fleet stock-differences list`[/]")


def _print_story(story: StockStory) -> None:
    out = output.console()
    out.print(f"[bold]{escape(story.sku)}[/]")
    advised = {row["site"]: row for row in story.told}
    for home in story.homes:
        other = ", ".join(f"{n} {condition.replace('_', ' ')}" for condition, n in sorted(home["other"].items()))
        out.print(
            f"\n[bold]{escape(home['site'])}[/] ({escape(home['connection'])}/{escape(home['facility'])},"
            f" LEVEL means {home['semantics'].replace('_', ' ')})"
        )
        if home["building_counted_at"] is None:
            out.print("  [yellow]The building was never counted: nothing is sent for it yet.[/]")
        if not home["confirmed"]:
            out.print("  [yellow]The warehouse has not confirmed this SKU: it is not for sale there.[/]")
        lines = [
            (
                "held, good",
                home["good"],
                f"counted {output.cell(home['counted_at'])}" if home["counted_at"] else "never counted",
            ),
            ("held otherwise", sum(home["other"].values()), other),
            ("promised", -home["demand"], "on open invoices, and not counted as gone"),
            ("pending", -home["pending"], "Khaos Control, or a file, moves them by itself"),
            ("buffer", -home["buffer"], "kept back from sale"),
            ("to be sold", home["available"], "what Khaos Control should show"),
            ("left, not issued", home["dispatched"], "Khaos Control's in-stock falls by these when it issues"),
        ]
        for name, units, why in lines:
            out.print(f"  {name:17} {units:>8}   [dim]{escape(why)}[/]")
        if home["site"] in advised:
            _print_advised(advised[home["site"]])
    out.print()
    output.table(
        "Levels",
        ("site", "for", "should be", "sent", "at", "Khaos shows", "at", "due", "why not"),
        [
            (
                r["site"],
                r["purpose"],
                r["target"],
                r["sent"],
                r["sent_at"],
                r["shown"],
                r["shown_at"],
                r["due_at"],
                r["refusal"],
            )
            for r in story.levels
        ],
        numbers=frozenset({2, 3, 5}),
    )
    output.table(
        "Open invoices",
        ("order", "invoice", "units", "stage", "site"),
        [
            (r["order_code"], r["invoice_code"], r["units"], r["stage"], r["site"] or "not known yet")
            for r in story.demand
        ],
        numbers=frozenset({2, 3}),
    )
    output.table(
        "Left the warehouse, not over yet",
        ("shipment", "order", "units", "left", "counted"),
        [
            (r["shipment"], r["order_code"], r["units"], r["left_at"], "yes" if r["counted"] else "no")
            for r in story.left
        ],
        numbers=frozenset({2}),
    )
    output.table(
        "Pending",
        ("what", "condition", "units", "of", "since"),
        [(r["kind"].replace("_", " "), r["condition"], r["units"], r["subject"], r["opened_at"]) for r in story.terms],
        numbers=frozenset({2}),
    )
    output.table(
        "Last movements",
        ("at", "what", "units", "reason", "place", "movement", "journal", "account", "value"),
        [
            (
                r["moved_at"],
                r["cause"].replace("_", " "),
                r["units"],
                r["reason"],
                r["location"],
                r["movement_id"],
                r["journal"],
                r["account"],
                r["value"],
            )
            for r in story.movements
        ],
        numbers=frozenset({2, 8}),
    )
    for row in story.exceptions:
        out.print(f"[bold red]{escape(row['kind'])}[/]: {escape(row['reason'])}  `fleet exceptions show {row['id']}`")
