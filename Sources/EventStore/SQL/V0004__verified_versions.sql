-- name:    V0004__verified_versions
-- purpose: who verifies the history compares the versions of streams with their head rows, and may only read
-- caller:  Migrations, component event_store
GRANT SELECT ON stream_heads TO event_reader;
