-- name:    lock_projection_model
-- purpose: let changes of one model's epochs take turns
-- params:  $1 model text
-- effect:  a row lock until the transaction ends; no row: there is no such model
-- index:   projection_models_pkey
-- caller:  EpochRegistry
SELECT served_epoch, fence FROM projection_models WHERE model = $1 FOR UPDATE
