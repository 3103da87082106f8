-- Documents, under keys that are ordered by their bytes, see key.go.
CREATE TABLE gatehouse_document (
    key   bytea  NOT NULL PRIMARY KEY,
    place bigint NOT NULL, -- in the order of creation; given once and never again
    doc   bytea  NOT NULL
);

-- The change feed: the latest state of all that was ever served, tombstones
-- too, in order of revision.
CREATE TABLE gatehouse_served (
    revision bigint  NOT NULL PRIMARY KEY,
    kind     text    NOT NULL,
    id       bytea   NOT NULL,
    deleted  boolean NOT NULL,
    data     bytea   NOT NULL,
    UNIQUE (kind, id)
);
CREATE INDEX gatehouse_tombstone ON gatehouse_served (revision) WHERE deleted;

CREATE TABLE gatehouse_counter (
    name  text   NOT NULL PRIMARY KEY,
    value bigint NOT NULL
);
INSERT INTO gatehouse_counter (name, value) VALUES
    ('place', 0),  -- the highest that was ever given
    ('pruned', 0), -- the highest revision of a tombstone that was taken away
    ('commit', 0); -- the number of the last transaction that changed something

-- The last transactions: by its token one whose answer was lost is found again, and by
-- its slots a node learns what others have changed.
CREATE TABLE gatehouse_commit (
    number bigint   NOT NULL PRIMARY KEY,
    token  bytea    NOT NULL,
    slots  bigint[] -- hashes of what it changed; NULL for too much to be listed
);
