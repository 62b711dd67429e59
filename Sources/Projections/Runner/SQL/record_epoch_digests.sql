-- name:    record_epoch_digests
-- purpose: keep the proof that an epoch holds what a fold of the stores says
-- params:  $1 model text · $2 epoch bigint · $3 owner text · $4 digest held text · $5 digest of the fold text
-- effect:  replaces an earlier proof; no row: another rebuild has the epoch
-- index:   projection_epochs_pkey
-- caller:  EpochRegistry
UPDATE projection_epochs
SET held_digest = $4, folded_digest = $5
WHERE model = $1 AND epoch = $2 AND owner = $3 AND state IN ('building', 'tailing', 'ready')
  AND lease_expires_at > clock_timestamp()
RETURNING epoch
