-- name:    list_event_partitions
-- purpose: the tables that hold events, in the order of time, and how large they are
-- params:  $1 country_code text, or NULL for all
-- effect:  none; quoted name and pages of each, those without bounds last
-- caller:  BaselineScan
SELECT c.oid::regclass::text, pg_relation_size(c.oid) / current_setting('block_size')::bigint AS pages
FROM pg_partition_tree('events') t
JOIN pg_class c ON c.oid = t.relid
JOIN pg_class p ON p.oid = t.parentrelid
WHERE t.isleaf
  AND ($1::text IS NULL OR t.level = 1 OR pg_get_expr(p.relpartbound, p.oid) LIKE '%''' || $1 || '''%')
ORDER BY pg_get_expr(c.relpartbound, c.oid) = 'DEFAULT', pg_get_expr(c.relpartbound, c.oid), c.relname
