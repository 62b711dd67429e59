-- name:    V0003__audit_paths
-- purpose: what auditors need beside the indexes of V0002: which position an event has, and which rows belong to a
--          question that is answered page by page
-- caller:  Migrations, component event_store

-- One entry a drained batch. A batch holds an event only if its times embrace the event's, so the first few batches
-- that end at or after an event are looked into.
CREATE INDEX outbox_stamps_by_time ON outbox_stamps (shard, recorded_to);

-- Whether a row was there when a question began: it was inserted by a transaction that the snapshot sees as committed.
-- The system column xmin has 32 bits of the transaction's number; the snapshot has all 64, and a row's are the nearest
-- below. Rows of before `long_ago` are old for sure, whatever transaction numbers say after they have gone round.
-- Events are never inserted under a savepoint, so xmin is the number that snapshots speak of.
CREATE FUNCTION was_there(inserted_by xid, recorded_at timestamptz, long_ago timestamptz, seen pg_snapshot)
RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE
RETURN CASE
    WHEN recorded_at < long_ago THEN true
    WHEN (pg_snapshot_xmax(seen)::text::bigint - inserted_by::text::bigint) & 4294967295 NOT BETWEEN 1 AND 2147483647
        THEN false
    ELSE pg_visible_in_snapshot(
        (pg_snapshot_xmax(seen)::text::bigint
         - ((pg_snapshot_xmax(seen)::text::bigint - inserted_by::text::bigint) & 4294967295))::text::xid8, seen)
END;
