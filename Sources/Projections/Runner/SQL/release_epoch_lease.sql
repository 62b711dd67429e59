-- name:    release_epoch_lease
-- purpose: let anybody go on with a rebuild at once
-- params:  $1 model text · $2 epoch bigint · $3 owner text
-- effect:  the lease ends if it is the owner's
-- index:   projection_epochs_pkey
-- caller:  EpochRegistry
UPDATE projection_epochs SET lease_expires_at = NULL WHERE model = $1 AND epoch = $2 AND owner = $3
