-- What the spine needs to be sure of what was sent, and to say what fails again and again.

-- Names the claim that a worker holds: a claim whose answer was lost is given back by it.
alter table message add column claim_token bigint;

-- No rate token was due: nothing is claimed for the connection until then. And since when it is told to wait, over and over.
alter table connection add column rests_until timestamptz;
alter table connection add column resting_since timestamptz;

-- Which machine (pid namespace) a pid is of, and which queues the process takes from. Null: an older release.
alter table process add column machine text not null default '';
alter table process add column lanes text[];

-- Who took a record up, and whether it was read alone: what ends its reader twice is found out.
alter table record_unread add column taken_by uuid;
alter table record_unread add column alone boolean not null default false;
alter table record_unread add column deaths integer not null default 0;

-- How often in a row something on a schedule failed, and since when.
alter table schedule add column connection text not null default '';
alter table schedule add column failures integer not null default 0;
alter table schedule add column failing_since timestamptz;

-- When silence was judged last, and the last time in which nobody could: the ledger stood still, or nobody asked.
create table judgement (
    id           boolean primary key default true check (id),
    at           timestamptz not null,
    gap_ended_at timestamptz not null default '-infinity',
    gap          interval not null default '0'
);
