"""``fleet journal``: what finance books of the warehouses' movements, and where each entry stands."""

from __future__ import annotations

import re
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from workers import config
from workers.cli import connect, journal_files, output
from workers.cli.journal_files import given_text
from workers.cli.output import AsJson, NotDone
from workers.journal import manual, totals
from workers.journal.reason_guide import as_markdown, as_rows
from workers.journal.totals import Total, money
from workers.views import journal
from workers.views.wording import system_user

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="Journal entries of adjustments, holds and releases: list, show, map, export, confirm, total.\n\n"
    "Example: `fleet journal list --state unmapped`",
)
journal_files.register(app)
Entry = Annotated[int, typer.Argument(metavar="ID", min=1, help="The entry's number.")]
By = Annotated[str, typer.Option("--by", metavar="NAME", help="Who says so, for the books.")]


def register(program: typer.Typer) -> None:
    """Add the group of this module."""
    program.add_typer(app, name="journal")


@app.command("list")
def list_(
    state: Annotated[str, typer.Option(help=f"One of {', '.join(journal.STATES)}. Default: any.")] = "",
    sku: Annotated[str, typer.Option(help="Only of this SKU.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many at the most.")] = 50,
    json_wanted: AsJson = False,
) -> None:
    """List journal entries, the newest first.

    Example: `fleet journal list --state unmapped`
    """
    if state and state not in journal.STATES:
        raise NotDone(f"--state {state}: write one of {', '.join(journal.STATES)}")
    with closing(connect.store()) as store:
        rows = journal.entries(store, state=state, sku=sku, limit=limit)
    if json_wanted:
        output.as_json(rows)
        return
    output.table(
        "Journal",
        ("id", "when", "site", "sku", "cause", "units", "reason", "in Khaos", "account", "value", "state", "file"),
        [
            (r["id"], r["event_at"], r["site"], r["sku"], r["cause"], r["units"], r["their_reason"], r["reason"],
             r["account"], money(r["value"], indicative=r["indicative"]), r["state"], r["file"])
            for r in rows
        ],
        numbers=frozenset({0, 5, 9}),
    )  # fmt: skip
    more = "; --limit shows more" if len(rows) == limit else ""
    output.console().print(f"{Total.of(rows)}{more}")


@app.command()
def show(entry: Entry, json_wanted: AsJson = False) -> None:
    """Show one entry: what moved, what it is worth, where it stands, and what happened.

    Example: `fleet journal show 17`
    """
    with closing(connect.store()) as store:
        found = journal.entry(store, entry)
    if found is None:
        raise NotDone(f"there is no journal entry {entry}; `fleet journal list` shows those that stand")
    if json_wanted:
        output.as_json(found)
        return
    output.table("", ("", ""), [(key, value) for key, value in found.entry.items() if value not in (None, "")])
    output.table(
        "Carried by levels meanwhile",
        ("condition", "units", "since", "until", "by"),
        [(t["condition"], t["units"], t["opened_at"], t["cleared_at"], t["cleared_by"]) for t in found.terms],
        numbers=frozenset({1}),
    )
    output.table(
        "Exceptions",
        ("id", "kind", "owner", "reason", "next step"),
        [(e["id"], e["kind"], e["owner"], e["reason"], e["next_step"]) for e in found.exceptions],
    )
    output.table(
        "What happened",
        ("when", "step", "why", "who", "system user"),
        [(t["at"], t["step"], t["note"], t["who"], system_user(t)) for t in found.timeline],
    )


@app.command("map")
def map_(
    entry: Entry,
    reason: Annotated[str, typer.Option(help="Khaos Control's adjustment reason, for example DAMAGED.")],
    account: Annotated[str, typer.Option(help="The ledger account.")],
    by: By,
    json_wanted: AsJson = False,
) -> None:
    """Give one entry its reason and account by hand. For every entry of a reason, add a row to fleet.toml instead.

    Example: `fleet journal map 17 --reason DAMAGED --account 5200 --by Anna`
    """
    texts = given_text("--reason", reason), given_text("--account", account), given_text("--by", by)
    with closing(connect.store()) as store:
        try:
            row = manual.give_reason(store, entry, *texts)
        except manual.CannotMap as error:
            raise NotDone(str(error)) from None
    output.done(f"journal entry {entry} is ready: {reason}, account {account}", row, json_wanted=json_wanted)


@app.command("totals")
def totals_(
    month: Annotated[str, typer.Option(metavar="YYYY-MM", help="The month of the events, on the merchant's clock.")],
    json_wanted: AsJson = False,
) -> None:
    """Add up a month's entries by account, reason and site. What is no book value says `indicative`.

    Example: `fleet journal totals --month 2026-11`
    """
    if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", month) or month.startswith("0000"):
        raise NotDone(f"--month {month}: write it as YYYY-MM, for example 2026-11")
    with closing(connect.store()) as store:
        lines = totals.of_month(store, month)
    whole = sum((line.total for line in lines), Total())
    if json_wanted:
        output.as_json({"month": month, "lines": lines, "total": whole})
        return
    output.table(
        f"Journal of {month}",
        ("account", "reason", "site", "entries", "units", "value", "without a cost"),
        [
            (n.account or "not mapped", n.reason or "not mapped", n.site, n.total.entries, n.total.units,
             money(n.total.value, indicative=n.total.indicative), n.total.unvalued or "")
            for n in lines
        ],
        numbers=frozenset({3, 4, 5, 6}),
    )  # fmt: skip
    output.console().print(str(whole))


@app.command()
def reasons(
    markdown: Annotated[bool, typer.Option("--markdown", help="As the page for the warehouse's floor.")] = False,
    shipped: Annotated[bool, typer.Option("--shipped", help="Without the rows of fleet.toml.")] = False,
    json_wanted: AsJson = False,
) -> None:
    """Show which reason the floor uses for what, and what each does in the books.

    The rows are those that come with the project, with those of fleet.toml laid over them where it is there.

    Example: `fleet journal reasons --markdown > warehouse-adjustments.md`
    """
    connect.adopt_environment()
    there = not shipped and Path(config.environment().fleet_config).exists()
    own = connect.configuration().tables.get("adjustment_reasons", {}) if there else {}
    rows = as_rows(own)
    if markdown and not json_wanted:
        typer.echo(as_markdown(rows), nl=False)
    elif json_wanted:
        output.as_json(rows)
    else:
        output.table(
            "Reasons",
            ("system", "reason", "use it for", "in Khaos", "account"),
            [(r.system, r.code, r.use, r.khaos, r.account or "not mapped") for r in rows],
        )
