"""Garments that came back and of which no grade came: nobody is credited, no deposit is released, a person hears."""

from __future__ import annotations

from workers.spine import exceptions
from workers.spine.runtime import Runtime

KIND = "return_not_graded"
# Received and not graded; or the stock file has it here, and the last event of it is that it left; or its events go on
# here, and none of them said that it came back from where it left to last; or it has left again since.
FOUND = """
with went as (
    select f.warehouse as connection, d.tag, d.fulfilment, d.item, d.left_at, f.order_code, o.kind, o.sku,
           lead(d.left_at) over later as again_at, lead(f.order_code) over later as again
      from departed_item d join fulfilment f on f.reference = d.fulfilment
      join order_item o on o.fulfilment = d.fulfilment and o.item = d.item
     where d.tag <> '' window later as (partition by f.warehouse, d.tag order by d.left_at, d.id)),
back as (
    select w.*, 'it was received, and no grade of it came' as what
      from garment_return r join went w using (connection, tag, fulfilment, item)
     where r.graded_at is null and r.received_at < now() - make_interval(secs => %(seconds)s)
    union all
    select w.*, 'the stock file has it as ' || g.file_state || ', and no event says that it came back'
      from garment g join went w using (connection, tag)
     where w.again is null and g.event_state in ('sold', 'with_customer') and g.named and not g.retired
       and g.file_at > g.event_at and g.file_at < now() - make_interval(secs => %(seconds)s)
       and g.file_state in ('sellable', 'reserved', 'inspection', 'refurbishment', 'quarantine', 'damaged')
    union all
    select w.*, 'its last event says ' || g.event_state || ', and none said that it came back'
      from garment g join went w using (connection, tag)
     where w.again is null and not g.retired and g.event_at > w.left_at
       and g.event_at < now() - make_interval(secs => %(seconds)s)
       and g.event_state in ('sellable', 'reserved', 'inspection', 'refurbishment', 'quarantine', 'damaged')
       and not exists (select 1 from garment_return r where r.connection = w.connection and r.tag = w.tag
                          and r.fulfilment = w.fulfilment and r.item = w.item)
    union all
    select w.*, 'it left again with order ' || w.again || ', and no event said that it came back'
      from went w
     where w.again_at < now() - make_interval(secs => %(seconds)s)
       and not exists (select 1 from garment_return r where r.connection = w.connection and r.tag = w.tag
                          and r.fulfilment = w.fulfilment and r.item = w.item))
select distinct on (connection, tag) connection, tag, what, order_code, kind, sku
  from back order by connection, tag, left_at
"""


def check(runtime: Runtime) -> int:
    """File an exception for each such garment, and close those of garments that are graded by now. Returns how many."""
    rows = runtime.store.rows_of(FOUND, {"seconds": runtime.configuration.fleet.limits.grading})
    for row in rows:
        exceptions.file(
            runtime.store.run,
            KIND,
            subject=subject(row["connection"], row["tag"]),
            story=row["order_code"],
            flow="returns-in",
            connection=row["connection"],
            why=f"garment {row['tag']} of {row['sku']}, a {row['kind']} of order {row['order_code']}, is back:"
            f" {row['what']}",
            once=exceptions.Once.OR_DISMISSED,
        )
    exceptions.close_all(
        runtime.store.run,
        "e.kind = %s and e.subject <> all (%s)",
        KIND,
        [subject(row["connection"], row["tag"]) for row in rows],
        why="it is graded",
    )
    return len(rows)


def subject(connection: str, tag: str) -> str:
    """The subject of a garment's exceptions."""
    return f"garment:{connection}:{tag}"


def purge(runtime: Runtime) -> int:
    """Forget what waits for a purged record, and the warehouse's free text that is as old. Returns how many texts."""
    runtime.store.run(
        "delete from garment_waiting w where not exists (select 1 from record r where r.id = w.record_id)"
    )
    return runtime.store.run(
        "update garment_return set note = '' where note <> '' and received_at < now() - make_interval(months => %s)",
        runtime.configuration.fleet.keep_bodies_months,
    )
