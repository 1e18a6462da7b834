"""How an order's story is laid out: what comes next first, then what stands, then what happened."""

from __future__ import annotations

from workers.views.orders import Story
from workers.views.snapshot import Row
from workers.views.wording import tracking, units, why
from workers.web.desk.exceptions import commands
from workers.web.desk.frame import mark, next_step, page, timeline
from workers.web.desk.markup import Markup, join, link, moment, table, tag


def order(story: Story) -> str:
    """The story of an order."""
    return page(f"Order {', '.join(story.stories)}", "/orders", *_sections(story), searched=story.asked)


def _sections(story: Story) -> list[Markup]:
    """The parts of the page, in order."""
    open_ones = [row for row in story.exceptions if row["state"] == "open"]
    return [
        *(
            next_step(
                join((link(f"/exceptions/{row['id']}", row["kind"]), ": ", row["reason"], " ", row["next_step"])),
                *commands(row),
            )
            for row in open_ones
        ),
        _expected(story),
        table(
            "Fulfilments",
            (
                "reference",
                "invoice",
                "their order ref.",
                "at",
                "its number there",
                "accepted there",
                "state",
                "units asked",
                "units shipped",
                "in Khaos Control",
                "sent",
                "routed because",
            ),
            map(_fulfilment, story.fulfilments),
            numbers=frozenset({7, 8}),
        ),
        table(
            "Sent as files",
            ("reference", "kind", "to", "control number", "file", "written", "state"),
            [
                [
                    r["reference"],
                    r["kind"],
                    r["connection"],
                    r["number"],
                    r["file"],
                    moment(r["given_at"]),
                    mark(r["state"]),
                ]
                for r in story.files
            ],
            numbers=frozenset({3}),
        ),
        table(
            "Shipments",
            ("reference", "invoice", "units", "tracking", "sent to Khaos Control", "shown by it"),
            map(_shipment, story.shipments),
        ),
        table(
            "Messages",
            ("reference", "flow", "to or from", "kind", "state", "since", "attempts", "why"),
            [*map(_message, story.messages), *map(_message, story.settled)],
            numbers=frozenset({6}),
        ),
        table(
            "Exceptions",
            ("number", "kind", "owner", "state", "since", "reason"),
            [
                [
                    link(f"/exceptions/{r['id']}", r["id"]),
                    r["kind"],
                    r["owner"],
                    mark(r["state"]),
                    moment(r["first_at"]),
                    r["reason"],
                ]
                for r in story.exceptions
            ],
        ),
        timeline("What happened", story.timeline),
    ]


def _expected(story: Story) -> Markup:
    if not story.expected:
        return tag("p", "Nothing further is expected.", class_="soft")
    return table(
        "Expected next",
        ("what", "of", "by", ""),
        [
            [r["what"], r["subject"], moment(r["due_at"]), mark("missed") if r["missed_at"] else ""]
            for r in story.expected
        ],
    )


def _fulfilment(row: Row) -> list[object]:
    shown = mark("confirmed") if row["confirmed"] else ("not yet" if row["shipments"] else "")
    return [
        row["reference"], row["invoice_code"], row["associated_ref"], f"{row['warehouse']}/{row['facility']}",
        row["their_id"], moment(row["accepted_at"]), mark(row["state"]), units(row["requested"]),
        units(row["shipped"]), shown, moment(row["sent_at"]), row["route_reason"],
    ]  # fmt: skip


def _shipment(row: Row) -> list[object]:
    lines = ", ".join(f"{n} of {sku}" for sku, n in sorted(row["lines"].items()))
    return [
        row["reference"],
        row["invoice_code"],
        lines,
        tracking(row["parcels"]),
        moment(row["told_at"]),
        moment(row["confirmed_at"]),
    ]


def _message(row: Row) -> list[object]:
    return [
        f"{row['reference']} v{row['version']}", row["flow"], row["connection"], row["kind"], mark(row["state"]),
        moment(row["since"]), row["attempt"], why(row),
    ]  # fmt: skip
