-- What fails with one image is held against that image alone: a broken one closes the offering for nobody else.
ALTER TABLE breaker ADD COLUMN image text NOT NULL DEFAULT '*'; -- '*' is any
DELETE FROM breaker WHERE kind IN ('REJECTED', 'BOOT_FAILED', 'LATE'); -- they were of any image, and show again if they last
ALTER TABLE breaker DROP CONSTRAINT breaker_pkey, ADD PRIMARY KEY (cloud, flavor, image, kind);

-- How long launches take is read every few seconds.
CREATE INDEX vm_launch_times ON vm (pool_id, cloud, flavor, (late_since IS NOT NULL), ready_at DESC)
    WHERE ready_at IS NOT NULL AND create_sent_at IS NOT NULL;
