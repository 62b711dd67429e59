-- name:    V0001__event_store
-- purpose: the event history, the outbox that publishes it, and the stored answers of idempotent requests
-- roles:   appointments_app  what `serve` may do: append and relay, never change history
--          event_reader      what runners and `replay` may do: read events and positions, nothing else
-- caller:  Migrations, component event_store; each of the three databases has its own copy

-- Roles belong to the whole cluster, and other databases may be creating them in this moment.
DO $$
DECLARE
    role_name text;
BEGIN
    FOREACH role_name IN ARRAY ARRAY['appointments_app', 'event_reader'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role_name) THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I NOLOGIN', role_name);
            EXCEPTION WHEN duplicate_object OR unique_violation THEN
                NULL;  -- another database was first
            END;
        END IF;
    END LOOP;
END
$$;
GRANT USAGE ON SCHEMA public TO appointments_app, event_reader;
GRANT SELECT ON schema_migrations TO appointments_app, event_reader;

-- Tables of the roles, made by their own migrations later, belong to the application.
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO appointments_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO appointments_app;

-- CACHE 1 is a rule, not a default: with a cache, numbers are handed out later than they are drawn, and neither the
-- order within a practitioner nor the relayer's floor would hold.
CREATE SEQUENCE event_numbers AS bigint CACHE 1 NO CYCLE;

CREATE TABLE events (
    country_code   text        NOT NULL,
    recorded_at    timestamptz NOT NULL,  -- one moment for all events of an append, by the database's clock
    event_number   bigint      NOT NULL,  -- drawn while the transaction holds its head rows
    event_id       uuid        NOT NULL,
    stream         text        NOT NULL,
    stream_version bigint      NOT NULL CHECK (stream_version >= 1),
    type           text        NOT NULL,
    data_version   int         NOT NULL CHECK (data_version >= 1),
    data           bytea       NOT NULL,  -- the exact JSON bytes: what is published and sealed
    occurred_at    timestamptz NOT NULL,
    correlation_id text        NOT NULL,
    causation_id   text,
    actor_role     text        NOT NULL,
    actor_subject  text        NOT NULL,
    traceparent    text,
    zone_rules     text,                  -- version of the time zone rules that were in force
    key            uuid        NOT NULL,  -- key of the record in Kafka; of a move the practitioner that was left
    second_key     uuid,                  -- of a move between practitioners the one that got the booking
    shard          smallint    NOT NULL CHECK (shard BETWEEN 0 AND 5),  -- Kafka's partition of the key
    second_shard   smallint             CHECK (second_shard BETWEEN 0 AND 5),
    relevant_until date,                  -- last grid day that the event says anything about; NULL: for ever
    CHECK ((second_key IS NULL) = (second_shard IS NULL)),
    PRIMARY KEY (event_number, recorded_at, country_code)
) PARTITION BY LIST (country_code);

-- Versions are made unique by stream_heads; this index only finds a stream.
CREATE INDEX events_by_stream ON events (stream, stream_version);
-- A baseline folds the events that still matter, so its work does not grow with the history.
CREATE INDEX events_by_relevance ON events (relevant_until);

CREATE TABLE stream_heads (
    country_code text   NOT NULL,
    stream       text   NOT NULL,
    version      bigint NOT NULL CHECK (version >= 1),
    PRIMARY KEY (country_code, stream)
) PARTITION BY LIST (country_code);

CREATE TABLE idempotency (
    country_code text        NOT NULL,
    caller       text        NOT NULL,
    key          text        NOT NULL,
    fingerprint  bytea       NOT NULL,  -- hash of method, path and body
    status       smallint,              -- NULL: the change is kept, its answer is still owed
    headers      text,                  -- JSON array of [name, value]
    body         bytea,
    pending      bytea,                 -- what is needed to complete the answer
    created_at   timestamptz NOT NULL DEFAULT now(),
    CHECK (status IS NOT NULL OR pending IS NOT NULL),
    PRIMARY KEY (country_code, caller, key)
) PARTITION BY LIST (country_code);
CREATE INDEX idempotency_by_age ON idempotency (created_at);

