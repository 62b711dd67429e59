-- name:    V0008__quiet_partitions
-- purpose: make partitions beside open writers and keep none of them waiting; protect those that are made by hand; take
--          from the application what default privileges gave it too much on the partitions of stream heads
-- caller:  Migrations, component event_store

-- CREATE TABLE … PARTITION OF locks the parent against everybody, so that one open writer made all others queue behind
-- it. What takes its place makes a table that nobody knows yet, and attaches it.
DROP FUNCTION ensure_event_partitions(text[], date, int);

-- As before, and harmless when it is repeated.
CREATE OR REPLACE FUNCTION protect_history(relation regclass) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE OR REPLACE TRIGGER never_truncated BEFORE TRUNCATE ON %s'
                   ' FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_history()', relation);
    EXECUTE format('REVOKE ALL ON %s FROM appointments_app', relation);
    EXECUTE format('GRANT SELECT, INSERT ON %s TO appointments_app', relation);
    EXECUTE format('GRANT SELECT ON %s TO event_reader', relation);
END
$$;

-- Heads are moved on, never taken away: what a verification compares with. V0007 said so of the parent alone.
CREATE FUNCTION protect_heads(relation regclass) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('REVOKE DELETE, TRUNCATE ON %s FROM appointments_app', relation);
END
$$;
SELECT protect_heads(inhrelid) FROM pg_inherits WHERE inhparent = 'stream_heads'::regclass;

-- The tables that are to be there, in the order in which they are made. Months: from the current one by the database's
-- clock or the caller's, whichever is earlier, so that a wrong clock costs no partition; `months` of them by the later.
CREATE FUNCTION wanted_partitions(countries text[], today timestamptz, months int)
RETURNS TABLE (country text, partition_name text, is_month boolean)
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    WITH month AS MATERIALIZED (
        SELECT to_char(m, 'YYYY_MM') AS name
        FROM generate_series(date_trunc('month', least(now(), today) AT TIME ZONE 'UTC'),
                             date_trunc('month', greatest(now(), today) AT TIME ZONE 'UTC')
                                 + make_interval(months => months - 1),
                             interval '1 month') m
        LIMIT 120
    )
    SELECT c.country, w.name, w.is_month
    FROM unnest(countries) WITH ORDINALITY c (country, place)
    CROSS JOIN LATERAL (
        SELECT 1, 'stream_heads_' || c.country, false
        UNION ALL SELECT 2, 'idempotency_' || c.country, false
        UNION ALL SELECT 3, 'events_' || c.country, false
        UNION ALL SELECT 4, 'events_' || c.country || '_' || month.name, true FROM month
    ) w (step, name, is_month)
    ORDER BY c.place, w.step, w.name
$$;

-- What of it is not there. Months of a country without a table of its own are made with that table.
CREATE FUNCTION missing_partitions(countries text[], today timestamptz, months int) RETURNS SETOF text
LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    SELECT partition_name
    FROM wanted_partitions(countries, today, months)
    WHERE to_regclass(partition_name) IS NULL AND (NOT is_month OR to_regclass('events_' || country) IS NOT NULL)
$$;

-- Makes a table of a parent and says what became of it:
--   made        it is there now
--   there       somebody else made it
--   in_default  DEFAULT has rows of it, or is too large to be looked through while nobody may use it. DEFAULT keeps
--               them, where they are read just as well, and nothing is tried
--   busy        somebody held a lock that is needed for longer than 100 ms; a later call tries again
-- Nobody but users of DEFAULT waits: attaching takes SHARE UPDATE EXCLUSIVE on the parent, which no reader or writer
-- minds, and ACCESS EXCLUSIVE on DEFAULT alone, last of all, for the time of one look through it. The new table is
-- empty, so that it needs no constraint to prove what it holds. `months` are made in it before anybody can write into
-- it: rows that went to its DEFAULT would stay there.
CREATE FUNCTION attach_partition(wanted text, parent text, bounds text, of_rows text, months text[] DEFAULT NULL)
RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    default_bytes_max constant bigint := 64 * 1024 * 1024;
    spill text := parent || '_default';
    month text;
    is_in_default boolean;
