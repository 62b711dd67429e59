-- name:    make_history_partition
-- purpose: create one table that find_missing_partitions named
-- params:  $1 name text · $2 today timestamptz · $3 months int, as there
-- effect:  creates it or leaves everything as it is, in a transaction of its own; answers made, there, busy, in_default
-- caller:  Partitions
SELECT make_history_partition($1, $2, $3)
