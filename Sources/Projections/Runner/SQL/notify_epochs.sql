-- name:    notify_epochs
-- purpose: wake readers and lanes after a change of epochs
-- params:  $1 model text
-- effect:  a notification on channel `projection_epochs`, after the change has committed: inside its transaction it
--          would take a lock of the whole cluster
-- caller:  EpochRegistry
SELECT pg_notify('projection_epochs', $1)
