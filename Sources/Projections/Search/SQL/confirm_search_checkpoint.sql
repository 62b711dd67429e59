-- name:    confirm_search_checkpoint
-- purpose: say until when a partition had everything that the log had
-- params:  $1 epoch bigint · $2 kafka_partition smallint · $3 caught_up_at timestamptz
-- effect:  at most one row; never goes back
-- index:   search_checkpoints_pkey
-- caller:  PostgresSearchEngine
UPDATE search_checkpoints SET caught_up_at = $3
WHERE epoch = $1 AND kafka_partition = $2 AND (caught_up_at IS NULL OR caught_up_at < $3)
