-- Who has the next free slot of a connection: a lane that found all of them taken.
alter table connection add column turn_lane text;
alter table connection add column turn_until timestamptz;
alter table connection add column turn_booked_at timestamptz;
