-- name:    insert_patient
-- purpose: store a new patient: head row, and in the vault what is personal
-- params:  $1 country_code text · $2 patient_id uuid · $3 registered_at timestamptz · $4 master_key_id text ·
--          $5 wrapped_key bytea · $6 sealed bytea
-- effect:  one row in each table; an id that is taken has failed at its stream before
-- index:   primary keys of patients and patient_vault
-- caller:  PatientTransaction
WITH head AS (
    INSERT INTO patients (country_code, patient_id, version, registered_at, updated_at) VALUES ($1, $2, 1, $3, $3)
)
INSERT INTO patient_vault (country_code, patient_id, master_key_id, wrapped_key, sealed) VALUES ($1, $2, $4, $5, $6);
