-- name:    create_migration_table
-- purpose: remember which change of the schema was applied, by whom it was brought and what it said
-- params:  none
-- effect:  creates the table once; running it again changes nothing
-- caller:  Migrations, inside its transaction and under its advisory lock
CREATE TABLE IF NOT EXISTS schema_migrations (
    component  text        NOT NULL,
    version    int         NOT NULL CHECK (version >= 1),
    name       text        NOT NULL,
    checksum   bytea       NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (component, version)
)
