-- name:    insert_answers
-- purpose: keep answers, or the promise of one, in the transaction that they are about
-- params:  $1 countries text[] · $2 callers text[] · $3 keys text[] · $4 fingerprints bytea[] · $5 status bigint[]
--          $6 headers text[] · $7 bodies bytea[] · $8 pending bytea[]
-- effect:  one row a key, in key order, waiting for a transaction that writes the same one; fails with BK002 if any key
--          exists by then
-- index:   idempotency_pkey (country_code, caller, key)
-- caller:  IdempotencyStore
WITH kept AS (
    INSERT INTO idempotency (country_code, caller, key, fingerprint, status, headers, body, pending)
    SELECT country, caller, key, fingerprint, status, headers, body, pending
    FROM unnest($1::text[], $2::text[], $3::text[], $4::bytea[], $5::bigint[], $6::text[], $7::bytea[], $8::bytea[])
         AS given (country, caller, key, fingerprint, status, headers, body, pending)
    ORDER BY country, caller, key
    ON CONFLICT DO NOTHING
    RETURNING key
)
SELECT require_rows(count(*), cardinality($3::text[]), 'BK002') FROM kept
