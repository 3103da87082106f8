-- Documents. A key is one byte string, see key.go. The table has a rowid of
-- its own so that rewriting a document touches one page and not the index.
CREATE TABLE document (
    key BLOB NOT NULL UNIQUE,
    doc BLOB NOT NULL
) STRICT;

-- The change feed: the latest state of all that was ever served, tombstones
-- too, in order of revision. data comes last, so that a scan can pass by it.
CREATE TABLE served (
    revision INTEGER PRIMARY KEY,
    kind     TEXT    NOT NULL,
    id       BLOB    NOT NULL,
    deleted  INTEGER NOT NULL,
    data     BLOB    NOT NULL,
    UNIQUE (kind, id)
) STRICT;
