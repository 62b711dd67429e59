-- name:    read_existing_patients
-- purpose: which of these patients exist
-- params:  $1 country_code text · $2 patient ids uuid[]
-- result:  patient_id
-- index:   patients primary key
-- caller:  PatientQueries
SELECT patient_id FROM patients WHERE country_code = $1 AND patient_id = ANY ($2);
