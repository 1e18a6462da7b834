-- Goods that come in, what is given back for those that customers return, and the dispatch routes without a call.

-- Goods in, as last re-read.
create table goods_in (
    connection      text not null,
    their_id        text not null,
    reference       text not null,
    home            text not null,
    kind            text not null check (kind in ('supplier', 'return')),
    status          text not null,
    order_code      text not null default '',
    advice          text not null default '',
    body            jsonb not null,                   -- the canonical receipt
    read_at         timestamptz not null default now(),
    primary key (connection, their_id)
);
create index goods_in_reference on goods_in (reference);

-- Lines that a webhook or a task named, for a warehouse that lists none: a re-read asks by them.
create table goods_in_line (
    connection  text not null,
    their_id    text not null,
    line_id     text not null,
    told_at     timestamptz not null default now(),
    primary key (connection, their_id, line_id)
);

-- A supplier's line: received at the warehouse, and how much of it Khaos's delivery notes have booked.
create table received_line (
    id              bigint generated always as identity unique,
    connection      text not null,
    their_id        text not null,
    line_id         text not null,
    purchase_order  text not null,
    home            text not null,
    sku             text not null,
    received        integer not null,
    booked          integer not null default 0,
    received_at     timestamptz not null default now(),
    told_at         timestamptz not null default now(),   -- when more of it came: a count that began earlier lacks it
    booked_at       timestamptz,
    booked_by       text,
    primary key (connection, their_id, line_id)
);
create index received_line_open on received_line (home, sku) where booked < received;

-- A return that was announced, and whether the warehouse knows.
create table return_advice (
    reference    text primary key,
    order_code   text not null,
    connection   text not null,
    facility     text not null,
    body         jsonb not null,                      -- the canonical advice
    their_id     text,
    state        text not null check (state in ('received', 'new', 'sent', 'withdrawn')),
    made_by      text not null,
    made_at      timestamptz not null default now()
);

create sequence return_number;

-- One returned line. Its reference is ours, unique for good, and comes back on the credit note.
create table return_line (
    reference     text primary key,
    connection    text not null,
    receipt       text not null,
    line_id       text not null,
    part          integer not null default 1,         -- a line whose units differ in condition is several
    advice        text not null default '',
    order_code    text not null default '',
    erp           text not null,
    home          text not null,
    sku           text not null,
    units         integer not null check (units > 0),
    unit_price    numeric check (unit_price >= 0),    -- of a reduced refund, by a person's word; null: what was paid
    condition     text not null,
    hold_reason   text not null default '',
    disposition   text not null default '',
    reason_id     text not null default '',           -- Khaos's return reason
    processing    text not null default '',           -- return_to_stock, quarantine, stock_missing
    process       boolean not null default false,     -- Khaos processes it straight after the import
    state         text not null check (state in ('received', 'graded', 'offered', 'presumed_imported', 'credited',
                                                 'refunded', 'stopped')),
    urn           text not null default '',
    offer         bytea,                              -- the canonical return as it is offered: customers' data, until it is over
    sequence      bigint unique,                      -- its place in what Khaos pulls
    offered_at    timestamptz,
    decided_by    text,                               -- the person who said that it shall be offered all the same
    served_at     timestamptz,                        -- Khaos pulled it last; null: it surely does not have it
    imported_at   timestamptz,
    credit_note   text,
    credited_at   timestamptz,
    refunded_by   text,
    refunded_at   timestamptz,
    released_by   text,                               -- took it out of Khaos's own quarantine
    released_at   timestamptz,
    stopped_by    text,
    stopped_why   text,
    received_at   timestamptz not null default now(),
    unique (connection, receipt, line_id, part)
);
create sequence return_sequence;
create index return_line_order on return_line (erp, order_code);
create index return_line_open on return_line (state, sequence) where state in ('offered', 'presumed_imported');

-- Each unit of an order is credited once, whatever comes again.
create table returned_unit (
    erp         text not null,
    order_code  text not null,
    sku         text not null,
    unit        integer not null,
    reference   text not null references return_line (reference),
    primary key (erp, order_code, sku, unit)
);

-- Credit notes as Khaos showed them, and the return that each belongs to.
create table credit_note (
    erp         text not null,
    code        text not null,
    urn         text not null default '',
    reference   text not null default '',             -- the return's, where Khaos shows it
    order_code  text not null default '',
    lines       jsonb not null,
    issued_on   date,
    matched     jsonb not null default '{}',          -- {return reference: units}
    seen_at     timestamptz not null default now(),
    primary key (erp, code)
);
create index credit_note_urn on credit_note (erp, urn);

