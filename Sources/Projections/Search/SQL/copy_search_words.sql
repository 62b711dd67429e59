-- name:    copy_search_words
-- purpose: the documents of some partitions in some pages, each in few bytes: who, the hash of the profile, free slots
-- params:  none: COPY takes none, BriefScan replaces what is in braces
-- effect:  none
-- index:   none: the pages are read in their order
-- caller:  BriefScan, in a REPEATABLE READ transaction
COPY (
    SELECT country_code, practitioner_id, kafka_partition, grid_id, first_date, free, profile_hash
    FROM {table}
    WHERE ctid >= '({first},0)' AND ctid < '({next},0)' AND epoch = {epoch} AND kafka_partition IN ({partitions})
) TO STDOUT (FORMAT binary)
