-- name:    advance_stream_heads
-- purpose: move streams from the version that was read to the one that is written
-- params:  $1 countries text[] · $2 streams text[] · $3 versions read bigint[] · $4 versions written bigint[]
-- effect:  locks and updates one row a stream, in key order; fails with BK001 unless every stream is as it was read
-- index:   stream_heads_pkey (country_code, stream)
-- caller:  EventAppend, before append_events: the row gives the transaction its id before it draws event numbers
WITH given AS MATERIALIZED (
    SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[]) AS g (country, stream, read, written)
), locked AS MATERIALIZED (
    SELECT h.country_code, h.stream, g.read, g.written
    FROM stream_heads h JOIN given g ON h.country_code = g.country AND h.stream = g.stream
    ORDER BY h.country_code, h.stream
    FOR NO KEY UPDATE OF h
), advanced AS (
    UPDATE stream_heads h
    SET version = l.written
    FROM locked l
    WHERE h.country_code = l.country_code AND h.stream = l.stream AND h.version = l.read
    RETURNING h.stream
)
SELECT require_rows(count(*), cardinality($2::text[]), 'BK001') FROM advanced
