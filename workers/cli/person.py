"""``fleet person``: what is kept of one person is found, given out and erased. Each is recorded."""

from __future__ import annotations

from typing import Annotated

import typer

from workers.cli import output
from workers.cli.output import AsJson
from workers.cli.people_acts import acting_on
from workers.cli.who import As

Email = Annotated[str, typer.Option("--email", help="The person's e-mail address.")]
Postcode = Annotated[str, typer.Option("--postcode", help="With --surname it names a person.")]
Surname = Annotated[str, typer.Option("--surname", help="The last word of the name.")]
Order = Annotated[list[str] | None, typer.Option("--order", help="An order of theirs; may be repeated.")]
Why = Annotated[str, typer.Option("--why", help="The request, by its number: it is recorded.")]

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="What is kept of one person: find it, give it out, erase it. Each is recorded.\n\n"
    "Example: `fleet person find --email name@example.com`",
)


def register(program: typer.Typer) -> None:
    """Add the group of this module."""
    program.add_typer(app, name="person")


@app.command()
def find(
    email: Email = "",
    postcode: Postcode = "",
    surname: Surname = "",
    order: Order = None,
    as_: As = "",
    json_wanted: AsJson = False,
) -> None:
    """List the orders under which something is kept of a person.

    Example: `fleet person find --surname Example --postcode "LS1 4AP"`
    """
    from workers.domain import persons  # noqa: PLC0415  --help need not wait for it

    with acting_on(as_) as (store, person):
        found = persons.find(store, persons.Wanted(email, postcode, surname, tuple(order or ())), person)
    if json_wanted:
        output.as_json(found)
        return
    output.table("Orders", ("order",), [(one,) for one in found])
    output.console().print(f"{len(found)} orders; `fleet order REF` shows each")


@app.command()
def export(
    why: Why,
    email: Email = "",
    postcode: Postcode = "",
    surname: Surname = "",
    order: Order = None,
    as_: As = "",
    json_wanted: AsJson = True,  # noqa: ARG001  it is always JSON; the option is every command's
) -> None:
    """Write all that is kept of a person as JSON: for a request for access (GDPR, article 15).

    Example: `fleet person export --email name@example.com --why "request 17" > person.json`
    """
    from workers.domain import persons  # noqa: PLC0415  as above

    with acting_on(as_) as (store, person):
        output.as_json(persons.export(store, persons.Wanted(email, postcode, surname, tuple(order or ())), person, why))


@app.command()
def erase(
    why: Why,
    email: Email = "",
    postcode: Postcode = "",
    surname: Surname = "",
    order: Order = None,
    as_: As = "",
    json_wanted: AsJson = False,
) -> None:
    """Erase a person (GDPR, article 17): no word of theirs stays; references, quantities and money do.

    Records of partners are read from the first order on, which takes a while. Backups keep them until they expire.

    Example: `fleet person erase --order SO02075 --why "request 17"`
    """
    from workers.domain import persons  # noqa: PLC0415  as above

    with acting_on(as_) as (store, person):
        done = persons.erase(store, persons.Wanted(email, postcode, surname, tuple(order or ())), person, why)
    words = ", ".join(f"{n} {what}" for what, n in done.items() if n) or "nothing was left of them"
    output.done(f"erased: {words}", done, json_wanted=json_wanted)
