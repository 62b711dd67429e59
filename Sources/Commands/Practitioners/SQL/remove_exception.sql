-- name:    remove_exception
-- purpose: take an exception out of force; its row stays for the answers of retries
-- params:  $1 country_code text · $2 practitioner_id uuid · $3 exception_id uuid
-- effect:  one row, only if it is in force, or BK001
-- index:   schedule_exceptions primary key
-- caller:  PractitionerTransaction
WITH removed AS (
    UPDATE schedule_exceptions
    SET removed = true
    WHERE country_code = $1 AND practitioner_id = $2 AND exception_id = $3 AND NOT removed
    RETURNING exception_id
)
SELECT require_rows(count(*), 1, 'BK001') FROM removed;
