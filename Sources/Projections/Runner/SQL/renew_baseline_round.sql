-- name:    renew_baseline_round
-- purpose: keep others from beginning a round that is being published
-- params:  $1 claim uuid · $2 lease in microseconds
-- effect:  the lease is longer; no row: the claim is somebody else's by now
-- index:   projection_baseline_rounds_claim_key
-- caller:  BaselineDesk
UPDATE projection_baseline_rounds
SET lease_expires_at = clock_timestamp() + $2::bigint * interval '1 microsecond'
WHERE claim = $1
RETURNING model
