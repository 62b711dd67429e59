-- name:    write_practitioner
-- purpose: store a practitioner as its newest event made it
-- params:  $1 … $28: every column of practitioners, in the order of PractitionerRow
-- effect:  one row: inserted at version 1, replaced only from the version before, or BK001
-- index:   practitioners primary key
-- caller:  PractitionerTransaction
WITH written AS (
    INSERT INTO practitioners (
        country_code, practitioner_id, stream_version, profile_version, schedule_version, kafka_partition, number,
        display_name, specialty, languages, latitude, longitude, street, postal_code, city, time_zone, day_start,
        slot_minutes, consultation_codes, consultation_slots, accepts_new_patients, active, valid_from,
        weekly_days, weekly_starts, weekly_ends, schedule_event, activity_event)
    VALUES ($1, $2, $3, $4, $5, $6::int, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17::int, $18::int, $19,
            $20, $21, $22, $23, $24, $25, $26, $27, $28)
    ON CONFLICT (country_code, practitioner_id) DO UPDATE
        SET stream_version = EXCLUDED.stream_version, profile_version = EXCLUDED.profile_version,
            schedule_version = EXCLUDED.schedule_version, display_name = EXCLUDED.display_name,
            specialty = EXCLUDED.specialty, languages = EXCLUDED.languages, latitude = EXCLUDED.latitude,
            longitude = EXCLUDED.longitude, street = EXCLUDED.street, postal_code = EXCLUDED.postal_code,
            city = EXCLUDED.city, consultation_codes = EXCLUDED.consultation_codes,
            consultation_slots = EXCLUDED.consultation_slots, accepts_new_patients = EXCLUDED.accepts_new_patients,
            active = EXCLUDED.active, valid_from = EXCLUDED.valid_from, weekly_days = EXCLUDED.weekly_days,
            weekly_starts = EXCLUDED.weekly_starts, weekly_ends = EXCLUDED.weekly_ends,
            schedule_event = EXCLUDED.schedule_event, activity_event = EXCLUDED.activity_event
        WHERE practitioners.stream_version = EXCLUDED.stream_version - 1
    RETURNING practitioner_id
)
SELECT require_rows(count(*), 1, 'BK001') FROM written;
