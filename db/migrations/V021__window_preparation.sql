-- When the preparation of an UNAVAILABLE window begins: the earliest that was reckoned since its last edit, so that one that has
-- begun does not end because launches turn out to be quick. Null counts as the shortest lead.
ALTER TABLE maintenance_window ADD COLUMN prepare_from timestamptz;
