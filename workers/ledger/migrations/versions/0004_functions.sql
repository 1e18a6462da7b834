-- Claim the most urgent message of a lane that may go now. As before, and fair between lanes: a lane that finds every
-- slot of a connection taken books the next one, so that a flow which drains a long backlog over Khaos's one slot lets
-- the others in between: levels never starve dispatches, nor dispatches a level that falls to nothing. A lane that has
-- booked a slot lets no waiting poll pass, and polls leave a booked slot alone (workers/spine/limits.py).
-- A connection that rests, because no rate token is due, is passed over. p_token names this claim (give_back_lost).
-- maybe_sent_at is that of earlier attempts: while a message is worked on, frozen bytes say that it may have been sent.
create or replace function claim_as(p_lane text, p_process uuid, p_lease interval, p_token bigint)
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
         where c.shut_kind is null and (c.rests_until is null or c.rests_until <= now())
           and (c.turn_lane is null or c.turn_lane = p_lane or c.turn_until < now())
           and (c.poll_waiting is null or c.poll_waiting < now() - interval '10 seconds'
                or (c.turn_lane = p_lane and c.turn_until >= now()))
           and exists (select 1 from slot s where s.connection = c.name and s.lane = '*' and s.holder is null)
         order by (select count(*) from slot s where s.connection = c.name and s.lane = '*' and s.holder is not null)
    loop
        v_passed := 0;
        for v_try in 1..2 loop
            -- "earlier of the subject" as a scalar: flattened into a join, the plan would sort the whole backlog
            select m.id, m.flow into v_message from message m
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
                       process_id = p_process, lease_until = now() + p_lease, claim_token = p_token
                  from message_body b
                 where m.id = v_message.id and b.message_id = m.id
                returning m.id, m.attempt, m.generation, m.flow, m.connection, m.kind, m.reference, m.version,
                          m.subject, m.story, m.maybe_sent_at, m.tries, m.resends, b.body::text, b.wire;
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

create or replace function claim(p_lane text, p_process uuid, p_lease interval)
returns table (id bigint, attempt integer, generation integer, flow text, connection text, kind text, reference text,
               version integer, subject text, story text, maybe_sent_at timestamptz, tries integer, resends integer,
               body text, wire bytea)
language sql as $$ select * from claim_as(p_lane, p_process, p_lease, null) $$;

-- Give a message back of which surely nothing was sent in this attempt: doubt and re-sends stand as they stood before.
-- With p_rest its connection is passed over for so long. False when the message was taken away before.
create or replace function give_back(p_id bigint, p_attempt integer, p_maybe_sent timestamptz, p_resends integer,
                                     p_rest interval)
returns boolean language plpgsql as $$
declare
    v_connection text;
begin
    update message set state = 'queued', state_since = now(), process_id = null, lease_until = null,
           maybe_sent_at = p_maybe_sent, resends = p_resends
     where id = p_id and attempt = p_attempt and state = 'working' returning connection into v_connection;
    if not found then return false; end if;
    perform free_slots(v_connection, 'message:' || p_id);
    if p_rest is not null then
        update connection set rests_until = now() + p_rest where name = v_connection;
    end if;
    return true;
end $$;

-- Give back what a process claimed without hearing of it: nobody works on it.
create or replace function give_back_lost(p_process uuid, p_tokens bigint[]) returns integer language sql as $$
    with lost as materialized (
        select * from message where state = 'working' and process_id = p_process and claim_token = any (p_tokens)
           for update)
    select count(give_back(id, attempt, maybe_sent_at, resends, null))::integer from lost
$$;

-- Settle a message that this process claimed at this attempt. False when the settle comes too late: the lease
-- was taken away, and somebody else decides now.
--   p_state: delivered, not_needed (both leave the live table), sent, waiting, held, dead
--   p_args:  step, proven_before, wait, tried, resent, maybe_sent, proof, proof_within, error_kind, gates
create or replace function settle(p_id bigint, p_attempt integer, p_state text, p_note text, p_args jsonb)
returns boolean language plpgsql as $$
declare
    v message%rowtype;
