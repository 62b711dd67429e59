-- name:    insert_migration
-- purpose: remember that a migration was applied, in the transaction that applies it
-- params:  $1 component text · $2 version int · $3 name text · $4 checksum bytea
-- effect:  one row; applying twice is an error
-- caller:  Migrations
INSERT INTO schema_migrations (component, version, name, checksum) VALUES ($1, $2, $3, $4)
