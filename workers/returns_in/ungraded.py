"""Garments that came back and of which no grade came: nobody is credited, no deposit is released, a person hears."""

from __future__ import annotations

from workers.spine import exceptions
from workers.spine.runtime import Runtime

KIND = "return_not_graded"
# Received and not graded; or the stock file has it here, and the last event of it is that it left.
FOUND = """
with back as (
    select r.connection, r.tag, 'it was received, and no grade of it came' as what from garment_return r
     where r.graded_at is null and r.received_at < now() - make_interval(secs => %(seconds)s)
    union all
    select g.connection, g.tag, 'the stock file has it as ' || g.file_state || ', and no event says that it came back'
      from garment g
     where g.event_state in ('sold', 'with_customer') and g.named and not g.retired and g.file_at > g.event_at
       and g.file_state in ('sellable', 'reserved', 'inspection', 'refurbishment', 'quarantine', 'damaged')
       and g.file_at < now() - make_interval(secs => %(seconds)s))
select distinct on (b.connection, b.tag) b.connection, b.tag, b.what, f.order_code, o.kind, o.sku
  from back b
  join departed_item d on d.tag = b.tag
  join fulfilment f on f.reference = d.fulfilment and f.warehouse = b.connection
  join order_item o on o.fulfilment = d.fulfilment and o.item = d.item
 order by b.connection, b.tag, d.left_at desc, d.id desc
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


def purge_notes(runtime: Runtime) -> int:
    """Forget the warehouse's free text about garments as old as the bodies that are purged. Returns how many."""
    runtime.store.run(
        "delete from garment_waiting w where not exists (select 1 from record r where r.id = w.record_id)"
    )
    return runtime.store.run(
        "update garment_return set note = '' where note <> '' and received_at < now() - make_interval(months => %s)",
        runtime.configuration.fleet.keep_bodies_months,
    )
