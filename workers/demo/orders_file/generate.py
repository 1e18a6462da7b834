"""Makes the orders file that ships with the demonstration: an invented gift and clothing shop, with troubles.

`python -m workers.demo.orders_file.generate` writes `orders.csv` beside this module; one seed gives the same bytes.
"""

from __future__ import annotations

import csv
import io
import random
import sys
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from workers.demo.orders_file.csv_rows import COLUMNS

SHIPPED = Path(__file__).with_name("orders.csv")
SEED = 20261121
FIRST_INVOICE, LAST_PLAIN = 700101, 700149
FIRST_RETURN, RETURNED_EVERY = 700201, 3
FIRST_DAY = date(2026, 11, 2)

MAKES = ("Enamel", "Lambswool", "Oak", "Linen", "Stoneware", "Felt", "Brass", "Recycled Glass", "Willow", "Velvet")
GOODS = (
    *("Jug", "Throw", "Candlestick", "Apron", "Bunting", "Door Wedge", "Cushion", "Trinket Box", "Bauble"),
    *("Beanie", "Mittens", "Scarf", "Cardigan", "Wall Hook"),
)
UK = "United Kingdom"
COUNTRIES = (UK,) * 16 + ("Ireland", "France", "Germany", "Netherlands")


class Goods(NamedTuple):
    """A product of the invented shop."""

    code: str
    description: str
    price: Decimal


class Line(NamedTuple):
    """A line of the file, in the order of its columns."""

    invoice: str
    code: str
    description: str
    quantity: int
    day: str
    price: Decimal
    customer: str
    country: str


def catalogue(dice: random.Random) -> list[Goods]:
    """Every make of every good: 140 products with prices in pounds."""
    return [
        Goods(
            f"KG{make + 1:02}{good + 1:02}{dice.choice(('', '', 'A', 'B'))}",
            f"{words} {thing}",
            Decimal(dice.randrange(95, 4995, 10)) / 100,
        )
        for make, words in enumerate(MAKES)
        for good, thing in enumerate(GOODS)
    ]


def lines(seed: int = SEED) -> list[Line]:
    """The file's lines: plain orders first, then one invoice for each kind of trouble."""
    dice = random.Random(seed)  # noqa: S311  a shop is invented, no secret kept
    goods = catalogue(dice)
    made: list[Line] = []
    for number in range(FIRST_INVOICE, LAST_PLAIN + 1):
        customer = str(dice.randrange(20001, 20036)) if dice.random() < 0.85 else ""  # noqa: PLR2004  the rest are guests
        head = (_day(number), customer, dice.choice(COUNTRIES))
        made += [
            _line(str(number), one, dice.choice((1, 1, 1, 2, 3, 6, 12)), head)
            for one in dice.sample(goods, dice.choice((1, 2, 2, 3, 3, 4, 5, 6)))
        ]
    return made + _troubles(goods, dice) + _returns(made, random.Random(f"{seed}/returns"))  # noqa: S311  as above


def _returns(sold: list[Line], dice: random.Random) -> list[Line]:
    """Some of what known customers bought comes back, all of a line or a part of it, one line or two."""
    by_invoice: dict[str, list[Line]] = {}
    for line in sold:
        if line.customer:
            by_invoice.setdefault(line.invoice, []).append(line)
    found: list[Line] = []
    for number, invoice in enumerate(sorted(by_invoice)[::RETURNED_EVERY]):
        back = f"C{FIRST_RETURN + number}"
        found += [
            line._replace(invoice=back, quantity=-dice.randint(1, line.quantity), day=_day(FIRST_RETURN))
            for line in by_invoice[invoice][: dice.choice((1, 2))]
        ]
    # a discount that was granted afterwards: money, no goods
    return [
        *found,
        Line(f"C{FIRST_RETURN + 99}", "D", "Discount", -1, _day(FIRST_RETURN), Decimal("2.50"), "20012", UK),
    ]


def _troubles(goods: list[Goods], dice: random.Random) -> list[Line]:
    def head(invoice: str, customer: str, country: str = UK) -> tuple[str, str, str]:
        return _day(int(invoice.lstrip("CA"))), customer, country

    mug, hat, bell, lamp = goods[3], goods[9], goods[20], goods[33]
    postage = Goods("POST", "POSTAGE", Decimal("4.95"))
    boxed = Goods("GIFT BOX/L", "Gift box, large, with ribbon", Decimal("3.50"))
    lower = Goods("kg9901b", "Hand-printed card, robin", Decimal("2.25"))
    endless = Goods(
        "KG-PERSONALISED-CHRISTMAS-STOCKING-WITH-EMBROIDERED-INITIAL", "Stocking, your initial", Decimal(14)
    )
    free = Goods("KG9902", "Catalogue, winter", Decimal(0))
    found = [
        # goods that come back, and no sale of the file tells from which order
        _line("C700150", mug, -2, head("C700150", "20003")),
        # postage alone: an order without anything to pick
        _line("700151", postage, 1, head("700151", "20004")),
        # a country that is none
        _line("700152", hat, 2, head("700152", "20005", "Unspecified")),
        _line("700152", postage, 1, head("700152", "20005", "Unspecified")),
        # one code on two lines
        _line("700153", bell, 3, head("700153", "20006")),
        _line("700153", lamp, 1, head("700153", "20006")),
        _line("700153", bell, 2, head("700153", "20006")),
        # codes as people type them
        _line("700154", boxed, 2, head("700154", "20007")),
        _line("700154", lower, 5, head("700154", "20007")),
        # a code that is longer than a warehouse takes
        _line("700155", endless, 1, head("700155", "20008")),
        _line("700155", hat, 1, head("700155", "20008")),
        # stock written down by hand: a line that sells nothing
        _line("700156", lamp, -14, head("700156", "")),
        # a wholesaler's quantity
        _line("700157", bell, 2400, head("700157", "20009")),
        # something free of charge, and postage, beside goods
        _line("700158", free, 1, head("700158", "20010")),
        _line("700158", mug, 1, head("700158", "20010")),
        _line("700158", postage, 1, head("700158", "20010")),
    ]
    big = [_line("700159", one, dice.choice((1, 2, 4, 6, 12)), head("700159", "20011")) for one in goods[:120]]
    return found + big


def _line(invoice: str, one: Goods, quantity: int, head: tuple[str, str, str]) -> Line:
    day, customer, country = head
    return Line(invoice, one.code, one.description, quantity, day, one.price, customer, country)


def _day(number: int) -> str:
    day = FIRST_DAY + timedelta(days=(number - FIRST_INVOICE) // 4)
    return f"{day.day}/{day.month}/{day.year}"


def text(seed: int = SEED) -> str:
    """The file as it is written: a header and the lines, ended by line feeds."""
    page = io.StringIO()
    writer = csv.writer(page, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(lines(seed))
    return page.getvalue()


def main() -> None:
    """Write the shipped file anew."""
    SHIPPED.write_text(text(), encoding="utf-8", newline="")
    sys.stdout.write(f"{SHIPPED.name}: {text().count(chr(10)) - 1} lines\n")


if __name__ == "__main__":
    main()
