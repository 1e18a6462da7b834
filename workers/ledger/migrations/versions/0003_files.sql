-- What is sent to, and taken from, a warehouse that speaks in files.

-- Our control numbers: one series for each connection, without holes but for what was never sent.
create table series (
    connection  text primary key,
    last        bigint not null default 0
);

-- The number of each message that was written for such a connection, so that an answer finds what it answers.
create table control_number (
    connection  text not null,
    number      bigint not null,
    message_id  bigint not null,
    generation  integer not null,                     -- a person's retry is written anew, under a new number
    given_at    timestamptz not null default date_trunc('second', now()),
    said        text[] not null default '{}',         -- what was answered to it so far: received, accepted, refused
    primary key (connection, number),
    unique (connection, message_id, generation)
);

-- What was answered to the last writing of a message; a fast answer is here before its sending is settled.
create function said_to(p_message bigint) returns text[] language sql stable as $$
    select coalesce((select c.said from control_number c where c.message_id = p_message order by c.number desc limit 1), '{}')
$$;

-- The number and the moment that a message is written with; asked again, the same.
create function number_for(p_connection text, p_message bigint, p_generation integer)
returns table (number bigint, given_at timestamptz) language plpgsql as $$
#variable_conflict use_column
declare
    v_number bigint;
begin
    return query select c.number, c.given_at from control_number c
      where c.connection = p_connection and c.message_id = p_message and c.generation = p_generation;
    if found then return; end if;
    insert into series (connection, last) values (p_connection, 1)
        on conflict (connection) do update set last = series.last + 1 returning last into v_number;
    return query insert into control_number as c (connection, number, message_id, generation)
        values (p_connection, v_number, p_message, p_generation) returning c.number, c.given_at;
end $$;

-- Files that were taken, each once. A name that comes again is kept and has no second effect.
create table partner_file (
    id           bigint generated always as identity primary key,
    connection   text not null,
    facility     text not null,
    series       text not null,                       -- that its number is of: the facility's, or the account's
    name         text not null,
    sha256       text not null,
    number       bigint,                              -- the interchange's; null: it has none, or cannot be read
    readable     boolean not null,                    -- its envelope could be read
    effect       text not null check (effect in ('taken', 'repeated', 'kept')),
    size         integer not null,
    record_id    bigint,
    taken_at     timestamptz not null default now()
);
create index partner_file_name on partner_file (connection, facility, name);
create index partner_file_hash on partner_file (connection, facility, sha256);
create index partner_file_number on partner_file (connection, series, number);

