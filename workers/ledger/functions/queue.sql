-- The hot path: a worker's slot settles one message and claims the next, in one call and one commit.

-- Take the call slots that a message needs: one of the connection, and one of its flow's share if it has one.
-- Right after a connection opened again only some of its slots may be used (the ramp).
create or replace function take_slots(p_connection text, p_flow text, p_holder text, p_process uuid, p_lease interval)
returns boolean language plpgsql as $$
declare
    v_ramp integer;
    v_number integer;
begin
    select case when c.opened_at is null or c.opened_at < now() - interval '8 seconds' then 1000000
                else (power(2, extract(epoch from now() - c.opened_at)))::integer end
      into v_ramp from connection c where c.name = p_connection;
    select s.number into v_number from slot s
     where s.connection = p_connection and s.lane = '*' and s.holder is null and s.number <= v_ramp
     order by s.number limit 1 for update skip locked;
    if v_number is null then return false; end if;
    if exists (select 1 from slot s where s.connection = p_connection and s.lane = p_flow) then
        update slot s set holder = p_holder, process_id = p_process, lease_until = now() + p_lease
         where s.connection = p_connection and s.lane = p_flow and s.number =
               (select f.number from slot f where f.connection = p_connection and f.lane = p_flow
                 and f.holder is null order by f.number limit 1 for update skip locked);
        if not found then return false; end if;
    end if;
    update slot s set holder = p_holder, process_id = p_process, lease_until = now() + p_lease
     where s.connection = p_connection and s.lane = '*' and s.number = v_number;
    return true;
end $$;

create or replace function free_slots(p_connection text, p_holder text) returns void language sql as $$
    update slot set holder = null, process_id = null, lease_until = null
     where connection = p_connection and holder = p_holder;
$$;

-- Book the next slot of each connection whose slots are all taken, for a lane that has something to do there.
create or replace function book_turn(p_lane text) returns void language sql as $$
    update connection c set turn_lane = p_lane, turn_until = now() + interval '1.5 seconds', turn_booked_at = now()
     where c.shut_kind is null and (c.turn_lane is null or c.turn_until < now())
       and (c.turn_booked_at is null or c.turn_booked_at < now() - interval '2 seconds')
       and not exists (select 1 from slot s where s.connection = c.name and s.lane = '*' and s.holder is null)
       and not exists (select 1 from message w where w.connection = c.name and w.lane = p_lane and w.state = 'working')
       and exists (select 1 from message m where m.lane = p_lane and m.connection = c.name
                    and m.state in ('queued', 'waiting') and m.behind is null and m.due_at <= now() limit 1);
$$;

-- Claim the most urgent message of a lane that may go now. As before, and fair between lanes: a lane that finds every
-- slot of a connection taken books the next one, so that a flow which drains a long backlog over Khaos's one slot lets
-- the others in between: levels never starve dispatches, nor dispatches a level that falls to nothing. A lane that has
-- booked a slot lets no waiting poll pass, and polls leave a booked slot alone (workers/spine/limits.py).
-- A connection that rests, because no rate token is due, is passed over. p_token names this claim (give_back_lost).
-- maybe_sent_at is that of earlier attempts: while a message is worked on, frozen bytes say that it may have been sent.
create or replace function claim_v2(p_lane text, p_process uuid, p_lease interval, p_token bigint)
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
               and m.state in ('queued', 'waiting') and m.behind is null and m.due_at <= now()
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
    perform book_turn(p_lane);
end $$;

-- Whether a connection's restore is so late that a number which is given again may be at its warehouse already: then a
-- reference is looked up there before it is sent for the first time.
create or replace function is_recent_restore(p_restored_at timestamptz) returns boolean language sql stable as $$
    select coalesce(p_restored_at > now() - interval '30 days', false)
$$;

