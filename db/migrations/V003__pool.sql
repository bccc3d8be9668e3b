CREATE TABLE pool (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name           text    NOT NULL UNIQUE,
    pool_size      integer NOT NULL CHECK (pool_size >= 0),
    max_size       integer NOT NULL CHECK (max_size >= 0),
    ready_when     text    NOT NULL,
    boot_timeout_s bigint  NOT NULL CHECK (boot_timeout_s > 0),
    lease_s        bigint  NOT NULL CHECK (lease_s > 0),
    max_lifetime_s bigint  NOT NULL CHECK (max_lifetime_s >= lease_s),
    idle_timeout_s bigint  NOT NULL CHECK (idle_timeout_s > 0),
    warning_s      bigint  NOT NULL CHECK (warning_s >= 0),
    version        bigint  NOT NULL DEFAULT 0,
    deleted        boolean NOT NULL DEFAULT false,
    -- Written by refill, not part of the configuration: its version stays.
    target         integer NOT NULL DEFAULT 0,
    target_reason  text    NOT NULL DEFAULT 'not planned yet',
    surplus_since  timestamptz,
    CHECK (pool_size <= max_size)
);

CREATE TABLE placement (
    pool_id  bigint  NOT NULL REFERENCES pool (id),
    position integer NOT NULL,
    cloud    text    NOT NULL REFERENCES cloud (name),
    image    text    NOT NULL,
    flavor   text    NOT NULL,
    network  text,
    weight   integer NOT NULL CHECK (weight >= 0),
    max_vms  integer CHECK (max_vms >= 0),
    PRIMARY KEY (pool_id, position)
);

CREATE TABLE pool_connect (
    pool_id  bigint  NOT NULL REFERENCES pool (id),
    position integer NOT NULL,
    kind     text    NOT NULL,
    url      text,
    command  text,
    PRIMARY KEY (pool_id, position)
);
