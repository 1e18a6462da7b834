-- The timeline can be added to and not changed. Dropping a whole partition changes no row.

-- Refuse every change of a row, and every deletion but the purge of figures: what the fleet itself wrote of counts and
-- levels, each of which the next one replaced. The purge names itself in the setting fleet.purge.
create or replace function timeline_only_grows() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' and current_setting('fleet.purge', true) = 'figures' and old.flow = 'stock-in' and old.who = 'fleet' then
        return old;
    end if;
    raise exception 'the timeline is only added to: row % is neither changed nor deleted; write a further row', old.id;
end $$;

create or replace trigger timeline_only_grows before update or delete on timeline
    for each row execute function timeline_only_grows();
