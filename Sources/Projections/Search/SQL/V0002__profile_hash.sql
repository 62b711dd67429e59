-- name:    V0002__profile_hash
-- purpose: all that a document says of a profile, in 64 bits that PostgreSQL itself keeps in step with it: verification
--          reads half a million of them in one go, and computing them then took nine tenths of its second
-- caller:  Migrations, component search

-- Of the grid only its number; what the grid says is added where it is read: search_grid_hash.
ALTER TABLE search_documents ADD COLUMN profile_hash bigint NOT NULL GENERATED ALWAYS AS (
    hash_record_extended(ROW(
        active, display_name, specialty, languages, latitude, longitude, street, postal_code, city, grid_id,
        consultation_codes, consultation_slots, accepts_new_patients), 0)) STORED;
