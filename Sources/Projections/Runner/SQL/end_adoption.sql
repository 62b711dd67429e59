-- name:    end_adoption
-- purpose: a lane says that it has let go of an epoch that is to be dropped, or has failed
-- params:  $1 model text · $2 epoch bigint · $3 partition bigint
-- effect:  at most one row
-- index:   projection_adoptions_pkey
-- caller:  EpochRegistry
DELETE FROM projection_adoptions WHERE model = $1 AND epoch = $2 AND kafka_partition = $3
