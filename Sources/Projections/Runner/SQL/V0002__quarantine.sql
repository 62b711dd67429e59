-- name:    V0002__quarantine
-- purpose: when which positions went into the pages, which practitioners wait in which model and why, what operators
--          asked for them, and records that are nobody's
-- caller:  Migrations, component projections; the booking database has the component too, as the calendars are a model

-- A row says everything about the stretch from covers_from to recorded_at: element 1 of the arrays is how the stretch
-- began, every other one a batch, in order. Rows of one process follow each other without a gap between one's end and
-- the next one's begin; a gap means that nobody was there, or was killed before it could write.
CREATE TABLE projection_progress (
    model                  text          NOT NULL,
    kafka_partition        smallint      NOT NULL,
    covers_from            timestamptz   NOT NULL,
    epoch                  bigint        NOT NULL,
    recorded_at            timestamptz   NOT NULL CHECK (recorded_at >= covers_from),
    began                  timestamptz[] NOT NULL,  -- when the first page of the batch may have shown it
    moments                timestamptz[] NOT NULL,  -- when all of its pages did
    booking_positions      bigint[]      NOT NULL,  -- ce_sequence of the last event that was in then
    practitioner_positions bigint[]      NOT NULL,
    CHECK (cardinality(moments) >= 1 AND cardinality(began) = cardinality(moments)
           AND cardinality(booking_positions) = cardinality(moments)
           AND cardinality(practitioner_positions) = cardinality(moments)),
    -- "The row that covers T" is the last one with covers_from <= T.
    PRIMARY KEY (model, kafka_partition, covers_from, epoch)
);

-- A practitioner whose sequence waits in a model, from the first event that it could not take in.
CREATE TABLE quarantine (
    quarantine_id   bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    model           text        NOT NULL,
    epoch           bigint      NOT NULL,
    kafka_partition smallint    NOT NULL,
    practitioner_id uuid        NOT NULL,
    country_code    text,                  -- NULL: not known
    topic           text        NOT NULL,
    position        bigint,                -- ce_sequence; NULL in topics without, and while it has none
    record_offset   bigint,                -- NULL: it was met in the store
    event_id        uuid,                  -- NULL: the record does not say
    event_type      text        NOT NULL,
    data_version    int         NOT NULL,
    reason          text        NOT NULL,  -- one line, without data of the event
    since           timestamptz NOT NULL,
    ended_at        timestamptz,
    outcome         text CHECK (outcome IN ('drained', 'skipped', 'rebuilt', 'dropped')),
    drained         bigint,                -- events that were taken in when it ended, from the poison event on
    CHECK ((ended_at IS NULL) = (outcome IS NULL))
);
CREATE UNIQUE INDEX quarantine_open ON quarantine (model, epoch, practitioner_id) WHERE ended_at IS NULL;
CREATE INDEX quarantine_open_by_partition ON quarantine (kafka_partition, model) WHERE ended_at IS NULL;
CREATE INDEX quarantine_by_end ON quarantine (ended_at) WHERE ended_at IS NOT NULL;

-- Later events of somebody in quarantine, as they went by.
CREATE TABLE quarantine_waiting (
    quarantine_id bigint NOT NULL REFERENCES quarantine,
    topic         text   NOT NULL,
    position      bigint NOT NULL,  -- ce_sequence; in topics without, the record's offset
    PRIMARY KEY (quarantine_id, topic, position)
);

-- Events that an operator decided to do without, for good: baselines and rebuilds of the model leave them out too.
CREATE TABLE quarantine_skips (
    skip_id         bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    quarantine_id   bigint      NOT NULL REFERENCES quarantine,
    model           text        NOT NULL,
    practitioner_id uuid        NOT NULL,  -- of a move between two, only this one's side
    topic           text        NOT NULL,
    position        bigint,
    event_id        uuid,
    event_type      text        NOT NULL,
    data_version    int         NOT NULL,
    fault           text        NOT NULL,  -- why it could not be taken in
    reason          text        NOT NULL,  -- why the operator did without
    actor           text        NOT NULL,
    skipped_at      timestamptz NOT NULL
);
CREATE UNIQUE INDEX quarantine_skips_once ON quarantine_skips (model, practitioner_id, event_id);

-- What an operator asked for; whoever has the partition carries it out and writes the outcome.
CREATE TABLE quarantine_requests (
    request_id    bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    quarantine_id bigint      NOT NULL REFERENCES quarantine,
    action        text        NOT NULL CHECK (action IN ('retry', 'skip')),
    reason        text        NOT NULL,
    actor         text        NOT NULL,
    requested_at  timestamptz NOT NULL,
    withdrawn_at  timestamptz,             -- the command did not want to wait any longer
    finished_at   timestamptz,
    outcome       text CHECK (outcome IN ('drained', 'failed', 'gone')),
    drained       bigint,
    detail        text                     -- why it failed
);
CREATE INDEX quarantine_requests_open ON quarantine_requests (quarantine_id)
    WHERE finished_at IS NULL AND withdrawn_at IS NULL;

-- Records that belong to nobody: no key that is a practitioner's id, or headers that say nothing.
CREATE TABLE quarantine_foreign (
    model           text        NOT NULL,
    topic           text        NOT NULL,
    kafka_partition smallint    NOT NULL,
    record_offset   bigint      NOT NULL,
    seen_at         timestamptz NOT NULL,
    PRIMARY KEY (model, topic, kafka_partition, record_offset)
);
