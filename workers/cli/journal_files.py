"""``fleet journal export`` and ``loaded``: the files that take entries to people, and who loaded them."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from workers.access import audit
from workers.cli import connect, output
from workers.cli.output import AsJson, NotDone
from workers.cli.who import acting, actor
from workers.journal import files
from workers.ledger.store import Store
from workers.spine.people import CannotDo

By = Annotated[str, typer.Option("--by", metavar="NAME", help="Who says so, for the books.")]
Maybe = Annotated[str, typer.Option("--by", metavar="NAME", help="Who takes it. Default: your user name here.")]
File = Annotated[Path, typer.Argument(metavar="FILE", help="A file that was exported.")]
To = Annotated[
    Path | None, typer.Option("--to", metavar="FILE", help="Where to write it. Default: its own name, here.")
]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("export")(export)
    app.command("loaded")(loaded)


def given_text(option: str, value: str) -> str:
    """The value of an option without blanks around it. Raises NotDone where it is empty."""
    if not value.strip():
        raise NotDone(f"{option} is empty: write a value")
    return value.strip()


def export(
    to: To = None,
    by: Maybe = "",
    adjust_by: Annotated[
        bool, typer.Option("--adjust-by", help="The file that Khaos Control loads, for sites that move stock by it.")
    ] = False,
    again: Annotated[str, typer.Option(metavar="NAME", help="Write an earlier file once more, byte for byte.")] = "",
    json_wanted: AsJson = False,
) -> None:
    """Write every ready entry into one numbered file; the entries are `offered` from then on.

    The file is kept in the ledger as well: where writing fails, `--again` brings it.

    Example: `fleet journal export --to /finance/in/journal.csv --by Anna`
    """
    with closing(connect.store()) as store:
        if again:
            body = files.stored(store, again)
            if body is None:
                raise NotDone(f"no file {again!r} was ever exported; not confirmed yet are: {_open(store)}")
            written = files.Written(again, body, files.total_of(store, again))
        else:
            if to is not None and to.exists() and not to.is_dir():
                raise NotDone(f"{to} is there already: name another place, or move it away")
            new = _offer(store, by, adjust_by=adjust_by)
            if new is None:
                output.done(
                    "nothing is ready that a file can hold", {"file": None, "entries": 0}, json_wanted=json_wanted
                )
                return
            written = new
        place = _write(written, to)
    facts = {"file": written.name, "path": str(place), **output.plain(written.total)}
    output.done(
        f"{place}: {written.total}; when it is loaded: `fleet journal loaded {written.name} --by NAME`",
        facts,
        json_wanted=json_wanted,
    )


def _offer(store: Store, by: str, *, adjust_by: bool) -> files.Written | None:
    template = connect.configuration().stock.adjust_by if adjust_by else None
    person = actor(by)
    route: files.Route = "adjust_by" if adjust_by else "finance_csv"
    written = files.offer(store, route, acting(by), template, proven=person.subject)
    if written is not None:
        audit.record(store, person, "journal exported", f"journal file {written.name}")
    return written


def _open(store: Store) -> str:
    return ", ".join(files.names(store)) or "none"


def _write(written: files.Written, to: Path | None) -> Path:
    place = to or Path(written.name)
    if place.is_dir():
        place /= written.name
    try:
        if place.exists() and place.read_bytes() != written.body:
            raise NotDone(
                f"{place} is there already with other content: `fleet journal export --again {written.name} --to FILE`"
                " writes it elsewhere"
            )
        place.write_bytes(written.body)
    except OSError as error:
        raise NotDone(
            f"{place} cannot be written ({error.strerror}); the file is kept: `fleet journal export --again"
            f" {written.name} --to FILE` writes it elsewhere"
        ) from None
    return place


def loaded(file: File, by: By, json_wanted: AsJson = False) -> None:
    """Confirm that a file was loaded, into finance's ledger or into Khaos Control. Levels stop carrying its units.

    Who exported the file does not confirm it: neither under the same name nor as the same system user.

    Example: `fleet journal loaded journal-000001.csv --by Anna`
    """
    who = given_text("--by", by)
    with closing(connect.store()) as store:
        person = actor(by)
        try:
            done = files.confirm(store, files.name_of(store, file), who, proven=person.subject)
        except CannotDo as error:
            raise NotDone(str(error)) from None
        if done is None:
            raise NotDone(f"no file {file.name!r} was ever exported; not confirmed yet are: {_open(store)}")
        if not done.again:
            audit.record(store, person, "journal confirmed as loaded", f"journal file {done.name}")
    words = f"{done.name}: {done.entries} entries are loaded, by {done.by}"
    output.done(words if not done.again else f"{words}, at {output.cell(done.at)} already", output.plain(done),
             json_wanted=json_wanted)  # fmt: skip
