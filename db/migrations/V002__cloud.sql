-- A cloud's row: what all replicas agree on. Credentials are never here.
CREATE TABLE cloud (
    name          text PRIMARY KEY,
    kind          text        NOT NULL,
    region        text,
    max_vms       integer CHECK (max_vms >= 0),
    paused        boolean     NOT NULL DEFAULT false,
    pause_reason  text,
    health        text        NOT NULL DEFAULT 'HEALTHY',
    health_reason text,
    health_since  timestamptz NOT NULL,
    failures      integer     NOT NULL DEFAULT 0, -- listings failed in a row
    listed_at     timestamptz,                    -- when the last complete listing began
    look_after    timestamptz,                    -- after a failed listing: no tick lists before
    version       bigint      NOT NULL DEFAULT 0
);

-- Launches that a cloud refused lately: no more of them before `until`. Flavor '*' is the whole cloud.
CREATE TABLE launch_mark (
    cloud   text        NOT NULL REFERENCES cloud (name) ON DELETE CASCADE,
    flavor  text        NOT NULL,
    strikes integer     NOT NULL,
    until   timestamptz NOT NULL,
    reason  text        NOT NULL,
    PRIMARY KEY (cloud, flavor)
);
