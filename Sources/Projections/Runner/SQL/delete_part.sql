-- name:    delete_part
-- purpose: say that a part is done, or that whoever did it is gone
-- params:  $1 part bigint
-- effect:  the row is gone
-- index:   projection_parts_pkey
-- caller:  EpochRegistry
DELETE FROM projection_parts WHERE part = $1
