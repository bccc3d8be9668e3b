-- When a held VM is let go of itself; null: not before somebody does.
ALTER TABLE vm ADD COLUMN held_until timestamptz;
CREATE INDEX vm_held_until ON vm (held_until) WHERE held_until IS NOT NULL;
