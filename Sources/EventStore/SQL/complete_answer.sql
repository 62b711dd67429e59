-- name:    complete_answer
-- purpose: give a bound key the answer that it was promised
-- params:  $1 country text · $2 caller text · $3 key text · $4 fingerprint bytea · $5 status bigint · $6 headers text
--          $7 body bytea
-- effect:  one row if the answer was still owed to this request; none if another process gave it first
-- index:   idempotency_pkey (country_code, caller, key)
-- caller:  IdempotencyStore
UPDATE idempotency
SET status = $5, headers = $6, body = $7, pending = NULL
WHERE country_code = $1 AND caller = $2 AND key = $3 AND fingerprint = $4 AND status IS NULL
RETURNING key
