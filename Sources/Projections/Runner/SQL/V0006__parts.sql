-- name:    V0006__parts
-- purpose: who is at work on a part of a model, such as one practitioner, so that nobody does the same at once

CREATE TABLE projection_parts (
    part             bigint      NOT NULL GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    model            text        NOT NULL REFERENCES projection_models,
    scope            jsonb       NOT NULL,  -- country, practitioner, from, to
    owner            text        NOT NULL,
    lease_expires_at timestamptz NOT NULL
);
