-- A connection that the ledger sees for the first time is shut (shut_kind 'not_live') until a person has it go live.
alter table connection add column live_at timestamptz;      -- since when something may be sent to it
alter table connection add column live_by text;             -- the person who said so
alter table connection add column live_from timestamptz;    -- the moment of the change-over: before it another integration sent
alter table connection add column restored_at timestamptz;  -- set while everything is looked up before it is sent
update connection set live_at = now(), live_by = 'fleet migrate';

-- What a warehouse calls an order that another integration gave it, and our number of it.
create table reference_alias (
    connection text not null,
    alias      text not null,
    reference  text not null,
    primary key (connection, alias)
);
create index reference_alias_reference on reference_alias (reference);
