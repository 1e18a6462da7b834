-- The hot path: a slot settles one message and claims the next in a single call and a single commit.

-- Take the call slots that a message needs: one of the connection, and one of its flow's share if it has one.
-- Right after a connection opened again only some of its slots may be used (the ramp).
create function take_slots(p_connection text, p_flow text, p_holder text, p_process uuid, p_lease interval)
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

create function free_slots(p_connection text, p_holder text) returns void language sql as $$
    update slot set holder = null, process_id = null, lease_until = null
     where connection = p_connection and holder = p_holder;
$$;

-- Claim the most urgent message of a lane that may go now.
-- Commits "may have been sent" before anything is sent; says what stood there before.
create function claim(p_lane text, p_process uuid, p_lease interval)
returns table (id bigint, attempt integer, generation integer, flow text, connection text, kind text, reference text,
               version integer, subject text, story text, maybe_sent_at timestamptz, tries integer, resends integer,
               body text, wire bytea)
language plpgsql as $$
#variable_conflict use_column
declare
    v_connection text;
    v_message record;
    v_passed bigint;
begin
    -- no look here at which connection has messages: a plan that scans the backlog for it costs more than a miss below
    for v_connection in
        select c.name from connection c
         where c.shut_kind is null
           and (c.poll_waiting is null or c.poll_waiting < now() - interval '10 seconds')
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
end $$;

-- Move a message out of the live table. Not for one that a worker holds: that one is settled.
create function finish(p_id bigint, p_state text, p_note text, p_who text)
returns boolean language plpgsql as $$
declare
    v message%rowtype;
begin
    delete from message where id = p_id and state <> 'working' returning * into v;
    if not found then return false; end if;
    insert into message_settled (id, flow, connection, kind, reference, version, subject, story, state,
                                 attempt, generation, record_id, created_at)
    values (v.id, v.flow, v.connection, v.kind, v.reference, v.version, v.subject, v.story, p_state,
            v.attempt, v.generation, v.record_id, v.created_at);
    insert into timeline (story, subject, flow, connection, step, note, who, message_id)
    values (v.story, v.subject, v.flow, v.connection, p_state, coalesce(p_note, ''), p_who, p_id);
    update exception set state = case when p_state = 'dismissed' then 'dismissed' else 'resolved' end,
           closed_at = now(), closed_by = p_who, closed_why = coalesce(nullif(p_note, ''), p_state)
     where message_id = p_id and state = 'open';
    return true;
end $$;

-- Settle a message that this process claimed at this attempt. False when the settle comes too late: the lease
-- was taken away, and somebody else decides now.
--   p_state: delivered, not_needed (both leave the live table), sent, waiting, held, dead
--   p_args:  step, proven_before, wait, tried, resent, maybe_sent, proof, proof_within, error_kind, gates
create function settle(p_id bigint, p_attempt integer, p_state text, p_note text, p_args jsonb)
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
                                 else maybe_sent_at end,
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

-- Hold a message by the gates of p_gates that are not open. The gate rows are locked and looked at again, or a
-- release in between would be lost. Gates are named <kind>:<what>. With none shut, the message is queued.
create function hold(p_id bigint, p_gates text[]) returns boolean language plpgsql as $$
declare
    v_shut text[];
begin
    -- made or locked one by one in the order of their names: whoever opens several takes the same order
    insert into gate (name, kind) select distinct g, split_part(g, ':', 1) from unnest(p_gates) g order by g
        on conflict (name) do update set name = excluded.name;
    select array_agg(name order by name) into v_shut from gate where name = any (p_gates) and not open;
    insert into message_gate (message_id, gate) select p_id, g from unnest(v_shut) g on conflict do nothing;
    update message set state = case when v_shut is null then 'queued' else 'held' end, state_since = now(),
           due_at = case when v_shut is null then now() else due_at end
     where id = p_id and state <> 'working';
    return v_shut is not null;
end $$;

-- Open gates; what nothing else holds is queued. Returns how many messages were let go.
create function open_gates(p_gates text[], p_why text) returns integer language plpgsql as $$
declare
    v_let_go integer := 0;
    v_held bigint[];
begin
    insert into gate (name, kind, open) select distinct g, split_part(g, ':', 1), true from unnest(p_gates) g order by g
        on conflict (name) do update set open = true, changed_at = now() where not gate.open;
    select array_agg(id) into v_held from
        (select m.id from message m where m.id in (select message_id from message_gate where gate = any (p_gates))
          order by m.id for update) locked;
    if v_held is null then return 0; end if;
    delete from message_gate where gate = any (p_gates);
    with freed as (
        update message m set state = 'queued', state_since = now(), due_at = now()
         where m.id = any (v_held) and m.state = 'held'
           and not exists (select 1 from message_gate g where g.message_id = m.id)
        returning m.*)
    insert into timeline (story, subject, flow, connection, step, note, message_id)
    select story, subject, flow, connection, 'released', p_why, id from freed;
    get diagnostics v_let_go = row_count;
    return v_let_go;
end $$;

