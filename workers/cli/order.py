"""``fleet order``: where an order is, and all that happened to it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.markup import escape
from typer.core import TyperGroup

from workers.cli import connect, order_acts, output
from workers.cli.output import AsJson, NotDone
from workers.views.orders import Story, order_story
from workers.views.standing import standing
from workers.views.wording import system_user, tracking, units, why

REF_HELP = (
    "A sales order, invoice or associated reference of Khaos Control, a fulfilment, the warehouse's own number,"
    " a tracking number, a SKU, or the name or control number of a file that was sent."
)


class Shows(TyperGroup):
    """A group whose first word may be an order: then it is shown."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Take what is no command for an order's code."""
        return super().resolve_command(ctx, args if args[0] in self.commands else ["show", *args])

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Let options stand before the order's code as well."""
        if args and args[0].startswith("-") and args[0] not in ctx.help_option_names:
            args = ["show", *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    cls=Shows,
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="Show an order: where it stands, what is expected next, and what happened.\n\n"
    "Hold it, release it, send it elsewhere or again, read it again: each with a reason.\n\n"
    "Example: `fleet order SO02075`; `--json` answers with JSON, here and for each of them.",
)


def register(program: typer.Typer) -> None:
    """Add the group of this module."""
    program.add_typer(app, name="order")


order_acts.register(app)


@app.command("show")
def order(
    ref: Annotated[str, typer.Argument(metavar="REF", help=REF_HELP)],
    json_wanted: AsJson = False,
) -> None:
    """Show an order: where it stands, what is expected next, and what happened.

    Example: `fleet order SO02075`
    """
    story = order_story(connect.views(), ref)
    if story is None:
        raise NotDone(f"nothing is known by {ref!r}: see whether it is spelt as in Khaos Control, and released there")
    if json_wanted:
        output.as_json(story)
        return
    _print_story(story)


def _print_story(story: Story) -> None:
    out = output.console()
    out.print(f"[bold]{escape(', '.join(story.stories))}[/]")
    now = datetime.now().astimezone()
    out.print(f"{escape(standing(story, now, now.tzinfo or UTC).sentence)}\n")
    output.table(
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
    output.table(
        "Sent as files",
        ("reference", "kind", "to", "control number", "file", "written", "state"),
        [
            (f["reference"], f["kind"], f["connection"], f["number"], f["file"], f["given_at"], f["state"])
            for f in story.files
        ],
        numbers=frozenset({3}),
    )
    output.table(
        "Shipments",
        ("reference", "invoice", "units", "tracking", "sent to Khaos Control", "shown by it"),
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
    output.table(
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
    output.table(
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
    output.table(
        "Expected next",
        ("what", "of", "by", ""),
        [(e["what"], e["subject"], e["due_at"], "missed" if e["missed_at"] else "") for e in story.expected],
    )
    output.table(
        "What happened",
        ("when", "step", "why", "who", "system user", "connection"),
        [(t["at"], t["step"], t["note"], t["who"], system_user(t), t["connection"]) for t in story.timeline],
    )
