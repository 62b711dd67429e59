-- name:    purge_answers
-- purpose: forget answers that are older than they must be kept, a batch at a time
-- params:  $1 seconds to keep bigint · $2 rows at most bigint
-- effect:  deletes given answers after $1, owed ones after seven times as long; skips rows that somebody holds
-- index:   idempotency_by_age (created_at)
-- caller:  IdempotencyStore
DELETE FROM idempotency
WHERE (country_code, caller, key) IN (
    SELECT country_code, caller, key FROM idempotency
    WHERE created_at < now() - make_interval(secs => $1) * (CASE WHEN status IS NULL THEN 7 ELSE 1 END)
      AND created_at < now() - make_interval(secs => $1)
    ORDER BY created_at
    LIMIT $2
    FOR UPDATE SKIP LOCKED
)
