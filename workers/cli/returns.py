"""``fleet returns``: customers' returns, and the decisions and confirmations that only a person can give."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated, Any

import typer

from workers.cli import connect, output
from workers.cli.output import AsJson, NotDone
from workers.cli.who import By, acting
from workers.ledger.store import Store
from workers.returns_in import decisions, rma
from workers.spine.people import CannotDo
from workers.views import returns
from workers.views.wording import system_user

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="Goods that customers sent back: list, show, announce, decide, confirm.\n\n"
    "Example: `fleet returns list --state graded`",
)

Reference = Annotated[str, typer.Argument(metavar="REF", help="The return's reference, RT and seven digits.")]
COLUMNS = ("reference", "state", "order_code", "sku", "units", "condition", "hold_reason", "credit_note", "received_at")


def register(program: typer.Typer) -> None:
    """Add the group of this module."""
    program.add_typer(app, name="returns")


@app.command("list")
def list_(
    state: Annotated[str, typer.Option(help=f"One of {', '.join(returns.STATES)}; empty: those not over.")] = "",
    order: Annotated[str, typer.Option(help="Only this order's.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many at the most.")] = 200,
    json_wanted: AsJson = False,
) -> None:
    """List returns, the oldest first. `--state quarantine` lists what stands in Khaos Control's own quarantine.

    Example: `fleet returns list --state presumed_imported`
    """
    if state and state not in returns.STATES:
        raise NotDone(f"--state {state}: write one of {', '.join(returns.STATES)}")
    with closing(connect.store()) as store:
        rows = returns.returns(store, state=state, order=order, limit=limit)
    if json_wanted:
        output.as_json(rows)
        return
    output.table(
        "Returns",
        [name.replace("_", " ") for name in COLUMNS],
        [[row[name] for name in COLUMNS] for row in rows],
        numbers=frozenset({4}),
    )
    output.console().print(f"{len(rows)} shown")


@app.command()
def show(reference: Reference, json_wanted: AsJson = False) -> None:
    """Show one return or one RMA: where it stands, and what happened.

    Example: `fleet returns show RT0000012`
    """
    with closing(connect.store()) as store:
        found = returns.one(store, reference)
    if found is None:
        raise NotDone(f"there is no return and no RMA {reference}; `fleet returns list` shows what stands")
    if json_wanted:
        output.as_json(found)
        return
    facts = [(name, value) for name, value in found["facts"].items() if value not in (None, "")]
    output.table(reference, ("", ""), facts)
    output.table(
        "What happened",
        ("when", "step", "why", "who", "system user"),
        [(t["at"], t["step"], t["note"], t["who"], system_user(t)) for t in found["timeline"]],
    )


@app.command()
def advise(
    file: Annotated[Path, typer.Argument(metavar="FILE.csv", help=f"CSV with {', '.join(rma.COLUMNS)}.")],
    by: By = "",
    json_wanted: AsJson = False,
) -> None:
    """Announce returns to the warehouse. An RMA with a bad line is refused as a whole; correct it and send it again.

    Example: `fleet returns advise rmas.csv --by "Anna B"`
    """
    try:
        lines = rma.read_csv(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise NotDone(f"{file} cannot be read ({type(error).__name__}): name a CSV file in UTF-8") from None
    except rma.NotAdvice as error:
        raise NotDone(f"{file}: {error}") from None
    with closing(connect.store()) as store:
        done = rma.take(store, lines, acting(by))
    if json_wanted:
        output.as_json(done)
    else:
        output.table("Refused", ("line", "why"), done.refused, numbers=frozenset({0}))
        output.console().print(f"{len(done.taken)} announced, {len(done.known)} were known already")
    if done.refused:
        raise NotDone(f"{len(done.refused)} lines were refused: correct them and send the file again")


@app.command()
def offer(
    reference: Reference,
    by: By,
    order: Annotated[str, typer.Option("--order", metavar="CODE", help="The order, where nobody knew it.")] = "",
    unit_price: Annotated[
        str, typer.Option("--unit-price", metavar="AMOUNT", help="A reduced refund: gross, for each unit.")
    ] = "",
    json_wanted: AsJson = False,
) -> None:
    """Have Khaos Control credit a return although it looked credited, or now that its order is known.

    Example: `fleet returns offer RT0000012 --by "Anna B" --unit-price 9.50`
    """
    try:
        price = Decimal(unit_price) if unit_price else None
    except InvalidOperation:
        raise NotDone(f"--unit-price {unit_price!r}: write an amount such as 9.50") from None
    _act(lambda store: decisions.offer(store, reference, by, order, price))
    _done(f"{reference} is offered if nothing else speaks against it", reference, "offer", by, json_wanted)


@app.command()
def stop(
    reference: Reference,
    by: By,
    why: Annotated[str, typer.Option("--why", metavar="TEXT", help="The reason. No customer's data.")],
    json_wanted: AsJson = False,
) -> None:
    """Never credit a return.

    Example: `fleet returns stop RT0000012 --by "Anna B" --why "credited by hand, CN000017"`
    """
    still: list[str] = []
    _act(lambda store: still.append(decisions.stop(store, reference, by, why)))
    _done(f"{reference} is stopped. {still[0]}".strip(), reference, "stop", by, json_wanted)


@app.command()
def grade(
    reference: Reference,
    condition: Annotated[str, typer.Argument(help="good, quarantine, damaged, inspection, refurbishment …")],
    by: By,
    hold_reason: Annotated[str, typer.Option("--hold", metavar="CODE", help="The warehouse's reason code.")] = "",
    json_wanted: AsJson = False,
) -> None:
    """Set the condition of returned goods, where the warehouse named none.

    Example: `fleet returns grade RT0000012 good --by "Anna B"`
    """
    _act(lambda store: decisions.grade(store, reference, condition, hold_reason, by))
    _done(f"{reference} is graded {condition}", reference, "grade", by, json_wanted)


@app.command()
def credited(
    reference: Reference,
    note: Annotated[str, typer.Argument(metavar="NOTE", help="The credit note's code in Khaos Control.")],
    by: By,
    json_wanted: AsJson = False,
) -> None:
    """Name the credit note of a return, where more than one fits.

    Example: `fleet returns credited RT0000012 CN000017 --by "Anna B"`
    """
    _act(lambda store: decisions.credited(store, reference, note, by))
    _done(f"{reference} is credited by {note}", reference, "credited", by, json_wanted)


@app.command()
def refunded(reference: Reference, by: By, json_wanted: AsJson = False) -> None:
    """Confirm that the customer has the money: Khaos Control shows no refunds.

    Example: `fleet returns refunded RT0000012 --by "Anna B"`
    """
    _act(lambda store: decisions.refunded(store, reference, by))
    _done(f"{reference} is refunded", reference, "refunded", by, json_wanted)


@app.command()
def released(reference: Reference, by: By, json_wanted: AsJson = False) -> None:
    """Confirm that the goods were taken out of Khaos Control's own quarantine.

    Example: `fleet returns released RT0000012 --by "Anna B"`
    """
    _act(lambda store: decisions.released(store, reference, by))
    _done(f"{reference} is released from quarantine", reference, "released", by, json_wanted)


def _act(act: Callable[[Store], Any]) -> None:
    with closing(connect.store()) as store:
        try:
            act(store)
        except CannotDo as error:
            raise NotDone(str(error)) from None


def _done(words: str, reference: str, what: str, by: str, json_wanted: bool) -> None:
    output.done(words, {"return": reference, "done": what, "by": by}, json_wanted=json_wanted)
