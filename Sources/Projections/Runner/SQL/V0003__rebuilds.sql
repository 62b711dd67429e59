-- name:    V0003__rebuilds
-- purpose: where the log ended before a rebuild read anything, so that it goes on there whoever resumes it
-- caller:  Migrations, component projections

-- Written once, before the first snapshot is opened: an offset read later would leave a hole between snapshot and log.
CREATE TABLE projection_rebuild_ends (
    model           text        NOT NULL,
    epoch           bigint      NOT NULL,
    kafka_partition smallint    NOT NULL,
    topic           text        NOT NULL,
    next_offset     bigint      NOT NULL,  -- offset that the next record of the topic's partition got
    read_at         timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (model, epoch, kafka_partition, topic),
    FOREIGN KEY (model, epoch) REFERENCES projection_epochs
);
REVOKE UPDATE, DELETE, TRUNCATE ON projection_rebuild_ends FROM appointments_app;
GRANT SELECT ON projection_rebuild_ends TO event_reader;
