-- The identity of this database. `store` is a random id made with it, so that a copy that was restored, or another
-- database under the same installation name, is told apart on the clouds.
CREATE TABLE installation (
    id         smallint PRIMARY KEY DEFAULT 1 CHECK (id = 1),
    name       text        NOT NULL,
    store      uuid        NOT NULL,
    guest_key  bytea       NOT NULL,
    created_at timestamptz NOT NULL
);
