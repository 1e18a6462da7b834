-- Garments: the state that two sources make together, whole files taken in one go, and the sums that positions are.
-- The rules are those of mappings/garment_words.py; a test holds both against each other.

-- From what sells to what never will.
create or replace function garment_states() returns text[] language sql immutable as $$
    select array['sellable', 'reserved', 'in_transit', 'with_customer', 'sold', 'inspection', 'refurbishment', 'quarantine',
                 'damaged', 'unseen', 'unknown', 'retired']
$$;

create or replace function garment_rank(p_state text) returns integer language sql immutable as $$
    select array_position(garment_states(), p_state)
$$;

-- The less sellable of both words; no file's word counts from before the garment was sold.
create or replace function garment_state(p_file text, p_file_at timestamptz, p_event text, p_sold_at timestamptz,
                                         p_missed integer, p_retired boolean)
returns text language sql immutable as $$
    select case when p_retired then 'retired' else coalesce((garment_states())[greatest(
               case when p_sold_at is null or p_file_at > p_sold_at then garment_rank(p_file) end,
               garment_rank(p_event),
               case when p_missed > 0 then garment_rank('unseen') end)], 'unknown') end
$$;

-- When the file spoke of a garment last. A file that says again what it said is not written to each garment: then the last
-- whole file of the building names the moment. Not so once the garment was sold.
create or replace function garment_file_at(p_file_at timestamptz, p_counted_at timestamptz, p_named boolean,
                                           p_sold_at timestamptz)
returns timestamptz language sql immutable as $$
    select case when p_named and (p_sold_at is null or p_file_at > p_sold_at) then greatest(p_file_at, p_counted_at)
                else p_file_at end
$$;

-- The position in which a garment is counted; null for one that is nobody's here any more. One that is retired is held,
-- under a word of its own, until its value is written off.
create or replace function garment_condition(p_state text, p_bookable_at timestamptz, p_written_off_at timestamptz)
returns text language sql stable as $$
    select case p_state when 'sellable' then case when p_bookable_at > now() then 'inspection' else 'good' end
                        when 'reserved' then 'good'
                        when 'in_transit' then 'with_customer'
                        when 'sold' then null
                        when 'retired' then case when p_written_off_at is null then 'retired' end
                        else p_state end
$$;

-- Garments of a home by SKU and position, of all SKUs with p_skus null; a SKU that has none any more is named with none.
create or replace function garment_counts(p_home text, p_skus text[])
returns table (sku text, condition text, units bigint) language plpgsql stable as $$
#variable_conflict use_column
begin
    if p_skus is null then
        return query
        select g.sku, garment_condition(g.state, g.bookable_at, g.written_off_at), count(*) from garment g
         where g.home = p_home group by 1, 2
        union all
        select p.sku, null, 0 from position p where p.home = p_home;
    else
        return query
        select s.sku, garment_condition(g.state, g.bookable_at, g.written_off_at), count(g.tag)
          from unnest(p_skus) s (sku) left join garment g on g.home = p_home and g.sku = s.sku group by 1, 2;
    end if;
end $$;

-- The positions of a home's SKUs become the sums of its garments, as of now; of all with p_skus null. Before the first
-- whole file nothing is counted. Returns the SKUs whose position changed.
create or replace function hold_garments(p_home text, p_skus text[]) returns text[] language plpgsql as $$
declare
    v_now timestamptz := clock_timestamp();
    v_changed text[];
begin
    if not exists (select 1 from home where site = p_home and counted_at is not null) then return '{}'; end if;
    perform share_positions(p_home);
    with sums as (
        select s.sku, greatest(0, coalesce(sum(s.units) filter (where s.condition = 'good'), 0)
                                  - coalesce(max(u.units), 0))::integer as good,
               coalesce(jsonb_object_agg(s.condition, s.units) filter (where s.condition <> 'good'), '{}') as other
          from garment_counts(p_home, p_skus) s
          left join (select l.sku, sum(l.units) as units from garment_left l where l.home = p_home group by 1) u on u.sku = s.sku
         group by s.sku),
    held as (
        insert into position (home, sku, good, other, began_at, ended_at)
        select p_home, s.sku, s.good, s.other, v_now, v_now from sums s order by s.sku
        on conflict (home, sku) do update
           set good = excluded.good, other = excluded.other, began_at = v_now, ended_at = v_now, absent = 0
         where (position.good, position.other) is distinct from (excluded.good, excluded.other)
        returning sku)
    select array_agg(sku) into v_changed from held;
    perform touch_levels(p_home, v_changed);
    return coalesce(v_changed, '{}');
