-- name:    insert_epoch
-- purpose: give out the next epoch number of a model
-- params:  $1 model text · $2 country text or NULL · $3 practitioner uuid or NULL · $4 first day or NULL
--          · $5 day after the last or NULL · $6 source text · $7 owner text · $8 lease in microseconds
-- effect:  one epoch in state `building`; its number was never given before
-- index:   projection_models_pkey
-- caller:  EpochRegistry
WITH numbered AS (
    UPDATE projection_models SET last_epoch = last_epoch + 1 WHERE model = $1 RETURNING last_epoch
)
INSERT INTO projection_epochs
    (model, epoch, state, scope, source, created_by, owner, lease_expires_at)
SELECT $1, last_epoch, 'building',
       jsonb_strip_nulls(jsonb_build_object('country', $2::text, 'practitioner', $3::uuid, 'from', $4::date,
           'to', $5::date)),
       $6, $7, $7, clock_timestamp() + $8 * interval '1 microsecond'
FROM numbered
RETURNING epoch
