-- What was settled, counted as it goes into history: the front page never counts all of it.

-- Count what was settled since the last time. The newest quarter of an hour is left for the next time: settled_at is the
-- moment at which a settling began, and none takes so long to be committed.
create or replace function count_settled() returns void language plpgsql as $$
declare
    v_from timestamptz;
    v_to   timestamptz := now() - interval '15 minutes';
begin
    insert into history_mark default values on conflict do nothing;
    select counted_to into v_from from history_mark for update;  -- two never count the same
    if v_from >= v_to then return; end if;
    insert into settled_count as c (flow, state, n)
    select flow, state, count(*) from message_settled where settled_at > v_from and settled_at <= v_to group by 1, 2
        on conflict (flow, state) do update set n = c.n + excluded.n;
    update history_mark set counted_to = v_to;
end $$;

-- Messages settled until now, by flow and state, those that were purged since included.
create or replace function settled_so_far() returns table (flow text, state text, n bigint) language sql stable as $$
    select s.flow, s.state, sum(s.n)::bigint from (
        select c.flow, c.state, c.n from settled_count c
        union all
        select m.flow, m.state, 1 from message_settled m 
         where m.settled_at > coalesce((select counted_to from history_mark), '-infinity')) s
     group by 1, 2
$$;

-- Forget the bodies of what was settled before p_keep months, p_most of them (and what was settled at the same moment as the
-- last). Returns how many messages it looked at: less than p_most when that was all. It goes on where it ended.
create or replace function purge_bodies(p_keep integer, p_most integer) returns integer language plpgsql
set plan_cache_mode = force_custom_plan set enable_seqscan = off as $$
declare
    v_mark timestamptz;
    v_last timestamptz := now() - make_interval(months => p_keep);
    v_ids bigint[];
begin
    insert into history_mark default values on conflict do nothing;
    select bodies_purged_to into v_mark from history_mark for update;
    select array_agg(s.id), case when count(*) < p_most then v_last else max(s.settled_at) end into v_ids, v_last
      from (select m.id, m.settled_at from message_settled m where m.settled_at > v_mark and m.settled_at <= v_last
             order by m.settled_at fetch first p_most rows with ties) s;
    delete from message_body where message_id = any (v_ids);
    update history_mark set bodies_purged_to = greatest(v_mark, v_last);
    return coalesce(cardinality(v_ids), 0);
end $$;

-- Forget counts and flushes of levels that were settled three days ago, p_most of them, with what the fleet wrote of them.
-- They are figures, not letters. Returns how many.
create or replace function purge_figures(p_most integer) returns integer language plpgsql
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
declare
    v_ids bigint[];
    v_at timestamptz[];
    v_from timestamptz;
begin
    select array_agg(s.id), array_agg(s.settled_at), min(s.created_at) into v_ids, v_at, v_from
      from (select m.id, m.settled_at, m.created_at from message_settled m
             where m.flow = 'stock-in' and m.kind in ('recount', 'levels') and m.settled_at < now() - interval '3 days'
             order by m.settled_at limit p_most) s;
    if v_ids is null then return 0; end if;
    perform set_config('fleet.purge', 'figures', true);  -- in the body: only a superuser may have it in the function's head
    with gone as (
        delete from message_settled m using unnest(v_ids, v_at) o (id, at) where m.id = o.id and m.settled_at = o.at
        returning m.id, m.connection, m.kind, m.reference, m.version, m.story),
    keys as (
        delete from message_key k using gone g where k.flow = 'stock-in' and k.connection = g.connection
           and k.kind = g.kind and k.reference = g.reference and k.version = g.version)
    delete from timeline t using gone g where t.story = g.story and t.message_id = g.id and t.flow = 'stock-in'
       and t.who = 'fleet' and t.at >= v_from - interval '1 day';
    perform set_config('fleet.purge', '', true);
    delete from message_body where message_id = any (v_ids);
    return cardinality(v_ids);
end $$;

-- Forget records before p_keep months that lie in no month, p_most of them. Returns how many.
create or replace function purge_other_records(p_keep integer, p_most integer) returns integer language plpgsql as $$
declare
    v_gone integer;
begin
    delete from record_other where ctid = any (array(
        select r.ctid from record_other r where r.received_at < now() - make_interval(months => p_keep) limit p_most));
    get diagnostics v_gone = row_count;
    return v_gone;
end $$;

-- Let go of messages that were made before p_keep months and wait or are dead all the same, p_most of them: each is
-- dismissed, and its body is forgotten. Returns how many.
create or replace function purge_live_bodies(p_keep integer, p_most integer) returns integer language plpgsql as $$
declare
    v_ids bigint[];
    v_id bigint;
begin
    select array_agg(id) into v_ids from (
        select id from message where created_at < now() - make_interval(months => p_keep) and state <> 'working'
         order by id limit p_most for update skip locked) m;
    if v_ids is null then return 0; end if;
    foreach v_id in array v_ids loop
        perform finish(v_id, 'dismissed', format('it was not done in %s months: its body is forgotten', p_keep), 'fleet');
    end loop;
    delete from message_body where message_id = any (v_ids);
    return cardinality(v_ids);
end $$;

-- How many messages purge_live_bodies will let go of within p_days, of which the oldest was made at ``since``.
create or replace function bodies_that_leave(p_keep integer, p_days integer, out n bigint, out since timestamptz)
language sql stable as $$
    select count(*), min(created_at) from message
     where created_at < now() - make_interval(months => p_keep) + make_interval(days => p_days)
$$;