end $$;

-- Whether garments are announced to a warehouse here, and none of the set-up rows names this one. One without a number of
-- its own cannot be told from another of its SKU: then any row of the SKU names it.
create or replace function garment_unannounced(p_connection text, p_unique_sku text, p_sku text) returns boolean
language sql stable as $$
    select exists (select 1 from garment_item where connection = p_connection)
       and not exists (select 1 from garment_item where connection = p_connection and unique_sku in (p_unique_sku, p_sku))
       and not (p_unique_sku = '' and exists (
               select 1 from garment_item where connection = p_connection and product_sku = p_sku))
$$;

-- Garments of a home that were announced since a file named them first are so.
create or replace function settle_unannounced(p_home text) returns void language sql as $$
    update garment g set unannounced = false
     where g.home = p_home and g.unannounced and not garment_unannounced(g.connection, g.unique_sku, g.sku)
$$;

-- A whole file of garments stands in the temporary table garment_row (tag, sku, unique_sku, state, grade,
-- order_reference, place): it is heard, what it does not name is missed, and the positions follow.
--   p: connection, home, at, day, whole (no row was unreadable), lists_away (it names garments that are with
--      customers), buffer_hours, zone (the warehouse's, in which a day begins)
-- Returns garments that are new, that the file does not name, and SKUs whose position changed.
create or replace function take_garment_file(p jsonb) returns jsonb language plpgsql as $$
declare
    v_connection text := p->>'connection';
    v_home text := p->>'home';
    v_at timestamptz := (p->>'at')::timestamptz;
    v_day date := (p->>'day')::date;
    v_buffer interval := make_interval(hours => coalesce((p->>'buffer_hours')::integer, 0));
    v_new integer;
    v_missed integer := 0;
    v_whole boolean := (p->>'whole')::boolean;
    v_counted timestamptz;
    v_changed text[];
begin
    perform lock_home(v_home);
    select counted_at into v_counted from home where site = v_home;
    create temp table garment_heard on commit drop as
    select r.tag, c.sku, r.unique_sku, r.state as word, nullif(r.grade, '') as grade,
           r.order_reference, r.place, r.state = 'retired' as ends, g.tag is null as new,
           g.tag is not null and g.unannounced is null as heard_of,  -- by an event, and in no file yet
           -- a file of the same moment said a less sellable word
           k.kept,
           not g.retired and (r.state = 'retired' or g.file_at is null or v_at > f.at
               or (v_at = f.at and (g.missed > 0 or garment_rank(r.state) > garment_rank(g.file_state))))
           and not (v_whole and g.named and g.missed = 0 and (g.sold_at is null or g.file_at > g.sold_at)
               and (g.file_state, g.file_grade, g.unique_sku, g.file_order, g.place, g.sku) is not distinct from
                   (r.state, nullif(r.grade, ''), r.unique_sku, r.order_reference, r.place, c.sku)) as counts,
           garment_state(case when k.kept then g.file_state else r.state end, v_at, g.event_state, g.sold_at, 0, r.state = 'retired') as state
      from garment_row r
      left join garment g on g.connection = v_connection and g.tag = r.tag
      left join garment_item u on u.connection = v_connection and u.unique_sku = r.unique_sku
     cross join lateral (select coalesce(u.product_sku, r.sku) as sku) c
     cross join lateral (select garment_file_at(g.file_at, v_counted, g.named, g.sold_at) as at) f
     cross join lateral (
        select coalesce(v_at = f.at and garment_rank(g.file_state) >= garment_rank(r.state), false) as kept) k;
    analyze garment_heard;
    update garment g
       set retired = h.ends, sku = case when h.ends then g.sku else h.sku end,
           unique_sku = coalesce(nullif(h.unique_sku, ''), g.unique_sku),
           file_state = case when h.ends or h.kept then g.file_state else h.word end,
           file_at = case when h.ends then g.file_at else v_at end,
           file_grade = case when h.ends or h.kept then g.file_grade else h.grade end,
           file_order = case when h.ends or h.kept then g.file_order else h.order_reference end,
           named = true, missed = case when h.ends then g.missed else 0 end, missed_on = case when h.ends then g.missed_on end,
           hired = g.hired or h.word = 'with_customer', place = h.place, state = h.state,
           state_at = case when h.state = g.state then g.state_at else v_at end,
           bookable_at = case when h.state <> 'sellable' then null
                              when g.state in ('sellable', 'reserved') or not g.hired then g.bookable_at
                              when v_buffer > interval '0' then greatest(v_at, g.back_by::timestamp at time zone (p->>'zone')) + v_buffer end
      from garment_heard h
     where g.connection = v_connection and g.tag = h.tag and h.counts;
    update garment g
       set unannounced = v_counted is not null and garment_unannounced(v_connection, h.unique_sku, h.sku)
      from garment_heard h where h.heard_of and g.connection = v_connection and g.tag = h.tag;
    insert into garment (connection, tag, home, sku, unique_sku, file_state, file_at, file_grade, file_order, hired, retired,
                         place, state, state_at, written_off_at, unannounced)
    select v_connection, h.tag, v_home, h.sku, h.unique_sku, case when not h.ends then h.word end,
           case when not h.ends then v_at end, case when not h.ends then h.grade end,
           case when h.ends then '' else h.order_reference end, h.word = 'with_customer', h.ends, h.place, h.state, v_at,
           case when h.ends and v_counted is null then v_at end,  -- it ended before the fleet counted anything
           -- garments of the first file are adopted
           v_counted is not null and garment_unannounced(v_connection, h.unique_sku, h.sku)
      from garment_heard h where h.new order by h.tag;
    get diagnostics v_new = row_count;
    if v_whole then
        update garment g set named = false, file_at = garment_file_at(g.file_at, v_counted, true, g.sold_at)
         where g.connection = v_connection and g.home = v_home and g.named and g.file_at is not null and not g.retired
           and v_at > garment_file_at(g.file_at, v_counted, true, g.sold_at)
           and not exists (select 1 from garment_heard h where h.tag = g.tag);
        update garment g
           set missed = g.missed + 1, missed_on = v_day, bookable_at = null,
               state = garment_state(g.file_state, g.file_at, g.event_state, g.sold_at, g.missed + 1, false),
               state_at = case when g.missed = 0 then v_at else g.state_at end
         where g.connection = v_connection and g.home = v_home and not g.retired and g.state <> 'sold'
           and not coalesce(v_at < garment_file_at(g.file_at, v_counted, g.named, g.sold_at), false)
           and ((p->>'lists_away')::boolean or g.state not in ('with_customer', 'in_transit'))
           and not (g.missed_on is not null and v_day <= g.missed_on)
           and not exists (select 1 from garment_heard h where h.tag = g.tag);
        get diagnostics v_missed = row_count;
        delete from garment_left where home = v_home and left_at <= v_at;
        update home set counted_at = greatest(counted_at, v_at) where site = v_home;
    end if;
    drop table garment_heard;
    insert into write_off (connection, tag, home, sku, reason, final, happened_at)
    select g.connection, g.tag, g.home, g.sku, 'ex_hired', false, v_at from garment g
     where g.home = v_home and g.retired and g.written_off_at is null
    on conflict do nothing;
    v_changed := hold_garments(v_home, null);
    return jsonb_build_object('new', v_new, 'missed', v_missed, 'changed', cardinality(v_changed), 'first', v_counted is null);
end $$;
