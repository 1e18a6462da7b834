"""``fleet status`` and ``fleet order``: how the fleet does, and where an order is."""

from __future__ import annotations

import dataclasses
from typing import Annotated, Any

import typer
from rich.markup import escape

from workers.cli import running, say
from workers.cli.say import AsJson, NotDone
from workers.ledger.stories import Story, order_story
from workers.ledger.views import Overview, overview
from workers.ledger.words import span, tracking, units, why

REF_HELP = (
    "A sales order, invoice or associated reference of Khaos Control, a fulfilment, the warehouse's own number,"
    " a tracking number, a SKU, or the name or control number of a file that was sent."
)


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("status")(status)
    app.command("order")(order)


def status(json_wanted: AsJson = False) -> None:
    """Show what every flow and every connection has to do.

    A dead message counts as an exception from the moment of its death, filed or not. `gone in` is how
    long the ready messages take, by what went through in the last five minutes; empty where that says nothing.

    Example: `fleet status --json | jq '.flows[] | {name, queued, exceptions}'`
    """
    found = overview(running.views())
    if json_wanted:
        say.as_json({**dataclasses.asdict(found), "connections": [_gate(c) for c in found.connections]})
        return
    _show(found)


def _gate(connection: Any) -> dict[str, Any]:
    return {**dataclasses.asdict(connection), "open": connection.open}


def _show(found: Overview) -> None:
    say.table(
        "Flows",
        (
            "flow",
            "received",
            "queued",
            "working",
            "sent",
            "waiting",
            "held",
            "delivered",
            "other",
            "dead",
            "exceptions",
        ),
        [
            (
                f.name,
                f.received,
                f.queued,
                f.working,
                f.sent,
                f.waiting,
                f.held,
                f.delivered,
                f.ended_otherwise,
                f.dead,
                f.exceptions,
            )
            for f in found.flows
        ],
        numbers=frozenset(range(1, 11)),
    )
    say.table(
        "Connections",
        ("connection", "system", "gate", "since", "calls", "waiting", "ready", "held", "a minute", "gone in"),
        [
            (
                c.name, c.system, "open" if c.open else f"shut: {c.shut_kind}", c.shut_since, f"{c.calls}/{c.slots}",
                c.waiting, c.ready, c.held, f"{c.per_minute:g}", "" if c.clears_in is None else span(c.clears_in),
            )
            for c in found.connections
        ],
        numbers=frozenset(range(4, 10)),
    )  # fmt: skip
    out = say.console()
    alive = ", ".join(f"{n} {name}" for name, n in found.processes.items())
    out.print(f"processes   {escape(alive) or '[bold red]none alive[/]'}")
    out.print(f"exceptions  {found.exceptions}" + ("   `fleet exceptions list` shows them" if found.exceptions else ""))
    for connection in found.connections:
        if not connection.open:
            out.print(f"[bold red]{escape(connection.name)} is shut[/]: {escape(connection.shut_reason or '')}")


def order(
    ref: Annotated[str, typer.Argument(metavar="REF", help=REF_HELP)],
    json_wanted: AsJson = False,
) -> None:
    """Tell the whole story of an order: where it stands, what is expected next, and what happened.

    Example: `fleet order SO02075`
    """
    story = order_story(running.views(), ref)
    if story is None:
        raise NotDone(f"nothing is known by {ref!r}: see whether it is spelt as in Khaos Control, and released there")
    if json_wanted:
        say.as_json(story)
        return
    _tell(story)


def _tell(story: Story) -> None:
    out = say.console()
    out.print(f"[bold]{escape(', '.join(story.stories))}[/]\n")
    say.table(
        "Fulfilments",
        (
            "reference", "invoice", "associated", "at", "number there", "accepted", "state", "asked", "shipped",
            "in Khaos",
        ),
        [
            (
                f["reference"], f["invoice_code"], f["associated_ref"], f"{f['warehouse']}/{f['facility']}",
                f["their_id"], f["accepted_at"], f["state"], units(f["requested"]), units(f["shipped"]),
                "confirmed" if f["confirmed"] else "",
            )
            for f in story.fulfilments
        ],
        numbers=frozenset({7, 8}),
    )  # fmt: skip
    say.table(
        "Sent as files",
        ("reference", "kind", "to", "control number", "file", "written", "state"),
        [
            (f["reference"], f["kind"], f["connection"], f["number"], f["file"], f["given_at"], f["state"])
            for f in story.files
        ],
        numbers=frozenset({3}),
    )
    say.table(
        "Shipments",
        ("reference", "invoice", "units", "tracking", "told", "shown by Khaos Control"),
        [
            (
                s["reference"],
                s["invoice_code"],
                units(s["lines"]),
                tracking(s["parcels"]),
                s["told_at"],
                s["confirmed_at"],
            )
            for s in story.shipments
        ],
    )
    say.table(
        "Messages",
        ("reference", "flow", "to or from", "kind", "state", "since", "attempts", "why"),
        [
            (
                f"{m['reference']} v{m['version']}",
                m["flow"],
                m["connection"],
                m["kind"],
                m["state"],
                m["since"],
                m["attempt"],
                why(m),
            )
            for m in (*story.messages, *story.settled)
        ],
    )
    say.table(
        "Exceptions",
        ("number", "kind", "owner", "state", "since", "reason", "next step"),
        [
            (
                e["id"],
                e["kind"],
                e["owner"],
                e["state"],
                e["first_at"],
                e["reason"],
                e["next_step"] if e["state"] == "open" else "",
            )
            for e in story.exceptions
        ],
    )
    say.table(
        "Expected next",
        ("what", "of", "by", ""),
        [(e["what"], e["subject"], e["due_at"], "missed" if e["missed_at"] else "") for e in story.expected],
    )
    say.table(
        "What happened",
        ("when", "step", "why", "who", "connection"),
        [(t["at"], t["step"], t["note"], t["who"], t["connection"]) for t in story.timeline],
    )
