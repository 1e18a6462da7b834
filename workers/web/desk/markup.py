"""How HTML is written here: everything is escaped unless this module made it."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime


class Markup(str):
    """Text that is HTML already. Only this module makes it."""

    __slots__ = ()


def escape(value: object) -> Markup:
    """A value as HTML text: markup as it is, None as nothing, all else escaped."""
    if isinstance(value, Markup):
        return value
    return Markup(html.escape("" if value is None else str(value)))


def join(parts: Iterable[object]) -> Markup:
    """Parts one after the other."""
    return Markup("".join(map(escape, parts)))


def tag(name: str, /, *content: object, **attributes: str | None) -> Markup:
    """An element. A trailing ``_`` of an attribute's name is dropped; None leaves the attribute out."""
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{html.escape(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    return Markup(f"<{name}{written}>{join(content)}</{name}>")


def link(to: str, label: object) -> Markup:
    """A link to a place of ours."""
    return tag("a", label, href=to)


def table(
    caption: str, columns: Sequence[str], rows: Iterable[Sequence[object]], *, numbers: frozenset[int] = frozenset()
) -> Markup:
    """A table with a caption and column headers; the first cell of a row heads it.

    ``numbers`` are the columns (from 0) that are set to the right.
    """
    head = tag("tr", *(tag("th", name, scope="col", class_=_side(n, numbers)) for n, name in enumerate(columns)))
    body = [
        tag(
            "tr",
            *(
                tag("td" if n else "th", cell, class_=_side(n, numbers), scope=None if n else "row")
                for n, cell in enumerate(cells)
            ),
        )
        for cells in rows
    ]
    if not body:
        body = [tag("tr", Markup(f'<td colspan="{len(columns)}" class="none">none</td>'))]
    whole = tag("table", tag("caption", caption), tag("thead", head), tag("tbody", *body))
    return tag("div", whole, class_="scroll", tabindex="0", role="region", aria_label=caption)


def _side(column: int, numbers: frozenset[int]) -> str | None:
    return "number" if column in numbers else None


def moment(at: datetime | None) -> Markup:
    """A time, to the second and in UTC."""
    if at is None:
        return Markup("")
    utc = at.astimezone(UTC)
    return tag("time", utc.strftime("%Y-%m-%d %H:%M:%S"), datetime=utc.isoformat(timespec="seconds"))


def code(text: object) -> Markup:
    """Something to type."""
    return tag("code", text)
