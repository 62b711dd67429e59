-- name:    read_migrations
-- purpose: what of one component has been applied to this database
-- params:  $1 component text
-- effect:  none; rows by version
-- index:   schema_migrations_pkey (component, version)
-- caller:  Migrations
SELECT version, name, checksum FROM schema_migrations WHERE component = $1 ORDER BY version
