"""``fleet audit-trail``: the record of what people did."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from workers.access import audit
from workers.cli import connect, output, who
from workers.cli.output import AsJson, NotDone
from workers.cli.who import As

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="The record of what people did: list it, prove that nobody changed it, export it.\n\n"
    "Example: `fleet audit-trail list --subject local:anna`",
)
DAYS = ["%Y-%m-%d"]
COLUMNS = ("id", "at", "subject", "claimed", "os_user", "host", "address", "action", "object", "reason")


def register(program: typer.Typer) -> None:
    """Add the group of this module."""
    program.add_typer(app, name="audit-trail")


@app.command("list")
def list_(
    subject: Annotated[str, typer.Option(metavar="SUBJECT", help="Only of this one, as in local:anna, os:root.")] = "",
    action: Annotated[str, typer.Option(metavar="ACTION", help='Only this, as in "login refused".')] = "",
    thing: Annotated[str, typer.Option("--object", metavar="OBJECT", help='Only to this, as in "exception 19".')] = "",
    since: Annotated[
        datetime | None, typer.Option(formats=DAYS, help="Only from this day on, as in 2026-11-30.")
    ] = None,
    until: Annotated[datetime | None, typer.Option(formats=DAYS, help="Only before this day.")] = None,
    before: Annotated[int | None, typer.Option(metavar="ID", min=1, help="Only entries before this one.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="So many at the most, the newest.")] = 100,
    json_wanted: AsJson = False,
) -> None:
    """List entries, the newest first; with --json also what each act changed.

    Example: `fleet audit-trail list --action "login refused" --limit 20`
    """
    with closing(connect.store()) as store:
        rows = audit.entries(
            store,
            subject=subject,
            action=action,
            thing=thing,
            since=_at(since),
            until=_at(until),
            before=before,
            limit=limit,
        )
    if json_wanted:
        output.as_json([_shown(row) for row in rows])
        return
    output.table(
        "What people did", [name.replace("_", " ") for name in COLUMNS], [[r[n] for n in COLUMNS] for r in rows]
    )
    output.console().print(f"{len(rows)} entries")


@app.command()
def verify(
    file: Annotated[
        Path | None,
        typer.Argument(metavar="[FILE]", exists=True, dir_okay=False, help="An export of the whole record."),
    ] = None,
    last: Annotated[str, typer.Option("--hash", metavar="HASH", help="An entry's hash that must be in it.")] = "",
    json_wanted: AsJson = False,
) -> None:
    """Compute every hash anew, of the ledger or of an export: exit code 1 where an entry was changed or taken out.

    An entry's hash also stands in its log line: with --hash a record that was cut short is found, too.

    Example: `fleet audit-trail verify --hash 1f0c…`
    """
    seen: set[str] = set()
    verdict = audit.verify(_noting(_entries(file), seen))
    faults = verdict.faults
    if last and last not in seen:
        faults = (*faults, f"no entry has the hash {last}: the record was cut short, or made anew")
    facts = {
        "entries": verdict.entries,
        "forgotten": verdict.forgotten,
        "last_hash": verdict.last_hash,
        "faults": faults,
    }
    if json_wanted:
        output.as_json(facts)
    else:
        for fault in faults:
            output.console().print(fault, markup=False, soft_wrap=True)
        output.console().print(
            f"{verdict.entries} entries, {len(faults)} faults; the last hash is {verdict.last_hash or 'none'}",
            soft_wrap=True,
        )
    raise typer.Exit(1 if faults else 0)


@app.command()
def export(
    file: Annotated[Path, typer.Argument(metavar="FILE", dir_okay=False, help="Where to write it; '-': to stdout.")],
    after: Annotated[int, typer.Option(metavar="ID", min=0, help="Only entries behind this one.")] = 0,
    by: As = "",
    json_wanted: AsJson = False,
) -> None:
    """Write entries as lines of JSON, the oldest first. What an act changed may be customers' data: keep it well.

    Example: `fleet audit-trail export audit.jsonl --after 120000`
    """
    count = 0
    with closing(connect.store()) as store:
        audit.record(store, who.actor(by), "audit exported", f"entries behind {after}")
        if str(file) == "-":
            for entry in audit.every(store, after):
                sys.stdout.write(audit.as_line(entry) + "\n")
            return
        with file.open("x", encoding="utf-8") as out:
            file.chmod(0o600)
            for entry in audit.every(store, after):
                out.write(audit.as_line(entry) + "\n")
                count += 1
    output.done(f"{count} entries are in {file}", {"entries": count, "file": str(file)}, json_wanted=json_wanted)


def _at(day: datetime | None) -> datetime | None:
    """When a day begins by UTC, as the record's times are."""
    return None if day is None else day.replace(tzinfo=UTC)


def _entries(file: Path | None) -> Iterator[dict[str, Any]]:
    if file is None:
        with closing(connect.store()) as store:
            yield from audit.every(store)
        return
    with file.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            try:
                entry = json.loads(line)
                entry["hash"]
            except (ValueError, KeyError, TypeError):
                raise NotDone(f"{file}, line {number} is no entry: take a whole export") from None
            yield entry


def _noting(entries: Iterator[dict[str, Any]], seen: set[str]) -> Iterator[dict[str, Any]]:
    for entry in entries:
        seen.add(entry["hash"])
        yield entry


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    detail = json.loads(row["detail"]) if row["detail"] else {"before": None, "after": None}
    return {**{name: row[name] for name in (*COLUMNS, "name", "hash")}, **detail}
