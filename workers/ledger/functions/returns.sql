-- Returns: each unit is credited once, and a return ends credited or stopped.

-- The units of a SKU that left for an order and that no return has taken yet, by number.
create or replace function free_units(p_erp text, p_order text, p_sku text) returns integer[] language sql as $$
    select coalesce(array_agg(n order by n), '{}') from generate_series(1, (
               select coalesce(sum((f.shipped->>p_sku)::integer), 0)::integer from fulfilment f
                where f.erp = p_erp and f.order_code = p_order)) n
     where not exists (select 1 from returned_unit u
                        where u.erp = p_erp and u.order_code = p_order and u.sku = p_sku and u.unit = n)
$$;

-- Number the units of a return on its order, all of them or none. False where fewer of them left than have come back.
create or replace function claim_units(p_reference text) returns boolean language plpgsql as $$
declare
    v return_line%rowtype;
    v_free integer[];
begin
    select * into v from return_line where reference = p_reference;
    perform lock_order_sku(v.erp, v.order_code, v.sku);
    if exists (select 1 from returned_unit where reference = p_reference) then return true; end if;
    v_free := free_units(v.erp, v.order_code, v.sku);
    if v.order_code = '' or cardinality(v_free) < v.units then return false; end if;
    insert into returned_unit (erp, order_code, sku, unit, reference)
    select v.erp, v.order_code, v.sku, u, p_reference from unnest(v_free[1:v.units]) u;
    return true;
end $$;

-- Nothing is awaited of a return any more: its message ends, and what stands open because of it.
create or replace function return_is_over(p_reference text, p_state text, p_why text, p_who text)
returns void language plpgsql as $$
declare
    v_subject text := 'return:' || p_reference;
begin
    perform finish(m.id, p_state, p_why, p_who) from message m where m.subject = v_subject;
    delete from expectation where subject = v_subject;
    perform close_exception(e.kind, e.subject, p_why, p_who) from exception e
      where e.subject = v_subject and e.state = 'open' and e.kind not in ('credit_unexpected', 'credit_differs');
end $$;

-- A return's credit note is there. Its goods are Khaos's to move now: what it put back into stock is no term any more,
-- what it put into its own quarantine stays one. False where the return was not open.
create or replace function credit_return(p_reference text, p_note text, p_who text)
returns boolean language plpgsql as $$
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
create or replace function stop_return(p_reference text, p_who text, p_why text) returns boolean language plpgsql as $$
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

-- The return of ours that a text names: the channel may add to a reference (RT0000012SPY), before it and behind. Of the numbers
-- that could be meant the longest that there is. Null: none. By the key, however many returns there are.
create or replace function return_named(p_erp text, p_text text) returns text language sql stable
set enable_seqscan = off set enable_hashjoin = off set enable_mergejoin = off as $$
    select l.reference from regexp_matches(p_text, '(RT[0-9]{7,17})', 'g') with ordinality m (found, place)
     cross join lateral generate_series(length(m.found[1]), 9, -1) as size
      join return_line l on l.reference = left(m.found[1], size) and l.erp = p_erp
     order by m.place, size desc limit 1
$$;
