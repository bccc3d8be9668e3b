-- When a VM that is warned of will be taken back; `warning` holds the kind: ABANDONED or NEVER_CONNECTED.
ALTER TABLE allocation ADD COLUMN reclaim_at timestamptz;
