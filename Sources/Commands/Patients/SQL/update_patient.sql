-- name:    update_patient
-- purpose: a patient's next version: head row, and in the vault what is personal, sealed anew
-- params:  $1 country_code text · $2 patient_id uuid · $3 version bigint (the new one) · $4 updated_at timestamptz ·
--          $5 sealed bytea
-- effect:  one row in each table, only from the version before, or BK001
-- index:   primary keys of patients and patient_vault
-- caller:  PatientTransaction
WITH head AS (
    UPDATE patients SET version = $3, updated_at = $4
    WHERE country_code = $1 AND patient_id = $2 AND version = $3 - 1
    RETURNING patient_id
), vault AS (
    UPDATE patient_vault SET sealed = $5
    WHERE country_code = $1 AND patient_id = $2 AND wrapped_key IS NOT NULL
    RETURNING patient_id
)
SELECT require_rows((SELECT count(*) FROM head) + (SELECT count(*) FROM vault), 2, 'BK001');