-- Lock the most urgent messages of a lane at a connection that may go now, p_most of them: their ids in the order in which
-- they may go, and the flow of the first; null where there is none.
--   What claims and settles keeps its plans for good, and plans by index alone: a plan is made while a table may be empty,
--   and used when it is not. The settings for that stand at the functions that workers call (claim_some_v2, settle_some,
--   turn_v4): to lay and lift them in each function that these call was a tenth of a turn.
create or replace function lock_ready(p_lane text, p_connection text, p_most integer, out ids bigint[], out flow text)
language plpgsql as $$
begin
    -- What stands behind another is not in the index. "Earlier of the subject", and one that is worked on, are looked at
    -- again, as scalars: joined, the plan would sort the whole backlog.
    select array_agg(r.id), min(r.flow) into ids, flow from (
        select m.id, m.flow from message m
         where m.lane = p_lane and m.connection = p_connection
           and m.state in ('queued', 'waiting') and m.behind is null and m.due_at <= now()
           and (select true from message e where e.subject = m.subject and e.id < m.id limit 1) is null
           and (select true from message w where w.subject = m.subject and w.state = 'working') is null
         order by m.priority, m.due_at, m.id
         limit p_most
         for update of m skip locked) r;
end $$;

-- Mark locked messages as being worked on. Returns them in the order of p_ids. Raises unique_violation when two at this
-- moment begin on one subject.
create or replace function begin_work(p_ids bigint[], p_process uuid, p_lease interval, p_token bigint)
returns table (id bigint, attempt integer, generation integer, flow text, connection text, kind text, reference text,
               version integer, subject text, story text, maybe_sent_at timestamptz, tries integer, resends integer,
               body text, wire bytea, after_restore boolean)
language plpgsql as $$
#variable_conflict use_column
begin
    return query
    with taken as (
        update message m
           set state = 'working', state_since = now(), attempt = m.attempt + 1,
               process_id = p_process, lease_until = now() + p_lease, claim_token = p_token
          from message_body b
         where m.id = any (p_ids) and b.message_id = m.id
        returning m.id, m.attempt, m.generation, m.flow, m.connection, m.kind, m.reference, m.version, m.subject,
                  m.story, m.maybe_sent_at, m.tries, m.resends, b.body::text as body, b.wire)
    select t.*, is_recent_restore(c.restored_at) from taken t join connection c on c.name = t.connection
     order by array_position(p_ids, t.id);
end $$;

-- Claim up to p_most messages of a lane at one connection, if it is one of p_quick, else one. They share the call slot of
-- the first: whoever claims them sends them one after the other, and settles them together (turn_v4). As claim_v2, but
-- without a savepoint: raises unique_violation when two at this moment begin on one subject; claim_v2 passes that over.
create or replace function claim_some_v2(p_lane text, p_process uuid, p_lease interval, p_token bigint, p_most integer,
                                         p_quick text[])
returns table (id bigint, attempt integer, generation integer, flow text, connection text, kind text, reference text,
               version integer, subject text, story text, maybe_sent_at timestamptz, tries integer, resends integer,
               body text, wire bytea, after_restore boolean)
language plpgsql
set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_bitmapscan = off as $$
#variable_conflict use_column
declare
    v_connection text;
    v_booked boolean;
    v_ids bigint[];
    v_flow text;
begin
    if p_most < 1 then return; end if;
    for v_connection, v_booked in
        select c.name, c.turn_lane is not null from connection c
          join lateral (select count(*) filter (where s.holder is null) as free,
                               count(*) filter (where s.holder is not null) as held
                          from slot s where s.connection = c.name and s.lane = '*') calls on calls.free > 0
         where c.shut_kind is null and (c.rests_until is null or c.rests_until <= now())
           and (c.turn_lane is null or c.turn_lane = p_lane or c.turn_until < now())
           and (c.poll_waiting is null or c.poll_waiting < now() - interval '10 seconds'
                or (c.turn_lane = p_lane and c.turn_until >= now()))
         order by calls.held
    loop
        select r.ids, r.flow into v_ids, v_flow
          from lock_ready(p_lane, v_connection, case when v_connection = any (p_quick) then p_most else 1 end) r;
        continue when v_ids is null;
        continue when not take_slots(v_connection, v_flow, 'message:' || v_ids[1], p_process, p_lease);
        if v_booked then update connection c set turn_lane = null where c.name = v_connection; end if;
        return query select * from begin_work(v_ids, p_process, p_lease, p_token);
        return;
    end loop;
    perform book_turn(p_lane);
