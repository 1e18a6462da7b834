"""Posts counts and flushes that fell due: they are figures, not letters."""

from __future__ import annotations

from workers.ledger.store import NewMessage, run_effects
from workers.spine import history, priority
from workers.spine.runtime import Runtime


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
    if not wanted:
        return 0
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
                priority=priority.SOLD_OUT if row["urgent"] else priority.LEVELS,
            )
            run_effects(db, [message.as_effect()])
    return len(wanted)


def delay_after_crash(runtime: Runtime, released: list[dict[str, object]]) -> None:
    """Delay a flush whose process died, until Khaos's time-out is over: its call may still be running."""
    name = runtime.configuration.erp.name
    for row in released:
        if row["flow"] == "stock-in" and row["connection"] == name:
            runtime.store.run(
                "update message set due_at = now() + make_interval(secs => %s) where id = %s and state = 'waiting'",
                runtime.doubt_wait(name),
                row["id"],
            )


def try_again(runtime: Runtime) -> int:
    """Requeue counts and flushes that died: they always read anew. Returns how many."""
    return runtime.store.run(
        "update message set state = 'queued', state_since = now(), due_at = now(), tries = 0,"
        " generation = generation + 1 where flow = 'stock-in' and kind in ('recount', 'levels') and state = 'dead'"
        " and state_since < now() - interval '5 minutes'"
    )


def purge(runtime: Runtime) -> None:
    """Counts and flushes are figures, not letters: their messages are kept a few days."""
    history.in_batches(runtime, "select purge_figures(%s) as n")
    runtime.store.run("delete from snapshot where began_at < now() - interval '90 days'")
    runtime.store.run("delete from item_row where state <> 'waiting' and asked_at < now() - interval '90 days'")
