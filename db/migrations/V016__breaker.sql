-- A mark becomes a breaker: closed while it has fewer strikes than its kind allows, open until an instant, half open after
-- that. From its opening to its end only its canary may be sent (ADR 0018). The table launch_mark stays for replicas of the
-- version before; nothing reads it any more.
CREATE TABLE breaker (
    cloud     text        NOT NULL REFERENCES cloud (name) ON DELETE CASCADE,
    flavor    text        NOT NULL, -- '*' is the whole cloud
    kind      text        NOT NULL,
    strikes   integer     NOT NULL DEFAULT 1,
    since     timestamptz NOT NULL, -- the first strike
    opened_at timestamptz,          -- the last opening; null while it is closed
    until     timestamptz,          -- no canary before
    closed_at timestamptz,          -- when a canary had closed it: what fails soon after opens it again, for longer
    reason    text        NOT NULL,
    canary    uuid REFERENCES vm (id) ON DELETE SET NULL,
    PRIMARY KEY (cloud, flavor, kind),
    CHECK ((opened_at IS NULL) = (until IS NULL))
);
CREATE INDEX breaker_by_canary ON breaker (canary) WHERE canary IS NOT NULL;

ALTER TABLE cloud
    ADD COLUMN width        integer, -- RECOVERING: VMs that may warm at once; null for any number
    ADD COLUMN list_failure text,    -- what the last listing failed for, null if it did not
    ADD COLUMN refused      boolean NOT NULL DEFAULT false, -- that it does not accept our credentials, or we have none
    ADD COLUMN maintenance  text,    -- the window that keeps launches away now, in words
    ADD COLUMN call_trouble text,    -- what is wrong with the calls of the last minute
    ADD COLUMN call_trouble_until timestamptz;

ALTER TABLE vm
    ADD COLUMN late_since         timestamptz, -- it should have been READY by then (ADR 0019)
    ADD COLUMN checked_at         timestamptz, -- the last look at it while it waits in reserve
    ADD COLUMN check_failed_since timestamptz; -- that look failed, and each since then

-- The plan in force: what refill would say if it were asked.
ALTER TABLE pool
    ADD COLUMN plan_at      timestamptz,
    ADD COLUMN plan_summary text,
    ADD COLUMN plan_reasons text[];

CREATE INDEX event_of_cloud ON event (cloud, id) WHERE type = 'cloud';