begin
    if p_state in ('delivered', 'not_needed') then
        delete from message where id = p_id and attempt = p_attempt and state = 'working' returning * into v;
        if not found then return false; end if;
        insert into message_settled (id, flow, connection, kind, reference, version, subject, story, state,
                                     proven_before, attempt, generation, record_id, created_at)
        values (v.id, v.flow, v.connection, v.kind, v.reference, v.version, v.subject, v.story, p_state,
                coalesce((p_args->>'proven_before')::boolean, false), v.attempt, v.generation, v.record_id,
                v.created_at);
        if v.generation > 1 or v.deaths > 0 or v.error_kind is not null then
            update exception set state = 'resolved', closed_at = now(), closed_by = 'fleet',
                   closed_why = 'its message went through'
             where message_id = p_id and state = 'open';
        end if;
    else
        update message set
            state = p_state, state_since = now(), process_id = null, lease_until = null,
            due_at = case when p_args ? 'wait' then now() + make_interval(secs => (p_args->>'wait')::float)
                          else due_at end,
            maybe_sent_at = case when p_args ? 'maybe_sent' then (p_args->>'maybe_sent')::timestamptz
                                 else now() end,  -- unless the settling says otherwise
            tries = tries + coalesce((p_args->>'tried')::integer, 0),
            resends = resends + coalesce((p_args->>'resent')::integer, 0),
            proof = p_args->>'proof',
            proof_due_at = case when p_args ? 'proof_within'
                                then now() + make_interval(secs => (p_args->>'proof_within')::float) end,
            error_kind = p_args->>'error_kind',
            error = case when p_args ? 'error_kind' then p_note end
         where id = p_id and attempt = p_attempt and state = 'working'
        returning * into v;
        if not found then return false; end if;
        if p_state = 'held' then
            perform hold(p_id, array(select jsonb_array_elements_text(p_args->'gates')));
        end if;
    end if;
    perform free_slots(v.connection, 'message:' || p_id);
    insert into timeline (story, subject, flow, connection, step, note, message_id)
    values (v.story, v.subject, v.flow, v.connection, coalesce(p_args->>'step', p_state), coalesce(p_note, ''), p_id);
    return true;
end $$;

-- A slot's turn: settle one message with its effects (functions by name, each with its one argument, in p_calls)
-- and, if that was in time, claim the next. One statement, so one commit and one round trip.
create or replace function turn_as(p_id bigint, p_attempt integer, p_state text, p_note text, p_args jsonb, p_calls jsonb,
                     p_lane text, p_process uuid, p_lease interval, p_token bigint)
returns table (ok boolean, id bigint, attempt integer, generation integer, flow text, connection text, kind text,
               reference text, version integer, subject text, story text, maybe_sent_at timestamptz, tries integer,
               resends integer, body text, wire bytea)
language plpgsql as $$
#variable_conflict use_column
declare
    v_call jsonb;
begin
    if settle(p_id, p_attempt, p_state, p_note, p_args) then
        for v_call in select e from jsonb_array_elements(p_calls) e loop
            execute format('select %I($1)', v_call->>0) using v_call->1;
        end loop;
        return query select true, c.* from (select 1) one left join claim_as(p_lane, p_process, p_lease, p_token) c on true;
    else
        return query select false, null::bigint, null::integer, null::integer, null::text, null::text, null::text,
                            null::text, null::integer, null::text, null::text, null::timestamptz, null::integer,
                            null::integer, null::text, null::bytea;
    end if;
end $$;

create or replace function turn(p_id bigint, p_attempt integer, p_state text, p_note text, p_args jsonb, p_calls jsonb,
                                p_lane text, p_process uuid, p_lease interval)
returns table (ok boolean, id bigint, attempt integer, generation integer, flow text, connection text, kind text,
               reference text, version integer, subject text, story text, maybe_sent_at timestamptz, tries integer,
               resends integer, body text, wire bytea)
language sql as $$
    select * from turn_as(p_id, p_attempt, p_state, p_note, p_args, p_calls, p_lane, p_process, p_lease, null)
$$;

-- Whether a process is silent for longer than p_silent. The time in which nobody could judge (p_gap, until p_gap_ended)
-- does not count: while the ledger stood still, nobody's heart could beat.
create or replace function is_silent(p_beat timestamptz, p_silent interval, p_gap_ended timestamptz, p_gap interval)
returns boolean language sql stable as $$
    select case when p_beat is null or p_beat = '-infinity' then true
                when p_beat >= now() - p_silent then false
                when p_beat >= p_gap_ended then true
                else now() - p_beat - least(p_gap, p_gap_ended - p_beat) > p_silent end