-- How a dispatch reaches Khaos: '' not settled yet, 'soap_extension', 'courier_hook' or 'consignment_file'.
alter table shipment add column route text not null default '';
alter table shipment add column consignment text not null default '';  -- what stands for all of its parcels
alter table shipment add column asked_at timestamptz;                 -- Khaos was asked to show it, by hand routes only
create index shipment_invoice on shipment (invoice_code);

-- What the courier hook answered: the same question gets the same answer for good.
create table courier_answer (
    invoice_id    text not null,
    item_id       text not null default '',           -- the box's, where Khaos sent boxes
    invoice_code  text not null,
    shipment      text not null references shipment (reference),
    consignment   text not null,
    tracking      text not null default '',
    answered_at   timestamptz not null default now(),
    primary key (invoice_id, item_id)
);

create index courier_answer_shipment on courier_answer (shipment);

-- A file that was laid into the courier's folder: name and bytes are stored before it is written.
create sequence consignment_number;
create table consignment_file (
    name        text primary key,
    shipment    text not null unique references shipment (reference),
    body        bytea not null,
    written_at  timestamptz,
    made_at     timestamptz not null default now()
);

-- Which movements have their journal entry: the few that have none are found without looking at the others.
alter table movement add column entered boolean not null default false;
create index movement_unentered on movement (moved_at, movement_id)
    where not entered and cause in ('adjusted_up', 'adjusted_down', 'held', 'released');
create index movement_unjudged on movement (connection, cause_word) where cause = 'unknown';

-- Files that take journal entries to people: the bytes are stored before anybody sees them, so they can be had again.
create table journal_file (
    name       text primary key,
    route      text not null check (route in ('finance_csv', 'adjust_by')),
    number     integer not null,
    entries    integer not null,
    body       bytea not null,
    made_at    timestamptz not null default now(),
    made_by    text not null,
    loaded_at  timestamptz,
    loaded_by  text,
    unique (route, number)
);
create index journal_file_entries on journal (file) where file <> '';

-- What one unit costs at a site at a moment: finance's newest valuation before it, else Khaos's list price, which is
-- no book value and so marks what comes of it as indicative. Neither: null.
create function cost_of(p_site text, p_sku text, p_at timestamptz, out unit_cost numeric, out indicative boolean)
language sql stable as $$
    select coalesce(v.unit_cost, p.buy_price), v.unit_cost is null
      from (select 1) one
      left join lateral (
          select w.unit_cost from valuation w
           where w.site = p_site and w.sku = p_sku and w.as_at <= (p_at at time zone 'UTC')::date
           order by w.as_at desc limit 1) v on true
      left join lateral (
          select (q.body->>'buy_price')::numeric as buy_price from product q
           where q.code = p_sku and q.erp in (select name from connection where system = 'khaos') limit 1) p on true
$$;

-- A product that Khaos deleted; it may stand on a shelf all the same.
alter table product add column deleted_at timestamptz;

-- The units of a SKU that left for an order and that no return has taken yet, by number.
create function free_units(p_erp text, p_order text, p_sku text) returns integer[] language sql as $$
    select coalesce(array_agg(n order by n), '{}') from generate_series(1, (
               select coalesce(sum((f.shipped->>p_sku)::integer), 0)::integer from fulfilment f
                where f.erp = p_erp and f.order_code = p_order)) n
     where not exists (select 1 from returned_unit u
                        where u.erp = p_erp and u.order_code = p_order and u.sku = p_sku and u.unit = n)
$$;

-- Number the units of a return on its order, all of them or none. False where fewer of them left than have come back.
create function claim_units(p_reference text) returns boolean language plpgsql as $$
declare
    v return_line%rowtype;
    v_free integer[];
begin
    select * into v from return_line where reference = p_reference;
    perform pg_advisory_xact_lock(hashtextextended(v.erp || ' ' || v.order_code || ' ' || v.sku, 4201980));
    if exists (select 1 from returned_unit where reference = p_reference) then return true; end if;
    v_free := free_units(v.erp, v.order_code, v.sku);
    if v.order_code = '' or cardinality(v_free) < v.units then return false; end if;
    insert into returned_unit (erp, order_code, sku, unit, reference)
    select v.erp, v.order_code, v.sku, u, p_reference from unnest(v_free[1:v.units]) u;
    return true;
end $$;

-- A return's credit note is there. Its goods are Khaos's to move now: what it put back into stock is no term any more,
-- what it put into its own quarantine stays one. False where the return was not open.
create function credit_return(p_reference text, p_note text, p_who text) returns boolean language plpgsql as $$
declare
    v return_line%rowtype;
    v_subject text := 'return:' || p_reference;
