CREATE TABLE schedule (
    name       text PRIMARY KEY,
    pool_id    bigint  NOT NULL REFERENCES pool (id),
    cron       text    NOT NULL,
    zone       text    NOT NULL,
    duration_s bigint  NOT NULL CHECK (duration_s > 0),
    target     integer NOT NULL CHECK (target >= 0),
    version    bigint  NOT NULL DEFAULT 0
);
