-- What is promised is reckoned for each invoice by itself: an order may have several, and each goes its own way. And a
-- supplier's goods are not waited for when they are booked; a return may be worth less than was paid.

-- Lines of an order that are of another site than the order. Empty: the SKU stands on lines of several.
create table line_site (
    erp         text not null,
    order_code  text not null,
    sku         text not null,
    site        text not null,
    primary key (erp, order_code, sku)
);

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
    pieces as (  -- of each invoice: what Khaos shows of it, what left of it, what the warehouse was asked for and has
        select d.order_code, d.invoice_code, d.sku, d.units as shown,
               case when p_issue = 'confirmation' and d.shipped then 0 else d.units end as assigned,
               0 as counted, 0 as uncounted, 0 as there, 0 as rest
          from demand d left join order_site o on o.erp = d.erp and o.order_code = d.order_code
          left join line_site n on n.erp = d.erp and n.order_code = d.order_code and n.sku = d.sku
         where coalesce(n.site, o.site, p_home) in (p_home, '') and (p_skus is null or d.sku = any (p_skus))
        union all
        select l.order_code, coalesce(s.invoice_code, ''), l.sku, 0, 0,
               case when l.counted then l.units else 0 end, case when l.counted then 0 else l.units end, 0, 0
          from shipped_line l left join shipment s on s.reference = l.shipment
         where l.home = p_home and (p_skus is null or l.sku = any (p_skus))
        union all
        select f.order_code, f.invoice_code, r.key, 0, 0, 0, 0, u.units,
               case when f.state = 'part_dispatched' then u.units else 0 end
          from fulfilment f cross join lateral jsonb_each_text(f.requested) r
          cross join lateral (
              select greatest(0, r.value::integer - coalesce((f.shipped->>r.key)::integer, 0)) as units) u
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
        select a.order_code, a.sku, least(sum(least(a.there, b.shown)), max(b.shown)) as units
          from unbound b join invoices a on a.order_code = b.order_code and a.sku = b.sku
         where a.there > 0
           and ((a.rest = b.shown and a.there = a.rest and a.shown <= a.counted + a.uncounted)
                or (a.shown = 0 and exists (
                    select 1 from exception e where e.kind = 'invoice_recoded' and e.state = 'open'
                       and e.subject = 'invoice:' || b.invoice_code)))
         group by a.order_code, a.sku),
    promised as (
        select i.sku, sum(i.owed) as demand, sum(i.assigned) as assigned
          from (select sku, owed, assigned from invoices union all select sku, -units, 0 from twice) i group by i.sku),
    fallen as (  -- left, counted, and on an invoice that is still open in Khaos
        select l.sku, sum(l.units) as units
          from shipped_line l join shipment s on s.reference = l.shipment
          join lateral (select bool_and(d.shipped) as shipped from demand d where d.invoice_code = s.invoice_code) d
            on d.shipped is not null
         where l.home = p_home and l.counted and (p_skus is null or l.sku = any (p_skus))
           and not (p_issue = 'confirmation' and d.shipped)
         group by l.sku),
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

-- Goods whose delivery note is seen are not waited for any more.
create or replace function goods_are_booked() returns trigger language plpgsql as $$
declare
    v_subject text := 'receipt:' || new.connection || ':' || new.their_id || ':' || new.line_id;
begin
    delete from expectation where subject = v_subject;
    perform close_exception('goods_not_booked', v_subject, 'it is booked', coalesce(new.booked_by, 'fleet'));
    return new;
end $$;
create or replace trigger received_line_booked after update on received_line for each row
    when (new.booked >= new.received) execute function goods_are_booked();

-- A reduced refund: what a returned unit is worth to the customer by a person's word; null: what was paid.
alter table return_line add column unit_price numeric check (unit_price >= 0);