$$;

-- Note that silence is judged now, and the gap since it was judged last, if there is one worth the name.
create or replace function judge_silence(out gap_ended_at timestamptz, out gap interval) language sql as $$
    insert into judgement as j (at) values (now()) on conflict (id) do update set at = greatest(j.at, now()),
        gap_ended_at = case when now() - j.at > interval '5 seconds' then now() else j.gap_ended_at end,
        gap = case when now() - j.at > interval '5 seconds' then now() - j.at else j.gap end
    returning j.gap_ended_at, j.gap
$$;

-- Free what dead processes and overrun leases held. What may have been sent, so whatever had its bytes frozen, waits
-- from now on until its first call must be over (p_doubt: seconds by connection) and is then looked up: the bytes may
-- have left a moment ago. Two deaths make a message a suspect, which runs alone; only dying alone convicts it.
create or replace function release_lost(p_silent interval, p_doubt jsonb)
returns table (id bigint, flow text, connection text, reference text, version integer, subject text, story text,
               deaths integer, convicted boolean, crashed boolean)
language plpgsql as $$
#variable_conflict use_column
declare
    v record;
    v_gap record;
begin
    select * into v_gap from judge_silence();
    for v in
        select m.*, is_silent(p.beat_at, p_silent, v_gap.gap_ended_at, v_gap.gap) as died,
               coalesce(p.lone, false) as alone, b.wire is not null as frozen
          from message m join message_body b on b.message_id = m.id left join process p on p.id = m.process_id
         where m.state = 'working'
           and (m.lease_until < now() or is_silent(p.beat_at, p_silent, v_gap.gap_ended_at, v_gap.gap))
           for update of m skip locked
    loop
        update message set
            state = 'waiting', state_since = now(), process_id = null, lease_until = null,
            attempt = v.attempt + 1,  -- a settle of the lost attempt comes too late from here on
            deaths = v.deaths + case when v.died then 1 else 0 end,
            lane = case when v.died and v.deaths >= 1 then 'isolate' else v.lane end,
            maybe_sent_at = case when v.frozen then now() else v.maybe_sent_at end,
            due_at = case when v.frozen or v.maybe_sent_at is not null
                          then now() + make_interval(secs => coalesce((p_doubt->>v.connection)::float, 120))
                          else now() end
         where message.id = v.id;
        perform free_slots(v.connection, 'message:' || v.id);
        insert into timeline (story, subject, flow, connection, step, note, message_id)
        values (v.story, v.subject, v.flow, v.connection, case when v.died then 'worker died' else 'lease ran out' end,
                'to be looked up before anything is sent again', v.id);
        return query select v.id, v.flow, v.connection, v.reference, v.version, v.subject, v.story,
                            v.deaths + case when v.died then 1 else 0 end,
                            v.died and v.alone and v.lane = 'isolate', v.died;
    end loop;
    update slot set holder = null, process_id = null, lease_until = null
     where holder is not null and (lease_until < now() or not exists
           (select 1 from process p where p.id = slot.process_id
               and not is_silent(p.beat_at, p_silent, v_gap.gap_ended_at, v_gap.gap)))
       and not exists (select 1 from message m where 'message:' || m.id = slot.holder and m.state = 'working');
    delete from process where beat_at < now() - interval '1 hour';
end $$;

-- Partitions of records: this month's and the next two exist, those older than p_keep months are dropped. Whoever reads
-- all records meanwhile (a backup) is given way to at once, or everything that is said would queue up behind. Returns
-- the partitions that must wait. What finance and support need for good (keys, timeline, exceptions) stands elsewhere.
create or replace function keep_partitions_v2(p_keep integer) returns text[] language plpgsql as $$
declare
    v_month date;
    v_name text;
    v_left_out text[] := '{}';
