-- What the fleet file has put in once: what somebody deleted since stays deleted when the service starts again.
CREATE TABLE seeded (
    kind text NOT NULL,
    name text NOT NULL,
    PRIMARY KEY (kind, name)
);
