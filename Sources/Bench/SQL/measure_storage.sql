-- name:    measure_storage
-- purpose: what a sealed history takes on disk, by kind
-- params:  none
-- effect:  none; one row: bytes of rows, of indexes, of stamps, of tiles, of the payloads alone
-- caller:  HistoryFigures
SELECT sum(pg_table_size(tree.relid))::bigint,
       sum(pg_indexes_size(tree.relid))::bigint,
       pg_total_relation_size('outbox_stamps'),
       pg_total_relation_size('seal_tiles'),
       (SELECT sum(octet_length(data))::bigint FROM events)
FROM pg_partition_tree('events') AS tree
WHERE tree.isleaf
