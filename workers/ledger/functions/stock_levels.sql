-- What may be sold: the figures of a SKU, its levels at Khaos's sites, and when they fall due.

-- The fulfilment of goods that left and that Khaos is not told of, by the name that `departures.left` gives them.
create or replace function fulfilment_in_hand(p_shipment text) returns text language sql immutable as $$
    select regexp_replace(p_shipment, '/(late [0-9]+|beyond)$', '')
$$;

-- The figures of some SKUs at a home (all of the catalogue and the positions with p_skus null).
--   good, other        what is held
--   assigned           Khaos has given it to open invoices
--   demand             what is owed and what the position still includes (stock and money, section 2: D)
--   dispatched         left the warehouse, and Khaos's in-stock has not fallen by it yet
--   pending            of the good units, those that Khaos will move by itself (returns, goods in) or by a file
--   buffer             what is kept back, as far as it is there
--   available          what Khaos shall show; signed: below zero more is promised than there is
-- p_issue: 'issue' or 'confirmation', when Khaos's in-stock falls.
create or replace function figures(p_home text, p_skus text[], p_issue text)
returns table (sku text, confirmed boolean, good integer, other jsonb, assigned integer, demand integer,
               dispatched integer, pending integer, buffer integer, available integer)
language sql stable as $$
    with asked as (
        select s as sku from unnest(p_skus) s where p_skus is not null
        union
        select p.sku from position p where p_skus is null and p.home = p_home
        union
        select pr.code from product pr where p_skus is null and pr.for_warehouse),
    -- what left, by the invoice that it left for. Goods that a person has in hand (they left although the order was taken
    -- back, or with more than was asked for) stand on no shipment: they are of the invoice of their fulfilment, unless
    -- another fulfilment stands on that by now.
    gone as materialized (
        select l.order_code, coalesce(s.invoice_code, h.invoice_code, '') as invoice_code, l.sku, l.units, l.counted
          from shipped_line l
          left join shipment s on s.reference = l.shipment
          left join lateral (
              select f.invoice_code from fulfilment f
               where s.reference is null and f.reference = fulfilment_in_hand(l.shipment)
                 and not exists (select 1 from fulfilment o where o.erp = f.erp and o.invoice_code = f.invoice_code
                                    and o.reference <> f.reference and o.state not in ('cancelled', 'withdrawn'))) h on true
         where l.home = p_home and (p_skus is null or l.sku = any (p_skus))),
    pieces as (  -- of each invoice: what Khaos shows of it, what left of it, what the warehouse was asked for and has
        select d.order_code, d.invoice_code, d.sku, d.units as shown,
               case when p_issue = 'confirmation' and d.shipped then 0 else d.units - d.lent end as assigned,
               0 as counted, 0 as uncounted, 0 as there, 0 as rest
          from demand d left join order_site o on o.erp = d.erp and o.order_code = d.order_code
          left join line_site n on n.erp = d.erp and n.order_code = d.order_code and n.sku = d.sku
         where coalesce(n.site, o.site, p_home) in (p_home, '') and (p_skus is null or d.sku = any (p_skus))
        union all
        select order_code, invoice_code, sku, 0, 0,
               case when counted then units else 0 end, case when counted then 0 else units end, 0, 0
          from gone
        union all
        select f.order_code, f.invoice_code, r.key, 0, 0, 0, 0, u.units,
               case when f.state = 'part_dispatched' then u.units else 0 end
          from fulfilment f cross join lateral jsonb_each_text(f.requested) r
          cross join lateral (
              select greatest(0, r.value::integer - coalesce((f.shipped->>r.key)::integer, 0)
                                 - coalesce((select l.units from shipped_line l  -- beyond what was asked for
                                              where l.shipment = f.reference || '/beyond' and l.sku = r.key), 0)) as units) u
         where f.site = p_home and f.state in ('sent', 'part_dispatched', 'cancelling')
           and (p_skus is null or r.key = any (p_skus))),
    invoices as materialized (
        select i.*, greatest(0, i.shown - i.counted, i.there + i.uncounted) as owed
          from (select order_code, invoice_code, sku, sum(shown) as shown, sum(assigned) as assigned,
                       sum(counted) as counted, sum(uncounted) as uncounted, sum(there) as there, sum(rest) as rest
                  from pieces group by order_code, invoice_code, sku) i),
    -- the same goods under two codes: the rest of a part shipment whose further invoice nobody has adopted yet, and an
    -- invoice that goes by another code, as the fleet has judged
    unbound as materialized (
        select b.* from invoices b
         where b.shown > 0 and b.there + b.counted + b.uncounted = 0
           and not exists (select 1 from fulfilment f where f.order_code = b.order_code
                              and f.invoice_code = b.invoice_code and f.state not in ('cancelled', 'withdrawn'))),
    twice as (
        select order_code, sku, least(sum(units), max(shown)) as units
          from (select a.order_code, a.sku, b.shown,
                       case when a.there > 0 and a.rest = b.shown and a.there = a.rest and a.shown <= a.counted + a.uncounted
                            then least(a.there, b.shown)
                            when a.shown = 0 and exists (
                                select 1 from exception e  -- whoever dismissed it has said that they are the same goods
                                 where e.kind = 'invoice_recoded' and e.state <> 'resolved' and e.story = b.order_code
                                   and e.subject = 'invoice:' || b.invoice_code)
                            then least(a.there + a.counted + a.uncounted, b.shown)
                            else 0 end as units
                  from unbound b join invoices a on a.order_code = b.order_code and a.sku = b.sku
                   and a.invoice_code <> b.invoice_code) both_codes
         group by order_code, sku),
    promised as (
        select i.sku, sum(i.owed) as demand, sum(i.assigned) as assigned
          from (select sku, owed, assigned from invoices union all select sku, -units, 0 from twice) i group by i.sku),
    fallen as (  -- left, counted, and on an invoice that is still open in Khaos; never what is no stock there
        select i.sku, sum(greatest(0, i.units - i.lent)) as units
          from (select g.sku, g.invoice_code, sum(g.units) as units,
                       coalesce((select sum(d.lent) from demand d
                                  where d.invoice_code = g.invoice_code and d.sku = g.sku), 0) as lent
                  from gone g
                  join lateral (select bool_and(d.shipped) as shipped from demand d where d.invoice_code = g.invoice_code) d
                    on d.shipped is not null
                 where g.counted and not (p_issue = 'confirmation' and d.shipped)
                 group by g.sku, g.invoice_code) i
         group by i.sku),
    terms as (
        select t.sku, t.condition,
               sum(t.units) filter (where t.kind <> 'pending_journal' or t.units > 0) as units
          from term t
         where t.home = p_home and t.cleared_at is null and (p_skus is null or t.sku = any (p_skus))
         group by t.sku, t.condition),
    waits as (  -- what should lie in another condition and is not there is taken for good units: the less sellable reading
        select t.sku,
               sum(case when t.condition = 'good' then coalesce(t.units, 0)
                        else greatest(0, coalesce(t.units, 0) - coalesce((p.other->>t.condition)::integer, 0)) end) as of_good
          from terms t left join position p on p.home = p_home and p.sku = t.sku
         group by t.sku),
    held as (
        select a.sku,
               exists (select 1 from sku k join home h on h.connection = k.connection
                        where h.site = p_home and k.code = a.sku and k.state = 'confirmed') as confirmed,
               coalesce(p.good, 0) as good, coalesce(p.other, '{}') as other,
               coalesce(o.assigned, 0) as assigned, coalesce(o.demand, 0) as demand,
               coalesce(f.units, 0) as dispatched,
               coalesce(t.of_good, 0) as pending,
               coalesce(b.units, ceil(coalesce(p.good, 0) * b.percent / 100)::integer, 0) as kept_back
          from asked a
          left join position p on p.home = p_home and p.sku = a.sku
          left join promised o on o.sku = a.sku
          left join fallen f on f.sku = a.sku
          left join waits t on t.sku = a.sku
          left join lateral (
              select r.units, r.percent from buffer_rule r
               where (r.sites is null or p_home = any (r.sites)) and (r.skus is null or a.sku = any (r.skus))
                 and (r.categories is null or exists (
                      select 1 from product pr cross join lateral jsonb_array_elements(pr.body->'attributes') e
                       where pr.code = a.sku and e->>1 = any (r.categories)))
               order by r.number limit 1) b on true)
    select h.sku, h.confirmed, h.good, h.other, h.assigned::integer, h.demand::integer, h.dispatched::integer,
           h.pending::integer,
           least(h.kept_back, greatest(0, h.good - h.demand - h.pending))::integer,
           case when not h.confirmed then least(0, h.good - h.demand - h.pending)
                else h.good - h.demand - h.pending - least(h.kept_back, greatest(0, h.good - h.demand - h.pending)) end::integer
      from held h
