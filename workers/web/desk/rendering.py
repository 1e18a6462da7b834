"""How a page is made: a template of ``templates/``, the values of its route, and filters that write them for people.

Everything is escaped; a name that a template misspells is an error, never an empty place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, tzinfo
from decimal import Decimal
from functools import cache
from typing import Any
from urllib.parse import quote, urlencode

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined, pass_environment
from markupsafe import Markup

from workers.access.roles import Right
from workers.views import wording
from workers.views.order_lists import MANY
from workers.web.desk.door import Visitor
from workers.web.desk.marks import look_of
from workers.web.desk.page_words import page_words
from workers.web.desk.places import here, places_for
from workers.web.desk.static_files import address_of

EMPTY: tuple[Any, ...] = (None, "", [])


def render(
    request: Request, visitor: Visitor | None, template: str, /, status: int = 200, **values: object
) -> HTMLResponse:
    """A page. Templates see ``values``, ``visitor`` (None before a login), ``path``, ``here`` and ``places``.

    Times are shown in the merchant's zone. Raises jinja2.UndefinedError when a value that the template names is
    missing.
    """
    page = pages(request.app.state.zone).get_template(template)
    text = page.render(
        visitor=visitor,
        path=request.url.path,
        here=here(request.url.path),
        places=places_for(visitor),
        **{"searched": "", **values},
    )
    return HTMLResponse(text, status)


@cache
def pages(zone: tzinfo) -> Environment:
    """The templates, with filters that know the merchant's zone."""
    made = Environment(
        loader=PackageLoader("workers.web.desk"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=("jinja2.ext.do", "jinja2.ext.loopcontrols"),
    )
    made.globals |= {"static": address_of, "Right": Right, "look_of": look_of, "address": address}
    made.globals["cell"] = cells(zone)
    made.filters |= {
        "moment": lambda at, seconds=False: moment(at, zone, seconds=seconds),
        "day": lambda at: day(at, zone),
        "span": wording.span,
        "money": money,
        "units": units,
        "up_to_many": up_to_many,
        "words": words,
        "spelt": spelt,
        "on_page": page_words,
        "segment": segment,
        "by_condition": wording.by_condition,
        "sum_units": wording.units,
        "filled": filled,
    }
    return made


def cells(zone: tzinfo) -> Callable[[Any, str], object]:
    """Make the writer of a table's cell from its value and its column's kind: a macro would take most of a page's time.

    What it gives is escaped where it is put, unless it is markup of ours.
    """
    kinds: dict[str, Callable[[Any], object]] = {
        "mark": lambda word: Markup('<span class="mark {}">{}</span>').format(look_of(word), words(word)),
        "moment": lambda at: moment(at, zone),
        "day": lambda at: day(at, zone),
        "span": wording.span,
        "money": money,
        "many": up_to_many,
        "words": words,
        "code": lambda code: Markup('<span class="code">{}</span>').format(code),
        "order": lambda code: _link("orders", code),
        "return": lambda code: _link("returns", code),
        "sku": lambda code: _link("stock", code),
        "number": lambda n: f"{n:,}" if isinstance(n, int | float | Decimal) else n,
    }

    def cell(value: Any, kind: str) -> object:
        if value is None or value == "":
            return ""
        write = kinds.get(kind)
        return value if write is None else write(value)

    return cell


@pass_environment
def filled(made: Environment, columns: Iterable[tuple[str, str, str, int]], rows: Sequence[Any]) -> list[Any]:
    """The columns of a table in which some row has a value: an empty one takes room from those that say something."""
    return [one for one in columns if one[2] == "own" or any(made.getitem(row, one[0]) not in EMPTY for row in rows)]


def _link(place: str, code: object) -> Markup:
    return Markup('<a class="code" href="/{}/{}">{}</a>').format(place, segment(code), code)


def moment(at: datetime | None, zone: tzinfo, *, seconds: bool = False) -> Markup:
    """A time of the merchant's day, as ``Fri 27 Nov, 14:05``; the year only where it is not this one."""
    if at is None:
        return Markup()
    local = at.astimezone(zone)
    year = "" if local.year == datetime.now(zone).year else f" {local.year}"
    clock = local.strftime("%H:%M:%S" if seconds else "%H:%M")
    return _time(at, f"{local:%a} {local.day} {local:%b}{year}, {clock}", local)


def day(at: datetime | date | None, zone: tzinfo) -> Markup:
    """The merchant's day of a time, or a date, as ``Fri 27 Nov``."""
    if at is None:
        return Markup()
    local = at.astimezone(zone) if isinstance(at, datetime) else at
    year = "" if local.year == datetime.now(zone).year else f" {local.year}"
    return _time(at, f"{local:%a} {local.day} {local:%b}{year}", local)


def _time(at: datetime | date, shown: str, local: datetime | date) -> Markup:
    exact = at.astimezone(UTC).isoformat(timespec="seconds") if isinstance(at, datetime) else at.isoformat()
    whole = f"{local:%Y-%m-%d %H:%M:%S %Z}" if isinstance(local, datetime) else local.isoformat()
    return Markup(f'<time datetime="{exact}" title="{whole}">{shown}</time>')  # noqa: S704  a date's digits and names


def money(value: Decimal | float | None) -> str:
    """An amount in the merchant's currency, as ``1,234.50``; a dash for None."""
    return "–" if value is None else f"{value:,.2f}"  # noqa: RUF001  the dash of an empty cell


def units(count: int | None) -> str:
    """A count of units in words: ``1 unit``, ``1,200 units``; a dash for None."""
    if count is None:
        return "–"  # noqa: RUF001  as above
    return f"{count:,} unit" + ("" if abs(count) == 1 else "s")


def up_to_many(count: int) -> str:
    """A count that goes no further than ``MANY``: ``1,200``, or ``10,000+``."""
    return f"{MANY:,}+" if count > MANY else f"{count:,}"


def words(name: object) -> str:
    """A name of the ledger as words: ``part_dispatched`` is ``part dispatched``."""
    return str(name).replace("_", " ")


def spelt(text: object) -> Markup:
    """A sentence in the page's words, in which what stands between backticks is to be typed."""
    parts = page_words(text.unescape() if isinstance(text, Markup) else str(text)).split("`")
    shown = [
        Markup("<code>{}</code>").format(part) if n % 2 else Markup("{}").format(part) for n, part in enumerate(parts)
    ]
    return Markup().join(shown)


def segment(text: object) -> str:
    """Text as one segment of an address; a slash within it is written as one."""
    return quote(str(text), safe="")


def address(path: str, chosen: Mapping[str, object], **changed: object) -> str:
    """A path with its filters as a query, some of them changed; empty ones are left out."""
    kept = {name: value for name, value in {**chosen, **changed}.items() if value not in {"", None}}
    return f"{path}?{urlencode({name: str(value) for name, value in kept.items()})}" if kept else path
