-- Timeline, audit and demand data: one row a change, written in its transaction. `seq` is given when it is published,
-- by one publisher at a time, so that a reader that has seen n never misses one below n.
CREATE TABLE event (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    seq           bigint UNIQUE,
    at            timestamptz NOT NULL,
    type          text        NOT NULL,
    vm_id         uuid,
    allocation_id uuid,
    pool          text,
    cloud         text,
    user_name     text, -- whom it concerns beside operators
    from_state    text,
    to_state      text,
    reason        text,
    detail        text,
    actor         text        NOT NULL
);
CREATE INDEX event_unpublished ON event (id) WHERE seq IS NULL;
CREATE INDEX event_by_vm ON event (vm_id, id) WHERE vm_id IS NOT NULL;
CREATE INDEX event_by_time ON event (at);
CREATE SEQUENCE event_seq;