$$;

-- What LEVEL should be at a site for some SKUs, and what Khaos should then show as available.
--   p_semantics: what LEVEL means on the way in: 'available' or 'in_stock'
create or replace function targets(p_site text, p_skus text[], p_semantics text, p_issue text)
returns table (sku text, level integer, shows integer)
language plpgsql stable as $$
#variable_conflict use_column
declare
    v stock_site%rowtype;
begin
    select * into v from stock_site where site = p_site;
    if v.purpose = 'sell' then
        return query
        select f.sku,
               case when p_semantics = 'available' or not f.confirmed then greatest(0, f.available)
                    else greatest(0, f.available + f.assigned) end,
               case when p_semantics = 'available' then greatest(0, f.available)
                    when not f.confirmed then greatest(0, f.available) - f.assigned
                    else greatest(0, f.available + f.assigned) - f.assigned end
          from figures(v.home, p_skus, p_issue) f;
    elsif v.purpose = 'buffer' then
        return query select f.sku, f.buffer, f.buffer from figures(v.home, p_skus, p_issue) f;
    elsif v.purpose = 'pending_journal' then
        return query
        select s, coalesce(-sum(t.units), 0)::integer, coalesce(-sum(t.units), 0)::integer
          from unnest(p_skus) s left join term t on t.home = v.home and t.sku = s and t.kind = 'pending_journal'
               and t.units < 0 and t.cleared_at is null
         group by s;
    else
        return query
        select s, c.units, c.units from unnest(p_skus) s
          cross join lateral (
              select greatest(0, coalesce((select (p.other->>v.purpose)::integer from position p where p.home = v.home and p.sku = s), 0)
                   - coalesce((select sum(t.units) from term t where t.home = v.home and t.sku = s and t.cleared_at is null
                                and (t.kind <> 'pending_journal' or t.units > 0) and t.condition = v.purpose), 0))::integer as units) c;
    end if;
