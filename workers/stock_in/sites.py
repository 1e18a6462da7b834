"""The rows of homes, Khaos sites and buffers, as ``fleet.toml`` says."""

from __future__ import annotations

from workers.ledger import locks
from workers.spine.runtime import Runtime
from workers.stock_in.inventory_advices import await_first_counts

ROWS = """
select (select json_agg(b order by number) from buffer_rule b)::text as rules,
       (select json_agg(s order by site) from stock_site s)::text as sites
"""


def install(runtime: Runtime) -> None:
    """Make the rows of homes, sites and buffers what ``fleet.toml`` says; where that changed, all levels fall due."""
    stock, homes = runtime.configuration.stock, runtime.configuration.homes
    rules = [
        (n, list(b.site) or None, list(b.sku) or None, list(b.category) or None, b.units, b.percent)
        for n, b in enumerate(stock.buffer, 1)
    ]
    sites = [
        (site, home, purpose)
        for home in homes
        for purpose, site in {"sell": home, **stock.beside(home).named()}.items()
    ]
    with runtime.store.transaction() as db:
        locks.hold(db, locks.STOCK_SITES)
        before = db.execute(ROWS).fetchone()
        db.execute("delete from buffer_rule")
        for rule in rules:
            db.execute("insert into buffer_rule values (%s, %s, %s, %s, %s, %s)", rule)
        # a home that moved, or is no more, is counted anew before anything is sent for it
        db.execute(
            "delete from home where not exists (select 1 from unnest(%s::text[], %s::text[], %s::text[])"
            " n (site, connection, facility) where n.site = home.site and n.connection = home.connection"
            " and n.facility = home.facility)",
            (list(homes), [connection for connection, _ in homes.values()], [place for _, place in homes.values()]),
        )
        for table in ("position", "recount"):
            db.execute(f"delete from {table} where not exists (select 1 from home where site = {table}.home)")  # noqa: S608  names of our own tables
        for home, (connection, facility) in homes.items():
            by_documents = runtime.warehouse(connection).parts.stock is None  # it cannot be asked
            db.execute(
                "insert into home (site, connection, facility, flush_after, adjustments, semantics, issue_point, told)"
                " values (%s, %s, %s, make_interval(secs => %s), %s, %s, %s, %s) on conflict (site) do update set"
                " connection = excluded.connection, facility = excluded.facility, flush_after = excluded.flush_after,"
                " adjustments = excluded.adjustments, semantics = excluded.semantics,"
                " issue_point = excluded.issue_point, told = excluded.told",
                (home, connection, facility, stock.flush, stock.beside(home).adjustments,
                 runtime.erp.level_semantics, runtime.erp.issue_point, by_documents),
            )  # fmt: skip
        db.execute("delete from stock_site")
        for row in sites:
            db.execute("insert into stock_site (site, home, purpose) values (%s, %s, %s)", row)
        if stock.levels != "off":
            await_first_counts(runtime, db)
        after = db.execute(ROWS).fetchone()
        if before != after:
            db.execute("select touch_levels(h.site, array(select sku from position where home = h.site)) from home h")
