-- A fresh count of some SKUs of a home, each of which is counted whole: what it does not show is not there.
-- p: home, began, ended, skus: [{sku, good, other}]. A late count changes nothing. Where two counts overlap, the
-- less sellable one counts and the SKU is counted again. Returns the SKUs whose position changed.
--
-- As before, but for the order of the last steps. A reading that says that units left asks for a count in the same
-- transaction, so its recount row is locked until its shipped lines can be seen. Taking the recounts away first waits
-- for it, and then sees the lines; the other way round a count took the recount away and left the lines uncounted for
-- good: the level stayed too low by units that were long gone.
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

-- What an earlier count left behind so is counted once more.
select want_recount(l.home, array_agg(distinct l.sku), 'left, and not counted')
  from shipped_line l join position p on p.home = l.home and p.sku = l.sku
 where not l.counted and p.began_at >= l.left_at group by l.home;

-- Claim the most urgent message of a lane that may go now. As before, but for a lane that has booked the next slot: it
-- does not let a waiting poll pass. Where polls want more calls than a connection allows, one of them always waits, and
-- no message would go any more. Polls in turn leave a booked slot alone (workers/limits.py).
create or replace function claim(p_lane text, p_process uuid, p_lease interval)
returns table (id bigint, attempt integer, generation integer, flow text, connection text, kind text, reference text,
               version integer, subject text, story text, maybe_sent_at timestamptz, tries integer, resends integer,
               body text, wire bytea)
language plpgsql as $$
#variable_conflict use_column
declare
    v_connection text;
    v_message record;
    v_passed bigint;
    v_booked boolean;
begin
    -- no look here at which connection has messages: a plan that scans the backlog for it costs more than a miss below
    for v_connection, v_booked in
        select c.name, c.turn_lane is not null from connection c
         where c.shut_kind is null
           and (c.turn_lane is null or c.turn_lane = p_lane or c.turn_until < now())
           and (c.poll_waiting is null or c.poll_waiting < now() - interval '10 seconds'
                or (c.turn_lane = p_lane and c.turn_until >= now()))
           and exists (select 1 from slot s where s.connection = c.name and s.lane = '*' and s.holder is null)
         order by (select count(*) from slot s where s.connection = c.name and s.lane = '*' and s.holder is not null)
    loop
        v_passed := 0;
        for v_try in 1..2 loop
            -- "earlier of the subject" as a scalar: flattened into a join, the plan would sort the whole backlog
            select m.id, m.flow, m.maybe_sent_at into v_message from message m
             where m.lane = p_lane and m.connection = v_connection and m.id <> v_passed
               and m.state in ('queued', 'waiting') and m.due_at <= now()
               and (select true from message e where e.subject = m.subject and e.id < m.id limit 1) is null
             order by m.priority, m.due_at, m.id
             limit 1
             for update of m skip locked;
            exit when not found;
            if not take_slots(v_connection, v_message.flow, 'message:' || v_message.id, p_process, p_lease) then
                exit;
            end if;
            begin
                if v_booked then update connection c set turn_lane = null where c.name = v_connection; end if;
                return query
                update message m
                   set state = 'working', state_since = now(), attempt = m.attempt + 1,
                       process_id = p_process, lease_until = now() + p_lease, maybe_sent_at = now()
                  from message_body b
                 where m.id = v_message.id and b.message_id = m.id
                returning m.id, m.attempt, m.generation, m.flow, m.connection, m.kind, m.reference, m.version,
                          m.subject, m.story, v_message.maybe_sent_at, m.tries, m.resends, b.body::text, b.wire;
                return;
            exception when unique_violation then
                perform free_slots(v_connection, 'message:' || v_message.id);
                v_passed := v_message.id;
            end;
        end loop;
    end loop;
    update connection c set turn_lane = p_lane, turn_until = now() + interval '1.5 seconds', turn_booked_at = now()
     where c.shut_kind is null and (c.turn_lane is null or c.turn_until < now())
       and (c.turn_booked_at is null or c.turn_booked_at < now() - interval '2 seconds')
       and not exists (select 1 from slot s where s.connection = c.name and s.lane = '*' and s.holder is null)
       and not exists (select 1 from message w where w.connection = c.name and w.lane = p_lane and w.state = 'working')
       and exists (select 1 from message m where m.lane = p_lane and m.connection = c.name
                    and m.state in ('queued', 'waiting') and m.due_at <= now() limit 1);
end $$;
