-- The world of the simulated clouds. It belongs to this adapter alone: the service neither migrates nor reads it.

CREATE SCHEMA IF NOT EXISTS simulated_cloud;

-- One row a cloud. `configured` is the weather that the fleet file asked for when it was last read,
-- `weather` what rules now; both as lines of name=value.
CREATE TABLE IF NOT EXISTS simulated_cloud.cloud (
    name       text PRIMARY KEY,
    configured text NOT NULL,
    weather    text NOT NULL
);

-- One row an instance. Its state is derived from these instants and the time, so that nothing has to run for it to
-- make progress; null means never.
CREATE TABLE IF NOT EXISTS simulated_cloud.instance (
    cloud               text        NOT NULL,
    instance_id         text        NOT NULL,
    name                text        NOT NULL,
    installation        text        NOT NULL,
    store               text,
    vm_id               text,
    image               text        NOT NULL,
    flavor              text        NOT NULL,
    network             text,
    user_data           text        NOT NULL,
    created_at          timestamptz NOT NULL, -- in the future: a late birth
    runs_at             timestamptz,          -- BUILDING becomes RUNNING
    error_at            timestamptz,          -- it becomes ERROR
    error               text,
    stopped_at          timestamptz,
    reports_at          timestamptz,          -- its guest is up
    reported_at         timestamptz,          -- its guest's first report was answered
    next_activity_at    timestamptz,          -- its guest wants to send something
    delete_requested_at timestamptz,
    gone_at             timestamptz,
    PRIMARY KEY (cloud, instance_id)
);

-- What instances left behind when they went.
CREATE TABLE IF NOT EXISTS simulated_cloud.leftover (
    cloud       text        NOT NULL,
    leftover_id text        NOT NULL,
    instance_id text        NOT NULL,
    left_at     timestamptz NOT NULL,
    PRIMARY KEY (cloud, leftover_id)
);

-- Listing and counting what exists; purging what no longer does.
CREATE INDEX IF NOT EXISTS instance_gone ON simulated_cloud.instance (cloud, gone_at);

-- Guests that have something to say.
CREATE INDEX IF NOT EXISTS instance_activity ON simulated_cloud.instance (cloud, next_activity_at)
    WHERE next_activity_at IS NOT NULL;

-- Clouds that de-duplicate creates look for the name.
CREATE INDEX IF NOT EXISTS instance_name ON simulated_cloud.instance (cloud, name);
