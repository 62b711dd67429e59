-- name:    V0001__search
-- purpose: search's read model: a document a practitioner, what their names are found by, and where each partition
--          stands
--
-- Everything here can be thrown away and built anew from the event stores. Documents carry the epoch that they belong
-- to, so that a rebuild can grow beside what is served.

-- How practices of a country divide their days; few rows, so that documents name a grid by a number.
CREATE TABLE search_grids (
    grid_id      int  NOT NULL GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    country_code text NOT NULL,
    time_zone    text NOT NULL,
    day_start    int  NOT NULL CHECK (day_start BETWEEN 0 AND 1439),  -- minutes after midnight
    slot_minutes int  NOT NULL,
    UNIQUE (country_code, time_zone, day_start, slot_minutes)
);

CREATE TABLE search_documents (
    country_code         text        NOT NULL,
    epoch                bigint      NOT NULL,
    practitioner_id      uuid        NOT NULL,
    kafka_partition      smallint    NOT NULL,
    -- The profile; NULL until the registration has arrived, as the topics overtake each other.
    profile_sequence     bigint      NOT NULL,  -- ce_sequence of the last event in the profile, 0: none
    profile_version      bigint      NOT NULL,
    active               boolean     NOT NULL,  -- false without a profile
    display_name         text,
    specialty            text,
    specialty_key        text,                  -- what a query compares: see Specialty.key
    languages            text[],
    language_keys        text[],                -- lower case, with each tag's primary language
    latitude             float8,
    longitude            float8,
    street               text,
    postal_code          text,
    city                 text,
    grid_id              int,
    consultation_codes   text[],
    consultation_slots   int[],
    accepts_new_patients boolean,
    -- The free slots, as published last.
    first_date           date,                  -- grid day of the first 24 bits; NULL: nothing is known yet
    free                 bit varying NOT NULL,  -- 24 bits a day, slot 0 first; 1: open and not booked
    next_available       timestamptz NOT NULL,  -- 'infinity': none or unknown; may have passed: refresh_next_available
    booking_source       bigint      NOT NULL,  -- the last sequence of each topic that went into the free slots
    practitioner_source  bigint      NOT NULL,
    as_of                timestamptz NOT NULL,  -- when the newest event in this document happened
    PRIMARY KEY (country_code, epoch, practitioner_id)
) PARTITION BY LIST (country_code);
CREATE TABLE search_documents_default PARTITION OF search_documents DEFAULT;
CREATE INDEX search_documents_by_next ON search_documents (epoch, next_available, practitioner_id) WHERE active;
CREATE INDEX search_documents_by_specialty
    ON search_documents (epoch, specialty_key, next_available, practitioner_id) WHERE active;
CREATE INDEX search_documents_by_place ON search_documents (epoch, latitude, longitude) WHERE active;
CREATE INDEX search_documents_by_specialty_and_place
    ON search_documents (epoch, specialty_key, latitude, longitude) WHERE active;
CREATE INDEX search_documents_unknown ON search_documents (epoch) WHERE active AND first_date IS NULL;

-- The words of names without case and accents; "C" makes a beginning of a word a range of the key.
CREATE TABLE search_names (
    country_code    text             NOT NULL,
    epoch           bigint           NOT NULL,
    word            text COLLATE "C" NOT NULL,
    practitioner_id uuid             NOT NULL,
    kafka_partition smallint         NOT NULL,
    PRIMARY KEY (country_code, epoch, word, practitioner_id)
) PARTITION BY LIST (country_code);
CREATE TABLE search_names_default PARTITION OF search_names DEFAULT;
CREATE INDEX search_names_by_practitioner ON search_names (country_code, epoch, practitioner_id);

-- Where a partition stands, written with its documents.
CREATE TABLE search_checkpoints (
    epoch                    bigint   NOT NULL,
    kafka_partition          smallint NOT NULL,
    practitioner_sequence    bigint   NOT NULL,
    practitioner_next_offset bigint,
    practitioner_last_record uuid,
    availability_next_offset bigint,
    availability_last_record uuid,
    as_of                    timestamptz,  -- when the newest event that went in happened
    caught_up_at             timestamptz,  -- the last moment at which everything in the log was in
    PRIMARY KEY (epoch, kafka_partition)
) WITH (fillfactor = 50);

-- Metres between two points of the earth (haversine on a sphere of the mean radius; off by 0.5 % at most).
CREATE FUNCTION search_metres(from_latitude float8, from_longitude float8, latitude float8, longitude float8)
RETURNS float8 LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT 2 * 6371008.8 * asin(least(1, sqrt(
        sin(radians(latitude - from_latitude) / 2) ^ 2
        + cos(radians(from_latitude)) * cos(radians(latitude)) * sin(radians(longitude - from_longitude) / 2) ^ 2)))
$$;

-- The first free slot in [from_slot, to_slot), counted from the start of `first_date`; NULL if there is none.
CREATE FUNCTION search_first_free(free bit varying, from_slot int, to_slot int)
RETURNS int LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN to_slot > greatest(from_slot, 0) THEN
        nullif(position(
            B'1' IN substring(free FROM greatest(from_slot, 0) + 1 FOR to_slot - greatest(from_slot, 0))), 0)
        + greatest(from_slot, 0) - 1
    END
$$;
