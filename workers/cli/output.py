"""How commands answer: tables for people, one JSON document on stdout for programs."""

from __future__ import annotations

import dataclasses
import json
import sys
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

WIDE = 200  # columns, where the output is no terminal and nothing shall be cut
AsJson = Annotated[bool, typer.Option("--json", help="Answer with JSON on stdout, and nothing else there.")]
STYLES = {
    **dict.fromkeys(("delivered", "dispatched", "open gate", "resolved", "sent"), "green"),
    **dict.fromkeys(("dead", "shut", "critical", "error", "flagged"), "bold red"),
    **dict.fromkeys(("held", "waiting", "warning", "cancelling", "part_dispatched", "closed_short"), "yellow"),
}


class NotDone(Exception):
    """A command that cannot be done. The message is one line that says why, and what to do instead."""


def console() -> Console:
    """Stdout, as wide as the terminal, or wide enough."""
    plain = Console(highlight=False)
    return plain if plain.is_terminal else Console(highlight=False, width=WIDE)


def as_json(value: Any) -> None:
    """Write one JSON document. Times are ISO 8601 in UTC."""
    sys.stdout.write(json.dumps(plain(value), indent=2, ensure_ascii=False) + "\n")


def plain(value: Any) -> Any:
    """Dataclasses, times and tuples as what JSON knows."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(inner) for inner in value]
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return value if value is None or isinstance(value, (bool, int, float, str)) else str(value)


def done(words: str, facts: Mapping[str, Any], *, json_wanted: bool) -> None:
    """Report what was done: a sentence for people, the facts for programs."""
    if json_wanted:
        as_json(facts)
    else:
        console().print(escape(printable(words)))


def table(
    title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]], *, numbers: frozenset[int] = frozenset()
) -> None:
    """Print a table; nothing where there are no rows. ``numbers`` are the columns (from 0) set to the right."""
    drawn = Table(
        title=title or None, title_justify="left", title_style="bold", header_style="dim", box=None, pad_edge=False
    )
    for place, name in enumerate(columns):
        drawn.add_column(name, justify="right" if place in numbers else "left", overflow="fold")
    for row in rows:
        drawn.add_row(*map(cell, row))
    if drawn.row_count:
        out = console()
        out.print(drawn)
        out.print()


def printable(text: str) -> str:
    """The text without what a terminal would obey: control characters become the replacement character."""
    return "".join("\ufffd" if unicodedata.category(c) == "Cc" and c not in "\n\t" else c for c in text)


def cell(value: Any) -> str:
    """A value in a table: times to the second in UTC, states in colour, nothing for None."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
    text = escape("" if value is None else printable(str(value)))
    style = STYLES.get(text)
    return f"[{style}]{text}[/]" if style else text
