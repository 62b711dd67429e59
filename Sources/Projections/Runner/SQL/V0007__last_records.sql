-- name:    V0007__last_records
-- purpose: which record came before the end of the log that a rebuild goes on from, in topics without sequences:
--          whoever begins there can tell whether the log is still the same
-- caller:  Migrations, component projections
ALTER TABLE projection_rebuild_ends ADD COLUMN last_record uuid;  -- ce_id; NULL: none, or no event
