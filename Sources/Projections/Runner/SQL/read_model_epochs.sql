-- name:    read_model_epochs
-- purpose: say which epochs a model has and which of them is served
-- params:  $1 model text
-- effect:  none; one row an epoch, oldest first
-- index:   projection_epochs_pkey
-- caller:  EpochRegistry
SELECT epochs.epoch, epochs.state, epochs.scope ->> 'country', (epochs.scope ->> 'practitioner')::uuid,
       (epochs.scope ->> 'from')::date, (epochs.scope ->> 'to')::date, epochs.source, epochs.created_by,
       epochs.created_at, epochs.changed_at, epochs.left_at, epochs.owner,
       coalesce(epochs.lease_expires_at > clock_timestamp(), false), epochs.held_digest, epochs.folded_digest,
       epochs.note, models.served_epoch, models.fence, clock_timestamp()
FROM projection_models AS models
JOIN projection_epochs AS epochs USING (model)
WHERE model = $1
ORDER BY epochs.epoch
