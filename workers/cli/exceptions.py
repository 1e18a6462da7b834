"""``fleet exceptions``: what a person must look at, and the three things that can be done about one."""

from __future__ import annotations

import json
import sys
from contextlib import closing
from typing import Annotated

import typer

from workers.cli import connect, exception_care, exception_edits, exception_groups, output
from workers.cli.output import AsJson, NotDone
from workers.cli.who import As, acting, actor
from workers.views import exceptions
from workers.views.wording import system_user

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="What the fleet could not do by itself: list, show, retry, edit and retry, dismiss.\n\n"
    "Example: `fleet exceptions list --owner operations`",
)

Number = Annotated[int, typer.Argument(metavar="ID", min=1, help="The exception's number.")]


def register(program: typer.Typer) -> None:
    """Add the group of this module."""
    program.add_typer(app, name="exceptions")


exception_groups.register(app)
exception_care.register(app)
exception_edits.register(app)


@app.command("list")
def list_(
    state: Annotated[str, typer.Option(help=f"One of {', '.join(exceptions.STATES)}.")] = "open",
    kind: Annotated[str, typer.Option(help="Only this kind, for example bad_address.")] = "",
    owner: Annotated[str, typer.Option(help="Only this owner's, for example operations.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many at the most.")] = 50,
    json_wanted: AsJson = False,
) -> None:
    """List exceptions, the gravest first.

    Example: `fleet exceptions list --kind route_unmapped --json`
    """
    chosen = next((one for one in exceptions.STATES if one == state), None)
    if chosen is None:
        raise NotDone(f"--state {state}: write one of {', '.join(exceptions.STATES)}")
    rows = exceptions.exceptions(connect.views(), state=chosen, kind=kind, owner=owner, limit=limit)
    if json_wanted:
        output.as_json(rows)
        return
    output.table(
        "Exceptions",
        ("id", "kind", "subject", "order", "connection", "owner", "severity", "state", "times", "since", "reason"),
        [
            (r["id"], r["kind"], r["subject"], r["story"], r["connection"], r["owner"], r["severity"], r["state"],
             r["times"], r["first_at"], r["reason"])
            for r in rows
        ],
        numbers=frozenset({0, 8}),
    )  # fmt: skip
    output.console().print(f"{len(rows)} shown" + ("; --limit shows more" if len(rows) == limit else ""))


@app.command()
def show(
    number: Number,
    body: Annotated[
        bool, typer.Option("--body", help="Show the message's body and the record too: customers' data.")
    ] = False,
    as_: As = "",
    json_wanted: AsJson = False,
) -> None:
    """Show one exception: what, why, whose, and what happened. Who looks at customers' data is written down.

    Example: `fleet exceptions show 17`
    """
    case = exceptions.exception(connect.views(), number, body=body)
    if case is None:
        raise NotDone(f"there is no exception {number}; `fleet exceptions list` shows those that stand")
    if body:
        from workers import recovery  # noqa: PLC0415  as below
        from workers.spine import people  # noqa: PLC0415  as below

        with closing(connect.store()) as store:
            recovery.looked(store, number, people.Person(acting(as_), actor(as_)))
    if json_wanted:
        shown = output.plain(case)
        output.as_json(shown if body else {key: shown[key] for key in ("exception", "message", "timeline")})
        return
    output.table("", ("", ""), [(key, value) for key, value in case.exception.items() if value is not None])
    if case.message:
        output.table("Message", ("", ""), [(key, value) for key, value in case.message.items() if value is not None])
    output.table(
        "What happened",
        ("when", "step", "why", "who", "system user"),
        [(t["at"], t["step"], t["note"], t["who"], system_user(t)) for t in case.timeline],
    )
    if body:
        sys.stdout.write(json.dumps(case.body, indent=2, ensure_ascii=False) + "\n")
        sys.stdout.write((case.record or "(no record)") + "\n")
        output.table("Their own words", ("when", "words"), [(one["at"], one["words"]) for one in case.their_words])


@app.command()
def retry(number: Number, as_: As = "", json_wanted: AsJson = False) -> None:
    """Requeue an exception's message. Where it may have been sent before, the partner is asked first.

    Example: `fleet exceptions retry 17`
    """
    from workers import recovery  # noqa: PLC0415  it loads Sentry, which the other commands need not wait for
    from workers.spine import people  # noqa: PLC0415  it loads Sentry, which the other commands need not wait for

    with closing(connect.store()) as store:
        try:
            reference = recovery.retry(store, number, people.Person(acting(as_), actor(as_)))
        except people.CannotDo as error:
            raise NotDone(str(error)) from None
    output.done(
        f"{reference} goes again; `fleet exceptions show {number}` tells what becomes of it",
        {"exception": number, "retried": reference, "edited": False},
        json_wanted=json_wanted,
    )


@app.command()
def dismiss(
    number: Number,
    why: Annotated[
        str, typer.Option("--why", metavar="TEXT", help="The reason, for whoever asks later. No customer's data.")
    ],
    end_order: Annotated[
        bool, typer.Option("--end-order", help="End its order too: it is never sent by itself any more.")
    ] = False,
    as_: As = "",
    json_wanted: AsJson = False,
) -> None:
    """Close an exception for good, with a reason. An order ends with it only where you say --end-order.

    Example: `fleet exceptions dismiss 17 --why "shipped by hand, Anna knows" --end-order`
    """
    from workers import recovery  # noqa: PLC0415  as above
    from workers.spine import people  # noqa: PLC0415  as above

    with closing(connect.store()) as store:
        try:
            order, ends = recovery.order_of(store, number)
            subject = recovery.dismiss(store, number, people.Person(acting(as_), actor(as_)), why, end_order=end_order)
        except people.CannotDo as error:
            raise NotDone(str(error)) from None
    output.done(
        f"{subject}: exception {number} is dismissed{_what_of(order, ended=ends or end_order)}",
        {"exception": number, "dismissed": subject, "order_ended": order if ends or end_order else None},
        json_wanted=json_wanted,
    )


def _what_of(order: str, *, ended: bool) -> str:
    if not order:
        return ""
    if ended:
        return f"; order {order} ended with it and is never sent by itself"
    return f"; order {order} goes on (`--end-order` would have ended it)"
