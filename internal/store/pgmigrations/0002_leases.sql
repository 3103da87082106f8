-- The processes that use the database. What is here is renewed every second.
CREATE UNLOGGED TABLE gatehouse_lease (
    id      text        NOT NULL PRIMARY KEY,
    data    bytea       NOT NULL,
    renewed timestamptz NOT NULL
);