end $$;

create or replace function claim_some(p_lane text, p_process uuid, p_lease interval, p_token bigint, p_most integer,
                                      p_quick text[])
returns table (id bigint, attempt integer, generation integer, flow text, connection text, kind text, reference text,
               version integer, subject text, story text, maybe_sent_at timestamptz, tries integer, resends integer,
               body text, wire bytea)
language sql as $$
    select id, attempt, generation, flow, connection, kind, reference, version, subject, story, maybe_sent_at, tries,
           resends, body, wire from claim_some_v2(p_lane, p_process, p_lease, p_token, p_most, p_quick)
$$;

-- Whether a lane that is about to give back its call slot of a connection would only take one there again: the connection
-- takes messages as before, and no other one has anything for the lane. Who else waits for a slot comes first.
create or replace function goes_on(p_lane text, p_connection text) returns boolean language plpgsql as $$
begin
    return exists (
        select 1 from connection c
         where c.name = p_connection and c.shut_kind is null and (c.rests_until is null or c.rests_until <= now())
           and (c.turn_lane is null or c.turn_until < now())
           and (c.poll_waiting is null or c.poll_waiting < now() - interval '10 seconds')
           and (c.opened_at is null or c.opened_at < now() - interval '8 seconds'))  -- else the ramp says how many
       and not exists (
        select 1 from connection o
         where o.name <> p_connection and o.shut_kind is null
           and (select true from message m where m.lane = p_lane and m.connection = o.name
                   and m.state in ('queued', 'waiting') and m.behind is null and m.due_at <= now() limit 1));
end $$;

-- Claim as claim_some does, at the connection of which the settled messages p_settled hold the call slot, and with it.
-- None where the slot was taken away, or nothing may go there; the slot is theirs still.
create or replace function claim_with_slot(p_settled bigint[], p_lane text, p_connection text, p_process uuid,
                                           p_lease interval, p_token bigint, p_most integer)
returns table (id bigint, attempt integer, generation integer, flow text, connection text, kind text, reference text,
               version integer, subject text, story text, maybe_sent_at timestamptz, tries integer, resends integer,
               body text, wire bytea, after_restore boolean)
language plpgsql as $$
#variable_conflict use_column
declare
    v_ids bigint[];
    v_holders text[] := array(select 'message:' || i from unnest(p_settled) i);
begin
    select r.ids into v_ids from lock_ready(p_lane, p_connection, p_most) r;
    if v_ids is null then return; end if;
    update slot s set holder = 'message:' || v_ids[1], process_id = p_process, lease_until = now() + p_lease
     where s.connection = p_connection and s.holder = any (v_holders);
    if not found then return; end if;
    return query select * from begin_work(v_ids, p_process, p_lease, p_token);
end $$;

create or replace function claim(p_lane text, p_process uuid, p_lease interval)
returns table (id bigint, attempt integer, generation integer, flow text, connection text, kind text, reference text,
               version integer, subject text, story text, maybe_sent_at timestamptz, tries integer, resends integer,
               body text, wire bytea)
