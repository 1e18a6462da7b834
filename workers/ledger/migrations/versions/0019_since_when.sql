-- Since when a connection is shut, or was shut again within a minute of each opening. Null: no trouble.
alter table connection add column trouble_since timestamptz;
update connection set trouble_since = shut_since where shut_kind in ('unavailable', 'unauthorised', 'garbled');

-- When the garment came back, by the warehouse's word. Null: heard of by an older release.
alter table garment_waiting add column at timestamptz;
