-- name:    copy_search_words
-- purpose: all documents of some partitions, each in few bytes: who, the hash of the profile, the free slots
-- params:  none: COPY takes none, SearchContent replaces what is in braces
-- effect:  none
-- index:   none: all documents are read
-- caller:  SearchContent, in a REPEATABLE READ transaction
COPY (
    SELECT country_code, practitioner_id, kafka_partition, grid_id, first_date, free, profile_hash
    FROM search_documents
    WHERE epoch = {epoch} AND kafka_partition IN ({partitions})
) TO STDOUT (FORMAT binary)
