-- name:    read_seal_edge
-- purpose: the leaves of a shard's tree that were in no complete tile when the last head was signed
-- params:  $1 shard bigint
-- effect:  none; at most one row
-- index:   seal_edges_pkey (shard)
-- caller:  HistoryReading
SELECT first_leaf, hashes FROM seal_edges WHERE shard = $1::smallint
