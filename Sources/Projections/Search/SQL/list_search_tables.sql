-- name:    list_search_tables
-- purpose: the tables that hold documents, and how large they are
-- params:  none
-- effect:  none; quoted name and pages of each
-- caller:  BriefScan
SELECT c.oid::regclass::text, pg_relation_size(c.oid) / current_setting('block_size')::bigint AS pages
FROM pg_partition_tree('search_documents') AS t
JOIN pg_class AS c ON c.oid = t.relid
WHERE t.isleaf
