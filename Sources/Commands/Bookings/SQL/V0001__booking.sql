-- name:    V0001__booking
-- purpose: what booking decides from: calendars (head rows), occupied slots (the guard), bookings, displacements
--
-- Every write transaction first locks the calendars that it touches, in key order; only then it reads slots and
-- decides.
CREATE TABLE calendars (
    country_code    text   NOT NULL,
    practitioner_id uuid   NOT NULL,
    version         bigint NOT NULL CHECK (version >= 1),  -- of the practitioner's stream
    content         bytea  NOT NULL,                       -- the calendar as JSON, written by CalendarCodec
    PRIMARY KEY (country_code, practitioner_id)
) PARTITION BY LIST (country_code);
CREATE TABLE calendars_default PARTITION OF calendars DEFAULT;

-- One row a slot of a visit. Rows of a cancelled or moved visit stay, with the status that takes them out of the index.
CREATE TABLE booked_slots (
    country_code    text        NOT NULL,
    practitioner_id uuid        NOT NULL,
    slot_start      timestamptz NOT NULL,
    local_date      date        NOT NULL,  -- the grid day that the slot belongs to
    slot_index      smallint    NOT NULL CHECK (slot_index BETWEEN 0 AND 23),
    booking_id      uuid        NOT NULL,
    status          text        NOT NULL CHECK (status IN ('confirmed', 'released'))
) PARTITION BY LIST (country_code);
CREATE TABLE booked_slots_default PARTITION OF booked_slots DEFAULT;
CREATE UNIQUE INDEX idx_no_double_book ON booked_slots (country_code, practitioner_id, slot_start)
    WHERE status = 'confirmed';

CREATE TABLE bookings (
    country_code      text        NOT NULL,
    booking_id        uuid        NOT NULL,
    version           bigint      NOT NULL CHECK (version >= 1),
    status            text        NOT NULL CHECK (status IN ('confirmed', 'cancelled')),
    practitioner_id   uuid        NOT NULL,
    patient_id        uuid        NOT NULL,
    consultation_type text        NOT NULL,
    slot_start        timestamptz NOT NULL,
    slot_end          timestamptz NOT NULL,
    local_date        date        NOT NULL,
    first_slot        smallint    NOT NULL CHECK (first_slot BETWEEN 0 AND 23),
    slot_count        smallint    NOT NULL CHECK (slot_count BETWEEN 1 AND 24),
    time_zone         text        NOT NULL,
    made_by_role      text        NOT NULL,
    made_by           text        NOT NULL,  -- subject of the token: a partner sees what it made
    created_at        timestamptz NOT NULL,
    updated_at        timestamptz NOT NULL,
    PRIMARY KEY (country_code, booking_id)
) PARTITION BY LIST (country_code);
CREATE TABLE bookings_default PARTITION OF bookings DEFAULT;
-- Without the country, which the partition gives: led by it, they would look as good as the primary key to a plan
-- that is made while the table is empty, and a look-up by id would then walk through a whole country for ever.
CREATE INDEX bookings_by_patient ON bookings (patient_id, slot_start, booking_id);
CREATE INDEX bookings_by_practitioner ON bookings (practitioner_id, slot_start, booking_id);

-- Which bookings a change of a practitioner displaced: the answer to the change is looked up here, by cause.
CREATE TABLE displacements (
    country_code text NOT NULL,
    cause        uuid NOT NULL,  -- event id of the practitioner's change
    booking_id   uuid NOT NULL,
    PRIMARY KEY (country_code, cause, booking_id)
) PARTITION BY LIST (country_code);
CREATE TABLE displacements_default PARTITION OF displacements DEFAULT;

-- How far the calendars have followed practitioner-events; commits with the calendars themselves.
CREATE TABLE calendar_checkpoints (
    kafka_partition int    NOT NULL PRIMARY KEY,
    sequence        bigint NOT NULL
);