-- Take one file: store it as a record, once, and watch the series. A number that is left out is expected within
-- p_patience and is an exception after that. A series may begin anew at any number: each file is compared with the
-- next lower one that has come.
--   p: connection, facility, series (the facility's, or one of the whole account), name, sha256, number, readable,
--      patience (seconds)
-- Returns what became of it: 'taken', 'repeated' (same name or same bytes as before), 'kept' (a name that came before
-- with other bytes: stored for a person, and not read).
create function take_file(p jsonb, p_body bytea) returns text language plpgsql as $$
declare
    v_connection text := p->>'connection';
    v_facility text := p->>'facility';
    v_number bigint := (p->>'number')::bigint;
    v_record bigint;
    v_last bigint;
    v_effect text := 'taken';
    v_series text := coalesce(p->>'series', p->>'facility');
    v_subject text := 'file:' || v_connection || ':' || v_series || ':';
begin
    perform pg_advisory_xact_lock(hashtextextended(v_subject, 4201981));
    if exists (select 1 from partner_file where connection = v_connection and facility = v_facility
                  and sha256 = p->>'sha256') then
        v_effect := 'repeated';
    elsif exists (select 1 from partner_file where connection = v_connection and facility = v_facility
                     and name = p->>'name' and readable) then
        v_effect := 'kept';
    end if;
    if v_effect <> 'repeated' then
        v_record := receive(v_connection, 'file', v_facility || ' ' || (p->>'sha256'), p_body, null);
    end if;
    if v_effect = 'kept' then
        delete from record_unread where record_id = v_record;
    end if;
    if v_effect = 'taken' and (p->>'readable')::boolean then  -- the mended one of a file that could not be read
        perform finish(m.id, 'superseded', 'the file came again, and can be read', 'fleet') from partner_file f
           join message m on m.record_id = f.record_id and m.kind = 'read' and m.state = 'dead'
          where f.connection = v_connection and f.facility = v_facility and f.name = p->>'name' and not f.readable;
    end if;
    select max(number) into v_last from partner_file
     where connection = v_connection and series = v_series and number < v_number;
    insert into partner_file (connection, facility, series, name, sha256, number, readable, effect, size, record_id)
    values (v_connection, v_facility, v_series, p->>'name', p->>'sha256', v_number, (p->>'readable')::boolean, v_effect,
            length(p_body), v_record);
    if v_number is null then return v_effect; end if;
    delete from expectation where subject = v_subject || v_number;
    perform close_exception('file_gap', v_subject || v_number, 'the file has come', 'fleet');
    if v_number > v_last + 1 then
        -- a jump of more than a thousand is a new series rather than a thousand lost files: one question to the partner
        insert into expectation (subject, what, story, due_at, kind, flow, connection)
        select v_subject || n, 'file',
               v_series || case when v_number - v_last > 1000 then ' files ' || v_last + 1 || ' to ' else ' file ' end || n,
               now() + make_interval(secs => (p->>'patience')::float), 'file_gap', 'dispatch-in', v_connection
          from generate_series(case when v_number - v_last > 1000 then v_number - 1 else v_last + 1 end, v_number - 1) n
        on conflict do nothing;
    end if;
    return v_effect;
end $$;

-- What a warehouse has said of an order so far, where it tells each thing once.
alter table fulfilment add column accepted_at timestamptz;               -- the warehouse said so
alter table fulfilment add column lines_closed jsonb not null default '{}';  -- {sku: [outcome, units that do not come]} of lines that are over

-- Items that wait for a file, were sent in one, or were answered: one row for each facility that must know them.
create table item_row (
    message_id  bigint not null,
    connection  text not null,
    facility    text not null,
    code        text not null,
    file        text,                                 -- the item file's name; null: not in one yet
    state       text not null default 'waiting' check (state in ('waiting', 'accepted', 'rejected')),
    said        text not null default '',             -- why it was rejected
    asked_at    timestamptz not null default now(),
    primary key (message_id, facility)
);
create index item_row_waiting on item_row (connection, facility, asked_at) where file is null;
create index item_row_file on item_row (connection, facility, file, code);

-- A facility has answered for an item. When the last one has, the product is confirmed, or refused by any of them.
create function item_answered(p_connection text, p_facility text, p_file text, p_code text, p_accepted boolean,
                              p_said text) returns boolean language plpgsql as $$
declare
    v_message bigint;
    v_row record;
begin
    update item_row set state = case when p_accepted then 'accepted' else 'rejected' end, said = p_said
     where connection = p_connection and facility = p_facility and file = p_file and code = p_code
    returning message_id into v_message;
    if not found then return false; end if;
    perform 1 from message where id = v_message for update;
    if exists (select 1 from item_row where message_id = v_message and state = 'waiting') then return true; end if;
    select string_agg(facility || ': ' || said, '; ' order by facility) as said into v_row from item_row
     where message_id = v_message and state = 'rejected' having count(*) > 0;
    if v_row.said is not null then
        update message set state = 'dead', state_since = now(), maybe_sent_at = null, proof = null, proof_due_at = null,
               error_kind = 'sku_refused', error = v_row.said
         where id = v_message and state = 'sent';
    else
        insert into sku (connection, code, state, their_id) values (p_connection, p_code, 'confirmed', p_code)
            on conflict (connection, code) do update set state = 'confirmed', changed_at = now();
        perform finish(v_message, 'delivered', 'every facility accepted it', 'fleet');
        perform open_gates(array['sku:' || p_connection || ':' || p_code], 'the warehouse confirmed the SKU');
    end if;
    return true;
end $$;

-- An order's cancellation is proven: nothing more of it is expected, and one that was changed goes again under a new
-- number, as Khaos shows it by then. p: reference
create function order_cancelled(p jsonb) returns void language plpgsql as $$
declare
    v fulfilment%rowtype;
begin
    update fulfilment set state = 'cancelled', changed_at = now() where reference = p->>'reference' and state = 'cancelling'
    returning * into v;
    if not found then return; end if;
    delete from expectation where subject = 'order:' || v.reference;
    perform finish(m.id, 'superseded', 'the cancellation is proven', 'fleet')  -- one that was refused before
       from message m where m.subject = 'order:' || v.reference and m.kind = 'cancel' and m.state = 'dead';
    perform close_exception(k, 'order:' || v.reference, 'the cancellation is proven', 'fleet')
       from unnest(array['answer_missing', 'cancel_refused', 'dispatch_overdue']) k;
    if v.resend then perform want_order(v.erp, v.order_code); end if;
end $$;

-- What an order at a warehouse leads to: it is sent, and its dispatch is awaited, unless that was faster than we, or
-- it was refused meanwhile.
-- p: reference, their_id, subject, story, connection, within (seconds), message
create or replace function order_sent(p jsonb) returns void language plpgsql as $$
declare
    v_state text;
begin
    if 'refused' = any (said_to((p->>'message')::bigint)) then return; end if;
    update fulfilment set state = case when state = 'new' then 'sent' else state end, their_id = p->>'their_id',
           sent_at = now(), changed_at = now()
     where reference = p->>'reference' returning state into v_state;
    if v_state not in ('sent', 'part_dispatched') then return; end if;
    insert into expectation (subject, what, story, due_at, kind, flow, connection)
    values (p->>'subject', 'dispatch', p->>'story', now() + make_interval(secs => (p->>'within')::float),
            'dispatch_overdue', 'dispatch-in', p->>'connection')
    on conflict do nothing;
end $$;

-- What a warehouse will say by itself is expected, each within its time, unless it was faster than we.
-- p: reference, subject, story, flow, connection, message, answers: {what: seconds}
create function await_answers(p jsonb) returns void language plpgsql as $$
declare
    v_said text[] := said_to((p->>'message')::bigint);
begin
    if v_said && array['accepted', 'refused'] then return; end if;
    if p->>'flow' = 'orders-out' and not exists (
        select 1 from fulfilment where reference = p->>'reference' and accepted_at is null and state in ('new', 'sent')) then
        return;
    end if;
    insert into expectation (subject, what, story, due_at, kind, flow, connection)
    select p->>'subject', e.key, p->>'story', now() + make_interval(secs => e.value::float), 'answer_missing', p->>'flow', p->>'connection'
      from jsonb_each_text(p->'answers') e where e.key <> all (v_said)
    on conflict (subject, what) do update set due_at = excluded.due_at, missed_at = null;
end $$;

-- A cancellation was asked for: the answer to it is all that is expected of the order now.
-- p: reference, subject, story, connection, within (seconds), message
create function await_cancellation(p jsonb) returns void language plpgsql as $$
begin
    if 'refused' = any (said_to((p->>'message')::bigint)) then return; end if;
    if not exists (select 1 from fulfilment where reference = p->>'reference' and state = 'cancelling') then return; end if;
    delete from expectation where subject = p->>'subject';
    insert into expectation (subject, what, story, due_at, kind, flow, connection)
    values (p->>'subject', 'cancelled', p->>'story', now() + make_interval(secs => (p->>'within')::float), 'answer_missing',
            'orders-out', p->>'connection');
end $$;

-- Shipments that were told once, and what they became: read again they have no second effect.
create table told_shipment (
    connection  text not null,
    document    text not null,
    fulfilment  text not null,
    units       jsonb not null default '{}',          -- {sku: units} that left, whether Khaos was told of them or not
    told_at     timestamptz not null default now(),
    primary key (connection, document)
);
create index told_shipment_fulfilment on told_shipment (fulfilment);

-- A change that a warehouse was told of and has not answered: {"requested": {sku: units}, "message": id}.
alter table fulfilment add column change jsonb;

-- The warehouse has taken a change (its message's requested lines): these are what it was asked for now.
-- p: reference, requested, newest
create function order_changed(p jsonb) returns void language plpgsql as $$
begin
    update fulfilment set requested = p->'requested', changed_at = now(),
           change = case when (p->>'newest')::boolean then null else change end
     where reference = p->>'reference' and state in ('sent', 'part_dispatched', 'cancelling');
    delete from expectation where subject = 'order:' || (p->>'reference') and what = 'changed';
end $$;