end $$;

-- Some SKUs may need another level: their rows fall due. At once where nothing may be left to sell.
create or replace function touch_levels(p_home text, p_skus text[]) returns void language plpgsql as $$
declare
    v_after interval;
begin
    select flush_after into v_after from home where site = p_home and counted_at is not null;
    if not found or coalesce(array_length(p_skus, 1), 0) = 0 then return; end if;
    insert into level (site, sku, home, purpose, due_at, touched_at)
    select s.site, k.sku, p_home, s.purpose,
           now() + case when s.purpose = 'sell' and k.low then interval '0' else v_after end, clock_timestamp()
      from stock_site s
      cross join (
          select a.sku, coalesce(p.good, 0) <= coalesce(
                     (select sum(d.units) from demand d where d.sku = a.sku), 0) as low,
                 coalesce(p.other, '{}') as other
            from (select distinct unnest(p_skus) as sku) a
            left join position p on p.home = p_home and p.sku = a.sku) k
     where s.home = p_home
       and (s.purpose = 'sell'
            or exists (select 1 from level l where l.site = s.site and l.sku = k.sku)
            or (s.purpose = 'buffer' and exists (select 1 from buffer_rule))
            or (s.purpose = 'pending_journal' and exists (
                select 1 from term t where t.home = p_home and t.sku = k.sku and t.kind = 'pending_journal' and t.cleared_at is null))
            or k.other ? s.purpose)
     order by s.site, k.sku  -- whoever writes levels writes them in this order: none waits for another in a ring
    on conflict (site, sku) do update
       set due_at = least(coalesce(level.due_at, excluded.due_at), excluded.due_at), touched_at = excluded.touched_at;
end $$;
