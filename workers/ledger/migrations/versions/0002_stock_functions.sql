-- The rules of stock, as functions: what a SKU's figures are, and what changes them.

-- The figures of some SKUs at a home (all of the catalogue and the positions with p_skus null).
--   good, other        what is held
--   assigned           Khaos has given it to open invoices
--   demand             what is owed and what the position still includes (stock and money, section 2: D)
--   dispatched         left the warehouse, and Khaos's in-stock has not fallen by it yet
--   pending            of the good units, those that Khaos will move by itself (returns, goods in) or by a file
--   buffer             what is kept back, as far as it is there
--   available          what Khaos shall show; signed: below zero more is promised than there is
-- p_issue: 'issue' or 'confirmation', when Khaos's in-stock falls.
create function figures(p_home text, p_skus text[], p_issue text)
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

-- What LEVEL should be at a site for some SKUs, and what Khaos should then show as available.
--   p_semantics: what LEVEL means on the way in: 'available' or 'in_stock'
create function targets(p_site text, p_skus text[], p_semantics text, p_issue text)
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
create function touch_levels(p_home text, p_skus text[]) returns void language plpgsql as $$
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

-- A fresh count of some SKUs of a home, each of which is counted whole: what it does not show is not there.
-- p: home, began, ended, skus: [{sku, good, other}]. A late count changes nothing. Where two counts overlap, the
-- less sellable one counts and the SKU is counted again. Returns the SKUs whose position changed.
--
-- A reading that says that units left asks for a count in the same transaction, so its recount row is locked until its
-- shipped lines can be seen. Taking the recounts away first waits for it, and then sees the lines.
create function count_skus(p jsonb) returns text[] language plpgsql as $$
declare
    v_home text := p->>'home';
    v_began timestamptz := (p->>'began')::timestamptz;
    v_ended timestamptz := (p->>'ended')::timestamptz;
    v_changed text[] := '{}';
    v record;
    v_old position%rowtype;
    v_good integer;
begin
    for v in select e->>'sku' as sku, (e->>'good')::integer as good, coalesce(e->'other', '{}') as other
               from jsonb_array_elements(p->'skus') e order by 1
    loop
        insert into position (home, sku, good, other, began_at, ended_at)
        values (v_home, v.sku, v.good, v.other, v_began, v_ended) on conflict do nothing;
        if found then
            v_changed := v_changed || v.sku;
            continue;
        end if;
        select * into v_old from position where home = v_home and sku = v.sku for update;
        if v_ended <= v_old.began_at then continue; end if;
        v_good := case when v_began >= v_old.ended_at then v.good else least(v.good, v_old.good) end;
        if v_began < v_old.ended_at and v.good <> v_old.good then
            perform want_recount(v_home, array[v.sku], 'two counts overlap');
        end if;
        update position set good = v_good, other = v.other, began_at = greatest(began_at, v_began),
               ended_at = greatest(ended_at, v_ended), absent = 0
         where home = v_home and sku = v.sku;
        if v_good <> v_old.good or v.other <> v_old.other then
            v_changed := v_changed || v.sku;
        end if;
    end loop;
    perform 1 from recount r where r.home = v_home and r.asked_at <= v_began
        and r.sku in (select e->>'sku' from jsonb_array_elements(p->'skus') e) order by r.sku for update;
    delete from recount r using jsonb_array_elements(p->'skus') e
     where r.home = v_home and r.sku = e->>'sku' and r.asked_at <= v_began;
    update shipped_line l set counted = true
      from jsonb_array_elements(p->'skus') e
     where l.home = v_home and l.sku = e->>'sku' and not l.counted and l.left_at <= v_began
       and exists (select 1 from position q where q.home = v_home and q.sku = l.sku and q.began_at >= l.left_at);
    if found then
        v_changed := array(select distinct unnest(v_changed || array(select e->>'sku' from jsonb_array_elements(p->'skus') e)));
    end if;
    perform touch_levels(v_home, v_changed);
    return v_changed;
end $$;

