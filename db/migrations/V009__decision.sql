-- What refill decided and why, kept when it differs from the last.
CREATE TABLE decision (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at      timestamptz NOT NULL,
    pool    text        NOT NULL,
    summary text        NOT NULL,
    reasons text[]      NOT NULL
);
CREATE INDEX decision_by_pool ON decision (pool, id DESC);
CREATE INDEX decision_by_time ON decision (at);
