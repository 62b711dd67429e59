-- name:    read_previous_epoch
-- purpose: find where a rollback goes: the epoch that was served before the last swap
-- params:  $1 model text
-- effect:  none; no row where nothing was ever swapped
-- index:   projection_swaps_pkey
-- caller:  EpochRegistry
SELECT from_epoch FROM projection_swaps WHERE model = $1 ORDER BY fence DESC LIMIT 1
