"""Entries that wait for a cost: they are never booked without one, and finance is asked for it, by SKU and site."""

from __future__ import annotations

from workers.ledger.store import Connection, within
from workers.spine import exceptions

KIND = "cost_missing"
FOUND = """
update journal j set unit_cost = c.unit_cost, value = round(j.units * c.unit_cost, 2), indicative = c.indicative,
       state = case when j.state = 'uncosted' then 'ready' else j.state end
  from journal k
  left join movement m on m.connection = k.connection and m.movement_id = k.movement_id
  cross join lateral (select * from cost_of(k.site, k.sku, k.event_at) where coalesce(m.asset, '') = ''
                      union all select * from cost_of_asset(m.asset, k.event_at) where m.asset <> '') c
 where j.id = k.id and k.state = any (%s) and k.route = ''
   and (j.unit_cost, j.indicative) is distinct from (c.unit_cost, c.indicative) and c.unit_cost is not null
"""
MISSING = """
select site, sku, min(connection) as connection, count(*) as entries, sum(units) as units from journal
 where state = 'uncosted' group by 1, 2 order by 1, 2
"""


WAITING = ("uncosted",)
NOT_SENT = ("unmapped", "uncosted", "ready")


def find(db: Connection, states: tuple[str, ...] = WAITING) -> int:
    """Set the cost of entries that were not handed out yet; returns how many changed.

    ``states`` are those looked at: a new valuation speaks of all that are ``NOT_SENT``. An entry that waited for its
    cost is ready then. For what still has none finance has one exception a SKU and site.
    """
    found = db.execute(FOUND, (list(states),)).rowcount
    missing = db.execute(MISSING).fetchall()
    for row in missing:
        exceptions.file(
            within(db),
            KIND,
            subject=f"cost:{row['site']}:{row['sku']}",
            story=row["sku"],
            flow="stock-in",
            connection=row["connection"],
            why=f"{row['entries']} journal entries ({row['units']:+d} units) of {row['sku']} at {row['site']} have no"
            " cost: no valuation names it, and Khaos Control has no buying price; a garment's is in no asset file",
            once=exceptions.Once.WHILE_OPEN,
        )
    exceptions.close_all(
        within(db),
        f"e.kind = '{KIND}' and not exists (select 1 from journal j where j.state = 'uncosted'"  # noqa: S608  a constant
        "  and e.subject = 'cost:' || j.site || ':' || j.sku)",
        why="no journal entry waits for a cost any more",
        who="fleet",
    )
    return found
