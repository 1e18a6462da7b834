"""``fleet audit``: both sides are read and compared before anything is sent; the report is text, JSON or a page."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from workers.cli import connect, output
from workers.cli.audit_page import write_page
from workers.cli.output import AsJson, NotDone

if TYPE_CHECKING:
    from workers.audit.report import Report, Section

ROWS = 20
FORM_HELP = "A reference of the integration before, as KC-{order}, {invoice} or {associated}. May be repeated."
HTML_HELP = "Write a page that stands alone, to be handed on."


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command("audit")(audit)


def audit(
    form: Annotated[list[str] | None, typer.Option(help=FORM_HELP)] = None,
    html: Annotated[Path | None, typer.Option("--html", metavar="FILE", help=HTML_HELP)] = None,
    rows: Annotated[int, typer.Option(min=1, help="How many rows of each list the text shows.")] = ROWS,
    json_wanted: AsJson = False,
) -> None:
    """Read Khaos Control and every warehouse, and compare them. Nothing is written at a partner.

    Ends with 0 when nothing needs a person, with 1 when something does.

    Example: `fleet audit --html audit.html`, or `fleet audit --form "KC-{order}"`
    """
    from workers.audit.auditing import audit as run  # noqa: PLC0415  it loads every system
    from workers.audit.workspace import Workspace  # noqa: PLC0415  as above
    from workers.spine.runtime import Runtime  # noqa: PLC0415  as above

    connect.store().close()  # says so at once when the ledger is away
    forms = tuple(form or ())
    for one in forms:
        _check(one)
    with closing(Runtime(connect.configuration(), pool=2)) as runtime, closing(Workspace()) as work:
        report = run(runtime, work, forms=forms, said=_progress)
        if html is not None:
            with html.open("w", encoding="utf-8") as page:
                write_page(report, page)
        if json_wanted:
            sys.stdout.writelines(_pieces(report))
        else:
            _show(report, rows)
        needs = report.needs_a_person
    if needs:
        where = f"; {html} has every row" if html else ""
        raise NotDone(f"{needs} lists of the audit need a person{where}")


def _check(form: str) -> None:
    try:
        form.format(order="", invoice="", associated="")
    except (KeyError, ValueError, IndexError) as error:
        raise NotDone(f"--form {form}: it may name order, invoice and associated in braces, not {error}") from None


def _progress(what: str) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"reading {what}\n")


def _show(report: Report, limit: int) -> None:
    out = output.console()
    for section in report.sections:
        out.print(f"[bold]{escape(section.title)}[/]")
        for note in section.notes:
            out.print(f"  {escape(note)}")
        for failure in section.failed:
            out.print(f"  [bold red]failed[/] {escape(failure)}")
        _tables(report, section, limit)
        out.print()


def _tables(report: Report, section: Section, limit: int) -> None:
    out = output.console()
    empty: list[str] = []
    for listing in section.listings:
        count = listing.count(report.workspace)
        if not count:
            empty.append(listing.title.partition(":")[0])
            continue
        out.print(f"  [bold]{escape(listing.title)}[/]: {count}")
        if listing.needs:
            out.print(f"  [yellow]to do[/] {escape(listing.needs)}")
        output.table("", listing.columns, listing.rows(report.workspace, limit))
        if count > limit:
            out.print(f"  and {count - limit} more: `fleet audit --html FILE` has every row\n")
    for title in empty:
        out.print(f"  none: {escape(title)}")


def _pieces(report: Report) -> Iterator[str]:
    """The report as JSON, a row at a time."""
    yield f'{{"at": {json.dumps(report.at.astimezone(UTC).isoformat())}, "needs_a_person": {report.needs_a_person}'
    yield ', "sections": ['
    for number, section in enumerate(report.sections):
        yield "," if number else ""
        head = {"name": section.name, "title": section.title, "notes": section.notes, "failed": section.failed}
        yield f'\n{json.dumps(head, ensure_ascii=False)[:-1]}, "lists": ['
        for place, listing in enumerate(section.listings):
            yield "," if place else ""
            count = listing.count(report.workspace)
            to_do = listing.needs if count else ""
            this = {"name": listing.name, "title": listing.title, "count": count, "to_do": to_do}
            yield f'\n  {json.dumps(this, ensure_ascii=False)[:-1]}, "rows": ['
            for line, row in enumerate(listing.rows(report.workspace)):
                yield "," if line else ""
                yield "\n    " + json.dumps(dict(zip(listing.columns, row, strict=True)), ensure_ascii=False)
            yield "]}"
        yield "]}"
    yield "]}\n"
