-- name:    insert_part
-- purpose: let one operator, and no other, do a part of a model
-- params:  $1 model text · $2 country text or NULL · $3 practitioner uuid or NULL · $4 first day or NULL
--          · $5 day after the last or NULL · $6 owner text · $7 lease in microseconds
-- effect:  one row; leases of the model that have ended are cleared away
-- index:   projection_parts_pkey
-- caller:  EpochRegistry
WITH ended AS (
    DELETE FROM projection_parts WHERE model = $1 AND lease_expires_at <= clock_timestamp()
)
INSERT INTO projection_parts (model, scope, owner, lease_expires_at)
SELECT $1,
       jsonb_strip_nulls(jsonb_build_object('country', $2::text, 'practitioner', $3::uuid, 'from', $4::date,
           'to', $5::date)),
       $6, clock_timestamp() + $7 * interval '1 microsecond'
RETURNING part
