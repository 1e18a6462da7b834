-- How many workers a queue needs: what an autoscaler asks every few seconds (deploy/kubernetes/peak).

-- The calls that a queue's workers make or could begin now. A message counts that may go this moment: its connection takes
-- messages, it is due, no gate holds it, and none before it concerns the same subject. No connection counts more than its
-- call slots, or the queue's share of them: more workers could make no more calls. It looks at the head of each backlog
-- only, so it costs the same however long that is.
create or replace function ready_by_queue(p_queue text) returns bigint language sql stable
set enable_seqscan = off set enable_bitmapscan = off as $$
    select coalesce(sum(least(calls.most, calls.held + ready.n)), 0)::bigint
      from connection c
      cross join lateral (
           select least(count(*) filter (where s.lane = '*'),
                        nullif(count(*) filter (where s.lane = p_queue), 0)) as most,
                  count(*) filter (where s.lane = '*' and (select m.lane from message m
                                    where m.id = substring(s.holder from '^message:([0-9]+)$')::bigint) = p_queue) as held
             from slot s where s.connection = c.name) calls
      cross join lateral (
           select count(*) as n from (
               select 1 from (
                   select m.id, m.subject from message m
                    where m.lane = p_queue and m.connection = c.name
                      and m.state in ('queued', 'waiting') and m.behind is null and m.due_at <= now()
                    order by m.priority, m.due_at, m.id limit 1000) head
                where (select true from message e where e.subject = head.subject and e.id < head.id limit 1) is null
                limit calls.most) may_go) ready
     where c.shut_kind is null and (c.rests_until is null or c.rests_until <= now())
$$;
