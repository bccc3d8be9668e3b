-- The loops: paused by whom, what the last pass did, and a lease that keeps two replicas from doing the same work.
-- The lease saves effort; safety comes from compare-and-set.
CREATE TABLE reconciler (
    name             text PRIMARY KEY,
    kind             text    NOT NULL,
    paused           boolean NOT NULL DEFAULT false,
    holder           text,
    lease_until      timestamptz,
    last_started_at  timestamptz,
    last_finished_at timestamptz,
    last_report      text,
    last_error       text
);
