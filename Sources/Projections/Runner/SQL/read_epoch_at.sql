-- name:    read_epoch_at
-- purpose: say which epoch of a model readers were answered from at a moment
-- params:  $1 model text · $2 moment timestamptz
-- effect:  none; no row for a model that nobody serves
-- index:   projection_swaps_pkey; a model has few swaps
-- caller:  ProjectionProgressLog
SELECT COALESCE(
    (SELECT to_epoch FROM projection_swaps WHERE model = $1 AND swapped_at <= $2::timestamptz
     ORDER BY fence DESC LIMIT 1),
    (SELECT from_epoch FROM projection_swaps WHERE model = $1 ORDER BY fence LIMIT 1),
    served_epoch)
FROM projection_models
WHERE model = $1
