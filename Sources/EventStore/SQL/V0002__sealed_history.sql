-- name:    V0002__sealed_history
-- purpose: what sealing keeps beside the events, a shard for facts that are not published, and the paths by which
--          auditors and rebuilds of one practitioner find events
-- caller:  Migrations, component event_store

-- Whom a booking event is about; NULL where the key says so already, and in events that are older than this column.
ALTER TABLE events ADD COLUMN patient_id uuid;

-- Shard 6 has positions and is sealed like the others, but no topic: facts about operations and audits are kept there.
ALTER TABLE events DROP CONSTRAINT events_shard_check;
ALTER TABLE events ADD CONSTRAINT events_shard_check CHECK (shard BETWEEN 0 AND 6);
INSERT INTO shard_leases (shard) VALUES (6);

CREATE INDEX events_by_key ON events (key, event_number);
CREATE INDEX events_by_second_key ON events (second_key, event_number) WHERE second_key IS NOT NULL;
CREATE INDEX events_by_patient ON events (patient_id, event_number) WHERE patient_id IS NOT NULL;
-- Ids are UUIDs of version 7: their index grows at its right end, so it costs an append little.
CREATE INDEX events_by_event_id ON events (event_id);
-- Rows lie in the order of time, nearly; a few pages of this index say where a stretch of time is.
CREATE INDEX events_by_time ON events USING brin (recorded_at);

-- The Merkle tree of a shard, in complete tiles: the 256 hashes of one level that stand beside each other, and the hash
-- that they come to, which is one of the level above. Level 0: leaves, position - 1 counts them from 0. What is not yet
-- a complete tile is computed from the rows.
CREATE TABLE seal_tiles (
    shard  smallint NOT NULL,
    level  smallint NOT NULL CHECK (level BETWEEN 0 AND 7),
    tile   bigint   NOT NULL CHECK (tile >= 0),
    root   bytea    NOT NULL CHECK (octet_length(root) = 32),
    hashes bytea    NOT NULL CHECK (octet_length(hashes) = 8192),
    PRIMARY KEY (shard, level, tile)
);
ALTER TABLE seal_tiles ALTER COLUMN hashes SET STORAGE EXTERNAL;  -- hashes do not compress
CREATE TRIGGER tiles_are_append_only BEFORE UPDATE OR DELETE ON seal_tiles
    FOR EACH ROW EXECUTE FUNCTION refuse_change_of_history();
SELECT protect_history('seal_tiles');
