-- name:    clear_search_documents
-- purpose: make room for a partition that is built anew
-- params:  $1 epoch bigint · $2 kafka_partition smallint
-- effect:  deletes the partition's documents; readers see them until the new ones are committed
-- index:   none: this is rare
-- caller:  PostgresSearchEngine
DELETE FROM search_documents WHERE epoch = $1 AND kafka_partition = $2
