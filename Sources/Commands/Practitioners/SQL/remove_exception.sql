-- name:    remove_exception
-- purpose: take an exception out of force; its row stays for the answers of retries
-- params:  $1 country_code text · $2 practitioner_id uuid · $3 exception_id uuid
-- effect:  at most one row
-- index:   schedule_exceptions primary key
-- caller:  PractitionerTransaction
UPDATE schedule_exceptions
SET removed = true
WHERE country_code = $1 AND practitioner_id = $2 AND exception_id = $3 AND NOT removed;
