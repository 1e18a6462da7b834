-- What holds for the whole merchant: one row.
create table merchant (
    one  boolean primary key default true check (one),
    zone text not null                                -- of its calendar, an IANA name
);

-- An entry without a cost is never booked: it waits in a state of its own.
alter table journal drop constraint journal_state_check;
alter table journal add constraint journal_state_check
      check (state in ('unmapped', 'uncosted', 'ready', 'offered', 'loaded', 'posted'));
update journal set state = 'uncosted' where state = 'ready' and route = '' and unit_cost is null;