language sql as $$ select * from claim_v2(p_lane, p_process, p_lease, null) $$;

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
        perform free_behind(array[p_id]);
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
create or replace function turn_v2(p_id bigint, p_attempt integer, p_state text, p_note text, p_args jsonb, p_calls jsonb,
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
        return query select true, c.* from (select 1) one left join claim_v2(p_lane, p_process, p_lease, p_token) c on true;
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
    select * from turn_v2(p_id, p_attempt, p_state, p_note, p_args, p_calls, p_lane, p_process, p_lease, null)
$$;

-- Call one of the ledger's functions with its one argument. By name in full where it is called for every order: what is
-- executed as text is planned anew each time.
create or replace function run_effect(p_function text, p jsonb) returns void language plpgsql as $$
begin
    if p_function = 'order_sent' then
        perform order_sent(p);
    elsif p_function = 'await_answers' then
        perform await_answers(p);
    elsif p_function = 'order_went_on' then
        perform order_went_on(p);
    else
        execute format('select %I($1)', p_function) using p;
    end if;
end $$;

-- Settle what was simply delivered, by one statement for all. Returns which they were, and their connection: they keep
-- its call slot, and their effects are still to be run. p_done as in settle_some.
create or replace function settle_delivered(p_done jsonb, out ids bigint[], out connection text) language plpgsql as $$
declare
    v_noticed bigint[];  -- an exception may speak of them
begin
    with done as (
        select d.id, d.attempt, coalesce(d.note, '') as note
          from jsonb_to_recordset(p_done) as d (id bigint, attempt integer, state text, note text, args jsonb)
         where d.state = 'delivered' and d.args = '{}'),
    gone as (
        delete from message m using done d where m.id = d.id and m.attempt = d.attempt and m.state = 'working'
        returning m.id, m.flow, m.connection, m.kind, m.reference, m.version, m.subject, m.story, m.attempt,
                  m.generation, m.record_id, m.created_at, m.deaths, m.error_kind, d.note),
    kept as (
        insert into message_settled (id, flow, connection, kind, reference, version, subject, story, state, attempt,
                                     generation, record_id, created_at)
        select g.id, g.flow, g.connection, g.kind, g.reference, g.version, g.subject, g.story, 'delivered', g.attempt,
               g.generation, g.record_id, g.created_at from gone g),
    noted as (
        insert into timeline (story, subject, flow, connection, step, note, message_id)
        select g.story, g.subject, g.flow, g.connection, 'delivered', g.note, g.id from gone g),
    noticed as (select g.id from gone g where g.generation > 1 or g.deaths > 0 or g.error_kind is not null)
    select coalesce(array_agg(g.id), '{}'), min(g.connection), array(select n.id from noticed n)
      into ids, connection, v_noticed from gone g;
    if v_noticed <> '{}' then
        update exception e set state = 'resolved', closed_at = now(), closed_by = 'fleet',
               closed_why = 'its message went through'
         where e.message_id = any (v_noticed) and e.state = 'open';
    end if;
    if ids <> '{}' then perform free_behind(ids); end if;
end $$;

-- Give back the call slots of messages.
create or replace function free_slots_of(p_connection text, p_ids bigint[]) returns void language sql as $$
    update slot set holder = null, process_id = null, lease_until = null
     where connection = p_connection and holder in (select 'message:' || i from unnest(p_ids) i);
$$;

-- Run the effects of what settle_delivered has settled (p_gone), settle the others of p_done, and give back those that
-- were not sent at all. Returns those for which that came too late.
create or replace function settle_others(p_done jsonb, p_gone bigint[]) returns bigint[] language plpgsql
set plan_cache_mode = auto set enable_seqscan = on set enable_bitmapscan = on as $$
declare
    v record;
    v_call jsonb;
    v_late bigint[] := '{}';
begin
    for v in
        select d.* from jsonb_to_recordset(p_done)
            as d (id bigint, attempt integer, state text, note text, args jsonb, calls jsonb, back boolean,
                  maybe_sent timestamptz, resends integer)
    loop
        if v.back then
            perform give_back(v.id, v.attempt, v.maybe_sent, v.resends, null);
        elsif v.id = any (p_gone) or settle(v.id, v.attempt, v.state, v.note, v.args) then
            for v_call in select e from jsonb_array_elements(v.calls) e loop
                perform run_effect(v_call->>0, v_call->1);
            end loop;
        else
            v_late := v_late || v.id;
        end if;
    end loop;
    return v_late;
end $$;

-- Run the effects of messages that were all settled. Orders that are sent, nearly all of what is called, by one statement
-- for all of them: it is the first effect of its message.
create or replace function run_effects(p_done jsonb) returns void language plpgsql as $$
declare
    v_sent jsonb := jsonb_path_query_array(p_done, 'strict $[*].calls[*] ? (@[0] == "order_sent")[1]');
    v_call jsonb;
begin
    if v_sent <> '[]' then perform orders_sent(v_sent); end if;
    if jsonb_path_exists(p_done, 'strict $[*].calls[*] ? (@[0] != "order_sent")') then
        for v_call in select c from jsonb_path_query(p_done, 'strict $[*].calls[*] ? (@[0] != "order_sent")') c loop
            perform run_effect(v_call->>0, v_call->1);
        end loop;
    end if;
end $$;

-- Settle messages with their effects, and give back those that were not sent at all. Returns those for which that came
-- too late.
--   p_done: [{id, attempt, state, note, args, calls}], calls as in turn_v2; to give one back: {id, attempt, back: true,
--   maybe_sent, resends}
create or replace function settle_some(p_done jsonb) returns bigint[] language plpgsql
set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_bitmapscan = off as $$
declare
    v record;
begin
    select * into v from settle_delivered(p_done);
    if v.ids <> '{}' then perform free_slots_of(v.connection, v.ids); end if;
    return settle_others(p_done, v.ids);
end $$;

-- A slot's turn with several messages: settle them and claim the next, in one commit and one round trip. Where all of them
-- were simply delivered and their connection has more, their call slot goes over to what is claimed.
create or replace function turn_v4(p_done jsonb, p_lane text, p_process uuid, p_lease interval, p_token bigint,
                                   p_most integer, p_quick text[])
returns table (late bigint[], id bigint, attempt integer, generation integer, flow text, connection text, kind text,
               reference text, version integer, subject text, story text, maybe_sent_at timestamptz, tries integer,
               resends integer, body text, wire bytea, after_restore boolean)
language plpgsql
set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_bitmapscan = off as $$
#variable_conflict use_column
declare
    v_done bigint[];
    v_connection text;
    v_late bigint[] := '{}';
    v_all boolean;
    v_keeps boolean;
begin
    select d.ids, d.connection into v_done, v_connection from settle_delivered(p_done) d;
    v_all := cardinality(v_done) = jsonb_array_length(p_done);
    v_keeps := p_most > 0 and v_all and p_lane <> 'isolate' and goes_on(p_lane, v_connection);
    if not v_keeps and v_done <> '{}' then perform free_slots_of(v_connection, v_done); end if;
    if v_all then perform run_effects(p_done); else v_late := settle_others(p_done, v_done); end if;
    if v_keeps then
        return query select v_late, c.* from claim_with_slot(
            v_done, p_lane, v_connection, p_process, p_lease, p_token,
            case when v_connection = any (p_quick) then p_most else 1 end) c;
        if found then return; end if;
        perform free_slots_of(v_connection, v_done);
    end if;
    return query select v_late, c.* from (select 1) one
        left join claim_some_v2(p_lane, p_process, p_lease, p_token, case when v_late = '{}' then p_most else 0 end,
                             p_quick) c on true;
end $$;

create or replace function turn_v3(p_done jsonb, p_lane text, p_process uuid, p_lease interval, p_token bigint,
                                   p_most integer, p_quick text[])
returns table (late bigint[], id bigint, attempt integer, generation integer, flow text, connection text, kind text,
               reference text, version integer, subject text, story text, maybe_sent_at timestamptz, tries integer,
               resends integer, body text, wire bytea)
language sql as $$
    select late, id, attempt, generation, flow, connection, kind, reference, version, subject, story, maybe_sent_at, tries,
           resends, body, wire from turn_v4(p_done, p_lane, p_process, p_lease, p_token, p_most, p_quick)
$$;
