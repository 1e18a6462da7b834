-- Units that came in: which receipt, return or delivery note each belongs to, and what is still open.

-- Units of a SKU that came in and that nobody has claimed, against those that were taken out again: both are over.
create or replace function net_goods(p_home text, p_sku text) returns void language plpgsql as $$
declare
    v_out record;
    v_in record;
    v_units integer;
begin
    for v_out in select * from term where home = p_home and sku = p_sku and subject = '' and cleared_at is null
                    and kind = 'pending_goods_in' and units < 0 order by id for update
    loop
        for v_in in select * from term where home = p_home and sku = p_sku and subject = '' and cleared_at is null
                       and kind = 'pending_goods_in' and units > 0 order by id desc for update
        loop
            v_units := least(v_in.units, -v_out.units);
            if v_units < v_in.units then
                update term set units = units - v_units where id = v_in.id;
            else
                update term set cleared_at = now(), cleared_by = 'fleet', cleared_why = 'taken out of goods in again: ' || v_out.source
                 where id = v_in.id;
            end if;
            if v_units < -v_out.units then
                update term set units = units + v_units where id = v_out.id;
                v_out.units := v_out.units + v_units;
            else
                update term set cleared_at = now(), cleared_by = 'fleet', cleared_why = 'taken out of goods in again' where id = v_out.id;
                exit;
            end if;
        end loop;
    end loop;
end $$;

-- Units that came in (p_units > 0) or were taken out of goods in again (< 0), by one movement. A receipt that was read
-- before its movement has a term without a source: that is the same goods.
create or replace function goods_came(p_home text, p_sku text, p_units integer, p_source text)
returns void language plpgsql as $$
declare
    v record;
    v_left integer := p_units;
    v_claimed integer;
begin
    if v_left > 0 then
        for v in select * from term where home = p_home and sku = p_sku and units > 0 and source is null
                    and kind in ('pending_goods_in', 'pending_return', 'khaos_quarantine') order by id for update
        loop
            exit when v_left = 0;
            if v.units <= v_left then
                update term set source = p_source where id = v.id;
                v_left := v_left - v.units;
            else
                update term set units = units - v_left where id = v.id;
                insert into term (kind, home, sku, condition, units, source, subject, opened_at, cleared_at, cleared_by, cleared_why)
                values (v.kind, v.home, v.sku, v.condition, v_left, p_source, v.subject, v.opened_at, v.cleared_at, v.cleared_by, v.cleared_why);
                v_left := 0;
            end if;
        end loop;
        if v_left > 0 then
            insert into term (kind, home, sku, condition, units, source) values ('pending_goods_in', p_home, p_sku, 'goods_in', v_left, p_source);
            perform net_goods(p_home, p_sku);
        end if;
        return;
    end if;
    -- a movement names no receipt: what is claimed stays as it is, less these units, until its receipt is read again
    v_claimed := least(-v_left, (
        select coalesce(sum(units), 0) from term where home = p_home and sku = p_sku and cleared_at is null
           and kind = 'pending_goods_in' and condition = 'goods_in'));
    if v_claimed > 0 then
        insert into term (kind, home, sku, condition, units, source) values ('pending_goods_in', p_home, p_sku, 'goods_in', -v_claimed, p_source);
        perform net_goods(p_home, p_sku);
        v_left := v_left + v_claimed;
    end if;
    for v in select id, units from term where home = p_home and sku = p_sku and cleared_at is null and units > 0
                and condition <> 'goods_in' and kind in ('pending_goods_in', 'pending_return') order by id desc for update
    loop
        exit when v_left = 0;
        if v.units <= -v_left then
            update term set cleared_at = now(), cleared_by = 'fleet', cleared_why = 'taken out of goods in again: ' || p_source where id = v.id;
            v_left := v_left + v.units;
        else
            update term set units = units + v_left where id = v.id;
            v_left := 0;
        end if;
    end loop;
end $$;

-- Say of p_units that came in, what they are: give terms that nobody has claimed this kind, subject and condition.
-- What no movement told of yet is opened without a source. Idempotent: what the subject has already is not taken again,
-- and what it has beyond p_units is nobody's again.
create or replace function claim_goods(p_kind text, p_home text, p_sku text, p_units integer, p_condition text,
                                       p_subject text)
returns void language plpgsql as $$
declare
    v record;
    v_left integer;