-- Have some SKUs counted again; not where the warehouse cannot be asked: its positions follow what it tells.
create function want_recount(p_home text, p_skus text[], p_why text) returns void language sql as $$
    insert into recount (home, sku, why) select p_home, s, p_why from unnest(p_skus) s
     where not exists (select 1 from home where site = p_home and told) order by s
        on conflict (home, sku) do update set asked_at = clock_timestamp(), why = excluded.why
$$;

-- A count of a whole building is complete: take it over. p_consistent: it is one moment's picture (a file); else pages
-- that were read one after another while people worked, so what differs takes the less sellable figure and is counted
-- again. A SKU that it does not name is gone after p_absent such counts in a row. Returns how many SKUs differed.
create function take_snapshot(p_id bigint, p_consistent boolean, p_absent integer) returns integer
language plpgsql as $$
declare
    v snapshot%rowtype;
    v_changed text[];
    v_first boolean;
begin
    select * into v from snapshot where id = p_id and state = 'complete' and changed is null for update;
    if not found then return 0; end if;
    select counted_at is null into v_first from home where site = v.home;
    create temp table fresh on commit drop as
    select l.sku, coalesce(sum(l.units) filter (where l.condition = 'good'), 0)::integer as good,
           coalesce(o.other, '{}') as other
      from snapshot_line l
      left join (select sku, jsonb_object_agg(condition, units) as other
                   from (select sku, condition, sum(units)::integer as units from snapshot_line
                          where snapshot_id = p_id and condition <> 'good' group by 1, 2) c
                  where units > 0 group by sku) o on o.sku = l.sku
     where l.snapshot_id = p_id group by l.sku, o.other;
    create temp table differs on commit drop as
    select coalesce(f.sku, p.sku) as sku, coalesce(f.good, 0) as good, coalesce(f.other, '{}'::jsonb) as other,
           p.sku is null as fresh_sku, f.sku is null as missing, p.good as old_good, p.began_at, p.ended_at, p.absent
      from fresh f full join (select * from position where home = v.home) p on p.sku = f.sku
     where p.sku is null or f.good is distinct from p.good or f.other is distinct from p.other;
    -- what was counted after this count began knows better
    delete from differs d where not d.fresh_sku and d.began_at >= v.began_at;
    delete from differs d where d.missing and d.old_good = 0 and exists
        (select 1 from position p where p.home = v.home and p.sku = d.sku and p.other = '{}');
    insert into position (home, sku, good, other, began_at, ended_at)
    select v.home, sku, good, other, v.began_at, v.ended_at from differs where fresh_sku;
    update position p set absent = p.absent + 1 from differs d
     where p.home = v.home and p.sku = d.sku and d.missing and p.absent + 1 < p_absent;
    delete from differs d where d.missing and d.absent + 1 < p_absent;
    update position p
       set good = case when p_consistent and p.ended_at <= v.began_at then d.good else least(p.good, d.good) end,
           other = d.other, absent = 0,
           began_at = case when p_consistent then greatest(p.began_at, v.began_at) else p.began_at end,
           ended_at = greatest(p.ended_at, v.ended_at)
      from differs d where p.home = v.home and p.sku = d.sku and not d.fresh_sku;
    if not p_consistent then
        perform want_recount(v.home, array(select sku from differs where not fresh_sku), 'a count of the building differs');
    end if;
    update home set counted_at = v.began_at where site = v.home;
    select array_agg(sku) into v_changed from differs;
    perform touch_levels(v.home, case when v_first then array(select f.sku from fresh f) else v_changed end);
    update snapshot set changed = coalesce(array_length(v_changed, 1), 0) where id = p_id;
    delete from snapshot_line where snapshot_id = p_id;
    drop table fresh;
    drop table differs;
    return coalesce(array_length(v_changed, 1), 0);
end $$;

-- Khaos's open invoices as one reply showed them; asked at p_began. An older reply changes nothing.
-- p_lines: [[invoice, order, sku, units, stage, shipped], …]
create function store_demand(p_erp text, p_began timestamptz, p_lines jsonb) returns boolean language plpgsql as $$
declare
    v_last timestamptz;
