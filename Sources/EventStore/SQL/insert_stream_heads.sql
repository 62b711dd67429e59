-- name:    insert_stream_heads
-- purpose: claim new streams
-- params:  $1 countries text[] · $2 streams text[] · $3 versions bigint[] (the last one appended)
-- effect:  one row a stream, waiting for a transaction that claims the same one; fails with BK001 unless all are new
-- index:   stream_heads_pkey (country_code, stream)
-- caller:  EventAppend, before append_events: the row gives the transaction its id before it draws event numbers
WITH claimed AS (
    INSERT INTO stream_heads (country_code, stream, version)
    SELECT country, stream, version
    FROM unnest($1::text[], $2::text[], $3::bigint[]) AS given (country, stream, version)
    ORDER BY country, stream
    ON CONFLICT DO NOTHING
    RETURNING stream
)
SELECT require_rows(count(*), cardinality($2::text[]), 'BK001') FROM claimed
