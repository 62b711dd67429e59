-- name:    drop_search_checkpoints
-- purpose: take an epoch that is dropped from whoever still writes it
-- params:  $1 epoch bigint
-- effect:  at most one row a partition; a batch that waits for the row's lock finds none afterwards
-- index:   search_checkpoints_pkey
-- caller:  DocumentEraser
DELETE FROM search_checkpoints WHERE epoch = $1
