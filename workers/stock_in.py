"""The queue ``stock-in``: what a warehouse holds, as figures that are current, into Khaos Control."""

from __future__ import annotations

from workers.ledger.store import NewMessage, run_effects
from workers.reading import Reading
from workers.runtime import Runtime
from workers.told.stock import await_first_counts

URGENT, ORDINARY = 3, 6
SAID = """
select (select json_agg(b order by number) from buffer_rule b)::text as rules,
       (select json_agg(s order by site) from stock_site s)::text as sites
"""


def read_hint(reading: Reading) -> None:
    """Reader of a webhook about stock: its SKUs are counted again. Ten thousand words of one SKU are one count."""
    connection = reading.record.connection
    hint = reading.runtime.asked(connection).stock.read_hint(reading.record.source, reading.record.body)
    for home, (whose, _facility) in reading.runtime.configuration.homes.items():
        if whose == connection and hint.skus:
            reading.run("select want_recount(%s, %s, %s)", home, sorted(hint.skus), reading.record.source)
    for movement, reason in hint.reasons:
        reading.run(
            "insert into movement_reason (connection, movement_id, reason) values (%s, %s, %s) on conflict do nothing",
            connection,
            movement,
            reason,
        )
        reading.run(
            "update movement set reason = %s where connection = %s and movement_id = %s and reason = ''",
            reason,
            connection,
            movement,
        )


def post_due(runtime: Runtime) -> int:
    """Post one message for each home with SKUs to count and each site with levels that fell due. Returns how many."""
    wanted = runtime.store.rows(
        "select 'recount' as kind, h.connection, h.site, false as urgent, clock_timestamp()::text as mark"
        " from home h join recount r on r.home = h.site where h.counted_at is not null and not h.told"
        " and not exists (select 1 from message m where m.subject = 'recount:' || h.site) group by 2, 3"
        " union all"
        " select 'levels', %s, s.site, bool_or(s.purpose = 'sell' and l.due_at - l.touched_at < interval '0.1 second'),"
        " clock_timestamp()::text"
        " from stock_site s join home h on h.site = s.home join level l on l.site = s.site"
        " where %s and h.counted_at is not null and l.due_at <= now()"
        " and not exists (select 1 from message m where m.subject = 'levels:' || s.site)"
        # what stands beside a selling site follows it: the selling one shows first what Khaos has booked
        " and (s.purpose = 'sell' or not exists (select 1 from level o where o.site = h.site and o.due_at <= now())"
        " and not exists (select 1 from message m where m.subject = 'levels:' || h.site)) group by 3",
        runtime.configuration.erp.name,
        runtime.configuration.stock.levels == "send",
    )
    with runtime.store.transaction() as db:
        for row in wanted:
            message = NewMessage(
                flow="stock-in",
                connection=row["connection"],
                kind=row["kind"],
                reference=f"{row['kind']} {row['site']}",
                subject=f"{row['kind']}:{row['site']}",
                story=row["site"],
                body={"home" if row["kind"] == "recount" else "site": row["site"]},
                fingerprint=row["mark"],
                wire=row["kind"].encode(),
                priority=URGENT if row["urgent"] else ORDINARY,
            )
            run_effects(db, [message.as_effect()])
    return len(wanted)


def wait_out(runtime: Runtime, released: list[dict[str, object]]) -> None:
    """A process died within a flush: what it was sending may still be set, until Khaos's own time-out is over."""
    name = runtime.configuration.erp.name
    for row in released:
        if row["flow"] == "stock-in" and row["connection"] == name:
            runtime.store.run(
                "update message set due_at = now() + make_interval(secs => %s) where id = %s and state = 'waiting'",
                runtime.doubt_wait(name),
                row["id"],
            )


def try_again(runtime: Runtime) -> int:
    """A count or a flush that died goes again by itself: it always reads anew. Returns how many."""
    return runtime.store.run(
        "update message set state = 'queued', state_since = now(), due_at = now(), tries = 0,"
        " generation = generation + 1 where flow = 'stock-in' and kind in ('recount', 'levels') and state = 'dead'"
        " and state_since < now() - interval '5 minutes'"
    )


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
        db.execute("select pg_advisory_xact_lock(4201979)")
        before = db.execute(SAID).fetchone()
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
            db.execute(
                "insert into home (site, connection, facility, flush_after, adjustments, semantics, issue_point, told)"
                " values (%s, %s, %s, make_interval(secs => %s), %s, %s, %s, %s) on conflict (site) do update set"
                " connection = excluded.connection, facility = excluded.facility, flush_after = excluded.flush_after,"
                " adjustments = excluded.adjustments, semantics = excluded.semantics,"
                " issue_point = excluded.issue_point, told = excluded.told",
                (home, connection, facility, stock.flush, stock.beside(home).adjustments,
                 runtime.erp.level_semantics, runtime.erp.issue_point, runtime.connection(connection).tells),
            )  # fmt: skip
        db.execute("delete from stock_site")
        for row in sites:
            db.execute("insert into stock_site (site, home, purpose) values (%s, %s, %s)", row)
        if stock.levels != "off":
            await_first_counts(runtime, db)
        after = db.execute(SAID).fetchone()
        if before != after:
            db.execute("select touch_levels(h.site, array(select sku from position where home = h.site)) from home h")


def purge(runtime: Runtime) -> None:
    """Counts and flushes are figures, not letters: their messages are kept a few days."""
    runtime.store.run(
        "with old as (delete from message_settled where flow = 'stock-in' and kind in ('recount', 'levels')"
        " and settled_at < now() - interval '3 days' returning id, connection, kind, reference, version),"
        " keys as (delete from message_key k using old where k.flow = 'stock-in' and k.connection = old.connection"
        " and k.kind = old.kind and k.reference = old.reference and k.version = old.version returning 1),"
        " bodies as (delete from message_body b using old where b.message_id = old.id returning 1)"
        " delete from timeline t using old where t.message_id = old.id"
    )
    runtime.store.run("delete from snapshot where began_at < now() - interval '90 days'")
    runtime.store.run("delete from item_row where state <> 'waiting' and asked_at < now() - interval '90 days'")
