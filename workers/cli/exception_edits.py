"""What an exception's message would send, its edit, and edits that another person must approve."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from workers.cli import connect, output
from workers.cli.output import AsJson, NotDone
from workers.cli.people_acts import acting_on
from workers.cli.who import As
from workers.views import exceptions

Number = Annotated[int, typer.Argument(metavar="ID", min=1, help="The exception's number.")]
Proposal = Annotated[int, typer.Argument(metavar="NUMBER", min=1, help="The proposal's number.")]
Body = Annotated[str, typer.Option("--body", metavar="FILE", help="A file with the new body as JSON; - for stdin.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(edit)
    app.command("dry-run")(dry_run)
    app.command()(proposals)
    app.command()(approve)
    app.command()(refuse)


def edit(
    number: Number,
    body: Body,
    why: Annotated[str, typer.Option("--why", metavar="TEXT", help="The reason.")] = "corrected by hand",
    as_: As = "",
    json_wanted: AsJson = False,
) -> None:
    """Replace the body of an exception's message and send it. Refused where it may have been sent already.

    Where `second_person` of `[desk]` in fleet.toml names what it changes, another person approves it first.

    Example: `fleet exceptions show 17 --body --json | jq .body > body.json`, edit it,
    then `fleet exceptions edit 17 --body body.json`
    """
    from workers.cases import editing  # noqa: PLC0415  it loads every queue, for which --help need not wait

    new = _read(body)
    with acting_on(as_) as (store, person):
        became = editing.edit(store, number, person, new, why, connect.second_person())
    if became.proposal:
        output.done(
            f"another person must approve it: `fleet exceptions approve {became.proposal}`",
            {"exception": number, "proposal": became.proposal, "edited": False},
            json_wanted=json_wanted,
        )
        return
    output.done(
        f"{became.reference} goes again; `fleet exceptions show {number}` tells what becomes of it",
        {"exception": number, "retried": became.reference, "edited": True},
        json_wanted=json_wanted,
    )


def _read(place: str) -> dict[str, Any]:
    try:
        text = sys.stdin.read() if place == "-" else Path(place).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise NotDone(
            f"{place} cannot be read ({type(error).__name__}): name a file with the new body as JSON"
        ) from None
    try:
        body = json.loads(text)
    except ValueError as error:
        raise NotDone(f"{place} is not JSON ({error}): correct it") from None
    if not isinstance(body, dict):
        raise NotDone(f"{place} holds no JSON object: begin with the one that `fleet exceptions show ID --body` prints")
    return body


def dry_run(
    number: Number,
    body: Annotated[str, typer.Option("--body", metavar="FILE", help="As if the body were this one.")] = "",
    as_: As = "",
    json_wanted: AsJson = False,
) -> None:
    """Show what an exception's message would send, and send nothing. Customers' data: the look is written down.

    Example: `fleet exceptions dry-run 17`
    """
    from workers import recovery  # noqa: PLC0415  as above
    from workers.cases import rehearsal  # noqa: PLC0415  as above

    new = _read(body) if body else None
    with acting_on(as_) as (store, person):
        written = rehearsal.dry_run(store, connect.configuration(), number, new)
        recovery.looked(store, number, person)
    if json_wanted:
        output.as_json(written)
        return
    if written.says:
        output.console().print(written.says, markup=False)
    sys.stdout.write(written.text + ("\n" if written.text else ""))


def proposals(json_wanted: AsJson = False) -> None:
    """List the edits that wait for another person.

    Example: `fleet exceptions proposals`
    """
    rows = exceptions.proposals(connect.views())
    if json_wanted:
        output.as_json(rows)
        return
    output.table(
        "Edits that wait for another person",
        ("number", "exception", "by", "since", "why"),
        [(r["id"], r["exception_id"], r["who"], r["at"], r["why"]) for r in rows],
        numbers=frozenset({0, 1}),
    )


def approve(number: Proposal, as_: As = "", json_wanted: AsJson = False) -> None:
    """Send an edit that another person proposed.

    Example: `fleet exceptions approve 3`
    """
    from workers.cases import editing  # noqa: PLC0415  as above

    with acting_on(as_) as (store, person):
        reference = editing.approve(store, number, person)
    output.done(f"{reference} goes again", {"proposal": number, "retried": reference}, json_wanted=json_wanted)


def refuse(
    number: Proposal,
    why: Annotated[str, typer.Option("--why", metavar="TEXT", help="The reason.")],
    as_: As = "",
    json_wanted: AsJson = False,
) -> None:
    """Refuse an edit that was proposed; the message stays as it is.

    Example: `fleet exceptions refuse 3 --why "the postcode was right"`
    """
    from workers.cases import editing  # noqa: PLC0415  as above

    with acting_on(as_) as (store, person):
        editing.refuse(store, number, person, why)
    output.done(f"proposal {number} is refused", {"proposal": number, "refused": True}, json_wanted=json_wanted)
