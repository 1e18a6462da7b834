-- What the messages of an order change: its fulfilment, and what is expected of the warehouse.

-- Have an order asked for afresh at the next turn of the orders poll, which is now.
create or replace function want_order(p_erp text, p_code text) returns void language sql as $$
    insert into order_wanted (erp, code) values (p_erp, p_code)
        on conflict (erp, code) do update set asked_at = clock_timestamp();
    update schedule set due_at = now() where name = 'orders ' || p_erp;
$$;

-- Of some invoices, each with its order, those of which the ledger has nothing yet: no fulfilment of the order, none that
-- stands on the invoice, no shipment on it, and no open exception of p_kinds that says that it has no place.
create or replace function unheard_of(p_erp text, p_invoices text[], p_orders text[], p_kinds text[]) returns setof text
language plpgsql
set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_bitmapscan = off as $$
begin
    return query
    select w.invoice from unnest(p_invoices, p_orders) w (invoice, order_code)
     where (select true from fulfilment f where f.erp = p_erp and f.order_code = w.order_code limit 1) is null
       and (select true from fulfilment f where f.invoice_code = w.invoice limit 1) is null
       and (select true from shipment s where s.invoice_code = w.invoice limit 1) is null
       and (select true from exception e where e.subject = 'invoice:' || w.invoice and e.state = 'open'
               and e.kind = any (p_kinds) limit 1) is null;
end $$;

-- What orders at a warehouse lead to: each is sent, and its dispatch is awaited, unless that was faster than we, or it
-- was refused meanwhile.
-- p: [{reference, their_id, subject, story, connection, within (seconds), message}]
create or replace function orders_sent(p jsonb) returns void language plpgsql
set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_bitmapscan = off as $$
begin
    with given as materialized (
        select g.*, coalesce((select c.said from control_number c where c.connection = g.connection
                               and c.message_id = g.message order by c.number desc limit 1), '{}') as words
          from jsonb_to_recordset(p) as g (reference text, their_id text, subject text, story text, connection text,
                                           "within" float, message bigint)),
    sent as (
        update fulfilment f set state = case when f.state = 'new' then 'sent' else f.state end,
               their_id = g.their_id, sent_at = now(), changed_at = now()
          from given g where f.reference = g.reference and 'refused' <> all (g.words)
        returning f.state, g.subject, g.story, g.connection, g."within")
    -- a part that left before this was settled has its rest expected already
    insert into expectation (subject, what, story, due_at, kind, flow, connection)
    select s.subject, 'dispatch', s.story, now() + make_interval(secs => s."within"), 'dispatch_overdue', 'dispatch-in',
           s.connection
      from sent s where s.state = 'sent'
        on conflict do nothing;
end $$;

-- The same of one order. p: an entry of what orders_sent is given
create or replace function order_sent(p jsonb) returns void language sql as $$
    select orders_sent(jsonb_build_array(p))
$$;

-- An order waits for no SKU any more. p: subject
create or replace function order_went_on(p jsonb) returns void language plpgsql as $$
begin
    delete from expectation where subject = p->>'subject' and what = 'sku_confirmed';
    perform close_exception('sku_unconfirmed', p->>'subject', 'the order went on', 'fleet');
end $$;

-- The warehouse has taken a change (its message's requested lines): these are what it was asked for now.
-- p: reference, requested, newest
create or replace function order_changed(p jsonb) returns void language plpgsql as $$
begin
    update fulfilment set requested = p->'requested', changed_at = now(),
           change = case when (p->>'newest')::boolean then null else change end
     where reference = p->>'reference' and state in ('sent', 'part_dispatched', 'cancelling');
    delete from expectation where subject = 'order:' || (p->>'reference') and what = 'changed';
end $$;

-- An order's cancellation is proven: nothing more of it is expected, and one that was changed goes again under a new
-- number, as Khaos shows it by then. p: reference
create or replace function order_cancelled(p jsonb) returns void language plpgsql as $$
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

-- What a warehouse will say by itself is expected, each within its time, unless it was faster than we.
-- p: reference, subject, story, flow, connection, message, answers: {what: seconds}
create or replace function await_answers(p jsonb) returns void language plpgsql as $$
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
create or replace function await_cancellation(p jsonb) returns void language plpgsql as $$
begin
    if 'refused' = any (said_to((p->>'message')::bigint)) then return; end if;
    if not exists (select 1 from fulfilment where reference = p->>'reference' and state = 'cancelling') then return; end if;
    delete from expectation where subject = p->>'subject';
    insert into expectation (subject, what, story, due_at, kind, flow, connection)
    values (p->>'subject', 'cancelled', p->>'story', now() + make_interval(secs => (p->>'within')::float), 'answer_missing',
            'orders-out', p->>'connection');
end $$;