-- What was committed and has no position yet. Two rows for a move between practitioners: side 0 and side 1.
CREATE TABLE outbox (
    outbox_id    bigint      NOT NULL PRIMARY KEY,  -- event_number * 2 + side
    shard        smallint    NOT NULL,
    event_number bigint      NOT NULL,
    country_code text        NOT NULL,
    recorded_at  timestamptz NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000, autovacuum_vacuum_cost_delay = 0);

-- Positions, dense in a shard: one row a drained batch. The key is the last judge of who may stamp: two stampers that
-- both believe to own a shard would both write the position after the last one.
CREATE TABLE outbox_stamps (
    shard          smallint    NOT NULL,
    first_position bigint      NOT NULL CHECK (first_position >= 1),
    last_position  bigint      NOT NULL,
    outbox_ids     bigint[]    NOT NULL,  -- in the order of positions
    recorded_from  timestamptz NOT NULL,  -- bounds of the events' recorded_at: which monthly partitions to look in
    recorded_to    timestamptz NOT NULL,
    stamped_at     timestamptz NOT NULL,
    epoch          bigint      NOT NULL,
    CHECK (last_position - first_position + 1 = cardinality(outbox_ids)),
    PRIMARY KEY (shard, first_position)
);

-- Up to where Kafka has acknowledged. Insert-only, because an updated row would be a hot one; old rows are pruned.
CREATE TABLE outbox_acknowledged (
    shard    smallint    NOT NULL,
    position bigint      NOT NULL,
    at       timestamptz NOT NULL,
    PRIMARY KEY (shard, position)
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

-- Who may stamp a shard: the owner, in its epoch, until the moment of expiry by this database's clock.
CREATE TABLE shard_leases (
    shard      smallint    NOT NULL PRIMARY KEY,
    owner      text        NOT NULL DEFAULT '',
    epoch      bigint      NOT NULL DEFAULT 0,
    expires_at timestamptz NOT NULL DEFAULT '-infinity'
) WITH (fillfactor = 50);
INSERT INTO shard_leases (shard) SELECT generate_series(0, 5);

-- Relayers that live, so that each knows its fair share of the shards.
CREATE TABLE relayers (
    owner      text        NOT NULL PRIMARY KEY,
    expires_at timestamptz NOT NULL
);

-- A write that must have touched so many rows fails the transaction otherwise, so that COMMIT can ride in its pipeline.
CREATE FUNCTION require_rows(written bigint, wanted bigint, state text) RETURNS bigint
LANGUAGE plpgsql AS $$
BEGIN
    IF written <> wanted THEN
        RAISE EXCEPTION 'wrote % of % rows', written, wanted USING ERRCODE = state;
    END IF;
    RETURN written;
END
$$;

CREATE FUNCTION refuse_change_of_history() RETURNS trigger
LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on % is refused: history is only ever appended to', TG_OP, TG_TABLE_NAME USING ERRCODE = 'BK003';
END
$$;

-- A row trigger of a partitioned table is cloned to every partition, also to later ones.
CREATE TRIGGER events_are_append_only BEFORE UPDATE OR DELETE ON events
    FOR EACH ROW EXECUTE FUNCTION refuse_change_of_history();
CREATE TRIGGER stamps_are_append_only BEFORE UPDATE OR DELETE ON outbox_stamps
    FOR EACH ROW EXECUTE FUNCTION refuse_change_of_history();

-- A TRUNCATE trigger is not cloned, and partitions get the default privileges of any new table: both are put right
-- here.
CREATE FUNCTION protect_history(relation regclass) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE TRIGGER never_truncated BEFORE TRUNCATE ON %s'
                   ' FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_history()', relation);
    EXECUTE format('REVOKE ALL ON %s FROM appointments_app', relation);
    EXECUTE format('GRANT SELECT, INSERT ON %s TO appointments_app', relation);
    EXECUTE format('GRANT SELECT ON %s TO event_reader', relation);
