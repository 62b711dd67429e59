-- name:    lookup_answers
-- purpose: what was answered to these requests before
-- params:  $1 countries text[] · $2 callers text[] · $3 keys text[]
-- effect:  none; a row for each key that is known, with its place in the arrays from 1
-- index:   idempotency_pkey (country_code, caller, key)
-- caller:  IdempotencyStore
SELECT g.place, i.fingerprint, i.status, i.headers, i.body, i.pending
FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS g (country, caller, key, place)
JOIN idempotency i ON i.country_code = g.country AND i.caller = g.caller AND i.key = g.key
ORDER BY g.place