begin
    insert into cursor (connection, source, value) values (p_erp, 'demand', jsonb_build_object('began', '-infinity'))
        on conflict do nothing;
    select (value->>'began')::timestamptz into v_last from cursor
     where connection = p_erp and source = 'demand' for update;
    if v_last >= p_began then return false; end if;
    update cursor set value = jsonb_build_object('began', p_began), moved_at = now()
     where connection = p_erp and source = 'demand';
    create temp table shown on commit drop as
    select e->>0 as invoice_code, e->>1 as order_code, e->>2 as sku, sum((e->>3)::integer)::integer as units,
           max((e->>4)::integer) as stage, bool_or((e->>5)::boolean) as shipped
      from jsonb_array_elements(p_lines) e group by 1, 2, 3;
    delete from demand d where d.erp = p_erp
       and not exists (select 1 from shown s where s.invoice_code = d.invoice_code and s.sku = d.sku);
    insert into demand (erp, invoice_code, order_code, sku, units, stage, shipped)
    select p_erp, invoice_code, order_code, sku, units, stage, shipped from shown
    on conflict (erp, invoice_code, sku) do update
       set units = excluded.units, stage = excluded.stage, shipped = excluded.shipped, order_code = excluded.order_code
     where (demand.units, demand.stage, demand.shipped) is distinct from (excluded.units, excluded.stage, excluded.shipped);
    drop table shown;
    -- what left, was counted and is over in Khaos is no concern of the levels any more
    delete from shipped_line l using shipment s
     where s.reference = l.shipment and l.counted and s.confirmed_at is not null
       and not exists (select 1 from demand d where d.invoice_code = s.invoice_code);
    delete from shipped_line l where l.counted and not exists (select 1 from shipment s where s.reference = l.shipment);
    return true;
end $$;

-- Units of a SKU that came in and that nobody has claimed, against those that were taken out again: both are over.
create function net_goods(p_home text, p_sku text) returns void language plpgsql as $$
declare
    v_out record;
    v_in record;
    v_units integer;
begin
    for v_out in select * from term where home = p_home and sku = p_sku and subject = '' and cleared_at is null
                    and kind = 'pending_goods_in' and units < 0 order by id for update
    loop
        for v_in in select * from term where home = p_home and sku = p_sku and subject = '' and cleared_at is null
                       and kind = 'pending_goods_in' and units > 0 order by id desc for update
        loop
            v_units := least(v_in.units, -v_out.units);
            if v_units < v_in.units then
                update term set units = units - v_units where id = v_in.id;
            else
                update term set cleared_at = now(), cleared_by = 'fleet', cleared_why = 'taken out of goods in again: ' || v_out.source
                 where id = v_in.id;
            end if;
            if v_units < -v_out.units then
                update term set units = units + v_units where id = v_out.id;
                v_out.units := v_out.units + v_units;
            else
                update term set cleared_at = now(), cleared_by = 'fleet', cleared_why = 'taken out of goods in again' where id = v_out.id;
                exit;
            end if;
        end loop;
    end loop;
end $$;

-- Units that came in (p_units > 0) or were taken out of goods in again (< 0), by one movement. A receipt that was read
-- before its movement has a term without a source: that is the same goods.
create function goods_came(p_home text, p_sku text, p_units integer, p_source text) returns void language plpgsql as $$
declare
    v record;
    v_left integer := p_units;
    v_claimed integer;
