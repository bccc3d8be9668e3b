CREATE TABLE vm_type (
    name        text PRIMARY KEY,
    position    integer NOT NULL,
    title       text    NOT NULL,
    description text    NOT NULL,
    pool_id     bigint  NOT NULL REFERENCES pool (id),
    vcpus       integer NOT NULL,
    ram_gb      numeric NOT NULL,
    gpus        integer NOT NULL,
    groups      text[]  NOT NULL,
    tags        text[]  NOT NULL,
    logo        text
);
