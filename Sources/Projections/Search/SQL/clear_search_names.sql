-- name:    clear_search_names
-- purpose: make room for a partition that is built anew
-- params:  $1 epoch bigint · $2 kafka_partition smallint
-- effect:  deletes the partition's words of names
-- index:   none: this is rare
-- caller:  PostgresSearchEngine
DELETE FROM search_names WHERE epoch = $1 AND kafka_partition = $2