begin
    if v_left > 0 then
        for v in select * from term where home = p_home and sku = p_sku and units > 0 and source is null
                    and kind in ('pending_goods_in', 'pending_return', 'khaos_quarantine') order by id for update
        loop
            exit when v_left = 0;
            if v.units <= v_left then
                update term set source = p_source where id = v.id;
                v_left := v_left - v.units;
            else
                update term set units = units - v_left where id = v.id;
                insert into term (kind, home, sku, condition, units, source, subject, opened_at, cleared_at, cleared_by, cleared_why)
                values (v.kind, v.home, v.sku, v.condition, v_left, p_source, v.subject, v.opened_at, v.cleared_at, v.cleared_by, v.cleared_why);
                v_left := 0;
            end if;
        end loop;
        if v_left > 0 then
            insert into term (kind, home, sku, condition, units, source) values ('pending_goods_in', p_home, p_sku, 'goods_in', v_left, p_source);
            perform net_goods(p_home, p_sku);
        end if;
        return;
    end if;
    -- a movement names no receipt: what is claimed stays as it is, less these units, until its receipt is read again
    v_claimed := least(-v_left, (
        select coalesce(sum(units), 0) from term where home = p_home and sku = p_sku and cleared_at is null
           and kind = 'pending_goods_in' and condition = 'goods_in'));
    if v_claimed > 0 then
        insert into term (kind, home, sku, condition, units, source) values ('pending_goods_in', p_home, p_sku, 'goods_in', -v_claimed, p_source);
        perform net_goods(p_home, p_sku);
        v_left := v_left + v_claimed;
    end if;
    for v in select id, units from term where home = p_home and sku = p_sku and cleared_at is null and units > 0
                and condition <> 'goods_in' and kind in ('pending_goods_in', 'pending_return') order by id desc for update
    loop
        exit when v_left = 0;
        if v.units <= -v_left then
            update term set cleared_at = now(), cleared_by = 'fleet', cleared_why = 'taken out of goods in again: ' || p_source where id = v.id;
            v_left := v_left + v.units;
        else
            update term set units = units + v_left where id = v.id;
            v_left := 0;
        end if;
    end loop;
end $$;

-- Say of p_units that came in, what they are: give terms that nobody has claimed this kind, subject and condition.
-- What no movement told of yet is opened without a source. Idempotent: what the subject has already is not taken again,
-- and what it has beyond p_units is nobody's again.
create function claim_goods(p_kind text, p_home text, p_sku text, p_units integer, p_condition text, p_subject text)
returns void language plpgsql as $$
declare
    v record;
    v_left integer;
begin
    select p_units - coalesce(sum(units), 0) into v_left from term
     where subject = p_subject and home = p_home and sku = p_sku;
    update term set condition = p_condition, kind = p_kind
     where subject = p_subject and home = p_home and sku = p_sku and cleared_at is null
       and kind in ('pending_goods_in', 'pending_return') and (condition <> p_condition or kind <> p_kind);
    for v in select * from term where home = p_home and sku = p_sku and subject = p_subject and cleared_at is null
                and kind = 'pending_goods_in' order by id desc for update
    loop
        exit when v_left >= 0;
        if v.units <= -v_left then
            update term set subject = '', condition = 'goods_in' where id = v.id;
            v_left := v_left + v.units;
        else
            update term set units = units + v_left where id = v.id;
            insert into term (kind, home, sku, condition, units, source, opened_at)
            values (v.kind, p_home, p_sku, 'goods_in', -v_left, v.source, v.opened_at);
            v_left := 0;
        end if;
    end loop;
    perform net_goods(p_home, p_sku);
    for v in select * from term where home = p_home and sku = p_sku and subject = '' and cleared_at is null
                and kind = 'pending_goods_in' and units > 0 order by id for update
    loop
        exit when v_left <= 0;
        if v.units <= v_left then
            update term set kind = p_kind, subject = p_subject, condition = p_condition where id = v.id;
            v_left := v_left - v.units;
        else
            update term set units = units - v_left where id = v.id;
            insert into term (kind, home, sku, condition, units, source, subject, opened_at)
            values (p_kind, p_home, p_sku, p_condition, v_left, v.source, p_subject, v.opened_at);
            v_left := 0;
        end if;
    end loop;
    if v_left > 0 then
        insert into term (kind, home, sku, condition, units, source, subject)
        values (p_kind, p_home, p_sku, p_condition, v_left, null, p_subject);
    end if;
    perform touch_levels(p_home, array[p_sku]);
end $$;

