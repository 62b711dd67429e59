-- name:    renew_part
-- purpose: keep others away from a part that is being done
-- params:  $1 part bigint · $2 lease in microseconds
-- effect:  the lease is renewed; no row: it has ended, and somebody else may be at it
-- index:   projection_parts_pkey
-- caller:  EpochRegistry
UPDATE projection_parts SET lease_expires_at = clock_timestamp() + $2 * interval '1 microsecond'
WHERE part = $1 AND lease_expires_at > clock_timestamp()
RETURNING part
