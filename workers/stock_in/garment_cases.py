"""The cases that a stock file shows beside its count: words without a row, garments lost, new or of no known SKU."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mappings.errors import Unreadable
from workers.domain.fulfilment import Rows
from workers.spine import exceptions
from workers.spine.reading import Reading
from workers.spine.runtime import Runtime

LONGEST_SUBJECT = 300
NAMED = 5  # tags or SKUs that an exception names
LATE, NEVER = 1, 21  # days after the day on which a hire is expected back
# Garments that are with their customers, also where a file does not name them; and units that left without a tag. Those
# come back under any line of their order and SKU, so they are counted.
HIRES = """
with away as (
    select g.tag || coalesce(' of ' || nullif(g.event_order, ''), '') as name, g.back_by from garment g
     where g.home = %(home)s and g.hired
       and (g.state = 'with_customer' or (g.state = 'unseen' and g.event_state = 'with_customer'))
     union all
    select w.sku || ' of ' || w.fulfilment, w.back_by from (
        select o.fulfilment, o.sku, min(o.back_by) as back_by, sum(d.units) as units from order_item o
          join departed_item d on d.fulfilment = o.fulfilment and d.item = o.item and d.tag = ''
          join fulfilment f on f.reference = o.fulfilment and f.warehouse = %(connection)s
         where o.kind = 'hire' group by o.fulfilment, o.sku) w
     cross join lateral generate_series(1, w.units - (
        select count(*) from garment_return r where r.connection = %(connection)s and r.fulfilment = w.fulfilment
           and r.sku = w.sku and not exists (
               select 1 from departed_item d where d.fulfilment = r.fulfilment and d.tag = r.tag))))
select a.name from away a cross join (select (now() at time zone merchant_zone())::date as today) d
 where a.back_by < d.today - %(after)s::integer
   and (%(before)s::integer is null or a.back_by >= d.today - %(before)s::integer)
 order by a.back_by, a.name
"""

# The file spoke half a day after the last event and says otherwise. What is ready may be allocated to an order at once.
DIFFER = """
select g.tag || ': ' || g.file_state || ' in the file, ' || g.event_state || ' by its last event' as name
  from garment g join home h on h.site = g.home
 where g.home = %s and not g.retired and g.missed = 0 and g.named and g.file_state <> g.event_state
   and not (g.file_state = any (%s) and g.event_state = any (%s))
   and garment_file_at(g.file_at, h.counted_at, g.named, g.sold_at) >= g.event_at + interval '12 hours'
 order by g.tag
"""
UNANNOUNCED = """
select g.tag || ' of ' || coalesce(nullif(g.unique_sku, ''), g.sku) as name from garment g
 where g.home = %s and g.unannounced and not g.retired and g.state <> 'sold' order by g.tag
"""
ON_SALE = ["sellable", "reserved"]


def file_words(reading: Reading, home: str, troubles: Iterable[Unreadable], more: int) -> None:
    """File each word that cannot be read, once, however many garments carry it; close what the file shows no more.

    ``more`` is how many cells beyond those cannot be read: they are one case.
    """
    standing: list[str] = []

    def stands(subject: str, kind: str, why: str) -> None:
        standing.append(subject[:LONGEST_SUBJECT])
        reading.file_exception(
            kind,
            subject=standing[-1],
            story=home,
            flow="stock-in",
            connection=reading.record.connection,
            why=why,
        )

    for one in troubles:
        why = f"{one.error.field} {one.error.value!r}, for example of {one.subject}: {one.error.why}"
        stands(f"stockword:{home}:{one.error.field} {one.error.value}", one.error.kind, why)
    if more:
        why = f"{more} more cells of the file cannot be read; those that stand by themselves show what is wrong with it"
        stands(f"stockword:{home}:more", "unmappable", why)
    exceptions.close_all(
        reading.run,
        "starts_with(e.subject, %s) and e.subject <> all (%s)",
        f"stockword:{home}:",
        standing,
        why="the file has no such word any more",
    )


def after_file(reading: Reading, home: str, lost_after: int) -> None:
    """File, renew or close the cases of a building after a file was counted."""
    _listed(
        reading,
        home,
        "garment_lost",
        "select tag as name from garment where home = %s and not retired and missed >= %s order by tag",
        f"garments stand in none of the last {lost_after} days' files",
        lost_after,
    )
    _listed(
        reading, home, "garment_differs", DIFFER, "garments are told otherwise by file and events", ON_SALE, ON_SALE
    )
    check_announced(reading.run, home, reading.record.connection)
    _listed(
        reading,
        home,
        "garment_not_set_up",
        "select distinct g.sku as name from garment g where g.home = %s and not g.retired and g.state <> 'sold'"
        " and not exists (select 1 from product p where p.code = g.sku and p.erp = %s) order by 1",
        "SKUs of garments are no stock codes of Khaos Control, so they sell nothing",
        reading.runtime.configuration.erp.name,
    )


def check_announced(run: Rows, home: str, connection: str) -> int:
    """File, renew or close the garments of a building that no set-up row names. Returns how many."""
    run("select settle_unannounced(%s)", home)
    names = [row["name"] for row in run(UNANNOUNCED, home)]
    _file(
        run, home, connection, "garment_not_announced", names, "garments that no set-up row names are in the stock file"
    )
    return len(names)


def check_hires(runtime: Runtime) -> int:
    """File or close, for each building, hires that are late and those that nobody expects back. Returns how many."""
    found = 0
    for home, (connection, _) in runtime.configuration.homes.items():
        if runtime.warehouse(connection).parts.garments is None:
            continue
        check_announced(runtime.store.rows, home, connection)  # some may be announced since the file
        for kind, after, before in (("hire_late", LATE, NEVER), ("hire_not_returned", NEVER, None)):
            asked = {"home": home, "connection": connection, "after": after, "before": before}
            rows = runtime.store.rows_of(HIRES, asked)
            found += len(rows)
            what = f"hired garments are more than {after} days late"
            _file(runtime.store.run, home, connection, kind, [row["name"] for row in rows], what)
    return found


def _listed(reading: Reading, home: str, kind: str, sql: str, what: str, *more: object) -> None:
    names = [row["name"] for row in reading.run(sql, home, *more)]
    _file(reading.run, home, reading.record.connection, kind, names, what)


def _file(run: exceptions.Run, home: str, connection: str, kind: str, names: Sequence[str], what: str) -> None:
    subject = f"{kind}:{home}"
    if not names:
        exceptions.close(run, kind, subject, "there are none any more")
        return
    rest = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    exceptions.file(
        run,
        kind,
        subject=subject,
        story=home,
        flow="stock-in",
        connection=connection,
        why=f"{len(names)} {what}: {', '.join(names[:NAMED])}{rest}",
        once=exceptions.Once.OR_DISMISSED,
    )
