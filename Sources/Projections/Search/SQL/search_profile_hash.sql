-- name:    search_profile_hash
-- purpose: all that a document says of a profile, in 64 bits: the columns of search_documents as d and the grid's as g
-- effect:  none; a part of other statements
-- caller:  copy_search_words, read_search_documents_of
hash_record_extended(ROW(
    d.active, d.display_name, d.specialty, d.languages, d.latitude, d.longitude, d.street, d.postal_code, d.city,
    g.time_zone, g.day_start, g.slot_minutes, d.consultation_codes, d.consultation_slots, d.accepts_new_patients), 0)
