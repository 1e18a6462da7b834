"""What is done about exceptions without sending anything: assign, note, tag, snooze, wake, dismiss a group."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from workers.cli import output
from workers.cli.output import AsJson, NotDone
from workers.cli.people_acts import acting_on
from workers.cli.who import As

if TYPE_CHECKING:
    from workers.cases.care import Cases

Which = Annotated[str, typer.Argument(metavar="ID|KEY", help="An exception's number, or the key of a group.")]
Why = Annotated[str, typer.Option("--why", metavar="TEXT", help="The reason, for whoever asks later.")]
UNITS = {"m": 60, "h": 3600, "d": 86400}


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    for name, command in (
        ("assign", assign), ("note", note), ("tag", tag), ("snooze", snooze), ("wake", wake),
        ("dismiss-group", dismiss_group),
    ):  # fmt: skip
        app.command(name)(command)


def cases(which: str) -> Cases:
    """The exception or the group that is meant."""
    from workers.cases.care import Cases  # noqa: PLC0415  it loads the ledger, for which --help need not wait

    return Cases(number=int(which)) if which.isdecimal() else Cases(key=which)


def assign(
    which: Which,
    to: Annotated[str, typer.Argument(metavar="NAME", help="Who has it; empty takes it back.")],
    as_: As = "",
    json_wanted: AsJson = False,
) -> None:
    """Give an exception or a whole group to a person. Whoever has one has responded: it is not escalated.

    Example: `fleet exceptions assign 17 anna`
    """
    from workers.cases import care  # noqa: PLC0415  as above

    with acting_on(as_) as (store, person):
        many = care.assign(store, cases(which), person, to)
    output.done(
        f"{many} assigned to {to or 'nobody'}", {"which": which, "assigned": to, "exceptions": many},
        json_wanted=json_wanted,
    )  # fmt: skip


def note(
    which: Which,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="What others should know. No customer's data.")],
    as_: As = "",
    json_wanted: AsJson = False,
) -> None:
    """Add a note to the story of an exception or of a whole group.

    Example: `fleet exceptions note 17 "GXO looks into it, ticket 4411"`
    """
    from workers.cases import care  # noqa: PLC0415  as above

    with acting_on(as_) as (store, person):
        many = care.note(store, cases(which), person, text)
    output.done(f"noted on {many}", {"which": which, "exceptions": many}, json_wanted=json_wanted)


def tag(
    which: Which,
    word: Annotated[str, typer.Argument(metavar="WORD", help="The tag.")],
    remove: Annotated[bool, typer.Option("--remove", help="Take it off instead.")] = False,
    as_: As = "",
    json_wanted: AsJson = False,
) -> None:
    """Put a word on an exception or a whole group, to find it by.

    Example: `fleet exceptions tag 17 black-friday`
    """
    from workers.cases import care  # noqa: PLC0415  as above

    with acting_on(as_) as (store, person):
        many = care.tag(store, cases(which), person, word, remove=remove)
    output.done(
        f"{word} {'taken off' if remove else 'put on'} {many}", {"which": which, "tag": word, "exceptions": many},
        json_wanted=json_wanted,
    )  # fmt: skip


def snooze(
    which: Which,
    until: Annotated[
        str, typer.Argument(metavar="UNTIL", help="A length such as 30m, 4h or 2d, or a time: 2026-12-01T09:00+00:00.")
    ],
    why: Why,
    as_: As = "",
    json_wanted: AsJson = False,
) -> None:
    """Let an exception or a whole group sleep. It wakes by itself, and at once when it gets worse.

    Example: `fleet exceptions snooze 17 2d --why "stock comes on Thursday"`
    """
    from workers.cases import care  # noqa: PLC0415  as above

    end = read_until(until)
    with acting_on(as_) as (store, person):
        many = care.snooze(store, cases(which), person, end, why)
    output.done(
        f"{many} sleep until {end:%Y-%m-%d %H:%M} UTC", {"which": which, "until": end, "exceptions": many},
        json_wanted=json_wanted,
    )  # fmt: skip


def read_until(text: str) -> datetime:
    """Read ``30m``, ``4h``, ``2d`` from now, or an ISO time with its zone. Raises NotDone."""
    number, unit = text[:-1], text[-1:]
    if number.isdecimal() and unit in UNITS and len(number) < 6:  # noqa: PLR2004  digits, before it is no length any more
        return datetime.now(UTC) + timedelta(seconds=int(number) * UNITS[unit])
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise NotDone(f"{text!r} is no time: write 30m, 4h or 2d, or a time with its zone: 2026-12-01T09:00+00:00")
    return found.astimezone(UTC)


def wake(which: Which, as_: As = "", json_wanted: AsJson = False) -> None:
    """Wake an exception or a whole group that sleeps.

    Example: `fleet exceptions wake 17`
    """
    from workers.cases import care  # noqa: PLC0415  as above

    with acting_on(as_) as (store, person):
        many = care.wake(store, cases(which), person)
    output.done(f"{many} are awake", {"which": which, "exceptions": many}, json_wanted=json_wanted)


def dismiss_group(
    key: Annotated[str, typer.Argument(metavar="KEY", help="The group's key, from `fleet exceptions groups`.")],
    why: Why,
    as_: As = "",
    json_wanted: AsJson = False,
) -> None:
    """Close every exception of a group for good, with a reason, as `fleet exceptions dismiss` does one.

    Example: `fleet exceptions dismiss-group g3fa9c1 --why "shipped by hand, Anna knows"`
    """
    from workers.cases import group_retries  # noqa: PLC0415  as above

    with acting_on(as_) as (store, person):
        number = group_retries.dismiss_group(store, key, person, why)
    output.done(
        f"group {key} is being dismissed; `fleet exceptions retries` shows how far it is",
        {"group": key, "retry": number},
        json_wanted=json_wanted,
    )
