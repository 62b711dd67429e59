-- name:    export_snapshot
-- purpose: let other sessions read in the snapshot of this transaction
-- params:  none
-- effect:  fixes the snapshot of a REPEATABLE READ transaction and answers its name
-- caller:  Baseline
SELECT pg_export_snapshot()