begin
    perform set_config('lock_timeout', '500ms', true);
    for v_month in select generate_series(date_trunc('month', now()), date_trunc('month', now()) + interval '2 months', interval '1 month')::date
    loop
        v_name := 'record_' || to_char(v_month, 'YYYY_MM');
        if to_regclass(v_name) is null and not exists (select 1 from record_other where received_at >= v_month and received_at < v_month + interval '1 month') then
            begin
                execute format('create table %I partition of record for values from (%L) to (%L)', v_name, v_month, (v_month + interval '1 month')::date);
            exception when lock_not_available then v_left_out := v_left_out || v_name;
            end;
        end if;
    end loop;
    for v_name in
        select c.relname from pg_class c join pg_inherits i on i.inhrelid = c.oid join pg_class p on p.oid = i.inhparent
         where p.relname = 'record' and c.relname ~ '^record_\d{4}_\d{2}$'
           and to_date(substr(c.relname, 8), 'YYYY_MM') < date_trunc('month', now()) - make_interval(months => p_keep)
    loop
        begin
            execute format('drop table %I', v_name);
        exception when lock_not_available then v_left_out := v_left_out || v_name;
        end;
    end loop;
    delete from message_body b using message_settled s
     where s.id = b.message_id and s.settled_at < now() - make_interval(months => p_keep);
    return v_left_out;
end $$;

create or replace function keep_partitions(p_keep integer) returns void language plpgsql as $$
begin
    perform keep_partitions_v2(p_keep);
end $$;

-- What is wrong with the fleet itself just now, whoever asks. p: queue_wait (seconds), flows.
-- troubled: it is worth an exception; else it only says that the fleet is not ready.
create or replace function fleet_troubles(p jsonb)
returns table (kind text, subject text, story text, flow text, connection text, why text, troubled boolean)
language sql stable as $$
    with waiting as (
        select m.lane, min(m.due_at) as since from message m join connection c on c.name = m.connection
         where m.state in ('queued', 'waiting') and m.due_at < now() - interval '1 minute' and c.shut_kind is null
           and not exists (select 1 from message e where e.subject = m.subject and e.id < m.id)
         group by m.lane
        union all
        select 'control', min(due_at) from record_unread where due_at < now() - interval '1 minute'
        having count(*) > 0
        union all
        select flow || '.dead', min(state_since) from message m
         where state = 'dead' and state_since < now() - interval '1 minute' and not exists
               (select 1 from exception e where e.message_id = m.id and e.state = 'open') group by flow),
    served as (
        select distinct unnest(lanes) as lane from process where beat_at > now() - interval '20 seconds')
    select 'queue_waits', 'queue:' || w.lane, 'queue ' || w.lane, w.lane, '',
           format('its oldest message may go since %s UTC and has not gone', to_char(w.since at time zone 'UTC', 'HH24:MI')), true
      from waiting w
     where w.since < now() - make_interval(secs => (p->>'queue_wait')::float) and w.lane in (select lane from served)
    union all
    select 'no_worker', 'worker:' || l.lane, 'queue ' || l.lane, l.lane, '',
           'no living process takes from this queue', w.lane is not null
      from (select jsonb_array_elements_text(p->'flows') as lane union select lane from waiting) l
      left join waiting w on w.lane = l.lane
     where l.lane not in (select lane from served)
       and not exists (select 1 from process where lanes is null and beat_at > now() - interval '20 seconds')
    union all
    select 'schedule_failing', 'schedule:' || s.name, 'schedule ' || s.name, '', s.connection,
           format('failed %s times in a row since %s UTC: %s', s.failures,
                  to_char(s.failing_since at time zone 'UTC', 'YYYY-MM-DD HH24:MI'), s.last_error), true
      from schedule s left join connection c on c.name = s.connection
     where c.shut_kind is null and s.failing_since is not null
       and (s.failures >= 5 and s.failing_since < now() - interval '2 minutes'
            or s.failures >= 2 and s.failing_since < now() - interval '30 minutes')
    union all
    select 'told_to_wait', 'connection:' || c.name, 'connection ' || c.name, '', c.name,
           coalesce(c.shut_reason, 'asked to wait again and again'), true
      from connection c
     where c.resting_since is not null and (c.shut_kind = 'throttled' or c.opened_at > now() - interval '1 minute')
       and (c.resting_since < now() - interval '15 minutes' or c.shut_until > now() + interval '15 minutes')
    union all
    select 'beat_away', 'schedules', 'schedules', '', '', 'nothing that is scheduled has run for a minute',
           exists (select 1 from schedule)
     where not exists (select 1 from schedule where last_start > now() - interval '1 minute')
$$;
