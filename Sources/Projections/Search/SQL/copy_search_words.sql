-- name:    copy_search_words
-- purpose: all documents of some partitions, each in few bytes: who, a hash of the profile, the free slots
-- params:  none: COPY takes none, SearchContent replaces what is in braces
-- effect:  none
-- index:   none: all documents are read
-- caller:  SearchContent, in a REPEATABLE READ transaction
COPY (
    SELECT d.country_code, d.practitioner_id, d.kafka_partition, d.active, d.first_date, d.free,
           {profile}
    FROM search_documents AS d
    LEFT JOIN search_grids AS g USING (grid_id)
    WHERE d.epoch = {epoch} AND d.kafka_partition IN ({partitions})
) TO STDOUT (FORMAT binary)
