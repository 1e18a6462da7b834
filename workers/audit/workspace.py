"""The table on which both sides are laid to be compared: a database in a temporary file, however large they are.

It holds codes, references and units; no customer's name, address or other personal data is laid into it.
"""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Iterable, Iterator
from typing import Any

SHAPE = """
create table invoice (
    code text primary key, order_code text, associated text, stage integer, ready integer, body text,
    units text not null default '{}', warehouse text not null default '', site text not null default ''
);
create index invoice_order on invoice (order_code);
create table alias (alias text, invoice text, sort text, primary key (alias, invoice)) without rowid;
create table held_order (
    warehouse text, their_id text, reference text, units text, status text, live integer, cancelled integer,
    whose text not null default '', primary key (warehouse, their_id, reference)
) without rowid;
create index held_reference on held_order (reference);
create table match (invoice text, warehouse text, their_id text, reference text, sort text);
create table product (
    code text primary key, export_as text, for_warehouse integer, discontinued integer, cost text, body text
);
create table held_product (warehouse text, code text, primary key (warehouse, code)) without rowid;
create table promised (invoice text, sku text, units integer, primary key (invoice, sku)) without rowid;
create table shown_level (site text, sku text, units integer, primary key (site, sku)) without rowid;
create table counted (site text, sku text, good integer, other integer, primary key (site, sku)) without rowid;
create view book as  -- by site and SKU: what Khaos Control shows, what its open invoices promise, what was counted
    with s as (select site, sku from shown_level union select site, sku from counted),
         d as (select i.site, p.sku, sum(p.units) as units from promised p join invoice i on i.code = p.invoice
                group by 1, 2)
    select s.site, s.sku, coalesce(l.units, 0) as available, coalesce(d.units, 0) as promised,
           coalesce(c.good, 0) as good, coalesce(c.other, 0) as other,
           coalesce(c.good, 0) - coalesce(l.units, 0) - coalesce(d.units, 0) as units, p.cost
      from s left join shown_level l on l.site = s.site and l.sku = s.sku
             left join counted c on c.site = s.site and c.sku = s.sku
             left join d on d.site = s.site and d.sku = s.sku
             left join product p on p.code = s.sku;
create table complaint (
    connection text, listing text, what text, value text, why text, example text, times integer not null default 1,
    primary key (connection, listing, what, value, why)
) without rowid;
"""
CACHE = 16  # MiB that are held in memory; what is beyond lies in the file


class Workspace:
    """One audit's tables. Gone when it is closed."""

    def __init__(self) -> None:
        """Make the temporary file; its name is nobody's business, and the system removes it."""
        self._db = sqlite3.connect("")
        self._numbers = itertools.count(1)
        self._db.execute(f"pragma cache_size = -{CACHE * 1024}")
        self._db.executescript(SHAPE)

    def run(self, sql: str, *values: Any) -> None:
        """Run one statement."""
        self._db.execute(sql, values)

    def many(self, sql: str, rows: Iterable[tuple[Any, ...]]) -> None:
        """Run one statement for each row."""
        self._db.executemany(sql, rows)

    def rows(self, sql: str, *values: Any) -> Iterator[tuple[Any, ...]]:
        """Rows of a query, read as they are consumed."""
        yield from self._db.cursor().execute(sql, values)

    def chunks(self, sql: str, *values: Any, size: int) -> Iterator[list[Any]]:
        """The first column of a query, ``size`` values at a time. The tables may be changed meanwhile."""
        name = f"waiting_{next(self._numbers)}"
        self._db.execute(f"create temp table {name} as {sql}", values)
        last = 0
        while some := self._db.execute(
            f"select rowid, * from {name} where rowid > ? order by rowid limit ?",  # noqa: S608  a name of ours
            (last, size),
        ).fetchall():
            last = some[-1][0]
            yield [row[1] for row in some]
        self._db.execute(f"drop table {name}")

    def number(self, sql: str, *values: Any) -> int:
        """The one figure of a query."""
        return int(self._db.execute(sql, values).fetchone()[0] or 0)

    def complain(self, connection: str, listing: str, what: str, value: str, why: str, example: str = "") -> None:
        """Lay down something that cannot be read or does not fit; the same again is counted."""
        self.run(
            "insert into complaint (connection, listing, what, value, why, example) values (?, ?, ?, ?, ?, ?)"
            " on conflict do update set times = times + 1",
            connection,
            listing,
            what,
            value,
            why,
            example,
        )

    def close(self) -> None:
        """Give the temporary file back."""
        self._db.close()
