-- Stock of a warehouse by file: the book of its movements against its last count; the less sellable one is held.

-- Whether a count (its number, when it was written, of which moment it speaks) includes a movement.
-- Moments of counts are told to the minute.
create or replace function counts_it(p_number bigint, p_written timestamptz, p_at timestamptz, m_number bigint,
                                     m_written timestamptz)
returns boolean language sql immutable as $$
    select (m_written, m_number) < (p_written, p_number) and m_written <= p_at + interval '59 seconds'
$$;

-- Two sets of units by condition, added up; what is nothing is left out.
create or replace function add_units(a jsonb, b jsonb) returns jsonb language sql immutable as $$
    select coalesce(jsonb_object_agg(key, units), '{}')
      from (select key, sum(value::integer)::integer as units
              from (select * from jsonb_each_text(a) union all select * from jsonb_each_text(b)) e
             group by key having sum(value::integer) <> 0) s
$$;

-- What is held by what was told, for some SKUs. A count tells good units, damaged ones, and one figure for all others: which
-- others they are is known from the movements.
create or replace function told_figures(p_home text, p_skus text[])
returns table (sku text, book jsonb, counted jsonb, good integer, other jsonb, differs boolean)
language sql stable as $$
    with sums as (
        select t.sku, b.book, c.counted,
               coalesce((b.book->>'good')::integer, 0) as book_good, coalesce((c.counted->>'good')::integer, 0) as count_good,
               coalesce((b.book->>'damaged')::integer, 0) as book_damaged,
               coalesce((c.counted->>'damaged')::integer, 0) as count_damaged,
               coalesce((select sum(e.value::integer) from jsonb_each_text(b.book - 'good' - 'damaged') e), 0) as book_rest,
               coalesce((select sum(e.value::integer) from jsonb_each_text(c.counted - 'good' - 'damaged') e), 0) as count_rest
          from told_sku t
          cross join lateral (select case when t.book_moved = '{}' then t.agreed else add_units(t.agreed, t.book_moved) end as book) b
          cross join lateral (select case when t.count_moved = '{}' then t.counted else add_units(t.counted, t.count_moved) end as counted) c
         where t.home = p_home and t.sku = any (p_skus))
    select s.sku, s.book, s.counted, greatest(0, least(s.book_good, s.count_good)),
           coalesce((select jsonb_object_agg(c.key, c.value::integer)
                       from jsonb_each_text(
                            case when s.book_rest = s.count_rest then s.book - 'damaged' else s.counted - 'damaged' end
                            || case when s.count_damaged <> 0 then jsonb_build_object('damaged', s.count_damaged) else '{}' end) c
                      where c.key <> 'good' and c.value::integer > 0), '{}'),
           (s.book_good, s.book_damaged, s.book_rest) is distinct from (s.count_good, s.count_damaged, s.count_rest)
      from sums s
$$;

-- The positions of some SKUs become what was told of them, as of now.
create or replace function hold_as_told(p_home text, p_skus text[]) returns void language plpgsql as $$
declare
    v_now timestamptz := clock_timestamp();
    v_told jsonb;
begin
    select jsonb_agg(to_jsonb(f) - 'book' - 'counted' order by f.sku) into v_told from told_figures(p_home, p_skus) f;
    update told_sku t set differs = not t.differs from jsonb_array_elements(v_told) e
     where t.home = p_home and t.sku = e->>'sku' and t.differs <> (e->>'differs')::boolean;
    if exists (select 1 from home where site = p_home and counted_at is not null) then
        perform count_skus(jsonb_build_object('home', p_home, 'began', v_now, 'ended', v_now, 'skus', v_told));
    end if;
end $$;

-- Most SKUs are shown by a count as they were shown by the last: their rows follow the home's last whole count
-- (told_sku.follows), and its moment, which stands at the home, is that of what they agreed on and of what was counted.
-- Some SKUs follow no more: they get that moment for their own.
create or replace function part_from_count(p_home text, p_skus text[]) returns void language sql as $$
    update told_sku t
       set follows = false, agreed_number = h.followed_number, agreed_written = h.followed_written, agreed_at = h.followed_at,
           counted_number = h.followed_number, counted_written = h.followed_written, counted_at = h.followed_at
      from home h
     where h.site = p_home and t.home = p_home and t.sku = any (p_skus) and t.follows
$$;

