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
