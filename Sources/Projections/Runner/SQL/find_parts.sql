-- name:    find_parts
-- purpose: find who is at work on parts that touch what somebody else wants to do
-- params:  $1 model text · $2 country text or NULL · $3 practitioner uuid or NULL · $4 first day or NULL
--          · $5 day after the last or NULL
-- effect:  none; NULL stands for all, on either side; leases that have ended are left out
-- index:   none, the table has as many rows as there are operators at work
-- caller:  EpochRegistry
SELECT part, owner
FROM projection_parts
WHERE model = $1
  AND lease_expires_at > clock_timestamp()
  AND coalesce(scope ->> 'country' = $2, true)
  AND coalesce((scope ->> 'practitioner')::uuid = $3, true)
  AND coalesce((scope ->> 'from')::date < $5, true)
  AND coalesce($4 < (scope ->> 'to')::date, true)
ORDER BY part
