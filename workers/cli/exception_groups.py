"""``fleet exceptions groups`` and what is done about a whole group: retry its first, then all; watch, stop."""

from __future__ import annotations

from typing import Annotated

import typer

from workers.cli import connect, output
from workers.cli.output import AsJson
from workers.cli.people_acts import acting_on
from workers.cli.who import As
from workers.views import exception_groups as views
from workers.views.wording import span

Key = Annotated[str, typer.Argument(metavar="KEY", help="The group's key, from `fleet exceptions groups`.")]
Why = Annotated[str, typer.Option("--why", metavar="TEXT", help="The reason, for whoever asks later.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command()(groups)
    app.command("retry-group")(retry_group)
    app.command()(retries)
    app.command("stop-retry")(stop_retry)


def groups(
    kind: Annotated[str, typer.Option(help="Only this kind.")] = "",
    flow: Annotated[str, typer.Option(help="Only this flow.")] = "",
    connection: Annotated[str, typer.Option(help="Only this connection.")] = "",
    owner: Annotated[str, typer.Option(help="Only this owner's.")] = "",
    assignee: Annotated[str, typer.Option(help="Only this person's.")] = "",
    tag: Annotated[str, typer.Option(help="Only those with this tag.")] = "",
    snoozed: Annotated[bool, typer.Option("--snoozed", help="Show groups that sleep as well.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many at the most.")] = 50,
    json_wanted: AsJson = False,
) -> None:
    """List open exceptions by their cause, the gravest and the soonest due first.

    Example: `fleet exceptions groups --owner operations`
    """
    rows = views.groups(
        connect.views(), kind=kind, flow=flow, connection=connection, owner=owner, assignee=assignee, tag=tag,
        snoozed=snoozed, limit=limit,
    )  # fmt: skip
    if json_wanted:
        output.as_json(rows)
        return
    output.table(
        "Exceptions by cause",
        ("key", "many", "kind", "at", "owner", "severity", "assigned to", "since", "answer by", "at risk", "reason"),
        [
            (r["key"], r["n"], r["kind"], ", ".join(r["connections"]), r["owner"], r["severity"],
             ", ".join(r["assignees"]), r["first_at"], r["respond_by"], _money(r["value"]), r["reason"])
            for r in rows
        ],
        numbers=frozenset({1, 9}),
    )  # fmt: skip
    output.console().print(f"{sum(r['n'] for r in rows)} exceptions in {len(rows)} groups")


def _money(value: object) -> str:
    return "" if value is None else f"{value:,.2f}"


def retry_group(
    key: Key,
    first: Annotated[bool, typer.Option("--first", help="Only the oldest: see that it goes before all do.")] = False,
    why: Why = "",
    as_: As = "",
    json_wanted: AsJson = False,
) -> None:
    """Retry all of a group, a limited number a minute; it goes on when this command has ended. Nothing is sent twice.

    Example: `fleet exceptions retry-group 3fa9c1 --first`, then the same without --first
    """
    from workers.cases import group_retries  # noqa: PLC0415  it loads every queue, which other commands need not wait for

    with acting_on(as_) as (store, person):
        if first:
            facts = group_retries.retry_first(store, key, person)
            output.done(
                f"{facts['retried']} goes again; `fleet exceptions show {facts['exception']}` tells what becomes of it",
                facts,
                json_wanted=json_wanted,
            )
            return
        number = group_retries.retry_group(store, key, person, why, per_minute=_per_minute())
    output.done(
        f"retry {number} of group {key} has begun; `fleet exceptions retries` shows how far it is,"
        f" `fleet exceptions stop-retry {number}` ends it",
        {"group": key, "retry": number},
        json_wanted=json_wanted,
    )


def _per_minute() -> int:
    return connect.exception_settings().retry_per_minute


def retries(
    key: Annotated[str, typer.Argument(metavar="[KEY]", help="Only of this group.")] = "", json_wanted: AsJson = False
) -> None:
    """Show how far the retries of groups are, the newest first.

    Example: `fleet exceptions retries`
    """
    rows = views.group_retries(connect.views(), key)
    if json_wanted:
        output.as_json(rows)
        return
    output.table(
        "Retries of groups",
        ("number", "group", "state", "by", "of", "closed", "failed again", "under way", "refused", "left", "took"),
        [
            (r["id"], r["key"], r["state"], r["who"], r["total"], r["closed"], r["failed_again"], r["under_way"],
             r["refused"], r["left"], span((r["ended_at"] - r["asked_at"]).total_seconds()) if r["ended_at"] else "")
            for r in rows
        ],
        numbers=frozenset({0, 4, 5, 6, 7, 8, 9}),
    )  # fmt: skip


def stop_retry(
    number: Annotated[int, typer.Argument(metavar="NUMBER", min=1, help="The retry's number.")],
    as_: As = "",
    json_wanted: AsJson = False,
) -> None:
    """Stop the retry of a group. What was retried already goes on.

    Example: `fleet exceptions stop-retry 3`
    """
    from workers.cases import group_retries  # noqa: PLC0415  as above

    with acting_on(as_) as (store, person):
        group_retries.stop(store, number, person)
    output.done(f"retry {number} is stopped", {"retry": number, "stopped": True}, json_wanted=json_wanted)
