-- What was settled is counted once, and what is old is purged once: neither looks at all of history again.

-- Messages that were ever settled, up to history_mark.counted_to. What was purged since stays counted.
create table settled_count (
    flow   text not null,
    state  text not null,
    n      bigint not null,
    primary key (flow, state)
);

create table history_mark (
    one              boolean primary key default true check (one),
    counted_to       timestamptz not null default '-infinity',
    bodies_purged_to timestamptz not null default '-infinity'
);
