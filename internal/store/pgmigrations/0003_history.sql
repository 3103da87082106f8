-- What the commits that published something are called, by the last revision of each. A server
-- that took over without the last of them gives their revisions to others, and who has
-- followed it to there sees it by the names.
CREATE TABLE gatehouse_history (
    revision bigint NOT NULL PRIMARY KEY,
    mark     bytea  NOT NULL
);
