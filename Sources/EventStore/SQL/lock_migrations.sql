-- name:    lock_migrations
-- purpose: let one process at a time change the schema of this database
-- params:  none
-- effect:  waits for its turn; the lock goes with the transaction, also when its process dies
-- caller:  Migrations
SELECT pg_advisory_xact_lock(7310579624918012165)
