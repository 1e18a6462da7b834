"""Which lines of a Khaos order are hires, and the days of the hire: by rule, from named fields and a table of lengths.

Khaos has no word for a hire: sales source, stock type or a user-defined field says so, each as the merchant has it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from mappings.canonical import HireDates, LineKind, OrderLine, Product, SalesOrder
from mappings.errors import Unmappable
from mappings.working_days import WorkingDays, hire_dates

FORMS = ("%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%d %B %Y", "%d %b %Y", "%Y%m%d")  # a day before its month, as in Britain
YES = {"hire", "rental", "rent", "yes", "y", "true", "1"}


@dataclass(frozen=True, slots=True)
class HireRules:
    """A merchant's rule for hires. ``lengths`` maps the word in ``length_field`` (or a SKU) to days.

    ``stock_types`` are attributes of products, ``NAME:VALUE``; ``channels`` sales sources whose every line is a hire.
    """

    channels: frozenset[str] = frozenset()
    stock_types: frozenset[str] = frozenset()
    line_field: str = ""
    event_field: str = ""
    length_field: str = ""
    lengths: Mapping[str, int] = field(default_factory=dict)
    early_days: int = 1
    transit_days: int = 1


def kind_of(order: SalesOrder, line: OrderLine, product: Product | None, rules: HireRules) -> LineKind:
    """Hire where any rule says so, else sale. A line that is a hire already stays one."""
    attributes = {_folded(f"{name}:{value}") for name, value in (product.attributes if product else ())}
    marked = _folded(dict(line.user_fields).get(rules.line_field, "")) in YES
    if (
        line.kind is LineKind.HIRE
        or (rules.line_field and marked)
        or _folded(order.channel) in map(_folded, rules.channels)
        or attributes & set(map(_folded, rules.stock_types))
    ):
        return LineKind.HIRE
    return LineKind.SALE


def read_hire(order: SalesOrder, rules: HireRules, calendar: WorkingDays) -> HireDates:
    """The days of an order's hire.

    Raises:
        Unmappable: kind ``hire_dates_missing``, for an event date that is absent or cannot be read, and for a length
            without a row.
    """
    fields = dict(order.user_fields)
    word = fields.get(rules.length_field, "").strip()
    lengths = {_folded(name): days for name, days in rules.lengths.items()}
    return hire_dates(
        _day(rules.event_field, fields.get(rules.event_field, "")),
        lengths.get(_folded(word)),
        calendar,
        early=rules.early_days,
        transit_days=rules.transit_days,
    )


def _day(name: str, word: str) -> date | None:
    text = " ".join(word.split())
    if not text:
        return None
    try:
        return datetime.fromisoformat(text).date()
    except ValueError:
        pass
    for form in FORMS:
        try:
            return datetime.strptime(text, form).date()  # noqa: DTZ007  a day has no zone
        except ValueError:
            continue
    why = f"write the order's {name} in Khaos as a date, for example 26/11/2026"
    raise Unmappable(name, word, why, kind="hire_dates_missing")


def _folded(word: str) -> str:
    return " ".join(word.split()).casefold()
