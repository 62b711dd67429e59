-- name:    lock_patient
-- purpose: lock a patient's head row; every change of a patient begins here, and reads only afterwards
-- params:  $1 country_code text · $2 patient_id uuid
-- result:  version
-- index:   patients primary key
-- caller:  PatientTransaction
SELECT version FROM patients WHERE country_code = $1 AND patient_id = $2 FOR UPDATE;
