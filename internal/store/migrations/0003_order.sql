-- The order of creation becomes a column of its own. A rowid that no column
-- names is SQLite's to change, when it copies the database or makes it compact.
CREATE TABLE placed (
    place INTEGER PRIMARY KEY, -- in the order of creation; given once and never again
    key   BLOB NOT NULL UNIQUE,
    doc   BLOB NOT NULL
) STRICT;
INSERT INTO placed (place, key, doc) SELECT rowid, key, doc FROM document ORDER BY rowid;
DROP TABLE document;
ALTER TABLE placed RENAME TO document;

CREATE TABLE counter (
    name  TEXT    PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO counter (name, value) VALUES
    ('place', (SELECT coalesce(max(place), 0) FROM document)), -- the highest that was ever given
    ('pruned', 0);                                             -- the highest revision of a tombstone that was taken away

CREATE INDEX tombstone ON served (revision) WHERE deleted
