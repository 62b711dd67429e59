-- name:    V0001__practitioner
-- purpose: practitioners as they are now (head rows), their exceptions, and the counters of their numbers
--
-- The history is in the event store; these rows are what a change is decided from, under their lock.
CREATE TABLE practitioners (
    country_code         text        NOT NULL,
    practitioner_id      uuid        NOT NULL,
    stream_version       bigint      NOT NULL CHECK (stream_version >= 1),   -- profile, schedule, exceptions together
    profile_version      bigint      NOT NULL CHECK (profile_version >= 1),  -- ETag of the profile
    schedule_version     bigint      NOT NULL CHECK (schedule_version >= 0), -- ETag of the schedule; 0: none yet
    kafka_partition      smallint    NOT NULL,
    number               bigint      NOT NULL CHECK (number >= 0),           -- dense in (country_code, kafka_partition)
    display_name         text        NOT NULL,
    specialty            text        NOT NULL,
    languages            text[]      NOT NULL,
    latitude             float8      NOT NULL,
    longitude            float8      NOT NULL,
    street               text        NOT NULL,
    postal_code          text        NOT NULL,
    city                 text        NOT NULL,
    time_zone            text        NOT NULL,
    day_start            int         NOT NULL CHECK (day_start BETWEEN 0 AND 1439),  -- minutes after midnight
    slot_minutes         int         NOT NULL CHECK (slot_minutes BETWEEN 5 AND 60),
    consultation_codes   text[]      NOT NULL,
    consultation_slots   int[]       NOT NULL,
    accepts_new_patients boolean     NOT NULL,
    active               boolean     NOT NULL,
    valid_from           date,                  -- of the schedule; NULL: none yet
    weekly_days          int[]       NOT NULL,  -- the schedule, one element a session: weekday, 0 is Monday
    weekly_starts        int[]       NOT NULL,  -- minutes after midnight
    weekly_ends          int[]       NOT NULL,
    schedule_event       uuid,                  -- the event that set the schedule
    activity_event       uuid,                  -- the event that last switched active
    PRIMARY KEY (country_code, practitioner_id)
) PARTITION BY LIST (country_code);
CREATE TABLE practitioners_default PARTITION OF practitioners DEFAULT;
CREATE INDEX practitioners_by_specialty ON practitioners (country_code, lower(specialty), practitioner_id) WHERE active;
CREATE INDEX practitioners_by_city ON practitioners (country_code, lower(city), practitioner_id) WHERE active;

CREATE TABLE schedule_exceptions (
    country_code    text    NOT NULL,
    practitioner_id uuid    NOT NULL,
    exception_id    uuid    NOT NULL,
    from_date       date    NOT NULL,
    to_date         date    NOT NULL CHECK (to_date > from_date),  -- exclusive
    kind            text    NOT NULL CHECK (kind IN ('closed', 'extra')),
    session_starts  int[]   NOT NULL,  -- minutes after midnight
    session_ends    int[]   NOT NULL,
    reason          text,              -- free text stays here: events never hold any
    added_event     uuid    NOT NULL,
    removed         boolean NOT NULL DEFAULT false,
    PRIMARY KEY (country_code, practitioner_id, exception_id)
) PARTITION BY LIST (country_code);
CREATE TABLE schedule_exceptions_default PARTITION OF schedule_exceptions DEFAULT;
CREATE INDEX schedule_exceptions_in_order
    ON schedule_exceptions (country_code, practitioner_id, from_date, exception_id) WHERE NOT removed;

-- The next number of a (country, Kafka partition); its row lock makes numbers dense.
CREATE TABLE practitioner_numbers (
    country_code    text     NOT NULL,
    kafka_partition smallint NOT NULL,
    next_number     bigint   NOT NULL,
    PRIMARY KEY (country_code, kafka_partition)
);
