-- Counts of a warehouse that can be asked: some SKUs, or the whole building.

-- Have some SKUs counted again; not where the warehouse cannot be asked: its positions follow what it tells.
create or replace function want_recount(p_home text, p_skus text[], p_why text) returns void language sql as $$
    insert into recount (home, sku, why) select p_home, s, p_why from unnest(p_skus) s
     where not exists (select 1 from home where site = p_home and told) order by s
        on conflict (home, sku) do update set asked_at = clock_timestamp(), why = excluded.why
$$;

-- A fresh count of some SKUs of a home, each of which is counted whole: what it does not show is not there.
-- p: home, began, ended, skus: [{sku, good, other}]. A late count changes nothing. Where two counts overlap, the
-- less sellable one counts and the SKU is counted again. Returns the SKUs whose position changed.
--
-- A reading that says that units left asks for a count in the same transaction, so its recount row is locked until its
-- shipped lines can be seen. Taking the recounts away first waits for it, and then sees the lines.
create or replace function count_skus(p jsonb) returns text[] language plpgsql as $$
declare
    v_home text := p->>'home';
    v_began timestamptz := (p->>'began')::timestamptz;
    v_ended timestamptz := (p->>'ended')::timestamptz;
    v_changed text[] := '{}';
    v record;
    v_old position%rowtype;
    v_good integer;
begin
    perform share_positions(v_home);
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

-- What differs between a complete count and the positions of its home stands in the temporary table ``differs``: it is
-- taken over. p_consistent, p_absent: as take_snapshot; p_also: all SKUs, in the first count of a building, whose levels
-- fall due with it. Returns how many differed.
create or replace function take_differences(p_id bigint, p_consistent boolean, p_absent integer, p_also text[])
returns integer language plpgsql as $$
declare
    v snapshot%rowtype;
    v_changed text[];
begin
    select * into v from snapshot where id = p_id;
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
    perform touch_levels(v.home, coalesce(p_also, v_changed));
    update snapshot set changed = coalesce(array_length(v_changed, 1), 0) where id = p_id;
    drop table differs;
    return coalesce(array_length(v_changed, 1), 0);
end $$;

-- A count of a whole building is complete: take it over. p_consistent: it is one moment's picture (a file); else pages
-- that were read one after another while people worked, so what differs takes the less sellable figure and is counted
-- again. A SKU that it does not name is gone after p_absent such counts in a row. Returns how many SKUs differed.
create or replace function take_snapshot(p_id bigint, p_consistent boolean, p_absent integer) returns integer
-- for a building of a million SKUs, whatever Postgres knows of tables that were just filled
language plpgsql set work_mem = '64MB' set enable_nestloop = off set enable_mergejoin = off as $$
declare
    v snapshot%rowtype;
    v_changed integer;
    v_first boolean;
begin
    select * into v from snapshot where id = p_id and state = 'complete' and changed is null for update;
    if not found then return 0; end if;
    -- counts of single SKUs wait: whoever writes positions shares this lock, so their rows need none of their own
    perform lock_positions(v.home);
    select counted_at is null into v_first from home where site = v.home;
    create temp table differs on commit drop as
    select coalesce(f.sku, p.sku) as sku, coalesce(f.good, 0) as good, coalesce(f.other, '{}'::jsonb) as other,
           p.sku is null as fresh_sku, f.sku is null as missing, p.good as old_good, p.began_at, p.ended_at, p.absent
      from (select g.sku, g.good, coalesce(o.other, '{}') as other
              from (select sku, coalesce(sum(units) filter (where condition = 'good'), 0)::integer as good
                      from snapshot_line where snapshot_id = p_id group by sku) g
              left join (select sku, jsonb_object_agg(condition, units) as other
                           from (select sku, condition, sum(units)::integer as units from snapshot_line
                                  where snapshot_id = p_id and condition <> 'good' group by 1, 2) c
                          where units > 0 group by sku) o on o.sku = g.sku) f
      full join (select * from position where home = v.home) p on p.sku = f.sku
     where p.sku is null or f.good is distinct from p.good or f.other is distinct from p.other;
    create index on differs (sku);
    analyze differs;
    v_changed := take_differences(p_id, p_consistent, p_absent, case when v_first then array(
        select distinct sku from snapshot_line where snapshot_id = p_id) end);
    delete from snapshot_line where snapshot_id = p_id;
    return v_changed;
end $$;