begin
    select p_units - coalesce(sum(units), 0) into v_left from term
     where subject = p_subject and home = p_home and sku = p_sku;
    update term set condition = p_condition, kind = p_kind
     where subject = p_subject and home = p_home and sku = p_sku and cleared_at is null
       and kind in ('pending_goods_in', 'pending_return') and (condition <> p_condition or kind <> p_kind);
    for v in select * from term where home = p_home and sku = p_sku and subject = p_subject and cleared_at is null
                and kind = 'pending_goods_in' order by id desc for update
    loop
        exit when v_left >= 0;
        if v.units <= -v_left then
            update term set subject = '', condition = 'goods_in' where id = v.id;
            v_left := v_left + v.units;
        else
            update term set units = units + v_left where id = v.id;
            insert into term (kind, home, sku, condition, units, source, opened_at)
            values (v.kind, p_home, p_sku, 'goods_in', -v_left, v.source, v.opened_at);
            v_left := 0;
        end if;
    end loop;
    perform net_goods(p_home, p_sku);
    for v in select * from term where home = p_home and sku = p_sku and subject = '' and cleared_at is null
                and kind = 'pending_goods_in' and units > 0 order by id for update
    loop
        exit when v_left <= 0;
        if v.units <= v_left then
            update term set kind = p_kind, subject = p_subject, condition = p_condition where id = v.id;
            v_left := v_left - v.units;
        else
            update term set units = units - v_left where id = v.id;
            insert into term (kind, home, sku, condition, units, source, subject, opened_at)
            values (p_kind, p_home, p_sku, p_condition, v_left, v.source, p_subject, v.opened_at);
            v_left := 0;
        end if;
    end loop;
    if v_left > 0 then
        insert into term (kind, home, sku, condition, units, source, subject)
        values (p_kind, p_home, p_sku, p_condition, v_left, null, p_subject);
    end if;
    perform touch_levels(p_home, array[p_sku]);
end $$;

-- Clear up to p_units of a subject's terms (all of them with null). Returns the units that were cleared.
create or replace function clear_term(p_subject text, p_sku text, p_units integer, p_who text, p_why text)
returns integer language plpgsql as $$
declare
    v record;
    v_left integer := coalesce(p_units, 2147483647);
    v_cleared integer := 0;
    v_take integer;
begin
    for v in select * from term where subject = p_subject and sku = p_sku and cleared_at is null order by id for update
    loop
        exit when v_left = 0;
        v_take := least(v_left, abs(v.units));
        if v_take < abs(v.units) then
            update term set units = units - sign(units)::integer * v_take where id = v.id;
            insert into term (kind, home, sku, condition, units, source, subject, opened_at, cleared_at, cleared_by, cleared_why)
            values (v.kind, v.home, v.sku, v.condition, sign(v.units)::integer * v_take, v.source, v.subject, v.opened_at, now(), p_who, p_why);
        else
            update term set cleared_at = now(), cleared_by = p_who, cleared_why = p_why where id = v.id;
        end if;
        v_cleared := v_cleared + v_take;
        v_left := v_left - v_take;
        perform touch_levels(v.home, array[v.sku]);
    end loop;
    return v_cleared;
end $$;

-- A received line whose units are all booked is not waited for any more.
create or replace function close_booked(p_connection text, p_their_id text, p_line_id text)
returns void language plpgsql as $$
declare
    v_who text;
    v_subject text := 'receipt:' || p_connection || ':' || p_their_id || ':' || p_line_id;
begin
    select coalesce(booked_by, 'fleet') into v_who from received_line
     where connection = p_connection and their_id = p_their_id and line_id = p_line_id and booked >= received;
    if not found then return; end if;
    delete from expectation where subject = v_subject;
    perform close_exception('goods_not_booked', v_subject, 'it is booked', v_who);
end $$;

-- Khaos's delivery notes have booked up to p_units of a received line. Returns how many were.
create or replace function book_line(p_id bigint, p_units integer, p_who text, p_why text)
returns integer language plpgsql as $$
declare
    v received_line%rowtype;
    v_units integer;
begin
    select * into v from received_line where id = p_id for update;
    if not found then return 0; end if;
    v_units := least(p_units, v.received - v.booked);
    if v_units <= 0 then return 0; end if;
    update received_line set booked = booked + v_units, booked_at = now(), booked_by = p_who where id = p_id;
    perform close_booked(v.connection, v.their_id, v.line_id);
    perform clear_term('receipt:' || v.connection || ':' || v.their_id || ':' || v.line_id, v.sku, v_units, p_who, p_why);
    return v_units;
end $$;

-- Khaos shows so many units more than it did, by its own delivery notes: the oldest purchase order first.
-- Returns how many of them a received line explains.
create or replace function book_received(p_home text, p_sku text, p_units integer, p_who text, p_why text)
returns integer language plpgsql as $$
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
