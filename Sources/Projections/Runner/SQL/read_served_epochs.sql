-- name:    read_served_epochs
-- purpose: say which epoch of each model readers are answered from
-- params:  none
-- effect:  none; one row a model
-- caller:  ServedEpochs
SELECT model, served_epoch, fence FROM projection_models
