-- name:    take_epoch_lease
-- purpose: let one rebuild, and no other, write an epoch
-- params:  $1 model text · $2 epoch bigint · $3 owner text · $4 lease in microseconds
-- effect:  the owner's lease is taken, or renewed; no row: it is another's, or the epoch cannot be built any more
-- index:   projection_epochs_pkey
-- caller:  EpochRegistry
UPDATE projection_epochs
SET owner = $3, lease_expires_at = clock_timestamp() + $4 * interval '1 microsecond'
WHERE model = $1 AND epoch = $2 AND state IN ('building', 'tailing', 'ready')
  AND (owner = $3 OR owner IS NULL OR lease_expires_at IS NULL OR lease_expires_at <= clock_timestamp())
RETURNING epoch