END
$$;
CREATE TABLE events_default PARTITION OF events DEFAULT;
CREATE TABLE stream_heads_default PARTITION OF stream_heads DEFAULT WITH (fillfactor = 80);
CREATE TABLE idempotency_default PARTITION OF idempotency DEFAULT;
SELECT protect_history('events'), protect_history('events_default'), protect_history('outbox_stamps');
GRANT SELECT ON outbox, outbox_acknowledged, shard_leases TO event_reader;

-- Makes one partition; a name that exists, rows that already went to DEFAULT, or a table that is busy for longer than
-- two seconds leave everything as it is: DEFAULT takes the rows then, and nobody is blocked.
CREATE FUNCTION make_partition(partition_name text, parent_name text, bounds text) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
    IF to_regclass(format('%I', partition_name)) IS NOT NULL THEN
        RETURN false;
    END IF;
    PERFORM set_config('lock_timeout', '2s', true);
    BEGIN
        EXECUTE format('CREATE TABLE %I PARTITION OF %I %s', partition_name, parent_name, bounds);
        IF partition_name LIKE 'events\_%' THEN
            PERFORM protect_history(to_regclass(format('%I', partition_name)));
        END IF;
        RETURN true;
    EXCEPTION WHEN check_violation OR lock_not_available OR duplicate_table OR undefined_table THEN
        RETURN false;
    END;
END
$$;

-- Creates what is missing for these countries from the month of `since` on; answers the names of what it made.
-- The application may call it, though it may create nothing itself: it runs as the owner of the schema.
CREATE FUNCTION ensure_event_partitions(countries text[], since date, months int) RETURNS SETOF text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    country text;
    month   date;
    made    text;
BEGIN
    FOREACH country IN ARRAY countries LOOP
        IF country !~ '^[a-z]{2}$' THEN
            RAISE EXCEPTION 'not a country code' USING ERRCODE = 'invalid_parameter_value';
        END IF;
        FOREACH made IN ARRAY ARRAY['stream_heads', 'idempotency'] LOOP
            IF make_partition(made || '_' || country, made, format('FOR VALUES IN (%L)', country)) THEN
                RETURN NEXT made || '_' || country;
            END IF;
        END LOOP;
        IF make_partition('events_' || country, 'events',
                          format('FOR VALUES IN (%L) PARTITION BY RANGE (recorded_at)', country)) THEN
            RETURN NEXT 'events_' || country;
        END IF;
        IF make_partition('events_' || country || '_default', 'events_' || country, 'DEFAULT') THEN
            RETURN NEXT 'events_' || country || '_default';
        END IF;
        FOR month IN SELECT generate_series(date_trunc('month', since),
                                            date_trunc('month', since) + make_interval(months => months - 1),
                                            interval '1 month')::date LOOP
            made := format('events_%s_%s', country, to_char(month, 'YYYY_MM'));
            IF make_partition(made, 'events_' || country,
                              format('FOR VALUES FROM (%L) TO (%L)', month || ' 00:00+00',
                                     (month + interval '1 month')::date || ' 00:00+00')) THEN
                RETURN NEXT made;
            END IF;
        END LOOP;
    END LOOP;
END
$$;
REVOKE ALL ON FUNCTION make_partition(text, text, text), protect_history(regclass) FROM PUBLIC;
REVOKE ALL ON FUNCTION ensure_event_partitions(text[], date, int) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ensure_event_partitions(text[], date, int) TO appointments_app;

-- The default privileges above reach only tables made after them in the same schema; say it for these too.
GRANT SELECT, INSERT, UPDATE ON stream_heads TO appointments_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON idempotency, outbox, outbox_acknowledged, shard_leases, relayers
    TO appointments_app;
GRANT USAGE, SELECT ON SEQUENCE event_numbers TO appointments_app;
