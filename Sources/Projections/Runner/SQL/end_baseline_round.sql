-- name:    end_baseline_round
-- purpose: say that the whole of a round is in the log
-- params:  $1 claim uuid · $2 offset of its first record bigint or NULL · $3 offset behind its last bigint or NULL
-- effect:  it is the partition's last round, and the claim is gone; no row: the claim is somebody else's by now
-- index:   projection_baseline_rounds_claim_key
-- caller:  BaselineDesk
UPDATE projection_baseline_rounds
SET round = claim, ended_at = clock_timestamp(), first_offset = $2, next_offset = $3, claim = NULL, claimed_by = NULL,
    lease_expires_at = NULL
WHERE claim = $1
RETURNING model