-- Movements that a warehouse told in one document, once; told again they change nothing. Read again after a table was
-- mended, the same document may put its units elsewhere: then it counts as it is read now.
--   p: home, document, number, written, cause, word, moves: [{sku, condition, units}]
-- ``cause`` (with the warehouse's ``word``) puts each into the story of its SKU; null where take_movements does that.
-- Returns how many were new.
create or replace function tell_moves(p jsonb) returns integer language plpgsql as $$
declare
    v_home text := p->>'home';
    v_number bigint := (p->>'number')::bigint;
    v_written timestamptz := (p->>'written')::timestamptz;
    v_news jsonb;
    v_skus text[];
begin
    perform lock_home(v_home);
    with told as (
        select e->>'sku' as sku, e->>'condition' as condition, sum((e->>'units')::integer)::integer as units
          from jsonb_array_elements(p->'moves') e group by 1, 2 having sum((e->>'units')::integer) <> 0),
    news as (
        select sku, condition, coalesce(t.units, 0) - coalesce(m.units, 0) as units, coalesce(t.units, 0) as now
          from told t full join (select * from told_move where home = v_home and document = p->>'document') m
               using (sku, condition)
         where coalesce(t.units, 0) <> coalesce(m.units, 0))
    select jsonb_agg(to_jsonb(n)), array_agg(distinct n.sku) into v_news, v_skus from news n;
    if v_news is null then return 0; end if;
    insert into told_sku (home, sku) select v_home, s from unnest(v_skus) s order by s on conflict do nothing;
    perform part_from_count(v_home, v_skus);
    delete from told_move m using jsonb_to_recordset(v_news) n (sku text, condition text)
     where m.home = v_home and m.document = p->>'document' and m.sku = n.sku and m.condition = n.condition;
    insert into told_move (home, document, sku, condition, units, number, written)
    select v_home, p->>'document', n.sku, n.condition, n.now, v_number, v_written
      from jsonb_to_recordset(v_news) n (sku text, condition text, now integer) where n.now <> 0;
    -- what comes after both sides had agreed without it belongs to the book all the same, and may undo the agreement;
    -- not so what the book's beginning includes, and what is so old that nobody remembers whether it was told
    update told_sku t
       set agreed = coalesce((
               select jsonb_object_agg(b.condition, b.units) from (
                   select condition, sum(units)::integer as units from (
                       select e.key as condition, e.value::integer as units from jsonb_each_text(t.agreed) e
                       union all
                       select n.condition, n.units from jsonb_to_recordset(v_news) n (sku text, condition text, units integer)
                        where n.sku = t.sku) u
                    group by condition having sum(units) <> 0) b), '{}')
     where t.home = v_home and t.sku = any (v_skus) and v_written > now() - interval '59 days'
       and counts_it(t.agreed_number, t.agreed_written, t.agreed_at, v_number, v_written)
       and not counts_it(t.base_number, t.base_written, t.base_at, v_number, v_written);
    update told_sku t
       set book_moved = case when counts_it(t.agreed_number, t.agreed_written, t.agreed_at, v_number, v_written)
                             then t.book_moved else add_units(t.book_moved, n.units) end,
           count_moved = case when counts_it(t.counted_number, t.counted_written, t.counted_at, v_number, v_written)
                              then t.count_moved else add_units(t.count_moved, n.units) end
      from (select sku, jsonb_object_agg(condition, units) as units
              from jsonb_to_recordset(v_news) r (sku text, condition text, units integer) group by sku) n
     where t.home = v_home and t.sku = n.sku;
    if p ? 'cause' then
        insert into movement (connection, movement_id, home, sku, cause, cause_word, units, to_condition, moved_at)
        select h.connection, (p->>'document') || '/' || m.sku || '/' || m.condition, v_home, m.sku, p->>'cause', p->>'word',
               abs(m.units), case when m.condition = 'good' then '' else m.condition end, m.written
          from told_move m join home h on h.site = m.home
         where m.home = v_home and m.document = p->>'document'
        on conflict do nothing;
    end if;
    perform hold_as_told(v_home, v_skus);
    return jsonb_array_length(v_news);
end $$;

-- A count was told, and its lines stand in the temporary table ``said`` (sku; units: {condition: units}, none that is
-- 0; of a SKU that stands there several times they add up): they are taken over, and compared with the book. One that
-- is older than the last changes nothing. p_id: its snapshot.
--
-- A count may come in several documents: under one number, or of one moment in one file. Each is a part, whose SKUs no
-- other part names. A SKU is absent only from a count of which as many parts have come as the file says and as the
-- count before had; and a building is not counted before the first count is whole.
--   p: home, document, number, written, at, parts (documents of this count in its file)
-- Returns differing (SKUs that differ from the book; null: an old count, or the same again), missing (parts), and
-- otherwise (SKUs that another part of this count names already: nothing is taken then).
--
-- A count in one document writes only the SKUs whose figures it changes, that moved since the last one, or that differ: the
-- others follow it (part_from_count).
create or replace function take_said(p jsonb, p_id bigint) returns jsonb
language plpgsql set work_mem = '64MB' as $$
declare
    v_home text := p->>'home';
    v_number bigint := (p->>'number')::bigint;
    v_written timestamptz := (p->>'written')::timestamptz;
    v_at timestamptz := (p->>'at')::timestamptz;
    v_count text;
    v_name text := p->>'document';
    v_print text;
    v_part smallint;
    v_parts integer;
    v_overlap text[];
    v_differing integer;
    v_lines integer;
    v_first boolean;
    v_whole boolean;
    v_uncounted boolean;
    v_skus text[];
    v_now timestamptz;
begin
    perform lock_home(v_home);
    create temp table said_twice on commit drop as
    select s.sku, c.key as condition, sum(c.value::integer) as units
      from said s left join lateral jsonb_each_text(s.units) c on true
     where s.sku in (select sku from said group by sku having count(*) > 1) group by 1, 2;
    delete from said where sku in (select sku from said_twice);
    insert into said
    select sku, coalesce(jsonb_object_agg(condition, units) filter (where units <> 0), '{}') from said_twice group by sku;
    drop table said_twice;
    analyze said;
    select count(*), md5(coalesce(string_agg(sku || units::text, ' ' order by sku), '')) into v_lines, v_print from said;
    -- the count that this is a part of: a number that comes again months later is another one
    select c.count_of into v_count from told_count c
     where c.home = v_home and ((c.count_of = v_name and c.at between v_at - interval '12 hours' and v_at + interval '12 hours')
                                or (c.at, c.written, c.number) = (v_at, v_written, v_number))
     order by c.part limit 1;
    if exists (select 1 from told_count c where c.home = v_home and c.count_of is distinct from v_count
                and (c.at, c.written, c.number) >= (v_at, v_written, v_number))
       or exists (select 1 from told_count c where c.home = v_home and c.count_of = v_count and c.print = v_print) then
        update snapshot set state = 'broken', ended_at = clock_timestamp(), note = 'an older count than the last' where id = p_id;
        return jsonb_build_object('differing', null);
    end if;
    v_part := 1 + (select count(*) from told_count c where c.home = v_home and c.count_of = v_count);
    v_parts := greatest(coalesce((p->>'parts')::integer, 1), coalesce((
        select max(c.part) from told_count c where c.home = v_home and c.count_of = (
            select o.count_of from told_count o where o.home = v_home and o.count_of is distinct from v_count
             order by o.at desc, o.written desc, o.number desc limit 1)), 1));
    v_whole := v_part = 1 and v_parts = 1;
    v_uncounted := exists (select 1 from home where site = v_home and counted_at is null);
    if not v_whole then  -- its rows get moments of their own, as the count has several
        perform part_from_count(v_home, array(select sku from told_sku where home = v_home and follows));
        select array_agg(t.sku order by t.sku) into v_overlap from told_sku t
         where t.home = v_home and t.absent = 0 and t.sku in (select s.sku from said s)
           and exists (select 1 from told_count c where c.home = v_home and c.count_of = v_count
                          and (c.at, c.written, c.number) = (t.counted_at, t.counted_written, t.counted_number));
        if v_overlap is not null then
            update snapshot set state = 'broken', ended_at = clock_timestamp(), note = 'another part names its SKUs' where id = p_id;
            return jsonb_build_object('differing', null, 'otherwise', v_overlap);
        end if;
    end if;
    v_first := not exists (select 1 from told_count c where c.home = v_home and c.count_of is distinct from v_count);
    if v_part > 1 then
        v_name := v_name || ' part ' || v_part;
    end if;
    if exists (select 1 from told_count c where c.home = v_home and c.document = v_name) then
        v_name := v_name || ' of ' || v_at::text;
    end if;
    v_count := coalesce(v_count, v_name);
    -- the SKUs that have to be looked at: not those that follow, that this count shows as the last did, and whose position
    -- is what both agree on. One that is long gone follows too
    create temp table touched on commit drop as
    select coalesce(s.sku, t.sku, p.sku) as sku, s.units, s.sku is not null as named, t.sku is null as new
      from said s full join (select * from told_sku where home = v_home) t on t.sku = s.sku
      full join (select * from position where home = v_home) p on p.sku = coalesce(s.sku, t.sku)
     where not v_whole or v_uncounted or t.follows is not true or p.good is distinct from coalesce((t.agreed->>'good')::integer, 0)
        or p.other <> t.agreed - 'good'
        or case when s.sku is null then t.absent < 2 else t.absent > 0 or t.counted <> s.units end;
    create index on touched (sku);  -- whatever Postgres knows of tables that were just filled, no plan scans it for each row
    analyze touched;
    v_skus := array(select sku from touched where not new);
    perform part_from_count(v_home, v_skus);
    -- the first count of all begins the book; what a later one is the first to name has moved without a word
    insert into told_sku as t (home, sku, counted, counted_number, counted_written, counted_at)
    select v_home, sku, units, v_number, v_written, v_at from touched where named order by sku
    on conflict (home, sku) do update
       set counted = excluded.counted, counted_number = v_number, counted_written = v_written, counted_at = v_at, absent = 0;
    if v_first then
        update told_sku t set agreed = counted, agreed_number = v_number, agreed_written = v_written, agreed_at = v_at,
               base_number = v_number, base_written = v_written, base_at = v_at
         where t.home = v_home and t.sku in (select s.sku from touched s where s.named);
    end if;
    -- a SKU that two whole counts in a row leave out is gone
    if v_part = v_parts then
        update told_sku t set absent = t.absent + 1
          from touched s
         where t.home = v_home and s.sku = t.sku and not s.named
           and not (t.absent = 0 and exists (
                select 1 from told_count c where c.home = v_home and c.count_of = v_count
                   and (c.at, c.written, c.number) = (t.counted_at, t.counted_written, t.counted_number)));
        update told_sku t set counted = '{}', counted_number = v_number, counted_written = v_written, counted_at = v_at
          from touched s where t.home = v_home and s.sku = t.sku and t.absent >= 2;
    end if;
    -- what moved after each is added up anew
    update told_sku t set book_moved = coalesce(m.book, '{}'), count_moved = coalesce(m.count, '{}')
      from touched o
      left join (
          select v.sku, jsonb_object_agg(v.condition, v.book) filter (where v.book <> 0) as book,
                 jsonb_object_agg(v.condition, v.count) filter (where v.count <> 0) as count
            from (select x.sku, x.condition,
                         coalesce(sum(x.units) filter (where not counts_it(k.agreed_number, k.agreed_written, k.agreed_at, x.number, x.written)), 0) as book,
                         coalesce(sum(x.units) filter (where not counts_it(k.counted_number, k.counted_written, k.counted_at, x.number, x.written)), 0) as count
                    from touched o join told_move x on x.home = v_home and x.sku = o.sku
                    join told_sku k on k.home = v_home and k.sku = o.sku group by 1, 2) v
           group by v.sku) m on m.sku = o.sku
     where t.home = v_home and t.sku = o.sku
       and (t.book_moved, t.count_moved) is distinct from (coalesce(m.book, '{}'), coalesce(m.count, '{}'));
    create temp table figures_now on commit drop as
    select * from told_figures(v_home, array(select t.sku from touched t));
    create index on figures_now (sku);
    analyze figures_now;
    update told_sku t set differs = f.differs from figures_now f
     where t.home = v_home and t.sku = f.sku and t.differs <> f.differs;
    -- where both agree, the book begins anew at this count, in the conditions that the movements told
    update told_sku t
       set agreed = coalesce((
               select jsonb_object_agg(b.condition, b.units) from (
                   select condition, sum(units)::integer as units from (
                       select e.key as condition, e.value::integer as units from jsonb_each_text(t.agreed) e
                       union all
                       select m.condition, m.units from told_move m
                        where m.home = v_home and m.sku = t.sku
                          and counts_it(v_number, v_written, v_at, m.number, m.written)
                          and not counts_it(t.agreed_number, t.agreed_written, t.agreed_at, m.number, m.written)) u
                    group by condition having sum(units) <> 0) b), '{}'),
           agreed_number = v_number, agreed_written = v_written, agreed_at = v_at, book_moved = t.count_moved
      from figures_now f
     where t.home = v_home and t.sku = f.sku and not f.differs and t.counted_number = v_number and t.counted_written = v_written
       and t.agreed_number <> v_number;
    if v_whole then  -- whatever agrees, and did not move after this count, follows it
        update home set followed_number = v_number, followed_written = v_written, followed_at = v_at where site = v_home;
        update told_sku t set follows = true
          from figures_now f
         where t.home = v_home and t.sku = f.sku and not f.differs and t.absent <> 1 and t.book_moved = '{}' and t.count_moved = '{}'
           and (t.agreed_number, t.agreed_written, t.agreed_at) = (v_number, v_written, v_at)
           and (t.counted_number, t.counted_written, t.counted_at) = (v_number, v_written, v_at)
           and not exists (select 1 from told_move m where m.home = v_home and m.sku = t.sku
                              and not counts_it(v_number, v_written, v_at, m.number, m.written));
    end if;
    delete from told_move m using told_sku t, home h
     where m.home = v_home and t.home = m.home and t.sku = m.sku and h.site = v_home and m.told_at < now() - interval '60 days'
       and (t.follows or counts_it(t.agreed_number, t.agreed_written, t.agreed_at, m.number, m.written));
    select count(*) into v_differing from told_sku where home = v_home and differs;
    insert into told_count (home, document, number, written, at, lines, differing, count_of, part, missing, print)
    values (v_home, v_name, v_number, v_written, v_at, v_lines, v_differing, v_count, v_part, greatest(0, v_parts - v_part), v_print);
    if v_part < v_parts and v_first then
        drop table figures_now, touched;
        update snapshot set state = 'broken', ended_at = clock_timestamp(), note = 'a part of the first count' where id = p_id;
        return jsonb_build_object('differing', v_differing, 'missing', v_parts - v_part);
    end if;
    -- counts of single SKUs wait: whoever writes positions shares this lock
    perform lock_positions(v_home);
    v_now := clock_timestamp();
    create temp table differs on commit drop as
    select t.sku, coalesce(f.good, 0) as good, coalesce(f.other, '{}'::jsonb) as other, p.sku is null as fresh_sku,
           f.sku is null as missing, p.good as old_good, p.began_at, p.ended_at, p.absent
      from touched t left join figures_now f on f.sku = t.sku
      left join (select * from position where home = v_home) p on p.sku = t.sku
     where p.sku is null or coalesce(f.good, 0) <> p.good or coalesce(f.other, '{}'::jsonb) <> p.other;
    create index on differs (sku);
    analyze differs;
    update snapshot set state = 'complete', began_at = v_now, ended_at = v_now, lines = v_lines where id = p_id;
    perform take_differences(p_id, true, 1, case when v_uncounted then array(select sku from figures_now) end);
    drop table figures_now, touched;
    return jsonb_build_object('differing', v_differing, 'missing', greatest(0, v_parts - v_part));
end $$;

-- The same of lines that stand in snapshot_line under p_id, as the release before laid them.
create or replace function take_count_part(p jsonb, p_id bigint) returns jsonb language plpgsql as $$
declare
    v_news jsonb;
begin
    create temp table said on commit drop as
    select sku, coalesce(jsonb_object_agg(condition, units) filter (where units <> 0), '{}') as units
      from (select sku, condition, sum(units)::integer as units from snapshot_line where snapshot_id = p_id group by 1, 2) c
     group by sku;
    delete from snapshot_line where snapshot_id = p_id;
    v_news := take_said(p, p_id);
    drop table said;
    return v_news;
end $$;

-- As the release before called it.
create or replace function take_told_count(p jsonb, p_id bigint) returns integer language sql as $$
    select (take_count_part(p, p_id)->>'differing')::integer
$$;

-- The next count of a building is awaited by its local morning.
create or replace function await_count(p_home text, p_connection text, p_due timestamptz)
returns void language sql as $$
    insert into expectation (subject, what, story, due_at, kind, flow, connection)
    values ('count:' || p_home, 'no count of the building came in time', p_home, p_due, 'count_late', 'stock-in', p_connection)
    on conflict (subject, what) do update set due_at = excluded.due_at, missed_at = null
     where expectation.due_at < excluded.due_at
$$;

-- A person takes the warehouse's count for true: the book begins anew at it, and what differs is a movement like any
-- other, for finance. Returns the movements, as take_movements takes them.
create or replace function adopt_count(p_home text, p_sku text) returns jsonb language plpgsql as $$
declare
    v record;
    v_moves jsonb;
begin
    perform lock_home(p_home);
    select * into v from told_figures(p_home, array[p_sku]) f where f.differs;
    if not found then return '[]'; end if;
    select coalesce(jsonb_agg(jsonb_build_object('condition', c.condition, 'units', c.units) order by c.condition), '[]') into v_moves
      from (select k as condition, coalesce((v.counted->>k)::integer, 0) - coalesce((v.book->>k)::integer, 0) as units
              from (select jsonb_object_keys(v.counted || v.book) as k) keys) c
     where c.units <> 0;
    update told_sku t set agreed = t.counted, agreed_number = t.counted_number, agreed_written = t.counted_written,
           agreed_at = t.counted_at, book_moved = t.count_moved, differs = false, adopted = t.adopted + 1
     where t.home = p_home and t.sku = p_sku;
    perform hold_as_told(p_home, array[p_sku]);
    return v_moves;
end $$;