begin
    update return_line set state = 'credited', credit_note = p_note, credited_at = now(), offer = null
     where reference = p_reference and state in ('received', 'graded', 'offered', 'presumed_imported') returning * into v;
    if not found then return false; end if;
    if v.processing = 'quarantine' then
        update term set kind = 'khaos_quarantine' where subject = v_subject and cleared_at is null;
        perform touch_levels(v.home, array[v.sku]);
    else
        perform clear_term(v_subject, v.sku, null, p_who, 'credited by ' || p_note);
    end if;
    perform return_is_over(p_reference, 'delivered', 'credited by ' || p_note, p_who);
    return true;
end $$;

-- A return that must not be credited. Khaos will not move its goods, so the levels carry them from now on.
create function stop_return(p_reference text, p_who text, p_why text) returns boolean language plpgsql as $$
declare
    v return_line%rowtype;
begin
    update return_line set state = 'stopped', stopped_by = p_who, stopped_why = p_why, offer = null
     where reference = p_reference and state in ('received', 'graded', 'offered', 'presumed_imported') returning * into v;
    if not found then return false; end if;
    perform clear_term('return:' || p_reference, v.sku, null, p_who, 'not to be credited: ' || p_why);
    perform return_is_over(p_reference, 'dismissed', p_why, p_who);
    return true;
end $$;

-- Nothing is awaited of a return any more: its message ends, and what stands open because of it.
create function return_is_over(p_reference text, p_state text, p_why text, p_who text) returns void language plpgsql as $$
declare
    v_subject text := 'return:' || p_reference;
begin
    perform finish(m.id, p_state, p_why, p_who) from message m where m.subject = v_subject;
    delete from expectation where subject = v_subject;
    perform close_exception(e.kind, e.subject, p_why, p_who) from exception e
      where e.subject = v_subject and e.state = 'open' and e.kind not in ('credit_unexpected', 'credit_differs');
end $$;

-- Dismissing the exception of a return that was not offered means that it shall not be credited (one that was offered
-- goes on: a reminder was dismissed); of an advice, that nobody awaits it.
create function dismissed_with_its_message() returns trigger language plpgsql as $$
begin
    if new.kind = 'return' then
        perform stop_return(new.reference, 'fleet', 'its exception was dismissed') from return_line
          where reference = new.reference and state in ('received', 'graded');
    else
        update return_advice set state = 'withdrawn' where reference = new.reference and state = 'new';
    end if;
    return new;
end $$;
create trigger returns_dismissed after insert on message_settled for each row
    when (new.flow = 'returns-in' and new.state = 'dismissed' and new.kind in ('return', 'advice'))
    execute function dismissed_with_its_message();

-- Khaos's delivery notes have booked up to p_units of a received line. Returns how many were.
create function book_line(p_id bigint, p_units integer, p_who text, p_why text) returns integer language plpgsql as $$
declare
    v received_line%rowtype;
    v_units integer;
begin
    select * into v from received_line where id = p_id for update;
    if not found then return 0; end if;
    v_units := least(p_units, v.received - v.booked);
    if v_units <= 0 then return 0; end if;
    update received_line set booked = booked + v_units, booked_at = now(), booked_by = p_who where id = p_id;
    perform clear_term('receipt:' || v.connection || ':' || v.their_id || ':' || v.line_id, v.sku, v_units, p_who, p_why);
    return v_units;
end $$;

-- Khaos shows so many units more than it did, by its own delivery notes: the oldest purchase order first.
-- Returns how many of them a received line explains.
create function book_received(p_home text, p_sku text, p_units integer, p_who text, p_why text) returns integer
language plpgsql as $$
declare
    v record;
    v_left integer := p_units;
begin
    for v in select id from received_line where home = p_home and sku = p_sku and booked < received
              order by received_at, purchase_order, id
    loop
        exit when v_left <= 0;
        v_left := v_left - book_line(v.id, v_left, p_who, p_why);
    end loop;
    return p_units - greatest(v_left, 0);
end $$;

-- Goods whose delivery note is seen are not waited for any more.
create function goods_are_booked() returns trigger language plpgsql as $$
declare
    v_subject text := 'receipt:' || new.connection || ':' || new.their_id || ':' || new.line_id;
begin
    delete from expectation where subject = v_subject;
    perform close_exception('goods_not_booked', v_subject, 'it is booked', coalesce(new.booked_by, 'fleet'));
    return new;
end $$;
create trigger received_line_booked after update on received_line for each row
    when (new.booked >= new.received) execute function goods_are_booked();
