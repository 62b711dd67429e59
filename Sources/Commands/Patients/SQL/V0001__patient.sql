-- name:    V0001__patient
-- purpose: patients (head rows), and apart from them the vault with what is personal, encrypted from the first row on
--
-- The history is in the event store and knows ids and names of fields only. Destroying a patient's wrapped key makes
-- the personal data unreadable everywhere, in stored answers too, while rows and proofs stay.
CREATE TABLE patients (
    country_code  text        NOT NULL,
    patient_id    uuid        NOT NULL,
    version       bigint      NOT NULL CHECK (version >= 1),  -- of the patient's stream; ETag of the patient
    registered_at timestamptz NOT NULL,
    updated_at    timestamptz NOT NULL,
    PRIMARY KEY (country_code, patient_id)
) PARTITION BY LIST (country_code);
CREATE TABLE patients_default PARTITION OF patients DEFAULT;

CREATE TABLE patient_vault (
    country_code  text  NOT NULL,
    patient_id    uuid  NOT NULL,
    master_key_id text  NOT NULL,  -- the master key that wrapped the patient's key, so that it can be rotated
    wrapped_key   bytea,           -- the patient's key, AES-256-GCM under the master key; NULL: destroyed
    sealed        bytea NOT NULL,  -- nonce, ciphertext and tag of the personal fields, under the patient's key
    PRIMARY KEY (country_code, patient_id)
) PARTITION BY LIST (country_code);
CREATE TABLE patient_vault_default PARTITION OF patient_vault DEFAULT;
