-- name:    V0005__seal_edges
-- purpose: the leaves of each tree that are in no complete tile yet, as they were when the last head was signed, so
--          that verification can name a row there too. Nothing is believed because it stands here: leaves count only
--          where they come to a signed root.
-- caller:  Migrations, component event_store
CREATE TABLE seal_edges (
    shard      smallint NOT NULL PRIMARY KEY,
    first_leaf bigint   NOT NULL CHECK (first_leaf >= 0 AND first_leaf % 256 = 0),
    hashes     bytea    NOT NULL CHECK (octet_length(hashes) % 32 = 0 AND octet_length(hashes) < 8192)
);
GRANT SELECT ON seal_edges TO event_reader;
GRANT SELECT, INSERT, UPDATE ON seal_edges TO appointments_app;
