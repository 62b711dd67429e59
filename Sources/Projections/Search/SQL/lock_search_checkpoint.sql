-- name:    lock_search_checkpoint
-- purpose: let one writer at a time change a partition's documents, also one that does not know yet that it was
--          replaced
-- params:  $1 epoch bigint · $2 kafka_partition smallint
-- effect:  holds a lock until the transaction ends, whether there is a checkpoint or not
-- caller:  PostgresSearchEngine
SELECT pg_advisory_xact_lock(hashtextextended('search_checkpoints', $1::bigint * 64 + $2::smallint))