-- Post one message. Returns its id, or null when the last thing said under this key is the same.
-- A newer version supersedes what was not pushed yet; what may have been sent stays, and goes first.
create function post(p_flow text, p_connection text, p_kind text, p_reference text, p_fingerprint text,
                     p_subject text, p_story text, p_body jsonb, p_wire bytea, p_args jsonb)
returns bigint language plpgsql as $$
declare
    v_last record;
    v_old record;
    v_id bigint;
    v_version integer := 1;
begin
    select version, fingerprint into v_last from message_key
     where flow = p_flow and connection = p_connection and kind = p_kind and reference = p_reference
     order by version desc limit 1 for update;
    if found then
        if v_last.fingerprint = p_fingerprint then return null; end if;
        v_version := v_last.version + 1;
    end if;
    v_id := nextval(pg_get_serial_sequence('message', 'id'));
    insert into message_key (flow, connection, kind, reference, version, fingerprint, message_id)
    values (p_flow, p_connection, p_kind, p_reference, v_version, p_fingerprint, v_id)
    on conflict do nothing;
    if not found then return null; end if;  -- somebody said it at this very moment
    if v_version > 1 then
        for v_old in
            select id from message where flow = p_flow and connection = p_connection and kind = p_kind
               and reference = p_reference and subject = p_subject
               and state in ('queued', 'waiting', 'held', 'dead') and maybe_sent_at is null
               for update skip locked
        loop
            perform finish(v_old.id, 'superseded', 'version ' || v_version || ' was said', 'fleet');
        end loop;
    end if;
    insert into message (id, flow, connection, kind, reference, version, subject, story, lane, state, priority, due_at,
                         record_id, source_time, error_kind, error)
    overriding system value
    values (v_id, p_flow, p_connection, p_kind, p_reference, v_version, p_subject, p_story, p_flow,
            coalesce(p_args->>'state', 'queued'), coalesce((p_args->>'priority')::smallint, 5),
            now() + make_interval(secs => coalesce((p_args->>'wait')::float, 0)),
            (p_args->>'record_id')::bigint, (p_args->>'source_time')::timestamptz,
            p_args->>'error_kind', p_args->>'error');
    insert into message_body (message_id, body, wire) values (v_id, p_body, p_wire);
    insert into timeline (story, subject, flow, connection, step, note, message_id)
    values (p_story, p_subject, p_flow, p_connection, coalesce(p_args->>'step', 'read'),
            coalesce(p_args->>'note', ''), v_id);
    if p_args ? 'gates' then
        perform hold(v_id, array(select jsonb_array_elements_text(p_args->'gates')));
    end if;
    return v_id;
end $$;

-- Store what a side said, once. Returns the record's id, or null when the same was said before.
create function receive(p_connection text, p_source text, p_receipt_key text, p_body bytea, p_source_time timestamptz)
returns bigint language plpgsql as $$
declare
    v_id bigint;
begin
    v_id := nextval(pg_get_serial_sequence('record', 'id'));
    insert into record_key (connection, source, receipt_key, record_id)
    values (p_connection, p_source, p_receipt_key, v_id) on conflict do nothing;
    if not found then return null; end if;
    insert into record (id, received_at, connection, source, source_time, body) overriding system value
    values (v_id, now(), p_connection, p_source, p_source_time, p_body);
    insert into record_unread (record_id, received_at, connection, source)
    values (v_id, now(), p_connection, p_source);
    return v_id;
end $$;

-- File or refresh an exception. Returns true when it is new.
create function file_exception(p_kind text, p_subject text, p_story text, p_flow text, p_connection text,
                               p_owner text, p_severity text, p_reason text, p_next_step text, p_message bigint,
                               p_record bigint)
returns boolean language plpgsql as $$
declare
    v_new boolean;
begin
    insert into exception (kind, subject, story, flow, connection, owner, severity, reason, next_step, message_id, record_id)
    values (p_kind, p_subject, p_story, p_flow, p_connection, p_owner, p_severity, p_reason, p_next_step, p_message, p_record)
    on conflict (kind, subject) where state = 'open' do update
       set times = exception.times + 1, last_at = now(), reason = excluded.reason, next_step = excluded.next_step,
           message_id = coalesce(excluded.message_id, exception.message_id)
    returning (xmax = 0) into v_new;
    if v_new then
        insert into timeline (story, subject, flow, connection, step, note, message_id)
        values (p_story, p_subject, p_flow, p_connection, 'exception', p_kind || ': ' || p_reason, p_message);
    end if;
    return v_new;
end $$;

create function close_exception(p_kind text, p_subject text, p_why text, p_who text) returns integer
language sql as $$
    with closed as (
        update exception set state = 'resolved', closed_at = now(), closed_by = p_who, closed_why = p_why
         where kind = p_kind and subject = p_subject and state = 'open' returning *),
    told as (
        insert into timeline (story, subject, flow, connection, step, note, who, message_id)
        select story, subject, flow, connection, 'exception closed', kind || ': ' || p_why, p_who, message_id from closed)
    select count(*)::integer from closed;
