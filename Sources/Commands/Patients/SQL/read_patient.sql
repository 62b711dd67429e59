-- name:    read_patient
-- purpose: a patient with what the vault holds of it
-- params:  $1 country_code text · $2 patient_id uuid
-- result:  version, master_key_id, wrapped_key (NULL: destroyed), sealed
-- index:   primary keys of patients and patient_vault
-- caller:  PatientTransaction, PatientQueries
SELECT p.version, v.master_key_id, v.wrapped_key, v.sealed
FROM patients p
JOIN patient_vault v ON v.country_code = p.country_code AND v.patient_id = p.patient_id
WHERE p.country_code = $1 AND p.patient_id = $2;
