-- name:    release_baseline_round
-- purpose: let anybody begin a round anew that was given up
-- params:  $1 claim uuid
-- effect:  the claim is gone, if it still stood
-- index:   projection_baseline_rounds_claim_key
-- caller:  BaselineDesk
UPDATE projection_baseline_rounds SET claim = NULL, claimed_by = NULL, lease_expires_at = NULL WHERE claim = $1
