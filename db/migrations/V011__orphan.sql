-- Instances of our installation that no live row claims, and what is done about each.
CREATE TABLE orphan (
    cloud         text        NOT NULL,
    instance_id   text        NOT NULL,
    kind          text        NOT NULL CHECK (kind IN ('DEAD_ROW', 'DOUBLE', 'NO_ROW', 'OTHER_STORE', 'REAPPEARED', 'UNTAGGED')),
    vm_id         text,
    name          text        NOT NULL,
    first_seen_at timestamptz NOT NULL,
    last_seen_at  timestamptz NOT NULL,
    passes        integer     NOT NULL DEFAULT 1,
    reported      boolean     NOT NULL DEFAULT false,
    PRIMARY KEY (cloud, instance_id)
);
