-- name:    V0001__epochs
-- purpose: which generation of each read model readers are answered from, and who writes which
--
-- An epoch is a whole copy of a model. Readers are answered from the one that `projection_models` names; a rebuild
-- grows another one beside it and swaps it in. Lives in the practitioner database; times are the database's.

-- One row a model, changed only together with its fence.
CREATE TABLE projection_models (
    model        text        NOT NULL PRIMARY KEY,
    served_epoch bigint      NOT NULL,
    fence        bigint      NOT NULL,  -- grows with each swap, so that two swappers cannot both win
    last_epoch   bigint      NOT NULL,  -- the last number given out: none is ever given twice
    changed_at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    CHECK (served_epoch BETWEEN 1 AND last_epoch)
);

CREATE TABLE projection_epochs (
    model            text        NOT NULL REFERENCES projection_models,
    epoch            bigint      NOT NULL,
    state            text        NOT NULL CHECK (state IN
        ('building', 'tailing', 'ready', 'served', 'kept', 'failed', 'dropping', 'dropped')),
    scope            jsonb       NOT NULL,  -- country, practitioner, from, to; {}: the whole model
    source           text        NOT NULL,  -- what it was folded from, for people
    created_by       text        NOT NULL,
    created_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    changed_at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    left_at          timestamptz,           -- when it was last taken from the readers
    owner            text,                  -- the rebuild that writes it
    lease_expires_at timestamptz,           -- until when nobody else may take it over
    held_digest      text,                  -- what it held when it was proved
    folded_digest    text,                  -- what a fold of the stores said at the same positions
    note             text,                  -- why it failed, for people
    PRIMARY KEY (model, epoch)
);
CREATE UNIQUE INDEX projection_epochs_one_served ON projection_epochs (model) WHERE state = 'served';

-- The lanes of live projection: a lane that starts takes the next generation, and what an older one said is void.
CREATE TABLE projection_lanes (
    model           text        NOT NULL REFERENCES projection_models,
    kafka_partition smallint    NOT NULL,
    generation      bigint      NOT NULL,
    owner           text        NOT NULL,
    seen_at         timestamptz NOT NULL,
    PRIMARY KEY (model, kafka_partition)
) WITH (fillfactor = 50);

-- Who is asked to write an epoch that is not served, and the word of the lane that does.
CREATE TABLE projection_adoptions (
    model           text        NOT NULL,
    epoch           bigint      NOT NULL,
    kafka_partition smallint    NOT NULL,
    asked_at        timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- The word: this lane writes the epoch first and the one served under this fence afterwards.
    adopted_at      timestamptz,
    generation      bigint,
    fence           bigint,
    PRIMARY KEY (model, epoch, kafka_partition),
    FOREIGN KEY (model, epoch) REFERENCES projection_epochs
);

CREATE TABLE projection_swaps (
    model      text        NOT NULL,
    fence      bigint      NOT NULL,  -- the one that the swap made
    from_epoch bigint      NOT NULL,
    to_epoch   bigint      NOT NULL,
    kind       text        NOT NULL CHECK (kind IN ('swap', 'rollback')),
    swapped_by text        NOT NULL,
    swapped_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (model, fence),
    FOREIGN KEY (model, from_epoch) REFERENCES projection_epochs,
    FOREIGN KEY (model, to_epoch) REFERENCES projection_epochs
);

-- Numbers that went back would let a late writer, or a late swapper, win.
CREATE FUNCTION projection_models_only_grow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.model <> OLD.model OR NEW.fence < OLD.fence OR NEW.last_epoch < OLD.last_epoch
        OR (NEW.served_epoch <> OLD.served_epoch AND NEW.fence = OLD.fence) THEN
        RAISE EXCEPTION 'fence and epochs of a model only grow' USING ERRCODE = 'PE001';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER projection_models_only_grow BEFORE UPDATE ON projection_models
    FOR EACH ROW EXECUTE FUNCTION projection_models_only_grow();

-- Default privileges give the application more than it may have: history is written once, numbers are for ever.
REVOKE UPDATE, DELETE, TRUNCATE ON projection_swaps FROM appointments_app;
REVOKE DELETE, TRUNCATE ON projection_models, projection_epochs FROM appointments_app;
GRANT SELECT ON projection_models, projection_epochs, projection_lanes, projection_adoptions, projection_swaps
    TO event_reader;

INSERT INTO projection_models (model, served_epoch, fence, last_epoch)
VALUES ('availability', 1, 1, 1), ('search', 1, 1, 1);
INSERT INTO projection_epochs (model, epoch, state, scope, source, created_by)
VALUES ('availability', 1, 'served', '{}', 'live projection', 'migration'),
       ('search', 1, 'served', '{}', 'live projection', 'migration');
