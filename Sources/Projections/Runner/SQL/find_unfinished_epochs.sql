-- name:    find_unfinished_epochs
-- purpose: find rebuilds that touch what a new one wants to build
-- params:  $1 model text · $2 country text or NULL · $3 practitioner uuid or NULL · $4 first day or NULL
--          · $5 day after the last or NULL
-- effect:  none; NULL stands for all, on either side; the oldest first
-- index:   projection_epochs_pkey
-- caller:  EpochRegistry
SELECT epoch, owner, coalesce(lease_expires_at > clock_timestamp(), false), changed_at
FROM projection_epochs
WHERE model = $1
  AND state IN ('building', 'tailing')
  AND coalesce(scope ->> 'country' = $2, true)
  AND coalesce((scope ->> 'practitioner')::uuid = $3, true)
  AND coalesce((scope ->> 'from')::date < $5, true)
  AND coalesce($4 < (scope ->> 'to')::date, true)
ORDER BY epoch
