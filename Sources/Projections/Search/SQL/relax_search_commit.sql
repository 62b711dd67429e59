-- name:    relax_search_commit
-- purpose: let this transaction's commit return before it is on disk: documents and checkpoint are lost together, if at
--          all, and then read from the log again
-- effect:  holds until the transaction ends; spares the database a wait for the disk a batch
-- caller:  PostgresSearchEngine
SELECT set_config('synchronous_commit', 'off', true)