$$;

-- What an order at a warehouse leads to: it is sent, and its dispatch is awaited.
-- p: reference, their_id, subject, story, connection, within (seconds)
create function order_sent(p jsonb) returns void language plpgsql as $$
begin
    update fulfilment set state = case when state = 'new' then 'sent' else state end, their_id = p->>'their_id',
           sent_at = now(), changed_at = now()
     where reference = p->>'reference';
    insert into expectation (subject, what, story, due_at, kind, flow, connection)
    values (p->>'subject', 'dispatch', p->>'story', now() + make_interval(secs => (p->>'within')::float),
            'dispatch_overdue', 'dispatch-in', p->>'connection')
    on conflict do nothing;
end $$;

-- A slot's turn: settle one message with its effects (functions by name, each with its one argument, in p_calls)
-- and, if that was in time, claim the next. One statement, so one commit and one round trip.
create function turn(p_id bigint, p_attempt integer, p_state text, p_note text, p_args jsonb, p_calls jsonb,
                     p_lane text, p_process uuid, p_lease interval)
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
        return query select true, c.* from (select 1) one left join claim(p_lane, p_process, p_lease) c on true;
    else
        return query select false, null::bigint, null::integer, null::integer, null::text, null::text, null::text,
                            null::text, null::integer, null::text, null::text, null::timestamptz, null::integer,
                            null::integer, null::text, null::bytea;
    end if;
end $$;

-- Free what dead processes and overrun leases held. What may have been sent waits until its first call must be
-- over (p_doubt: seconds by connection) and is then looked up. Two deaths make a message a suspect, which runs
-- alone; only dying alone convicts it.
create function release_lost(p_silent interval, p_doubt jsonb)
returns table (id bigint, flow text, connection text, reference text, version integer, subject text, story text,
               deaths integer, convicted boolean, crashed boolean)
language plpgsql as $$
#variable_conflict use_column
declare
    v record;
begin
    for v in
        select m.*, (p.id is null or p.beat_at < now() - p_silent) as died, coalesce(p.lone, false) as alone
          from message m left join process p on p.id = m.process_id
         where m.state = 'working' and (m.lease_until < now() or p.id is null or p.beat_at < now() - p_silent)
           for update of m skip locked
    loop
        update message set
            state = 'waiting', state_since = now(), process_id = null, lease_until = null,
            attempt = v.attempt + 1,  -- a settle of the lost attempt comes too late from here on
            deaths = v.deaths + case when v.died then 1 else 0 end,
            lane = case when v.died and v.deaths >= 1 then 'isolate' else v.lane end,
            due_at = greatest(now(), v.maybe_sent_at + make_interval(secs => coalesce((p_doubt->>v.connection)::float, 120)))
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
           (select 1 from process p where p.id = slot.process_id and p.beat_at >= now() - p_silent))
       and not exists (select 1 from message m where 'message:' || m.id = slot.holder and m.state = 'working');
    delete from process where beat_at < now() - interval '1 hour';
end $$;

-- Partitions of records: this month's and the next two exist, those older than p_keep months are dropped.
-- What finance and support need for good (messages' keys, timeline, exceptions) stands elsewhere.
create function keep_partitions(p_keep integer) returns void language plpgsql as $$
declare
    v_month date;
    v_name text;
begin
    for v_month in select generate_series(date_trunc('month', now()), date_trunc('month', now()) + interval '2 months', interval '1 month')::date
    loop
        v_name := 'record_' || to_char(v_month, 'YYYY_MM');
        if to_regclass(v_name) is null and not exists (select 1 from record_other where received_at >= v_month and received_at < v_month + interval '1 month') then
            execute format('create table %I partition of record for values from (%L) to (%L)', v_name, v_month, (v_month + interval '1 month')::date);
        end if;
    end loop;
    for v_name in
        select c.relname from pg_class c join pg_inherits i on i.inhrelid = c.oid join pg_class p on p.oid = i.inhparent
         where p.relname = 'record' and c.relname ~ '^record_\d{4}_\d{2}$'
           and to_date(substr(c.relname, 8), 'YYYY_MM') < date_trunc('month', now()) - make_interval(months => p_keep)
    loop
        execute format('drop table %I', v_name);
    end loop;
    delete from message_body b using message_settled s
     where s.id = b.message_id and s.settled_at < now() - make_interval(months => p_keep);
end $$;

select keep_partitions(13);

-- The SKU in a gate's name, sku:<connection>:<code>; the code itself may hold a colon.
create function gated_sku(p_gate text) returns text language sql immutable as $$
    select substr(p_gate, length(split_part(p_gate, ':', 1) || split_part(p_gate, ':', 2)) + 3)
$$;

-- Have an order asked for afresh at the next turn of the orders poll, which is now.
create function want_order(p_erp text, p_code text) returns void language sql as $$
    insert into order_wanted (erp, code) values (p_erp, p_code)
        on conflict (erp, code) do update set asked_at = clock_timestamp();
    update schedule set due_at = now() where name = 'orders ' || p_erp;
$$;
