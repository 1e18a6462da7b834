"""SKUs that a warehouse has not confirmed: they are not to be published yet (stock and money, section 2)."""

from __future__ import annotations

from workers.views.worklists.worklist import Worklist

WORKLIST = Worklist(
    name="publish",
    title="SKUs not to be published yet",
    what=(
        "The warehouse has not confirmed these SKUs, so Khaos Control shows none of them for sale: keep them off the"
        " shops. An entry goes when the warehouse confirms its SKU."
    ),
    columns={
        "sku": "SKU",
        "description": "description",
        "warehouse": "warehouse",
        "sites": "Khaos sites",
        "state": "state",
        "reason": "why",
        "since": "since",
    },
    query="""
select p.code as sku, coalesce(p.body->>'description', '') as description, h.connection as warehouse, h.sites,
       coalesce(k.state, 'not confirmed') as state, coalesce(e.reason, '') as reason,
       coalesce(k.changed_at, e.first_at) as since
  from product p
 cross join (select connection, string_agg(site, ', ' order by site) as sites from home group by connection) h
  left join sku k on k.connection = h.connection and k.code = p.code
  left join lateral (select reason, first_at from exception where state = 'open'
                        and subject = 'sku:' || h.connection || ':' || p.code order by id limit 1) e on true
 where p.for_warehouse and k.state is distinct from 'confirmed'
 order by since nulls last, p.code, h.connection
""",
)
