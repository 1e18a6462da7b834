-- Who has the next free slot of a connection: a lane that found all of them taken.
alter table connection add column turn_lane text;
alter table connection add column turn_until timestamptz;
alter table connection add column turn_booked_at timestamptz;

-- Claim the most urgent message of a lane that may go now. As before, and fair between lanes: a lane that finds every
-- slot of a connection taken books the next one, so that a flow which drains a long backlog over Khaos's one slot lets
-- the others in between: levels never starve dispatches, nor dispatches a level that falls to nothing. A lane that has
-- booked a slot lets no waiting poll pass, and polls leave a booked slot alone (workers/spine/limits.py).
-- Commits "may have been sent" before anything is sent; says what stood there before.
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
