"""``fleet go-live``: a connection may be sent something from now on; what is there already is adopted, not doubled."""

from __future__ import annotations

import csv
from collections import defaultdict
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from adapters.errors import ReachError
from mappings.text import why_no_code
from workers.cli import connect, output
from workers.cli.output import AsJson, NotDone
from workers.cli.who import BySame, acting

COLUMNS = ["reference", "sku", "units"]
AT_HELP = "The moment of the change-over, ISO 8601 with its zone. Default: now."
THERE_HELP = "For a warehouse that cannot be asked: a CSV file (reference,sku,units) of every order that is there."
FORM_HELP = "A reference of the integration before, as KC-{order}, {invoice} or {associated}. May be repeated."


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command("go-live")(go_live)


def go_live(
    connection: Annotated[str, typer.Argument(metavar="CONNECTION", help="Its name in fleet.toml.")],
    at: Annotated[str, typer.Option("--at", help=AT_HELP)] = "",
    there: Annotated[Path | None, typer.Option(exists=True, dir_okay=False, help=THERE_HELP)] = None,
    form: Annotated[list[str] | None, typer.Option(help=FORM_HELP)] = None,
    send: Annotated[str, typer.Option(metavar="ORDER", help="Send an order that is held, after a look there.")] = "",
    by: BySame = "",
    json_wanted: AsJson = False,
) -> None:
    """Have a connection go live, Khaos Control first. Orders that a warehouse has already are adopted, not sent again.

    Example: `fleet go-live khaos`, then `fleet go-live leeds --at 2026-03-01T18:00:00Z --form "KC-{order}"`
    """
    from workers.going_live import going  # noqa: PLC0415  it loads every system
    from workers.spine.polling import Busy  # noqa: PLC0415  as above
    from workers.spine.runtime import Runtime  # noqa: PLC0415  as above

    connect.store().close()  # says so at once when the ledger is away
    who = acting(by)
    with closing(Runtime(connect.configuration(), pool=2)) as runtime:
        names = sorted(runtime.configuration.connections)
        if connection not in names:
            raise NotDone(f"fleet.toml has no connection {connection!r}; it has {', '.join(names)}")
        if send:
            if not going.send(runtime, connection, send, who):
                raise NotDone(f"nothing of {send} is held at {connection}: `fleet order {send}` shows where it stands")
            output.done(f"{send} is sent within seconds", {"sent": send}, json_wanted=json_wanted)
            return
        wish = going.Wish(connection, who, _moment(at), read_there(there), tuple(form or ()))
        try:
            counts = going.go_live(runtime, wish)
        except going.NotReady as error:
            raise NotDone(str(error)) from None
        except (ReachError, Busy) as error:
            raise NotDone(f"{connection} stays as it was: {error}; try again") from None
        except KeyError as error:
            raise NotDone(f"--form knows order, invoice and associated, not {error}") from None
    facts = {"connection": connection, **{name: counts[name] for name in ("adopted", "held", "to send")}}
    said = ", ".join(f"{counts[name]} {name}" for name in ("adopted", "held", "to send"))
    words = f"{connection} is live; orders: {said}"
    if counts["held"]:
        words += "; `fleet exceptions list` shows those that are held"
    output.done(words, facts, json_wanted=json_wanted)


def _moment(text: str) -> datetime:
    if not text:
        return datetime.now(UTC)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise NotDone(f"--at {text} is no moment: write 2026-03-01T18:00:00Z") from None
    if moment.tzinfo is None:
        raise NotDone(f"--at {text} has no zone: write {text}Z for UTC, or +01:00 behind it")
    return moment


def read_there(file: Path | None) -> dict[str, dict[str, int]] | None:
    """Read what a warehouse that cannot be asked has, by order and SKU. Raises NotDone for a line that is none."""
    if file is None:
        return None
    units: dict[str, dict[str, int]] = defaultdict(dict)
    with file.open(encoding="utf-8-sig", newline="") as lines:
        rows = csv.DictReader(lines)
        if rows.fieldnames != COLUMNS:
            raise NotDone(f"{file}: the first line must be {','.join(COLUMNS)}")
        for number, row in enumerate(rows, 2):
            if not (row["units"] or "").isdigit() or not row["reference"] or not row["sku"]:
                raise NotDone(f"{file}, line {number}: a reference, a SKU and whole units are wanted")
            for column in ("reference", "sku"):
                if why := why_no_code(row[column]):
                    raise NotDone(f"{file}, line {number}: its {column} {why}")
            order = units[row["reference"]]
            order[row["sku"]] = order.get(row["sku"], 0) + int(row["units"])
    return dict(units)