-- Clear up to p_units of a subject's terms (all of them with null). Returns the units that were cleared.
create function clear_term(p_subject text, p_sku text, p_units integer, p_who text, p_why text) returns integer
language plpgsql as $$
declare
    v record;
    v_left integer := coalesce(p_units, 2147483647);
    v_cleared integer := 0;
    v_take integer;
begin
    for v in select * from term where subject = p_subject and sku = p_sku and cleared_at is null order by id for update
    loop
        exit when v_left = 0;
        v_take := least(v_left, abs(v.units));
        if v_take < abs(v.units) then
            update term set units = units - sign(units)::integer * v_take where id = v.id;
            insert into term (kind, home, sku, condition, units, source, subject, opened_at, cleared_at, cleared_by, cleared_why)
            values (v.kind, v.home, v.sku, v.condition, sign(v.units)::integer * v_take, v.source, v.subject, v.opened_at, now(), p_who, p_why);
        else
            update term set cleared_at = now(), cleared_by = p_who, cleared_why = p_why where id = v.id;
        end if;
        v_cleared := v_cleared + v_take;
        v_left := v_left - v_take;
        perform touch_levels(v.home, array[v.sku]);
    end loop;
    return v_cleared;
end $$;

-- Movements as a warehouse booked them, each once. Their effect on what Khaos will move by itself stands with them:
-- a count that includes them must not be sent before that.
-- p: connection, home, movements: [{id, sku, cause, word, units, reason, location, to_condition, at}]
-- Returns how many were new.
create function take_movements(p jsonb) returns integer language plpgsql as $$
declare
    v_home home%rowtype;
    v_connection text := p->>'connection';
    v record;
    v_new integer := 0;
    v_units integer;
    v_subject text;
begin
    select * into v_home from home where site = p->>'home';
    for v in select e->>'id' as id, e->>'sku' as sku, e->>'cause' as cause, e->>'word' as word, (e->>'units')::integer as units,
                    e->>'reason' as reason, e->>'location' as location, e->>'to_condition' as to_condition,
                    (e->>'at')::timestamptz as at
               from jsonb_array_elements(p->'movements') e order by (e->>'at')::timestamptz, e->>'id'
    loop
        insert into movement (connection, movement_id, home, sku, cause, cause_word, units, reason, location, to_condition, moved_at)
        values (v_connection, v.id, v_home.site, v.sku, v.cause, v.word, v.units, v.reason, v.location, v.to_condition, v.at)
        on conflict (connection, movement_id) do nothing;
        if not found then
            update movement set reason = v.reason where connection = v_connection and movement_id = v.id
               and reason = '' and v.reason <> '';
            continue;
        end if;
        v_new := v_new + 1;
        perform want_recount(v_home.site, array[v.sku], v.word);
        v_units := case when v.cause in ('received', 'adjusted_up', 'released') then v.units else -v.units end;
        if v.cause in ('received', 'unreceived') then
            perform goods_came(v_home.site, v.sku, v_units, 'movement:' || v_connection || ':' || v.id);
            perform touch_levels(v_home.site, array[v.sku]);
        elsif v.cause in ('adjusted_up', 'adjusted_down', 'held', 'released') and v_home.adjustments = 'adjust_by' then
            v_subject := 'journal:' || v_connection || ':' || v.id;
            insert into term (kind, home, sku, condition, units, source, subject)
            values ('pending_journal', v_home.site, v.sku, 'good', v_units, v_subject, v_subject);
            if v.cause in ('held', 'released') then
                insert into term (kind, home, sku, condition, units, source, subject)
                values ('pending_journal', v_home.site, v.sku, coalesce(nullif(v.to_condition, ''), 'quarantine'), -v_units, v_subject, v_subject);
            end if;
            perform touch_levels(v_home.site, array[v.sku]);
        end if;
    end loop;
    return v_new;
end $$;

-- A SKU's confirmation, given or taken back, changes what may be sold.
create function sku_touches_levels() returns trigger language plpgsql as $$
begin
    perform touch_levels(h.site, array[new.code]) from home h where h.connection = new.connection;
    return new;
end $$;
create trigger sku_levels after insert or update of state on sku
    for each row execute function sku_touches_levels();