BEGIN
    PERFORM set_config('lock_timeout', '100ms', true);
    PERFORM pg_advisory_xact_lock(hashtextextended('attach_partition', 0));
    IF to_regclass(wanted) IS NOT NULL THEN RETURN 'there'; END IF;
    IF pg_relation_size(to_regclass(spill)) > default_bytes_max THEN RETURN 'in_default'; END IF;
    EXECUTE format('SELECT EXISTS (SELECT FROM %I WHERE %s)', spill, of_rows) INTO is_in_default;
    IF is_in_default THEN RETURN 'in_default'; END IF;

    EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING ALL)%s', wanted, parent,
                   CASE WHEN months IS NULL THEN '' ELSE ' PARTITION BY RANGE (recorded_at)' END);
    IF wanted LIKE 'events\_%' THEN PERFORM protect_history(to_regclass(wanted)); END IF;
    IF wanted LIKE 'stream\_heads\_%' THEN PERFORM protect_heads(to_regclass(wanted)); END IF;
    IF months IS NOT NULL THEN
        EXECUTE format('CREATE TABLE %I PARTITION OF %I DEFAULT', wanted || '_default', wanted);
        PERFORM protect_history(to_regclass(wanted || '_default'));
        FOREACH month IN ARRAY months LOOP
            PERFORM attach_month(month);
        END LOOP;
    END IF;
    EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I %s', parent, wanted, bounds);
    RETURN 'made';
EXCEPTION
    WHEN lock_not_available THEN RETURN 'busy';
    WHEN check_violation THEN RETURN 'in_default';  -- a row came between the look and the lock
    WHEN duplicate_table OR unique_violation THEN RETURN 'there';
END
$$;

-- Makes events_fr_2026_01 of events_fr.
CREATE FUNCTION attach_month(wanted text) RETURNS text
LANGUAGE plpgsql AS $$
DECLARE
    first_day date := to_date(right(wanted, 7), 'YYYY_MM');
    start     text := first_day || ' 00:00+00';
    finish    text := (first_day + interval '1 month')::date || ' 00:00+00';
BEGIN
    RETURN attach_partition(wanted, left(wanted, -8), format('FOR VALUES FROM (%L) TO (%L)', start, finish),
                            format('recorded_at >= %L AND recorded_at < %L', start, finish));
END
$$;

-- Makes a table that missing_partitions named, in a transaction of its own. The application may call it, though it may
-- create nothing itself: it runs as the owner of the schema.
CREATE FUNCTION make_history_partition(wanted text, today timestamptz, months int) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    parts   text[] := regexp_match(wanted, '^(stream_heads|idempotency|events)_([a-z]{2})$');
    country text := parts[2];
BEGIN
    IF wanted ~ '^events_[a-z]{2}_\d{4}_(0[1-9]|1[0-2])$' THEN
        RETURN attach_month(wanted);
    END IF;
    IF parts IS NULL THEN
        RAISE EXCEPTION 'not the name of a partition' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    RETURN attach_partition(
        wanted, parts[1], format('FOR VALUES IN (%L)', country), format('country_code = %L', country),
        CASE WHEN parts[1] = 'events' THEN
            ARRAY(SELECT w.partition_name FROM wanted_partitions(ARRAY[country], today, months) w WHERE w.is_month)
        END);
END
$$;

-- For tables of the roles, all of them by country, as `FOR VALUES IN ('fr')`; their own migrations call it.
CREATE OR REPLACE FUNCTION make_partition(partition_name text, parent_name text, bounds text) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
    RETURN attach_partition(partition_name, parent_name, bounds,
                            replace(bounds, 'FOR VALUES', 'country_code')) = 'made';
END
$$;
REVOKE ALL ON FUNCTION attach_partition(text, text, text, text, text[]), attach_month(text), protect_heads(regclass),
    make_history_partition(text, timestamptz, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION make_history_partition(text, timestamptz, int) TO appointments_app;

-- A partition that somebody makes by hand is protected like those of attach_partition. Row triggers and constraints
-- come with the parent; privileges and the TRUNCATE trigger do not.
CREATE FUNCTION protect_partitions_made_by_hand() RETURNS event_trigger
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    unprotected regclass;
BEGIN
    FOR unprotected IN
        WITH RECURSIVE tree AS (
            SELECT 'events'::regclass::oid AS relid
            UNION ALL SELECT i.inhrelid FROM pg_inherits i JOIN tree ON i.inhparent = tree.relid
        )
        SELECT c.oid FROM tree JOIN pg_class c ON c.oid = tree.relid
        WHERE pg_has_role(c.relowner, 'USAGE')
          AND NOT EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = c.oid AND t.tgname = 'never_truncated')
    LOOP
        PERFORM protect_history(unprotected);
    END LOOP;
END
$$;

-- Only a superuser may watch what is defined; under another owner the rule is attach_partition's alone.
DO $$
BEGIN
    CREATE EVENT TRIGGER partitions_are_protected ON ddl_command_end WHEN TAG IN ('CREATE TABLE', 'ALTER TABLE')
        EXECUTE FUNCTION protect_partitions_made_by_hand();
EXCEPTION WHEN insufficient_privilege THEN
    RAISE NOTICE 'partitions that are made by hand will not be protected by themselves';
END
$$;
