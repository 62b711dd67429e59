-- name:    V0007__watched_transactions
-- purpose: let relayers and operators see whose transaction is open for long, and take from the application what the
--          default privileges gave it too much: the rows that a verification rests on are never deleted
-- caller:  Migrations, component event_store

-- pg_stat_activity shows others' sessions only with this right; an owner who may not give it leaves names out.
DO $$
BEGIN
    GRANT pg_read_all_stats TO appointments_app, event_reader;
EXCEPTION WHEN insufficient_privilege THEN
    RAISE NOTICE 'long transactions of other roles will be shown without a name';
END
$$;

REVOKE DELETE, TRUNCATE ON stream_heads, seal_edges FROM appointments_app;
