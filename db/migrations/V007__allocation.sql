-- Every request is a row, also refused and cancelled ones: a person who gave up is demand.
CREATE TABLE allocation (
    id             uuid PRIMARY KEY,
    vm_type        text        NOT NULL,
    pool_id        bigint      NOT NULL REFERENCES pool (id),
    user_name      text        NOT NULL,
    name           text,
    state          text        NOT NULL CHECK (state IN ('QUEUED', 'ACTIVE', 'ENDED')),
    priority       integer     NOT NULL DEFAULT 0,
    requested_at   timestamptz NOT NULL,
    effective_at   timestamptz NOT NULL, -- requested_at less 10 minutes a priority: the order of the queue
    lease_s        bigint      NOT NULL,
    max_lifetime_s bigint      NOT NULL,
    granted_at     timestamptz,
    expires_at     timestamptz,
    ended_at       timestamptz,
    end_reason     text,
    vm_id          uuid UNIQUE REFERENCES vm (id), -- a VM is granted to at most one allocation, ever
    extended_at    timestamptz, -- its owner said that it is still wanted
    warned_at      timestamptz,
    warning        text,
    CHECK (state <> 'ACTIVE' OR vm_id IS NOT NULL),
    CHECK ((state = 'ENDED') = (ended_at IS NOT NULL))
) WITH (fillfactor = 80);

CREATE INDEX allocation_queue ON allocation (pool_id, effective_at, requested_at, id) WHERE state = 'QUEUED';
CREATE INDEX allocation_active ON allocation (expires_at) WHERE state = 'ACTIVE';
CREATE INDEX allocation_by_user ON allocation (user_name, requested_at DESC, id DESC);
CREATE INDEX allocation_by_time ON allocation (requested_at DESC, id DESC);

CREATE TABLE idempotency_key (
    user_name     text        NOT NULL,
    key           text        NOT NULL,
    request       text        NOT NULL, -- digest of the body, so that a key is not used for two different requests
    allocation_id uuid        NOT NULL,
    created_at    timestamptz NOT NULL,
    PRIMARY KEY (user_name, key)
);
