-- What was last seen of a cloud beside its listings. What could not be found out again stays, with its age.

-- Probes of the fleet file: one row each, from its first look on. Three failures in a row make it `failing`.
CREATE TABLE cloud_probe (
    cloud      text        NOT NULL REFERENCES cloud (name) ON DELETE CASCADE,
    name       text        NOT NULL,
    ok         boolean     NOT NULL,
    failures   integer     NOT NULL CHECK (failures >= 0), -- in a row
    since      timestamptz NOT NULL,                       -- since when `ok` is what it is
    checked_at timestamptz NOT NULL,                       -- when the last look began
    latency_ms integer,                                    -- null when it was not answered
    detail     text        NOT NULL,
    PRIMARY KEY (cloud, name)
);

-- The limits of our account and what anyone uses of them; null where the provider does not tell.
CREATE TABLE cloud_quota (
    cloud          text PRIMARY KEY REFERENCES cloud (name) ON DELETE CASCADE,
    max_instances  integer,
    used_instances integer,
    max_vcpus      integer,
    used_vcpus     integer,
    max_ram_mb     integer,
    used_ram_mb    integer,
    read_at        timestamptz NOT NULL -- when the call began
);

-- The flavors that can be launched, and how much of a quota one takes.
CREATE TABLE offering (
    cloud   text        NOT NULL REFERENCES cloud (name) ON DELETE CASCADE,
    flavor  text        NOT NULL,
    vcpus   integer     NOT NULL,
    ram_mb  integer     NOT NULL,
    gpus    integer     NOT NULL,
    read_at timestamptz NOT NULL,
    PRIMARY KEY (cloud, flavor)
);
