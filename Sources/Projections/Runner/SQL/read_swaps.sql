-- name:    read_swaps
-- purpose: tell the latest swaps of a model
-- params:  $1 model text · $2 limit bigint
-- effect:  none; the newest first
-- index:   projection_swaps_pkey
-- caller:  EpochRegistry
SELECT fence, from_epoch, to_epoch, kind, swapped_by, swapped_at
FROM projection_swaps
WHERE model = $1
ORDER BY fence DESC
LIMIT $2
