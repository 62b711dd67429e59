-- name:    notify_outbox
-- purpose: wake the relayers
-- params:  none
-- effect:  a notification on channel `outbox`; never inside a transaction that writes, where it takes a lock of the
--          cluster
-- caller:  CommitNotifier
SELECT pg_notify('outbox', '')
