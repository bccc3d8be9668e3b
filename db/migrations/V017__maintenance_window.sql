-- A cloud's planned downtime. What is over or was cancelled stays: it is history.
CREATE TABLE maintenance_window (
    id           uuid PRIMARY KEY,
    cloud        text        NOT NULL REFERENCES cloud (name),
    starts       timestamptz NOT NULL,
    ends         timestamptz NOT NULL,
    kind         text        NOT NULL CHECK (kind IN ('AT_RISK', 'NO_NEW', 'UNAVAILABLE')),
    note         text        NOT NULL DEFAULT '',
    version      bigint      NOT NULL DEFAULT 0,
    created_at   timestamptz NOT NULL,
    created_by   text        NOT NULL,
    cancelled_at timestamptz,
    CHECK (starts < ends)
);

CREATE INDEX maintenance_window_by_cloud ON maintenance_window (cloud, starts DESC, id DESC);
CREATE INDEX maintenance_window_to_come ON maintenance_window (ends) WHERE cancelled_at IS NULL;

-- Whom we told of a window, once: taken back when the window is changed, so that they are told again.
CREATE TABLE maintenance_notice (
    allocation_id uuid        NOT NULL REFERENCES allocation (id) ON DELETE CASCADE,
    window_id     uuid        NOT NULL REFERENCES maintenance_window (id) ON DELETE CASCADE,
    noticed_at    timestamptz NOT NULL,
    text          text        NOT NULL,
    PRIMARY KEY (allocation_id, window_id)
);

CREATE INDEX maintenance_notice_by_window ON maintenance_notice (window_id);
