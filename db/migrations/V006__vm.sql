-- One row a VM: what should exist. The transition table is VmState; every change of state is a compare-and-set on
-- `version` and writes an event in the same statement.
CREATE TABLE vm (
    id               uuid PRIMARY KEY,
    pool_id          bigint      NOT NULL REFERENCES pool (id),
    cloud            text        NOT NULL REFERENCES cloud (name),
    image            text        NOT NULL,
    flavor           text        NOT NULL,
    network          text,
    state            text        NOT NULL CHECK (state IN
        ('REQUESTED', 'PROVISIONING', 'BOOTSTRAPPING', 'READY', 'ALLOCATED', 'DELETING', 'DELETED')),
    state_since      timestamptz NOT NULL,
    reason           text,
    detail           text,
    created_at       timestamptz NOT NULL,
    version          bigint      NOT NULL DEFAULT 0,
    create_sent_at   timestamptz,
    create_attempts  integer     NOT NULL DEFAULT 0,
    create_answer    text CHECK (create_answer IN ('ACCEPTED', 'REFUSED', 'UNKNOWN')),
    instance_id      text,
    instance_status  text,
    address          text,
    seen_at          timestamptz, -- last complete listing or direct look that showed it
    absent_since     timestamptz, -- first direct look that did not find it
    ready_at         timestamptz,
    delete_sent_at   timestamptz,
    restart_asked_at timestamptz, -- its owner wants it started again after it was shut off
    held             boolean     NOT NULL DEFAULT false,
    held_reason      text,
    guest_ready_at   timestamptz,
    guest_image      text,
    reporting_since  timestamptz, -- activity reports came without a gap since then
    reported_at      timestamptz,
    last_active_at   timestamptz
) WITH (fillfactor = 70);

CREATE INDEX vm_claimable ON vm (pool_id, state_since, id) WHERE state = 'READY' AND NOT held;
CREATE INDEX vm_live_by_cloud ON vm (cloud, id) WHERE state <> 'DELETED';
CREATE INDEX vm_live_by_pool ON vm (pool_id, state) WHERE state <> 'DELETED';
CREATE INDEX vm_moving ON vm (cloud) WHERE state IN ('REQUESTED', 'PROVISIONING', 'BOOTSTRAPPING', 'DELETING');
CREATE INDEX vm_launched ON vm (pool_id, ready_at DESC) WHERE ready_at IS NOT NULL;
CREATE INDEX vm_deleted ON vm (state_since) WHERE state = 'DELETED';
