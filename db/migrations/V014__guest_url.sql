-- The addresses that guests were given to report to, each from its first use on: a guest keeps the one it was made with.
CREATE TABLE guest_url (
    since timestamptz PRIMARY KEY,
    url   text NOT NULL
);
