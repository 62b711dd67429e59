-- name:    V0005__baseline_rounds
-- purpose: who puts a model's baseline into the log next, and where the last one is there
-- caller:  Migrations, component projections

-- What is in the log only the log says: these rows are a hint where to look, and keep two processes from one round.
CREATE TABLE projection_baseline_rounds (
    model            text     NOT NULL,
    kafka_partition  smallint NOT NULL,
    claim            uuid UNIQUE,           -- the round that is being published; NULL: nobody is at it
    claimed_by       text,
    lease_expires_at timestamptz,           -- until then nobody else may begin another
    round            uuid,                  -- the last one that was published as a whole; NULL: none yet
    ended_at         timestamptz,
    first_offset     bigint,                -- of its first record; NULL: the brokers did not say
    next_offset      bigint,                -- behind its last record
    PRIMARY KEY (model, kafka_partition)
);
GRANT SELECT ON projection_baseline_rounds TO event_reader;
